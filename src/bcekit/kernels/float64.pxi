# The mathematics of float64: every quantity of a loss from one logit or one
# probability, straight-line, so that a loop over it is vectorised.
#
# Every fma64 here stays in the range in which the emulated one is exact (see
# primitives.pxi), or has an addend so much larger than its product that the
# rounded result is the addend: arguments are bounded or scaled first, a power
# of two that may make a result subnormal is multiplied in last, and weights,
# which may have any size, meet plain * and + only. An infinite or NaN argument
# may pass through on the way to a result that is then replaced.
#
# Largest errors found, in ULP, over stratified points (each binade of x,
# multiples of log(2)/2, cutoffs, subnormal results) against 113 bits:
#
#     sigmoid, its gradient and that of log_sigmoid        0.86
#     softplus, log_sigmoid, loss, hard label              0.83 (1.15 where it is subnormal)
#     gradient and curvature, hard label                   0.86
#     loss / gradient, soft label                          1.8 / 1.3 (of (1 - t) s(x) + t s(-x))
#     logit                                                0.56
#     loss / gradient on probabilities, hard label         0.58 / 0.50
#     ... soft label                                       1.8 / 1.6 (of the sum of both terms)
#     focal loss, gradient, curvature, hard, gamma <= 5    1.4 (without cancellation; 13 for gamma = 50)
#
# Tried, and not better (nanoseconds per element on one AVX-512 core, in cache):
# - `x < y ? x : y` to bound arguments: compilers follow both paths as far as the
#   bound is a constant, and blend the results of each step. With Horner chains
#   besides: sigmoid 2.1 instead of 1.6, gradient 2.4 instead of 2.1.
# - sigmoid from |x| with the numerator selected (1 or z), and 1 + r + q summed in
#   three parts: 1.6 instead of 1.3, for 0.80 instead of 0.86 ULP.
# - 1 / d by a polynomial of degree 4 and a cubic step instead of a division, which
#   takes 16 cycles but runs beside the rest: sigmoid 1.4 instead of 1.2, value and
#   gradient the same.
# - a s(x) - b s(-x) from both quotients: 2.0 instead of 1.3 ULP for soft labels,
#   and more operations.
# - a sigmoid whose quotient is corrected by dl only: one operation less for 1.25
#   instead of 0.86 ULP.
# - a constant (NaN, infinity, 0) selected where a later comparison sees it: gcc
#   folds the comparison, does not vectorise the loop, and 2.6 becomes 20.
# Not timed: a second division for z / (1 + z), which would keep the divider as
# busy as all the rest (two cycles per element and division); log1p as a
# polynomial in z, which needs degree 22 on [0, 1] and more care at the end, where
# f = 2 z / (2 + z) has degree 9 in f**2 and a tail below f / 25.

