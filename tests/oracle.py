"""Exact values to fifty digits, the distance of a result from them, and the inputs worth asking about.

Every function here takes Python floats and returns an `mpf` of a private context. Each is written from the definition
of its quantity and on purpose not in the form the kernels use; `test_oracle.py` checks the derivatives numerically.
"""

from functools import cache, lru_cache

import mpmath
import numpy as np

try:
    import ml_dtypes
except ImportError:  # no wheels for musl; bcekit itself never imports it
    ml_dtypes = None

mp = mpmath.mp.clone()
mp.dps = 50

ZERO, ONE, INF, NAN = mp.mpf(0), mp.mpf(1), mp.inf, mp.nan

FLOAT16, FLOAT32, FLOAT64 = (np.dtype(name) for name in ("float16", "float32", "float64"))
BFLOAT16 = np.dtype(ml_dtypes.bfloat16) if ml_dtypes else None

HALVES = (FLOAT16, BFLOAT16) if ml_dtypes else (FLOAT16,)
FLOATS = (*HALVES, FLOAT32, FLOAT64)
# Significant bits and the exponent of the smallest normal number.
FORMATS = {FLOAT16: (11, -14), BFLOAT16: (8, -126), FLOAT32: (24, -126), FLOAT64: (53, -1022)}


def finfo(dtype):
    """What numpy.finfo says, also of bfloat16."""
    return ml_dtypes.finfo(dtype) if ml_dtypes and dtype == BFLOAT16 else np.finfo(dtype)


def largest(dtype):
    """The largest finite number of the format, as a float."""
    return float(finfo(dtype).max)


# ---------------------------------------------------------------------------------------------------------------------
# Activations
# ---------------------------------------------------------------------------------------------------------------------


@lru_cache(1 << 16)
def parts(x):
    """softplus(x), softplus(-x), s(x), s(-x)."""
    if x != x:
        return NAN, NAN, NAN, NAN
    if abs(x) == float("inf"):
        return (INF, ZERO, ONE, ZERO) if x > 0 else (ZERO, INF, ZERO, ONE)
    magnitude = abs(mp.mpf(x))
    z = mp.exp(-magnitude)
    tail = mp.log1p(z)
    big, small = magnitude + tail, tail
    near, far = 1 / (1 + z), z / (1 + z)
    return (big, small, near, far) if x > 0 else (small, big, far, near)


def sigmoid(x):
    return parts(x)[2]


def sigmoid_grad(x):
    return parts(x)[2] * parts(x)[3]


def log_sigmoid(x):
    return -parts(x)[1]


def log_sigmoid_grad(x):
    return parts(x)[3]


def softplus(x):
    return parts(x)[0]


def logit(p):
    if p != p or not 0 <= p <= 1:
        return NAN
    if p in (0, 1):
        return INF if p else -INF
    return mp.log(mp.mpf(p) / (1 - mp.mpf(p)))


# ---------------------------------------------------------------------------------------------------------------------
# Losses
# ---------------------------------------------------------------------------------------------------------------------


def term(factor, value):
    """factor * value, where a factor of zero wins against infinity but not against NaN."""
    return ZERO if factor == 0 and value == value else factor * value


def smoothed(t, label_smoothing):
    return mp.mpf(t) * (1 - mp.mpf(label_smoothing)) + mp.mpf(label_smoothing) / 2


def factors(t, w, p, label_smoothing):
    """The weights a and b of the negative and of the positive class."""
    t = smoothed(t, label_smoothing)
    return (1 - t) * mp.mpf(w), mp.mpf(p) * t * mp.mpf(w)


def logits_loss(x, t, w=1.0, p=1.0, *, label_smoothing=0.0):
    a, b = factors(t, w, p, label_smoothing)
    positive, negative, _, _ = parts(x)
    return term(a, positive) + term(b, negative)


def logits_grad(x, t, w=1.0, p=1.0, *, label_smoothing=0.0):
    a, b = factors(t, w, p, label_smoothing)
    return a * sigmoid(x) - b * sigmoid(-x)


