"""Constants of `src/bcekit/kernels/float32.pxi` and the text of `tables32.pxi` beside it, derived.

python tools/coefficients/float32.py            the constants as they stand there, each with its error
python tools/coefficients/float32.py --tables   the tables (some minutes)
"""

import struct
import sys
from typing import NamedTuple

import mpmath
from mpmath import mp, mpf
from remez import FLOAT32, Function, fit, fit_cells, fit_rounded, nearest, polynomial

LN2 = mp.log(2)
HALF_ULP = mpf(2) ** -24
"""Half a unit in the last place of 1.0, the unit in which errors are printed."""


class Constant(NamedTuple):
    value: mpf
    why: str


def log1p_remainder(z: mpf) -> mpf:
    """(log1p(z) - z) / z**2."""
    return (mp.log1p(z) - z) / z**2 if abs(z) > mpf("1e-12") else -mpf(1) / 2 + z / 3 - z**2 / 4


def log1p_weight(z: mpf) -> mpf:
    return z**2 / abs(mp.log1p(z)) if z else mpf(0)


def derive() -> dict[str, Constant]:
    table: dict[str, Constant] = {}

    def add(name: str, value: mpf, why: str) -> mpf:
        table[name] = Constant(value, why)
        return value

    def error(e: mpf) -> str:
        return f"{mpmath.nstr(e / HALF_ULP, 2)} of 2**-24"

    add("LOG2E32", nearest(1 / LN2, FLOAT32), "1 / log(2)")
    high = add("LN2_HIGH32", nearest(LN2, FLOAT32), "log(2) to 24 bits")
    add("BCEKIT_STEP_LOW32", nearest(high - LN2, FLOAT32), "the float log(2) less log(2)")
    # 16 bits leave room for the 8 of an exponent: the product with one is exact.
    short = add("BCEKIT_LN2_SHORT32", nearest(LN2, 16), "log(2) to 16 bits")
    add("BCEKIT_LN2_REST32", nearest(LN2 - short, FLOAT32), "log(2) - BCEKIT_LN2_SHORT32")

    add("EXP_ZERO32", nearest(191 * LN2, FLOAT32), "191 log(2): exp(-x) counts as 0 from 190.5 log(2) on")

    # log(1 + f) = f + f**2 * (LOG0 + ...) on [sqrt(1/2) - 1, sqrt(2) - 1].
    coefficients, e = fit_rounded(
        log1p_remainder, mp.sqrt(0.5) - 1, mp.sqrt(2) - 1, range(9), bits=FLOAT32, weight=log1p_weight
    )
    for i, c in enumerate(coefficients):
        add(f"LOG{i}_32", c, f"log around 1: relative error {error(e)}")

    # -log(1 + s) = -s + s**2 * (CELL0 + CELL1 * s + ...) for what is left in a cell.
    coefficients, e = fit_cells(CELLS, LINEAR_CELLS, 3, FLOAT32)
    for i, c in enumerate(coefficients):
        add(f"BCEKIT_CELL{i}_32", c, f"-log in a cell: relative error {error(e)}")
    return table


def literal(value: float) -> str:
    """A C literal of type float that is exactly `value`."""
    if struct.unpack("f", struct.pack("f", value))[0] != value:
        raise ValueError(f"{value!r} is no float32")
    mantissa, exponent = value.hex().split("p")
    return f"{mantissa.rstrip('0')}p{exponent}f"


# ---------------------------------------------------------------------------------------------------------------------
# What becomes of exp(-|x|), by octaves
# ---------------------------------------------------------------------------------------------------------------------

OCTAVES = 32  # from the 25th on log1p(z) is z to within 2**-25, and all further octaves have its polynomials
DEGREE = 6


def octave_sum(z: mpf) -> mpf:
    return mp.log1p(z)


def octave_share(z: mpf) -> mpf:
    return z / (1 + z)


def octave_curvature(z: mpf) -> mpf:
    return z / (1 + z) ** 2


TABLES: dict[str, tuple[Function, str]] = {
    "SOFTPLUS32": (octave_sum, "log1p(z), less 1/2 in the first two octaves"),
    "SHARE32": (octave_share, "z / (1 + z)"),
    "CURVATURE32": (octave_curvature, "z / (1 + z)**2"),
}


def inexact(value: mpf) -> mpf:
    """How far a number is from the nearest float."""
    return abs(nearest(value, FLOAT32) - value)