cdef extern from *:
    """
    #define LOG2E64      0x1.71547652b82fep+0   /* 1 / log(2) */
    #define LN2_HIGH64   0x1.62e42fefa39efp-1   /* log(2) to 53 bits */
    #define LN2_LOW64    0x1.abc9e3b39803fp-56  /* log(2) - LN2_HIGH64 */
    #define LN2_SHORT64  0x1.62e42fefa38p-1     /* log(2) to 42 bits */
    #define LN2_REST64   0x1.ef35793c7673p-45   /* log(2) - LN2_SHORT64 */
    #define EXP_ZERO64   0x1.ed2c999d43a02p+9   /* 1423 log(2): from here on exp(-x) counts as 0 */
    #define SHIFTER64    0x1.80000000003ffp+52  /* 1.5 * 2**52 + 1023: its sum with n has n + 1023 as its last bits */
    #define EXP0_64      0x1.000000000000ap-1   /* exp: relative error 2**-57.92 */
    #define EXP1_64      0x1.555555555550dp-3   /* exp: relative error 2**-57.92 */
    #define EXP2_64      0x1.55555555507b8p-5   /* exp: relative error 2**-57.92 */
    #define EXP3_64      0x1.1111111124521p-7   /* exp: relative error 2**-57.92 */
    #define EXP4_64      0x1.6c16c184323b1p-10  /* exp: relative error 2**-57.92 */
    #define EXP5_64      0x1.a01a013860929p-13  /* exp: relative error 2**-57.92 */
    #define EXP6_64      0x1.a0199a1fe3ef5p-16  /* exp: relative error 2**-57.92 */
    #define EXP7_64      0x1.71df0c944df8ap-19  /* exp: relative error 2**-57.92 */
    #define EXP8_64      0x1.28ad4ddf74d26p-22  /* exp: relative error 2**-57.92 */
    #define EXP9_64      0x1.ad9f4283fb0fcp-26  /* exp: relative error 2**-57.92 */
    #define LOG1P0_64    0x1.5555555555535p-4   /* log1p on [0, 1]: relative error 2**-59.39 */
    #define LOG1P1_64    0x1.99999999a078ap-7   /* log1p on [0, 1]: relative error 2**-59.39 */
    #define LOG1P2_64    0x1.2492492089dd9p-9   /* log1p on [0, 1]: relative error 2**-59.39 */
    #define LOG1P3_64    0x1.c71c741dc6461p-12  /* log1p on [0, 1]: relative error 2**-59.39 */
    #define LOG1P4_64    0x1.745cb3d129b7fp-14  /* log1p on [0, 1]: relative error 2**-59.39 */
    #define LOG1P5_64    0x1.3b1ddf33653cp-16   /* log1p on [0, 1]: relative error 2**-59.39 */
    #define LOG1P6_64    0x1.106796fc21e48p-18  /* log1p on [0, 1]: relative error 2**-59.39 */
    #define LOG1P7_64    0x1.efdae86b9312bp-21  /* log1p on [0, 1]: relative error 2**-59.39 */
    #define LOG1P8_64    0x1.55a6c2f0b30d9p-23  /* log1p on [0, 1]: relative error 2**-59.39 */
    #define LOG1P9_64    0x1.5c815f6ba2d2cp-24  /* log1p on [0, 1]: relative error 2**-59.39 */
    #define LOG0_64      0x1.555555555554ep-4   /* log around 1: relative error 2**-62.42 */
    #define LOG1_64      0x1.999999999c6eep-7   /* log around 1: relative error 2**-62.42 */
    #define LOG2_64      0x1.2492492194864p-9   /* log around 1: relative error 2**-62.42 */
    #define LOG3_64      0x1.c71c74d45786dp-12  /* log around 1: relative error 2**-62.42 */
    #define LOG4_64      0x1.745c3b300d623p-14  /* log around 1: relative error 2**-62.42 */
    #define LOG5_64      0x1.3b37b5ad5a277p-16  /* log around 1: relative error 2**-62.42 */
    #define LOG6_64      0x1.0dab53d1e002ep-18  /* log around 1: relative error 2**-62.42 */
    #define LOG7_64      0x1.1c5813bab2cf1p-20  /* log around 1: relative error 2**-62.42 */
    #define MIN64        0x1p-1022              /* the smallest normal number */
    #define MAX64        0x1.fffffffffffffp+1023
    #define POW54_64     0x1p+54
    #define TINY64       0x1p-900               /* products from here ... */
    #define HUGE64       0x1p+600               /* ... to here are split without error */
    #define GAMMA_MAX64  0x1p+60                /* a larger exponent counts as this */
    #define POW_399_64   0x1p-399
    #define POW_60_64    0x1p-60                /* below, log1p(-q) is -q */

    /* The smaller or larger of two numbers of which at least one is positive: as integers, for which a loop has
       one instruction, and across which compilers do not split paths as they do across `x < y ? x : y` (that made
       sigmoid64 a third slower). SSE2 cannot compare such integers. */
    #if defined(__SSE2__) && !defined(__SSE4_2__)
    BCEKIT_INLINE double bcekit_least64(double x, double y) { return x < y ? x : y; }
    BCEKIT_INLINE double bcekit_most64(double x, double y) { return x > y ? x : y; }
    #else
    BCEKIT_INLINE double bcekit_least64(double x, double y) {
        int64_t i = bcekit_bits64(x), j = bcekit_bits64(y);
        return bcekit_float64(i < j ? i : j);
    }
    BCEKIT_INLINE double bcekit_most64(double x, double y) {
        int64_t i = bcekit_bits64(x), j = bcekit_bits64(y);
        return bcekit_float64(i > j ? i : j);
    }
    #endif
    """
    const double LOG2E64, LN2_HIGH64, LN2_LOW64, LN2_SHORT64, LN2_REST64, EXP_ZERO64, SHIFTER64, EXP0_64, EXP1_64
    const double EXP2_64, EXP3_64, EXP4_64, EXP5_64, EXP6_64, EXP7_64, EXP8_64, EXP9_64, LOG1P0_64, LOG1P1_64
    const double LOG1P2_64, LOG1P3_64, LOG1P4_64, LOG1P5_64, LOG1P6_64, LOG1P7_64, LOG1P8_64, LOG1P9_64, LOG0_64
    const double LOG1_64, LOG2_64, LOG3_64, LOG4_64, LOG5_64, LOG6_64, LOG7_64, MIN64, MAX64, POW54_64
    const double TINY64, HUGE64, GAMMA_MAX64, POW_60_64, POW_399_64
    double least64 "bcekit_least64"(double x, double y) noexcept nogil
    double most64 "bcekit_most64"(double x, double y) noexcept nogil