def logits_grad_size(x, t, w=1.0, p=1.0, *, label_smoothing=0.0):
    """The gradient without its cancellation: what its rounding errors are measured by."""
    a, b = factors(t, w, p, label_smoothing)
    return abs(a) * sigmoid(x) + abs(b) * sigmoid(-x)


def logits_hess(x, t, w=1.0, p=1.0, *, label_smoothing=0.0):
    a, b = factors(t, w, p, label_smoothing)
    return (a + b) * sigmoid_grad(x)


def logits_target_grad(x, t, w=1.0, p=1.0, *, label_smoothing=0.0):
    positive, negative, _, _ = parts(x)
    scale = mp.mpf(w) * (1 - mp.mpf(label_smoothing))
    slope = -mp.mpf(x) if p == 1 else term(mp.mpf(p), negative) - positive
    return term(scale, slope) + 0 * mp.mpf(t)


@lru_cache(1 << 16)
def logs(q):
    """log(1 - q), log(q)."""
    if q != q:
        return NAN, NAN
    q = mp.mpf(q)
    return (mp.log1p(-q) if q < 1 else -INF), (mp.log(q) if q > 0 else -INF)


def floored(q, log_floor):
    return tuple(value if value != value else max(value, mp.mpf(log_floor)) for value in logs(q))


def probability_loss(q, t, w=1.0, p=1.0, *, label_smoothing=0.0, log_floor=-100.0):
    a, b = factors(t, w, p, label_smoothing)
    zero, one = floored(q, log_floor)
    return -(term(a, zero) + term(b, one))


def probability_slopes(q, log_floor, limit):
    """1 / (1 - q) and 1 / q, capped."""
    if q != q:
        return NAN, NAN
    cap = min(mp.exp(-mp.mpf(log_floor)), mp.mpf(limit))
    q = mp.mpf(q)
    return tuple(min(1 / value, cap) if value > 0 else cap for value in (1 - q, q))


def probability_grad(q, t, w=1.0, p=1.0, *, label_smoothing=0.0, log_floor=-100.0, limit=float("inf")):
    a, b = factors(t, w, p, label_smoothing)
    zero, one = probability_slopes(q, log_floor, limit)
    return a * zero - b * one


def probability_grad_size(q, t, w=1.0, p=1.0, *, label_smoothing=0.0, log_floor=-100.0, limit=float("inf")):
    a, b = factors(t, w, p, label_smoothing)
    zero, one = probability_slopes(q, log_floor, limit)
    return abs(a) * zero + abs(b) * one


def probability_target_grad(q, t, w=1.0, p=1.0, *, label_smoothing=0.0, log_floor=-100.0):
    zero, one = floored(q, log_floor)
    return term(mp.mpf(w) * (1 - mp.mpf(label_smoothing)), zero - term(mp.mpf(p), one)) + 0 * mp.mpf(t)


# ---------------------------------------------------------------------------------------------------------------------
# Focal loss: m**gamma times the cross-entropy, with m = 1 - p_t, by the product rule
# ---------------------------------------------------------------------------------------------------------------------


def focal_terms(x, t, alpha, gamma, w):
    t, gamma = mp.mpf(t), mp.mpf(gamma)
    scale = mp.mpf(w) * (ONE if alpha is None else mp.mpf(alpha) * t + (1 - mp.mpf(alpha)) * (1 - t))
    positive, negative, s, c = parts(x)
    m = (1 - t) * s + t * c
    entropy = term(1 - t, positive) + term(t, negative)
    return scale, gamma, t, s, c, m, entropy


def focal_loss(x, t, w=1.0, *, alpha=0.25, gamma=2.0):
    scale, gamma, _, _, _, m, entropy = focal_terms(x, t, alpha, gamma, w)
    if entropy != entropy:
        return NAN
    return term(scale * (ONE if gamma == 0 else m**gamma), entropy)


def focal_grad(x, t, w=1.0, *, alpha=0.25, gamma=2.0):
    scale, gamma, t, s, c, m, entropy = focal_terms(x, t, alpha, gamma, w)
    slope = (1 - 2 * t) * s * c
    return scale * (m**gamma * ((1 - t) * s - t * c) + gamma * m ** (gamma - 1) * slope * entropy)


