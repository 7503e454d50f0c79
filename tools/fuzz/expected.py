"""What a call must give, from the definitions and in wider arithmetic, for the fuzzer.

Arrays come as the package's arithmetic sees them: in float64 where it computes in float32, in long double where it
computes in float64. Every result comes with its tolerance: some units in the last place of the largest of the terms
that cancel, and what a rounding to the smallest numbers on the way can do. Where an intermediate leaves the range of
the arithmetic, or a weight is not finite, nothing is promised: `open`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

try:
    import ml_dtypes
except ImportError:  # one dtype less
    ml_dtypes = None

FLOATS = [np.dtype(name) for name in ("f2", "f4", "f8")]
if ml_dtypes:
    FLOATS.append(np.dtype(ml_dtypes.bfloat16))

#: Units in the last place that are allowed; more where there is nothing wider than float64 to compare with.
ULPS = 4.0 if np.finfo(np.longdouble).eps < 1e-18 else 16.0


class Format:
    """A dtype's precision and range."""

    def __init__(self, dtype):
        info = ml_dtypes.finfo(dtype) if dtype.name == "bfloat16" else np.finfo(dtype)
        self.eps, self.max, self.tiny = float(info.eps), float(info.max), float(info.smallest_subnormal)


FORMATS = {dtype: Format(dtype) for dtype in FLOATS}


@dataclass
class Expected:
    exact: Any
    error: Any
    open: Any


@dataclass
class Loss:
    """What to compute of every element."""

    formula: str
    results: tuple[str, ...]
    of_target: bool
    smoothing: float
    log_floor: float
    alpha: float | None
    gamma: float
    arithmetic: Format
    result: Format


def product(factor, value):
    """A factor of zero wins over infinity, not over NaN."""
    return np.where((np.asarray(factor) == 0) & ~np.isnan(value), 0, factor * value)


def tails(x):
    """softplus(x), softplus(-x), s(x), s(-x)."""
    size = np.abs(x)
    z = np.exp(-size)
    tail = np.log1p(z)
    big, near, far = size + tail, 1 / (1 + z), z / (1 + z)
    up = x >= 0
    return np.where(up, big, tail), np.where(up, tail, big), np.where(up, near, far), np.where(up, far, near)


def activation(name, x, arithmetic):
    if name == "logit":
        near = np.log1p((2 * x - 1) / (1 - x))
        exact = np.where(np.abs(x - 0.5) < 0.25, near, np.log(x / (1 - x)))
        exact = np.where((x >= 0) & (x <= 1), exact, np.nan)
    else:
        sp, sn, s, c = tails(x)
        choices = {"sigmoid": s, "sigmoid_grad": s * c, "log_sigmoid": -sn, "log_sigmoid_grad": c, "softplus": sp}
        exact = choices[name]
    return Expected(exact, ULPS * (arithmetic.eps * np.abs(exact) + arithmetic.tiny), np.False_)


def elements(loss, x, t, w, p):
    """The results of every element before they are scaled, by name."""
    big = loss.arithmetic.max / 4
    one = (1 - loss.smoothing) * t + loss.smoothing / 2
    zero = (1 - loss.smoothing) * (1 - t) + loss.smoothing / 2
    open_ = ~np.isfinite(w) | ~np.isfinite(p)
    for part in (one, zero, one * w, zero * w, one * w * p):
        open_ = open_ | (np.abs(part) > big)
    terms = {"logits": of_logits, "probability": of_probabilities, "focal": of_focal}[loss.formula]
    expected = {}
    for name, exact, size, slack, more in terms(loss, x, one, zero, w, p):
        steps = 1 + np.where(np.isfinite(slack), slack, 0)
        error = ULPS * (loss.arithmetic.eps * size + loss.arithmetic.tiny * steps)
        beyond = (
            (np.abs(exact) > big) & np.isfinite(exact) if name != "grad" or loss.formula != "probability" else False
        )
        expected[name] = Expected(exact, error, open_ | beyond | more)
    return expected


# Each gives the name, the exact value, the size of its terms, by how much an error of a and b is multiplied, and where
# nothing is promised.