# r, or the one NaN this library returns. Only as the last step: a loop in which a
# later comparison sees that constant is not vectorised.
cdef inline double tidy64(double r, bint nan) noexcept nogil:
    return float64(0x7FF8000000000000LL) if (r != r) | nan else r


cdef inline double magnitude64(double x) noexcept nogil:
    return float64(bits64(x) & 0x7FFFFFFFFFFFFFFFLL)


cdef inline double infinity64() noexcept nogil:
    return float64(0x7FF0000000000000LL)


# 2**k for the k + 1023 that the last bits of `shifted` hold, 0 for k = -1023.
cdef inline double power64(double shifted) noexcept nogil:
    return float64(<long long>(<unsigned long long>bits64(shifted) << 52))


# exp(r) - 1 for |r| <= log(2)/2. Error, relative to exp(r) >= 0.7: 2**-57.9 from the
# polynomial; absolute: 2**-55 from the last rounding, 2**-56 from those before.
cdef inline double expm1_64(double r) noexcept nogil:
    cdef double r2 = r * r
    cdef double r4 = r2 * r2
    cdef double p01 = fma64(r, EXP1_64, EXP0_64)
    cdef double p23 = fma64(r, EXP3_64, EXP2_64)
    cdef double p45 = fma64(r, EXP5_64, EXP4_64)
    cdef double p67 = fma64(r, EXP7_64, EXP6_64)
    cdef double p89 = fma64(r, EXP9_64, EXP8_64)
    return fma64(r2, fma64(fma64(p89, r4, fma64(p67, r2, p45)), r4, fma64(p23, r2, p01)), r)


# exp(-u) = (high + low) scale for u >= 0; low may be as large as 2**-44 of high.
# Relative error of high + low: below 2**-53.8. Below 2**-400 the rest of the power is
# in `scale`, which is 0 from u = 1423 log(2) on.
cdef inline void exp_negative64(double u, double *high, double *low, double *scale) noexcept nogil:
    cdef double y = least64(u, EXP_ZERO64)
    cdef double shifted = fma64(y, -LOG2E64, SHIFTER64)
    cdef double n = SHIFTER64 - shifted
    cdef double r = fma64(n, LN2_HIGH64, -y)  # exact: the result has no bit below 2**-54
    cdef double kept = most64(shifted, SHIFTER64 - 400.0)
    cdef double power = power64(kept)
    cdef double e = expm1_64(r)
    cdef double h = 1.0 + e
    cdef double l = fma64(n * LN2_LOW64, h, e - (h - 1.0))
    high[0] = h * power
    low[0] = l * power
    scale[0] = power64((shifted - kept) + SHIFTER64)


# The tail of log1p(z) beyond f = 2 z / (2 + z), over f**3: a polynomial in s = f**2.
# Relative error of f + f**3 p(s) for z in [0, 1]: 2**-59.4.
cdef inline double log1p_tail64(double s) noexcept nogil:
    cdef double s2 = s * s
    cdef double s4 = s2 * s2
    cdef double p01 = fma64(s, LOG1P1_64, LOG1P0_64)
    cdef double p23 = fma64(s, LOG1P3_64, LOG1P2_64)
    cdef double p45 = fma64(s, LOG1P5_64, LOG1P4_64)
    cdef double p67 = fma64(s, LOG1P7_64, LOG1P6_64)
    cdef double p89 = fma64(s, LOG1P9_64, LOG1P8_64)
    return fma64(fma64(p89, s4, fma64(p67, s2, p45)), s4, fma64(p23, s2, p01))


# What logits64 is made of: with exp(-u) = (z + zl) scale, log1p(z) = (f + tail) scale
# and z / (1 + z) = (q + ql) scale. One division makes both quotients, f = z / (1 + z/2)
# and q = z / (1 + z); their residuals make up for its roundings, so that nearly all
# of the error is that of z.
cdef inline void parts64(double u, double *f, double *tail, double *q, double *ql, double *z, double *zl,
                         double *scale) noexcept nogil:
    exp_negative64(u, z, zl, scale)
    cdef double high = z[0]
    cdef double low = zl[0]
    cdef double d = 1.0 + high
    cdef double dl = low + (high - (d - 1.0))
    cdef double g = fma64(0.5, high, 1.0)
    cdef double gl = fma64(0.5, low, fma64(0.5, high, 1.0 - g))
    cdef double reciprocal = 1.0 / (d * g)
    cdef double over_d = reciprocal * g
    cdef double over_g = reciprocal * d
    f[0] = high * over_g
    cdef double s = f[0] * f[0]
    cdef double fl = (fma64(-f[0], g, high) + fma64(-f[0], gl, low)) * over_g
    tail[0] = fma64(f[0] * s, log1p_tail64(s), fl)
    q[0] = high * over_d
    ql[0] = (fma64(-q[0], d, high) + fma64(-q[0], dl, low)) * over_d


