"""Constants of `src/bcekit/kernels/float64.pxi` and the text of `tables64.pxi` beside it, derived.

python tools/coefficients/float64.py            the constants as they stand there, each with its error
python tools/coefficients/float64.py --tables   the tables
"""

import sys
from collections.abc import Callable, Sequence
from typing import NamedTuple

import mpmath
from mpmath import mp, mpf
from remez import FLOAT64, fit, fit_cells, fit_rounded, nearest, polynomial

LN2 = mp.log(2)


class Constant(NamedTuple):
    value: mpf
    why: str


def exp_remainder(r: mpf) -> mpf:
    """(exp(r) - 1 - r) / r**2."""
    return mpmath.fsum(r**k / mp.factorial(k + 2) for k in range(30))


def atanh_remainder(s: mpf) -> mpf:
    """(2 atanh(f / 2) - f) / f**3 for s = f**2."""
    return mpmath.fsum(s**k / (4 ** (k + 1) * (2 * k + 3)) for k in range(120))


def derive() -> dict[str, Constant]:
    table: dict[str, Constant] = {}

    def add(name: str, value: mpf, why: str) -> mpf:
        table[name] = Constant(value, why)
        return value

    def bits(error: mpf) -> str:
        return f"2**{mpmath.nstr(mp.log(error, 2), 4)}"

    add("LOG2E64", nearest(1 / LN2, FLOAT64), "1 / log(2)")
    high = add("LN2_HIGH64", nearest(LN2, FLOAT64), "log(2) to 53 bits")
    add("LN2_LOW64", nearest(LN2 - high, FLOAT64), "log(2) - LN2_HIGH64")
    # 42 bits leave room for the 11 of an exponent: the product with one is exact.
    short = add("BCEKIT_LN2_SHORT64", nearest(LN2, 42), "log(2) to 42 bits")
    add("BCEKIT_LN2_REST64", nearest(LN2 - short, FLOAT64), "log(2) - BCEKIT_LN2_SHORT64")

    # Its exponent is cut in two, 400 and the 1023 at which a power of two made from bits becomes 0.
    add("EXP_ZERO64", nearest(1423 * LN2, FLOAT64), "1423 log(2): from here on exp(-x) counts as 0")
    add("SHIFTER64", mpf(3) * 2**51 + 1023, "1.5 * 2**52 + 1023: its sum with n has n + 1023 as its last bits")

    # exp(r) = 1 + r + r**2 * (EXP0 + ... + EXP9 * r**9) on |r| <= log(2)/2, and a little more because the argument
    # that is rounded to n is itself rounded.
    edge = LN2 / 2 + mpf(2) ** -40
    coefficients, e = fit_rounded(
        exp_remainder, -edge, edge, range(10), bits=FLOAT64, weight=lambda r: r**2 * mp.exp(-r)
    )
    for i, c in enumerate(coefficients):
        add(f"EXP{i}_64", c, f"exp: relative error {bits(e)}")

    # log(1 + z) = f + f**3 * (LOG1P0 + LOG1P1 * f**2 + ...), f = 2 z / (2 + z), z in [0, 1].
    coefficients, e = fit_rounded(atanh_remainder, 0, mpf(4) / 9, range(10), bits=FLOAT64, weight=lambda s: s)
    for i, c in enumerate(coefficients):
        add(f"LOG1P{i}_64", c, f"log1p on [0, 1]: relative error {bits(e)}")

    # The same with z in [2**-0.59 - 1, 2**0.59 - 1].
    edge = (2 * (2 ** mpf("0.59") - 1) / (2 ** mpf("0.59") + 1)) ** 2
    coefficients, e = fit_rounded(atanh_remainder, 0, edge, range(8), bits=FLOAT64, weight=lambda s: s)
    for i, c in enumerate(coefficients):
        add(f"LOG{i}_64", c, f"log around 1: relative error {bits(e)}")

    # -log(1 + s) = -s + s**2 * (CELL0 + CELL1 * s + ...) for what is left in a cell.
    coefficients, e = fit_cells(CELLS, LINEAR_CELLS, 6, FLOAT64)
    for i, c in enumerate(coefficients):
        add(f"BCEKIT_CELL{i}_64", c, f"-log in a cell: relative error {bits(e)}")
    return table


def literal(value: float) -> str:
    """A C literal of type double that is exactly `value`."""
    mantissa, exponent = value.hex().split("p")
    return f"{mantissa.rstrip('0').rstrip('.')}p{exponent}"


# ---------------------------------------------------------------------------------------------------------------------
# Tables: what becomes of exp(-|x|), by eighths of octaves, and logarithms, by cells
# ---------------------------------------------------------------------------------------------------------------------

STEPS = 8  # per octave
OCTAVES = 57  # from then on z / (1 + z) is z to within 2**-57
CELLS = 128  # of (1/2, 1]
LINEAR_CELLS = 2
COLUMNS = 8

Function = Callable[[mpf], mpf]