def octave(f: Function, k: int, less: mpf) -> tuple[list[mpf], mpf]:
    """A shift, the same with what the reduction lacks here, and coefficients; the largest error relative to f.

    The polynomial is that of (f(z) - less) 2**k in s + shift, z = 2**-k exp(s). The shift, below an ulp but in one
    octave, makes the best constant a number of 24 bits, which would otherwise be rounded by up to half a unit of the
    result.
    """
    edge = LN2 / 2 + mpf(2) ** -16
    lo, hi = -edge, mpf(0) if k == 0 else edge
    power = mpf(2) ** k

    def scaled(s: mpf) -> mpf:
        return (f(mp.exp(s) / power) - less) * power

    def weight(s: mpf) -> mpf:
        return 1 / (f(mp.exp(s) / power) * power)

    powers = range(DEGREE + 1)
    exact, _ = fit(scaled, lo, hi, powers, weight=weight)
    shift = mpf(0)
    if f is octave_sum and k == 1:
        # At its far end the result is smallest, and 1/2 more than what is computed: the argument should be smaller
        # there than at the other end. (1.04 ULP without this.) The sum with such a shift is exact.
        shifts = [mpf("0.125") + i * mpf(2) ** -24 for i in range(2**11)]
        shift = min(shifts, key=lambda shift: inexact(polynomial(exact, powers, -shift)))
    elif inexact(exact[0]) and abs(exact[1]) > mpf("1e-3"):  # where it is level it is 1/4 or so
        constant = nearest(exact[0], FLOAT32)
        root = mp.findroot(lambda s: polynomial(exact, powers, s) - constant, (mpf(0), mpf(2) ** -26))
        shift = nearest(-root, FLOAT32)
    coefficients, error = fit_rounded(
        lambda s: scaled(s - shift), lo + shift, hi + shift, powers, bits=FLOAT32, weight=lambda s: weight(s - shift)
    )
    # What log(2) as a float, times -k, has too much.
    step = shift - k * nearest(nearest(LN2, FLOAT32) - LN2, FLOAT32)
    return [shift, nearest(step, FLOAT32), *coefficients], error


# ---------------------------------------------------------------------------------------------------------------------
# -log(m) for m in (1/2, 1], by 32 cells: log(inverse) - log(m inverse), the latter near 1
# ---------------------------------------------------------------------------------------------------------------------

CELLS = 32
LINEAR_CELLS = 2  # next to 1, with 1 itself for inverse


def cell(k: int) -> tuple[list[mpf], mpf]:
    """A number near the inverse of the cell's middle and its logarithm, and the error of that relative to -log(m).

    The logarithm is nearly a multiple of 2**-17 (S. Gal, "Computing elementary functions", 1986), so that its sum with
    up to 150 times LN2_SHORT32 is exact.
    """
    if k >= CELLS - LINEAR_CELLS:
        return [mpf(1), mpf(0)], mpf(0)
    lo, hi = (mpf(CELLS + k + i) / (2 * CELLS) for i in (0, 1))
    nearby = int(mp.nint(-mp.log((lo + hi) / 2) * 2**17))
    logarithms = [mpf(nearby + i) / 2**17 for i in range(-(2**7), 2**7)]
    logarithm = min(logarithms, key=lambda y: abs(nearest(mp.exp(y), FLOAT32) * mp.exp(-y) - 1))
    inverse = nearest(mp.exp(logarithm), FLOAT32)
    return [inverse, logarithm], abs(mp.log(inverse) - logarithm) / -mp.log(hi)


def print_tables() -> None:
    print("""\
# Polynomials for float32, written by tools/coefficients/float32.py --tables. The first three tables are for what
# becomes of z = exp(-|x|) = 2**-k exp(s), |s| <= log(2)/2, by octaves k = 31 .. 0: R(shift, shift - k STEP_LOW32,
# coefficients of 1 .. (s + shift)**6) stands for the quantity times 2**k. The last is for logarithms, by 32
# cells of (1/2, 1]: R(a number near the inverse of the middle, its logarithm).

cdef extern from *:
    \"\"\"""")
    for name, (f, text) in TABLES.items():
        rows = [octave(f, k, mpf("0.5") if f is octave_sum and k < 2 else mpf(0)) for k in reversed(range(OCTAVES))]
        print_table(name, text, rows)
    print_table("LOG32", "the logarithm", [cell(k) for k in reversed(range(CELLS))])
    print('    """')


def print_table(name: str, text: str, rows: list[tuple[list[mpf], mpf]]) -> None:
    worst = max(error for _, error in rows) / HALF_ULP
    print(f"    /* {text}: relative error {mpmath.nstr(worst, 2)} of 2**-24 at most */")
    print(f"    #define BCEKIT_{name}(R) \\\\")
    lines = []
    for row, _ in rows:
        numbers = [literal(float(c)) for c in row]
        lines.append("        R(" + ", ".join(numbers[:2]) + (")" if len(numbers) == 2 else ","))
        if len(numbers) > 2:
            lines += ["          " + ", ".join(numbers[2:5]) + ",", "          " + ", ".join(numbers[5:]) + ")"]
    print(" \\\\\n".join(lines))


def main() -> None:
    if "--tables" in sys.argv[1:]:
        print_tables()
        return
    for name, constant in derive().items():
        print(f"    #define {name:<12} {literal(float(constant.value)):<20} /* {constant.why} */")


if __name__ == "__main__":
    main()