# c |x| + total (f + tail), the sum of the leading parts without error. A c of 0 wins over an infinite x.
cdef inline double softplus_sum64(double u, double c, double total, double f, double tail) noexcept nogil:
    cdef double m = c * u
    m = m if m == m else 0.0
    cdef double y = total * f
    cdef double v = m + y
    cdef double part = v - m
    cdef double rest = (m - (v - part)) + (y - part)
    return v + (rest + total * tail) if rest == rest else v  # an infinite v has no rest


# Value, gradient and curvature from these parts. a softplus(x) + b softplus(-x) is
# c |x| + (a + b) log1p(z), its derivative a s(x) - b s(-x) is c - (a + b) s(-|x|) or
# minus that. |a| + |b| may not overflow.
cdef inline void combine64(double x, double u, double a, double b, double f, double tail, double q, double ql,
                           double scale, double *value, double *grad, double *hess) noexcept nogil:
    cdef double c = a if x > 0.0 else b
    cdef double total = (a + b) * scale  # exact, or too small to matter
    value[0] = softplus_sum64(u, c, total, f, tail)
    cdef double sn = total * (q + ql)
    grad[0] = c - sn if x > 0.0 else sn - c
    # s(-|x|) (1 - s(-|x|))
    cdef double h = fma64(-q, q, q)
    cdef double hl = fma64(ql, fma64(-2.0, q, 1.0), fma64(-q, q, q - h))
    hess[0] = total * (h + hl)


# 0.83, 0.86 and 0.86 ULP for hard labels; 1.15 for a subnormal value.
cdef inline void logits64(double x, double a, double b, double *value, double *grad, double *hess) noexcept nogil:
    cdef double f, tail, q, ql, z, zl, scale, v, g, h
    cdef double u = magnitude64(x)
    parts64(u, &f, &tail, &q, &ql, &z, &zl, &scale)
    combine64(x, u, a, b, f, tail, q, ql, scale, &v, &g, &h)
    value[0] = tidy64(v, x != x)
    grad[0] = tidy64(g, x != x)
    hess[0] = tidy64(h, x != x)


# With exp(-x) = m 2**n this is 2**-n / (2**-n + m), for either sign of x. 0.86 ULP.
cdef inline double sigmoid64(double x) noexcept nogil:
    cdef double y = least64(-least64(x, 40.0), EXP_ZERO64)  # at 40 it is 1
    cdef double shifted = fma64(y, -LOG2E64, SHIFTER64 + 400.0)
    cdef double n = (SHIFTER64 + 400.0) - shifted
    cdef double r = fma64(n, -LN2_HIGH64, y)
    cdef double e = expm1_64(r)
    cdef double h = fma64(e, 2.0, 2.0)  # 2 m
    cdef double l = fma64(n * -LN2_LOW64, h, fma64(e, 2.0, 2.0 - h))
    cdef double power = power64(shifted) * POW_399_64  # 2 * 2**-n, exact where the result is not 0
    cdef double d = power + h
    cdef double dl = ((most64(power, h) - d) + least64(power, h)) + l
    cdef double q = 1.0 / d
    q = fma64(q, fma64(-q, dl, fma64(-q, d, 1.0)), q)
    q = q * power  # one rounding if subnormal
    return float64(0x7FF8000000000000LL) if x != x else q


cdef inline double sigmoid_grad64(double x) noexcept nogil:
    cdef double v, g, h
    logits64(x, 1.0, 0.0, &v, &g, &h)
    return h


cdef inline double softplus64(double x) noexcept nogil:
    cdef double v, g, h
    logits64(x, 1.0, 0.0, &v, &g, &h)
    return v


cdef inline double log_sigmoid64(double x) noexcept nogil:
    cdef double v, g, h
    logits64(x, 0.0, -1.0, &v, &g, &h)
    return v


cdef inline double log_sigmoid_grad64(double x) noexcept nogil:
    return sigmoid64(-x)