def of_logits(loss, x, one, zero, w, p):
    sp, sn, s, c = tails(x)
    a, b, more = zero * w, one * w * p, 1 + np.abs(p)
    if loss.of_target:
        rest = product(p, sn)
        plain = p == 1
        beyond = (np.abs(w) * (1 + np.abs(x)) > loss.arithmetic.max / 4) & np.isfinite(x)
        exact = product(1 - loss.smoothing, np.where(plain, -product(w, x), product(w, rest - sp)))
        size = np.where(plain, np.abs(exact), product(np.abs(w), np.abs(rest) + sp))
        yield "grad", exact, size, sp + sn, beyond
        return
    if "value" in loss.results:
        left, right = product(a, sp), product(b, sn)
        yield "value", left + right, np.abs(left) + np.abs(right), more * (sp + sn), False
    more = more * (1 + np.abs(w))  # s(-|x|) itself may be one of the smallest numbers, or round to 0
    if "grad" in loss.results:
        yield "grad", a * s - b * c, np.abs(a) * s + np.abs(b) * c, more, False
    if "hess" in loss.results:
        yield "hess", (a + b) * s * c, (np.abs(a) + np.abs(b)) * s * c, more, False


def of_probabilities(loss, q, one, zero, w, p):
    outside = (q < 0) | (q > 1)
    a, b, more = zero * w, one * w * p, 1 + np.abs(p)
    l1, l0 = np.maximum(np.log1p(-q), loss.log_floor), np.maximum(np.log(q), loss.log_floor)
    if loss.of_target:
        rest = product(p, l0)
        exact = product(1 - loss.smoothing, product(w, l1 - rest))
        yield "grad", exact, product(np.abs(w), -l1 + np.abs(rest)), -l1 - l0, outside
        return
    if "value" in loss.results:
        left, right = product(a, l1), product(b, l0)
        yield "value", -(left + right), np.abs(left) + np.abs(right), more * (-l1 - l0), outside
    if "grad" in loss.results:
        cap = min(float(np.exp(-np.float64(loss.log_floor))), loss.result.max)
        r1, r0 = np.minimum(1 / (1 - q), cap), np.minimum(1 / np.abs(q), cap)
        size = np.abs(a) * r1 + np.abs(b) * r0
        yield "grad", a * r1 - b * r0, size, more * (r1 + r0), outside


def of_focal(loss, x, one, zero, w, _):
    """By the product rule; a soft label has its minimum inside, where terms cancel."""
    sp, sn, s, c = tails(x)
    gamma = loss.gamma
    balance = w if loss.alpha is None else w * (loss.alpha * one + (1 - loss.alpha) * zero)
    m = zero * s + one * c
    entropy = product(zero, sp) + product(one, sn)
    power = np.where(m > 0, m**gamma, float(gamma == 0))
    slope, first = (1 - 2 * one) * s * c, zero * s - one * c
    worse = 8 * (1 + gamma)
    size = np.abs(balance) * power * worse
    slack = (1 + gamma) ** 2 * (1 + np.abs(w)) * (1 + sp + sn)
    m = np.maximum(m, 1e-150)
    beyond = np.abs(x) * (1 + np.abs(w)) > loss.arithmetic.max / 4
    edge = beyond | (m <= 1e-150) | (one < 0) | (zero < 0)
    if "value" in loss.results:
        yield "value", balance * power * entropy, size * np.abs(entropy), slack, edge
    if "grad" in loss.results:
        chain = gamma / m * slope * entropy
        yield "grad", balance * power * (first + chain), size * (m + np.abs(chain)), slack, edge
    if "hess" in loss.results:
        parts = [
            s * c,
            2 * gamma / m * slope * first,
            gamma / m * slope * (c - s) * entropy,
            gamma * (gamma - 1) / m**2 * slope**2 * entropy,
        ]
        terms = sum(np.abs(part) for part in parts) + worse * s * c
        yield "hess", balance * power * sum(parts), size * terms, slack / np.maximum(m, 1e-30), edge