def interpolate(f: Function, lo: mpf, hi: mpf, count: int) -> list[mpf]:
    """Coefficients of the polynomial through `count` Chebyshev nodes, whose error is near the least."""
    nodes = [(lo + hi) / 2 + (hi - lo) / 2 * mp.cos(mp.pi * (2 * k + 1) / (2 * count)) for k in range(count)]
    divided = [f(x) for x in nodes]
    for j in range(1, count):
        for i in range(count - 1, j - 1, -1):
            divided[i] = (divided[i] - divided[i - 1]) / (nodes[i] - nodes[i - j])
    coefficients = [divided[-1]]
    for k in range(count - 2, -1, -1):  # Horner in (x - nodes[k])
        shifted = [mpf(0), *coefficients]
        for i, c in enumerate(coefficients):
            shifted[i] -= nodes[k] * c
        shifted[0] += divided[k]
        coefficients = shifted
    return coefficients


def error_of(coefficients: Sequence[mpf], f: Function, size: Function, lo: mpf, hi: mpf) -> mpf:
    """The largest error of the polynomial relative to `size` on a grid."""
    points = [lo + (hi - lo) * k / 40 for k in range(41)]
    return max(abs((polynomial(coefficients, range(len(coefficients)), x) - f(x)) / size(x)) for x in points if size(x))


def octave(f: Function, i: int, less: mpf) -> tuple[list[mpf], mpf]:
    """(f(z) - less) 2**k in s for z = exp(s - i log(2) / 8), k = i // 8."""
    edge = LN2 / STEPS / 2 + mpf(2) ** -40
    lo, hi = -edge, mpf(0) if i == 0 else edge
    power = mpf(2) ** (i // STEPS)

    def scaled(s: mpf) -> mpf:
        return (f(mp.exp(s - i * LN2 / STEPS)) - less) * power

    def size(s: mpf) -> mpf:
        return f(mp.exp(s - i * LN2 / STEPS)) * power

    coefficients = interpolate(scaled, lo, hi, COLUMNS)
    error = error_of(coefficients, scaled, size, lo, hi)
    if error > mpf(2) ** -56:  # the nearer to the poles, the more the best polynomial is worth
        coefficients, error = fit(scaled, lo, hi, range(COLUMNS), weight=lambda s: 1 / size(s))
    return coefficients, error


def cell(k: int) -> tuple[list[mpf], mpf]:
    """A number near the inverse of the middle and its logarithm, nearly a multiple of 2**-43 (see float32.py)."""
    if k >= CELLS - LINEAR_CELLS:
        return [mpf(1), mpf(0)], mpf(0)
    lo, hi = (mpf(CELLS + k + i) / (2 * CELLS) for i in (0, 1))
    nearby = int(mp.nint(-mp.log((lo + hi) / 2) * 2**43))
    # With up to 1077 LN2_SHORT64 these are exact. One after the other would all be as far from the nearest inverse.
    logarithms = [mpf(nearby + i * 2**20) / 2**43 for i in range(-(2**10), 2**10)]
    logarithm = min(logarithms, key=lambda y: abs(nearest(mp.exp(y), FLOAT64) * mp.exp(-y) - 1))
    inverse = nearest(mp.exp(logarithm), FLOAT64)
    return [inverse, logarithm], abs(mp.log(inverse) - logarithm) / -mp.log(hi)


def print_tables() -> None:
    print("""\
# Polynomials for float64, written by tools/coefficients/float64.py --tables. The first two tables are in s for
# z = exp(-|x|) = exp(s - i log(2) / 8), i = 455 .. 0: coefficients of 1 .. s**7, times 2**(i // 8). The last is for
# logarithms, by 128 cells of (1/2, 1]: a number near the inverse of the middle, and its logarithm.

cdef extern from *:
    \"\"\"""")
    tables: dict[str, tuple[str, list[tuple[list[mpf], mpf]]]] = {}
    for name, f, text in (
        ("softplus", mp.log1p, "log1p(z), less 1/2 in the first octave"),
        ("share", lambda z: z / (1 + z), "z / (1 + z)"),
    ):
        rows = reversed(range(STEPS * OCTAVES))
        less = mpf("0.5") if name == "softplus" else mpf(0)
        tables[name] = text, [octave(f, i, less if i < STEPS else mpf(0)) for i in rows]
    tables["log"] = "the logarithm", [cell(k) for k in range(CELLS)]
    for name, (text, rows) in tables.items():
        worst = mp.log(max(error for _, error in rows), 2)
        print(f"    /* {text}: relative error 2**{mpmath.nstr(worst, 4)} at most */")
        print(f"    static const double bcekit_{name}64[{len(rows)}][{len(rows[0][0])}] = {{")
        for row, _ in rows:
            numbers = [literal(float(c)) for c in row]
            lines = [", ".join(numbers[k : k + 4]) for k in range(0, len(numbers), 4)]
            print("        {" + ",\n         ".join(lines) + "},")
        print("    };")
    print('    """')


def main() -> None:
    if "--tables" in sys.argv[1:]:
        print_tables()
        return
    for name, constant in derive().items():
        print(f"    #define {name:<12} {literal(float(constant.value)):<22} /* {constant.why} */")


if __name__ == "__main__":
    main()