# w (p softplus(-x) - softplus(x)); p = 1 leaves -w x
cdef inline double logits_target64(double x, double w, double p) noexcept nogil:
    cdef double f, tail, q, ql, z, zl, scale
    cdef double u = magnitude64(x)
    parts64(u, &f, &tail, &q, &ql, &z, &zl, &scale)
    cdef double v = softplus_sum64(u, -1.0 if x > 0.0 else p, (p - 1.0) * scale, f, tail)
    v = v if w != 0.0 else w
    return tidy64(w * v, (x != x) | (p != p))


cdef inline bint no_probability64(double q) noexcept nogil:
    return (not (q >= 0.0)) | (not (q <= 1.0))


# A positive normal number as 2**e m, m from sqrt(1/2) to sqrt(2).
cdef inline double exponent64(double y, double *m) noexcept nogil:
    cdef long long i = bits64(y) - 0x3FE6A09E667F3BCDLL
    m[0] = float64((i & 0xFFFFFFFFFFFFFLL) + 0x3FE6A09E667F3BCDLL)
    cdef unsigned long long e = <unsigned long long>(i + 0x3FF0000000000000LL) >> 52
    return float64(<long long>(e | 0x4330000000000000LL)) - 4503599627371519.0  # 2**52 + 1023


# e log(2) + log((2 g + n) / (2 g - n)), n = nh + nl, g = gh + gl, over_g close to 1 / gh, |n / g| <= 0.4:
# with f = n / g that is e log(2) + (f + f**3 p(f**2)), relative error of the polynomial 2**-62.2.
cdef inline void log64(double e, double nh, double nl, double gh, double gl, double over_g, double *high,
                       double *low) noexcept nogil:
    cdef double f = nh * over_g
    cdef double s = f * f
    cdef double s2 = s * s
    cdef double p01 = fma64(s, LOG1_64, LOG0_64)
    cdef double p23 = fma64(s, LOG3_64, LOG2_64)
    cdef double p45 = fma64(s, LOG5_64, LOG4_64)
    cdef double p67 = fma64(s, LOG7_64, LOG6_64)
    cdef double p = fma64(fma64(p67, s2, p45), s2 * s2, fma64(p23, s2, p01))
    cdef double tail = fma64(f * s, p, (fma64(-f, gh, nh) + (nl - f * gl)) * over_g)
    cdef double m = e * LN2_SHORT64  # exact
    high[0] = m + f
    low[0] = ((m - high[0]) + f) + fma64(e, LN2_REST64, tail)


# log1p(-q) as h1 + l1 and log(q) as h0 + l0, both floored, from one division. No infinity is
# a constant here (at 0 and 1 the floor is the value): see tidy64.
cdef inline void logs64(double q, double log_floor, double *h1, double *l1, double *h0, double *l0) noexcept nogil:
    cdef double d = 1.0 - q
    cdef double m1, m0
    cdef double e1 = exponent64(d, &m1)
    cdef double dl = ((1.0 - d) - q) * power64(SHIFTER64 - e1)  # what d lacks of 1 - q
    cdef double n = m1 - 1.0
    cdef double nh = n + dl
    cdef double nl = dl - (nh - n)
    cdef double g1 = fma64(0.5, m1, 0.5)
    cdef double gl1 = fma64(0.5, dl, fma64(0.5, m1, 0.5 - g1))

    cdef bint small = q < MIN64
    cdef double e0 = exponent64(q * POW54_64 if small else q, &m0)
    cdef double g0 = fma64(0.5, m0, 0.5)
    cdef double gl0 = fma64(0.5, m0, 0.5 - g0)

    cdef double reciprocal = 1.0 / (g1 * g0)
    cdef double h, l
    log64(e1, nh, nl, g1, gl1, reciprocal * g0, &h, &l)
    h = h if q >= POW_60_64 else -q
    l = l if q >= POW_60_64 else 0.0
    cdef bint above = (h + l > log_floor) & (q != 1.0)
    h1[0] = h if above else log_floor
    l1[0] = l if above else 0.0
    log64(e0 - 54.0 if small else e0, m0 - 1.0, 0.0, g0, gl0, reciprocal * g1, &h, &l)
    above = (h + l > log_floor) & (q != 0.0)
    h0[0] = h if above else log_floor
    l0[0] = l if above else 0.0