def focal_hess(x, t, w=1.0, *, alpha=0.25, gamma=2.0):
    scale, gamma, t, s, c, m, entropy = focal_terms(x, t, alpha, gamma, w)
    slope = (1 - 2 * t) * s * c
    curve = slope * (c - s)
    return scale * (
        m**gamma * s * c
        + 2 * gamma * m ** (gamma - 1) * slope * ((1 - t) * s - t * c)
        + gamma * m ** (gamma - 1) * curve * entropy
        + gamma * (gamma - 1) * m ** (gamma - 2) * slope**2 * entropy
    )


# ---------------------------------------------------------------------------------------------------------------------
# Distances
# ---------------------------------------------------------------------------------------------------------------------


def exact(function, *operands, **options):
    """The exact values for arrays or scalars that broadcast together, as a flat list."""
    columns = (column.astype(np.float64).ravel().tolist() for column in np.broadcast_arrays(*operands))
    return [function(*row, **options) for row in zip(*columns, strict=True)]


def distance(got, want, dtype, size=None):
    """|got - want| in units of the last place of `size` (of `want` where none is given).

    The spacing of subnormal numbers is respected. An infinite `got` counts as the first number beyond the range, so
    that overflow is as good or as bad as any other rounding.
    """
    if got != got or want != want:
        return 0.0 if got != got and want != want else float("inf")
    if abs(want) == INF:
        return 0.0 if got == float(want) else float("inf")
    precision, smallest = FORMATS[dtype]
    got = mp.mpf(got)
    if abs(got) == INF:
        got = mp.sign(got) * mp.ldexp(ONE, 2 - smallest)
    size = want if size is None else size
    exponent = max(mp.mag(size) - 1, smallest) if size else smallest
    return float(mp.ldexp(abs(got - want), precision - 1 - exponent))


def ulps(got, want, size=None):
    """The distance of each element of the array from the exact value."""
    got = np.atleast_1d(got)
    sizes = [None] * len(want) if size is None else size
    rows = zip(got.astype(np.float64).ravel().tolist(), want, sizes, strict=True)
    return np.array([distance(g, w, got.dtype, s) for g, w, s in rows])


def assert_within(limit, got, want, *operands, size=None):
    """Fail with the worst element, what it was computed from and what it should have been."""
    error = ulps(got, want, size)
    worst = int(np.argmax(error))
    if not error[worst] <= limit:
        inputs = [repr(column.ravel()[worst]) for column in np.broadcast_arrays(*operands)]
        raise AssertionError(
            f"{error[worst]:.4g} ULP > {limit} ({np.count_nonzero(~(error <= limit))} of {error.size} elements): "
            f"got {np.atleast_1d(got).ravel()[worst]!r}, exactly {mp.nstr(want[worst], 20)}, from {', '.join(inputs)}"
        )


def bits(array):
    """The array's bits as integers in C order, so that signs of zero and NaN payloads count."""
    array = np.asarray(array, order="C")
    return array.view(f"u{array.dtype.itemsize}").reshape(array.shape)


def assert_same_bits(got, want):
    got, want = np.asarray(got), np.asarray(want)
    assert got.dtype == want.dtype
    np.testing.assert_array_equal(bits(got), bits(want))


# ---------------------------------------------------------------------------------------------------------------------
# Inputs
# ---------------------------------------------------------------------------------------------------------------------

# Where a formula in common use changes form or gives up: half the precision and the precision of each format, the
# ends of exp's normal and subnormal range, and the ends of the range in which 1 + exp(x) is finite.
CUTOFFS = (
    *(1e-8, 0.25, 0.3465, 0.5, 0.6931, 1.0, 8.3, 9.7, 11.09, 16.0, 16.636, 17.0, 17.33, 18.0, 33.3, 36.04, 36.74, 37.0),
    *(87.33, 88.0, 88.37, 88.72, 89.0, 103.28, 103.97, 104.0, 354.9, 708.39, 709.0, 709.78, 710.0, 744.44, 745.0),
    *(745.13, 745.2, 746.0, 1e5),
)


def around(points, dtype):
    """Each point with its two neighbours on either side."""
    point = np.asarray(points, np.float64).astype(dtype)
    up, down = np.array(np.inf, dtype), np.array(-np.inf, dtype)
    after, before = np.nextafter(point, up), np.nextafter(point, down)
    return np.concatenate([point, after, before, np.nextafter(after, up), np.nextafter(before, down)])


