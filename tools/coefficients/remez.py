"""Minimax polynomials by the Remez exchange, in multiple precision.

`fit` finds the coefficients c that minimise the largest |weight(x) (f(x) - sum c[i] x**powers[i])| on an interval.
`fit_rounded` does the same for coefficients that are numbers of a floating-point format: the most important one is
rounded first and the others are fitted again around it, so that they take up most of what the rounding lost.
Needs mpmath, NumPy and SciPy.
"""

from bisect import bisect
from collections.abc import Callable, Sequence

import mpmath
import numpy as np
from mpmath import mp, mpf
from scipy.optimize import linprog

mp.dps = 50

Function = Callable[[mpf], mpf]

FLOAT32, FLOAT64 = 24, 53
"""Significand bits."""


def constant_weight(_x: mpf) -> mpf:
    return mpf(1)


def chebyshev_points(lo: mpf, hi: mpf, n: int) -> list[mpf]:
    """The n + 1 extrema of the Chebyshev polynomial of degree n on [lo, hi]."""
    return [(lo + hi) / 2 - (hi - lo) / 2 * mpmath.cos(mp.pi * i / n) for i in range(n + 1)]


def nearest(value: mpf, bits: int) -> mpf:
    """The number with a significand of `bits` bits nearest to `value` (no limit on the exponent)."""
    with mpmath.workprec(bits):
        return +value


def polynomial(coefficients: Sequence[mpf], powers: Sequence[int], x: mpf) -> mpf:
    return mpmath.fsum(c * x**p for c, p in zip(coefficients, powers, strict=True))


def fit(f: Function, lo, hi, powers: Sequence[int], weight: Function | None = None) -> tuple[list[mpf], mpf]:
    """Coefficients of the minimax polynomial and the largest weighted error it makes on [lo, hi].

    The exchange takes place on a dense grid, one point at a time: the worst point enters the reference in place of
    the neighbour with its sign. Points where the weight vanishes say nothing and are left out.
    """
    lo, hi, n = mpf(lo), mpf(hi), len(powers)
    weight = weight or constant_weight
    grid = [x for x in chebyshev_points(lo, hi, 32 * (n + 1)) if abs(weight(x)) > mpf("1e-20")]
    weights = [weight(x) for x in grid]
    values = [f(x) * w for x, w in zip(grid, weights, strict=True)]
    basis = [[w * x**p for p in powers] for x, w in zip(grid, weights, strict=True)]
    reference = [round(i * (len(grid) - 1) / n) for i in range(n + 1)]
    for _ in range(50 * n):
        rows = [basis[k] + [(-1) ** i] for i, k in enumerate(reference)]
        *coefficients, level = mpmath.lu_solve(mpmath.matrix(rows), mpmath.matrix([values[k] for k in reference]))
        errors = [v - mpmath.fdot(coefficients, b) for v, b in zip(values, basis, strict=True)]
        worst = max(range(len(grid)), key=lambda k, errors=errors: abs(errors[k]))
        if abs(errors[worst]) <= abs(level) * mpf("1.000001"):
            return list(coefficients), abs(errors[worst])
        same_sign = [(errors[k] < 0) == (errors[worst] < 0) for k in reference]
        i = bisect(reference, worst)  # the worst point lies between reference points i - 1 and i
        if i == 0:
            reference = [worst, *reference[1:]] if same_sign[0] else [worst, *reference[:-1]]
        elif i == n + 1:
            reference = [*reference[:-1], worst] if same_sign[-1] else [*reference[1:], worst]
        else:
            reference[i if same_sign[i] else i - 1] = worst
    raise ArithmeticError("the exchange does not converge")


def fit_rounded(
    f: Function, lo, hi, powers: Sequence[int], *, bits: int, weight: Function | None = None
) -> tuple[list[mpf], mpf]:
    """As `fit`, with every coefficient a number of `bits` significant bits.

    They are rounded one after the other in the order given (the most important one should come first), each time
    fitting the rest again. Without its constant term a polynomial on an interval that holds 0 no longer meets the
    conditions of the exchange, so the rest comes from a linear programme on the grid: in units of the error of `fit`
    and in a basis of orthogonal polynomials, so that double precision is ample.
    """
    exact, unit = fit(f, lo, hi, powers, weight=weight)
    n, weight = len(powers), weight or constant_weight
    grid = chebyshev_points(mpf(lo), mpf(hi), 32 * n)
    columns = [[weight(x) * x**p for x in grid] for p in powers]
    rest = [(f(x) - polynomial(exact, powers, x)) * weight(x) / unit for x in grid]

    # Orthogonal from the last column to the first: the first k of them span the last k powers.
    gram = mpmath.matrix([[mpmath.fdot(p, q) for q in reversed(columns)] for p in reversed(columns)])
    to_powers = mpmath.inverse(mpmath.cholesky(gram)).T
    powers_at_grid = mpmath.matrix(list(reversed(columns))).T
    orthogonal = np.array((powers_at_grid * to_powers).tolist(), dtype=float)
    ones = np.ones((len(grid), 1))

    coefficients = exact
    for i in range(n):
        k = n - 1 - i
        steps = [mpf(0)] * n  # in units of `unit`
        steps[i] = (nearest(coefficients[i], bits) - coefficients[i]) / unit
        if k:
            target = np.array([r - steps[i] * b for r, b in zip(rest, columns[i], strict=True)], dtype=float)
            solution = linprog(
                c=[0.0] * k + [1.0],
                A_ub=np.block([[-orthogonal[:, :k], -ones], [orthogonal[:, :k], -ones]]),
                b_ub=np.concatenate([-target, target]),
                bounds=[(None, None)] * (k + 1),
            )
            if not solution.success:
                raise ArithmeticError(solution.message)
            steps[i + 1 :] = reversed(list(to_powers[:k, :k] * mpmath.matrix(solution.x[:k].tolist())))
        coefficients = [c + s * unit for c, s in zip(coefficients, steps, strict=True)]
        rest = [r - mpmath.fdot(steps[i:], b[i:]) for r, b in zip(rest, zip(*columns, strict=True), strict=True)]
    return [nearest(c, bits) for c in coefficients], unit * max(abs(r) for r in rest)


def fit_cells(cells: int, linear: int, count: int, bits: int) -> tuple[list[mpf], mpf]:
    """Coefficients of (s - log1p(s)) / s**2, for -log(m) by cells of (1/2, 1], and the largest error relative to that.

    s is m times the inverse of a number near the middle of m's cell, less 1. In the `linear` cells next to 1 that
    number is 1, and s is all there is; elsewhere it adds to what the first of them ends at, or more.
    """
    lo, hi = -mpf(linear) / (2 * cells), mpf(1) / (2 * cells) * (1 + mpf(2) ** -8)  # the middle is not quite met
    least = -mp.log1p(lo)

    def remainder(s: mpf) -> mpf:
        return mpmath.fsum((-s) ** k / (k + 2) for k in range(60))

    def weight(s: mpf) -> mpf:
        return s**2 / (-mp.log1p(s) if s < 0 else least) if s else mpf(0)

    return fit_rounded(remainder, lo, hi, range(count), bits=bits, weight=weight)