# al is what a lacks of (1 - t) w. 0.58 and 0.50 ULP for hard labels, 1.8 and 1.6 for soft ones.
cdef inline void probability64(double q, double a, double al, double b, double log_floor, double cap, double *value,
                               double *grad) noexcept nogil:
    cdef double h1, l1, h0, l0
    q = q + 0.0  # -0 is 0
    logs64(q, log_floor, &h1, &l1, &h0, &l0)
    cdef double v1 = a * h1
    cdef double v0 = b * h0
    cdef double rest = a * l1 + b * l0
    rest = rest + al * h1 if q != 1.0 else rest
    v1 = v1 if a != 0.0 else 0.0
    v0 = v0 if b != 0.0 else 0.0
    value[0] = tidy64(0.0 - (v1 + (v0 + rest)), no_probability64(q))

    # 1 / (1 - q) and 1 / q, each with what it lacks; at q = 1 that is NaN, and the cap comes
    cdef double d = 1.0 - q
    cdef double dl = (1.0 - d) - q
    cdef double r1 = 1.0 / d
    cdef double rl1 = r1 * fma64(-r1, dl, fma64(-r1, d, 1.0))
    cdef double r0 = 1.0 / q
    cdef double rl0 = r0 * fma64(-r0, q, 1.0)
    rl1 = rl1 if r1 < cap else 0.0
    rl0 = rl0 if (r0 < cap) & (q > TINY64) else 0.0
    r1 = r1 if r1 < cap else cap
    r0 = r0 if r0 < cap else cap
    cdef double g = (a * r1 - b * r0) + ((a * rl1 - b * rl0) + al * r1)
    cdef long long sign = bits64(g) & ~0x7FFFFFFFFFFFFFFFLL
    g = float64(bits64(least64(magnitude64(g), MAX64)) | sign)
    grad[0] = tidy64(g, no_probability64(q) | (a - b != a - b))


# w (log1p(-q) - p log(q)), each log floored
cdef inline double probability_target64(double q, double w, double p, double log_floor) noexcept nogil:
    cdef double h1, l1, h0, l0
    q = q + 0.0  # -0 is 0
    logs64(q, log_floor, &h1, &l1, &h0, &l0)
    h0 = p * h0
    h0 = h0 if p != 0.0 else 0.0
    cdef double r = (h1 - h0) + (l1 - p * l0)
    r = r if w != 0.0 else w
    return tidy64(w * r, no_probability64(q) | (p != p))


# log(p / (1 - p)), 0.56 ULP, near 1/2 too: p 2**-e - (1 - p) is exact there.
cdef inline double logit64(double p) noexcept nogil:
    cdef double d = 1.0 - p
    cdef double dl = (1.0 - d) - p
    cdef bint small = p < MIN64
    cdef double y = p * POW54_64 if small else p
    # The exponent of y / d to a half, from the difference of their bits: y 2**-e / d is within 2**+-0.59.
    cdef unsigned long long i = (<unsigned long long>(bits64(y) - bits64(d) + 0x4008000000000000LL)) >> 52
    cdef double e = float64(<long long>(i | 0x4330000000000000LL)) - 4503599627371520.0  # 2**52 + 1024
    y = y * power64(SHIFTER64 - e)
    cdef double n = y - d
    cdef double nh = n - dl
    cdef double nl = (n - nh) - dl
    cdef double t = y + d
    cdef double part = t - y
    cdef double gl = 0.5 * (((y - (t - part)) + (d - part)) + dl)
    cdef double h, l
    log64(e - 54.0 if small else e, nh, nl, 0.5 * t, gl, 2.0 / t, &h, &l)
    cdef double r = h + l
    r = r if p != 0.0 else -infinity64()
    r = r if p != 1.0 else infinity64()
    return tidy64(r, no_probability64(p))


# ------------------------------------------------------------------------ in blocks

