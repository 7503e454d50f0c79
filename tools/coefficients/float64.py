"""Constants of `src/bcekit/kernels/float64.pxi`, derived.

Run it to print them as they stand there, each with its error. A test holds the two together.
"""

from typing import NamedTuple

import mpmath
from mpmath import mp, mpf
from remez import FLOAT64, fit_rounded, nearest

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
    short = add("LN2_SHORT64", nearest(LN2, 42), "log(2) to 42 bits")
    add("LN2_REST64", nearest(LN2 - short, FLOAT64), "log(2) - LN2_SHORT64")

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
    return table


def constants() -> dict[str, float]:
    return {name: float(constant.value) for name, constant in derive().items()}


def literal(value: float) -> str:
    """A C literal of type double that is exactly `value`."""
    mantissa, exponent = value.hex().split("p")
    return f"{mantissa.rstrip('0').rstrip('.')}p{exponent}"


def main() -> None:
    for name, constant in derive().items():
        print(f"    #define {name:<12} {literal(float(constant.value)):<22} /* {constant.why} */")


if __name__ == "__main__":
    main()