def powers(dtype):
    """Powers of two over the format's whole range: all near one, some far from it."""
    precision, smallest = FORMATS[dtype]
    step = max(1, -smallest // 60)
    far = np.concatenate([np.arange(smallest - precision + 1, -60, step), np.arange(16, 1 - smallest, step)])
    return np.ldexp(1.0, np.concatenate([far, np.arange(-60, 16)]))


@cache
def logits(dtype, *, count=600):
    """Real numbers of a format that is 32 or 64 bits wide: every special one, every cutoff, and some of the rest."""
    random = np.random.default_rng(20)
    special = [0.0, np.inf, np.nan, largest(dtype)]
    reduction = np.arange(1, 160) * (np.log(2) / 2)  # where the argument reduction of exp changes its integer
    points = np.concatenate([powers(dtype), CUTOFFS, reduction])
    spread = np.concatenate(
        [
            random.uniform(0, 1, count),
            random.uniform(0, 20, count),
            random.uniform(0, 120, count // 2),
            random.uniform(0, 750, count // 2),
            np.exp2(random.uniform(-30, 12, count)),
        ]
    )
    x = np.concatenate([np.array(special, dtype), around(points, dtype), spread.astype(dtype)])
    return read_only(np.concatenate([x, -x]))


@cache
def few_logits(dtype):
    """A short list for tables against many targets."""
    points = [0.0, 5e-324, 1e-45, 1e-30, *CUTOFFS, 1e30, np.inf]
    spread = np.random.default_rng(21).uniform(0, 110, 60) ** 2 / 110
    x = np.concatenate([points, spread]).astype(dtype)
    return read_only(np.concatenate([x, -x, np.array([np.nan], dtype)]))


def weighable(x):
    """Without the points whose exp(-|x|) is less than half the smallest subnormal: a weight multiplies 0 there."""
    limit = {4: 103.9, 8: 745.1}.get(x.dtype.itemsize, 103.9)
    return x[~(np.abs(x) > limit) | np.isinf(x)]


@cache
def probabilities(dtype, *, count=600):
    """Numbers in [0, 1]: both ends down to the last bit, the floor of the logarithm, the middle, and the rest."""
    random = np.random.default_rng(22)
    power = powers(dtype)
    power = power[power < 1]
    floor = np.exp([-100.0, -88.0, -50.0])
    decimal = 10.0 ** -np.arange(1, 46)
    ends = around(np.concatenate([power, floor, decimal, [0.5, 0.29289, 0.70711, 0.75, 0.9999]]), dtype)
    high = (1 - power).astype(dtype)
    spread = np.concatenate([random.uniform(0, 1, count), np.exp2(random.uniform(-140, 0, count))]).astype(dtype)
    q = np.concatenate([np.array([0.0, 1.0], dtype), ends, high, spread])
    q = np.clip(q, np.array(0, dtype), np.array(1, dtype))
    return read_only(np.concatenate([q, np.array([np.nan], dtype)]))


@cache
def few_probabilities(dtype):
    points = [0.0, 5e-324, 1e-45, 1e-40, 4e-44, 3e-44, 1e-38, 1e-30, 1e-13, 1e-12, 1e-7, 0.01, 0.25, 0.5, 0.75, 0.99]
    spread = np.random.default_rng(23).uniform(0, 1, 30)
    q = np.concatenate([points, spread]).astype(dtype)
    return read_only(np.concatenate([q, 1 - q, np.array([np.nan], dtype)]))


@cache
def soft_targets(dtype):
    tiny = 2.0 ** FORMATS[dtype][1]
    points = [0.0, tiny, 1e-9, 0.1, 1 / 3, 0.5, 0.6, 0.9, 0.999]
    return read_only(np.unique(np.concatenate([points, 1 - np.array(points)]).astype(dtype)))


@cache
def every(dtype):
    """Every number of a 16-bit format."""
    return read_only(np.arange(1 << 16, dtype=np.uint16).view(dtype))


def read_only(array):
    array.setflags(write=False)
    return array