cdef void evaluate_activation64(int formula, const double *x, double *y, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    if formula == SIGMOID:
        for i in range(n):
            y[i] = sigmoid64(x[i])
    elif formula == SIGMOID_GRAD:
        for i in range(n):
            y[i] = sigmoid_grad64(x[i])
    elif formula == LOG_SIGMOID:
        for i in range(n):
            y[i] = log_sigmoid64(x[i])
    elif formula == LOG_SIGMOID_GRAD:
        for i in range(n):
            y[i] = log_sigmoid_grad64(x[i])
    elif formula == SOFTPLUS:
        for i in range(n):
            y[i] = softplus64(x[i])
    elif formula == LOGIT:
        for i in range(n):
            y[i] = logit64(x[i])


# As evaluate_logits32.
cdef bint evaluate_logits64(int want, const double *x, const double *t, const double *a, const double *b, double factor,
                            double *v, double *g, double *h, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    cdef double vi, gi, hi, ti
    cdef unsigned long long top = 0
    if a == NULL:
        if want == WANT_VALUE:
            for i in range(n):
                ti = t[i]
                top = max(top, <unsigned long long>bits64(ti))
                logits64(x[i], 1.0 - ti, ti, &vi, &gi, &hi)
                v[i] = vi
        elif want == WANT_GRAD:
            for i in range(n):
                ti = t[i]
                top = max(top, <unsigned long long>bits64(ti))
                logits64(x[i], 1.0 - ti, ti, &vi, &gi, &hi)
                g[i] = gi * factor
        elif want == WANT_VALUE | WANT_GRAD:
            for i in range(n):
                ti = t[i]
                top = max(top, <unsigned long long>bits64(ti))
                logits64(x[i], 1.0 - ti, ti, &vi, &gi, &hi)
                v[i] = vi
                g[i] = gi * factor
        else:
            for i in range(n):
                ti = t[i]
                top = max(top, <unsigned long long>bits64(ti))
                logits64(x[i], 1.0 - ti, ti, &vi, &gi, &hi)
                g[i] = gi * factor
                h[i] = hi * factor
        return top > <unsigned long long>bits64(1.0)
    if want == WANT_VALUE:
        for i in range(n):
            logits64(x[i], a[i], b[i], &vi, &gi, &hi)
            v[i] = vi
    elif want == WANT_GRAD:
        for i in range(n):
            logits64(x[i], a[i], b[i], &vi, &gi, &hi)
            g[i] = gi * factor
    elif want == WANT_VALUE | WANT_GRAD:
        for i in range(n):
            logits64(x[i], a[i], b[i], &vi, &gi, &hi)
            v[i] = vi
            g[i] = gi * factor
    else:
        for i in range(n):
            logits64(x[i], a[i], b[i], &vi, &gi, &hi)
            g[i] = gi * factor
            h[i] = hi * factor
    return False


cdef void evaluate_probability64(int want, const double *q, const double *a, const double *rest, const double *b, double floor,
                               double cap, double *v, double *g, Py_ssize_t n) noexcept nogil:
    # Adding 0 makes -0 a 0, whose reciprocal has the right sign.
    cdef Py_ssize_t i
    cdef double vi, gi
    if want == WANT_VALUE:
        for i in range(n):
            probability64(q[i] + 0.0, a[i], rest[i], b[i], floor, cap, &vi, &gi)
            v[i] = vi
    elif want == WANT_GRAD:
        for i in range(n):
            probability64(q[i] + 0.0, a[i], rest[i], b[i], floor, cap, &vi, &gi)
            g[i] = gi
    else:
        for i in range(n):
            probability64(q[i] + 0.0, a[i], rest[i], b[i], floor, cap, &vi, &gi)
            v[i] = vi
            g[i] = gi


# ------------------------------------------------------------------ focal loss

# a + b without error.
cdef inline double sum64(double a, double b, double *low) noexcept nogil:
    cdef double s = a + b
    cdef double part = s - a
    low[0] = (a - (s - part)) + (b - part)
    return s


# (a + al) (b + bl). What the product lacks is added where fma64 gives it, which is everywhere but at the very ends.
cdef inline double product64(double a, double al, double b, double bl, double *low) noexcept nogil:
    cdef double p = a * b
    cdef double error = fma64(a, b, -p)
    cdef double size = magnitude64(p)
    low[0] = (a * bl + al * b) + (error if (size > TINY64) & (size < HUGE64) else 0.0)
    return p


# Focal loss, W m**gamma V with m = (1 - t) s(x) + t s(-x), V the loss, W = w (alpha_pos t + alpha_neg (1 - t)).
# With G = V', H = V'', T = gamma m'/m and D = m''/m' - m'/m its derivatives are
#     W m**gamma (T V + G)    and    W m**gamma (T ((T + D) V + 2 G) + H),
# and D = -G for a hard label. All of it in pairs until the last product. With gamma = 0 it is logits64.
cdef inline void focal64(double x, double t, double w, double alpha_pos, double alpha_neg, double gamma, double *value,
                         double *grad, double *hess) noexcept nogil:
    cdef double f, tail, q, ql, z, zl, scale
    cdef double u = magnitude64(x)
    parts64(u, &f, &tail, &q, &ql, &z, &zl, &scale)
    cdef double a = 1.0 - t
    cdef double c = a if x > 0.0 else t
    cdef double o = t if x > 0.0 else a
    cdef double sign = 1.0 if x > 0.0 else -1.0
    cdef double weight = w * (alpha_pos * t + alpha_neg * a)
    cdef double bound = least64(gamma, GAMMA_MAX64)
    # the parts again, the low ones below an ulp of the high ones
    cdef double ll, nl
    cdef double lh = sum64(f, tail, &ll) * scale
    ll = ll * scale
    cdef double nh = sum64(q, ql, &nl)
    cdef double snh = nh * scale
    cdef double snl = nl * scale

    # V, its leading part at most 2**600
    cdef double vl
    cdef double m = c * u
    m = m if m == m else 0.0
    cdef double v = sum64(least64(m, HUGE64), lh, &vl)
    vl = vl + ll
    # G
    cdef double gl
    cdef double g = sign * sum64(c, -snh, &gl)
    gl = sign * (gl - snl)
    # H
    cdef double h = fma64(-nh, nh, nh)
    cdef double hl = fma64(nl, fma64(-2.0, nh, 1.0), fma64(-nh, nh, nh - h))

    # m = y / (1 + z) with y = c + o z, or, where c = 0, m = y z / (1 + z) with y = o
    cdef bint none = c == 0.0
    cdef double yl
    cdef double y = sum64(c, o * z * scale, &yl)
    y = o if none else y
    y = sum64(y, 0.0 if none else yl + o * zl * scale, &yl)
    # log(y)
    cdef double mantissa, logy, logyl
    cdef bint small = y < MIN64
    cdef double e = exponent64(y * POW54_64 if small else y, &mantissa)
    cdef double dl = (0.0 if small else yl) * power64(SHIFTER64 - e)
    cdef double n = mantissa - 1.0
    cdef double numerator = n + dl
    cdef double half = fma64(0.5, mantissa, 0.5)
    cdef double halfl = fma64(0.5, dl, fma64(0.5, mantissa, 0.5 - half))
    log64(e - 54.0 if small else e, numerator, dl - (numerator - n), half, halfl, 1.0 / half, &logy, &logyl)
    # m**gamma = (p + pl) power
    cdef double l1, l2, p, pl, power
    cdef double r = sum64(least64(u, HUGE64) if none else 0.0, lh, &l1)
    r = sum64(r, -logy, &l2)
    r = sum64(r, l2 + ((l1 + ll) - logyl), &l2)
    r = product64(bound, 0.0, r, l2, &l2)
    exp_negative64(r, &p, &pl, &power)
    pl = fma64(-l2, p, pl)
    # T = (k + kl) rest
    cdef double rest = 1.0 if none else scale
    cdef double sp = 1.0 - snh
    cdef double spl = ((1.0 - sp) - snh) - snl
    cdef double kl
    cdef double k = product64(bound * (a - t), 0.0, (sp if none else nh) / y, (spl if none else nl) / y, &kl)

    cdef double v0, g0, h0, rl
    combine64(x, u, a * weight, t * weight, f, tail, q, ql, scale, &v0, &g0, &h0)
    cdef bint plain = gamma == 0.0
    cdef bint nan = (x != x) | (t != t) | (weight != weight) | (gamma != gamma)

    r = product64(v, vl, p, pl, &rl)
    r = r + rl if m < HUGE64 else m * (p + pl)
    r = r if (weight != 0.0) & (power != 0.0) else power * 0.0  # also where it is infinite
    r = (weight * r) * power
    value[0] = tidy64(v0 if plain else r, nan)

    cdef double kvl, sl
    cdef double kv = product64(k * rest, kl * rest, v, vl, &kvl)
    cdef double s = sum64(kv, g, &sl)
    r = product64(s, sl + (kvl + gl), p, pl, &rl)
    r = (weight * (r + rl)) * power
    grad[0] = tidy64(g0 if plain else r, nan)

    # T ((T V + (2 - V) G) + (D + G) V) + H; D + G = s(-x) - t - m'/m is 0 for a hard label
    cdef double excess = (((snh if x > 0.0 else sp) - t) - (a - t) * ((sp if none else snh) / y)) * v
    excess = excess if (t != 0.0) & (t != 1.0) else 0.0
    cdef double wgl
    cdef double two_v = 2.0 - v
    cdef double wg = product64(two_v, ((2.0 - two_v) - v) - vl, g, gl, &wgl)
    s = sum64(kv, wg, &sl)
    s = product64(s, sl + (kvl + wgl) + excess, k, kl, &sl)
    s = sum64(s, h * scale if none else h, &rl)
    s = product64(s, rl + (sl + (hl * scale if none else hl)), p, pl, &rl)
    s = s + rl if (rest != 0.0) & (power != 0.0) else power * 0.0
    r = (weight * s) * power * rest
    hess[0] = tidy64(h0 if plain else r, nan)
