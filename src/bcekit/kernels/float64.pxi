# The mathematics of float64: every quantity of a loss over a block of logits or
# probabilities, in straight lines, so that each loop is vectorised. It is that of
# float32.pxi, with finer tables in memory (tables64.pxi): eighths of octaves and 128
# cells. The focal loss has formulas of its own, in pairs of numbers.
#
# Every fma64 here stays in the range in which the emulated one is exact (see
# primitives.pxi), or has an addend so much larger than its product that the
# rounded result is the addend: arguments are bounded or scaled first, a power
# of two that may make a result subnormal is multiplied in last, and weights,
# which may have any size, meet plain * and + only. An infinite or NaN argument
# may pass through on the way to a result that is then replaced.
#
# Largest errors found, in ULP, over 10**7 points against 64 bits and stratified
# points (each binade of x, multiples of log(2)/2, cutoffs, subnormal results)
# against 113 bits:
#
#     sigmoid, gradient, hard label                        1.42
#     curvature                                            1.31
#     softplus, log_sigmoid, loss, hard label              1.20
#     loss / gradient, soft label                          2.0 / 2.0 (of (1 - t) s(x) + t s(-x))
#     logit                                                0.56
#     loss / gradient on probabilities, hard label         0.84 / 0.50
#     ... soft label                                       1.9 / 1.6 (of the sum of both terms)
#     focal loss, gradient, hard label, gamma to 2**60     1.2 (0.8 from gamma = 1 on)
#
# Of that up to 1.0 is the rounding of a polynomial's constant, which has no low part.
#
# Tried, and not better (nanoseconds per element on one AVX-512 core, in cache):
# - exp of degree 11 as a high and a low part, log1p by 2 z / (2 + z), one division for
#   both quotients: the loss 2.9 instead of 1.7 ns, loss and gradient 3.4 instead of 2.8,
#   the sigmoid 1.2 instead of 1.3; errors of 0.9 ULP. The focal loss is still made so.
# - gathers instead of loading rows and turning them into columns: 32 cycles instead of
#   16 for eight elements, and many more on AMD's processors.
# - where rows begin computed by vector instructions, stored and loaded again: a mean 1.95
#   instead of 1.5 ns, a logarithm 1.45 instead of 1.1.
# - curvature from a table of its own: the error of degree 7 is 0.65 ULP next to 0.
# - the first two octaves without 1/2, as in float32: 1.7 ULP near |x| = 1.3.
# - `x < y ? x : y` to bound arguments: compilers follow both paths as far as the
#   bound is a constant, and blend the results of each step.
# - a constant (NaN, infinity, 0) selected where a later comparison sees it: gcc
#   folds the comparison, does not vectorise the loop, and 2.6 becomes 20.

cdef extern from *:
    """
    #define LOG2E64      0x1.71547652b82fep+0   /* 1 / log(2) */
    #define LN2_HIGH64   0x1.62e42fefa39efp-1   /* log(2) to 53 bits */
    #define LN2_LOW64    0x1.abc9e3b39803fp-56  /* log(2) - LN2_HIGH64 */
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
    #define STEPS64      (8 * LOG2E64)          /* steps of the tables: eighths of log(2) */
    #define STEP_HIGH64  (LN2_HIGH64 / 8)
    #define STEP_LOW64   (LN2_LOW64 / 8)
    /* 1.5 * 2**52 + 8 * 1535 + 7: less i it ends in 511 - i mod 512 and, three bits further, in 1535 - i // 8, the
       exponent of 2**(512 - i // 8). */
    #define COUNTER64    0x1.8000000002fffp+52
    #define LAST64       0x1.8000000002e38p+52  /* i = 455 */
    #define OCTAVE64     0x1.8000000002ff8p+52  /* i = 7, the end of the first octave */
    #define NEAR_COUNTER64  0x1.8000000001fffp+52   /* the same with 1023 instead of 1535: 2**-(i // 8) */
    #define NEAR_OCTAVE64   0x1.8000000001ff8p+52
    #define NEAR64       39.0                   /* below 455.5 log(2)/8: i is not above 455 */
    #define LARGE64      0x1p+500
    #define WEIGHT64     0x1p+250               /* the product of two is not above LARGE64 */
    #define FAR64        1064.0                 /* i = 12280: 2**(512 - i // 8) comes out as 0 */
    #define POW_511_64   0x1p-511
    #define POW_512_64   0x1p-512
    #define POW511_64    0x1p+511
    #define HARD64       0x1p-144               /* its logarithm is 99.8 */
    #define MIN64        0x1p-1022              /* the smallest normal number */
    #define MAX64        0x1.fffffffffffffp+1023
    #define POW54_64     0x1p+54
    #define TINY64       0x1p-900               /* products from here ... */
    #define LOG_LEAST64  0x1p-20                /* below this logarithms need no correction */
    #define HUGE64       0x1p+600               /* ... to here are split without error */
    #define GAMMA_MAX64  0x1p+60                /* a larger exponent counts as this */

    /* The smaller or larger of two numbers of which at least one is positive: as integers, for which a loop has
       one instruction, and across which compilers do not split paths as they do across `x < y ? x : y`. SSE2
       cannot compare such integers. */
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
    const double LOG2E64, LN2_HIGH64, LN2_LOW64, EXP_ZERO64, SHIFTER64, EXP0_64, EXP1_64
    const double EXP2_64, EXP3_64, EXP4_64, EXP5_64, EXP6_64, EXP7_64, EXP8_64, EXP9_64, LOG1P0_64, LOG1P1_64
    const double LOG1P2_64, LOG1P3_64, LOG1P4_64, LOG1P5_64, LOG1P6_64, LOG1P7_64, LOG1P8_64, LOG1P9_64, LOG0_64
    const double LOG1_64, LOG2_64, LOG3_64, LOG4_64, LOG5_64, LOG6_64, LOG7_64, MIN64, MAX64, POW54_64
    const double STEPS64, STEP_HIGH64, STEP_LOW64, COUNTER64, LAST64, OCTAVE64, FAR64, LARGE64, POW_511_64, POW_512_64
    const double TINY64, HUGE64, GAMMA_MAX64, NEAR_COUNTER64, NEAR_OCTAVE64, NEAR64, HARD64, WEIGHT64
    const double LOG_LEAST64, POW511_64
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


# a + b without error.
cdef inline double sum64(double a, double b, double *low) noexcept nogil:
    cdef double s = a + b
    cdef double part = s - a
    low[0] = (a - (s - part)) + (b - part)
    return s


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


# a + b without error where |a| >= |b| or a is 0.
cdef inline double quick_sum64(double a, double b, double *low) noexcept nogil:
    cdef double s = a + b
    low[0] = (a - s) + b
    return s


# exp(-u) = (high + low) scale as above, for powers with large exponents: relative error 2**-68. exp(r) - 1 for
# r = 16 s is made of exp(s) - 1 = s + s**2 / 2 + ... by doubling four times, (1 + e)**2 - 1 = 2 e + e**2, all of it
# in pairs but what is below 2**-13 of s: that is a Taylor polynomial, off by 2**-80 of s. The rounding of s**3 / 6,
# at most 2**-72, is doubled four times too.
cdef inline void exp_pair64(double u, double *high, double *low, double *scale) noexcept nogil:
    cdef double y = least64(u, EXP_ZERO64)
    cdef double shifted = fma64(y, -LOG2E64, SHIFTER64)
    cdef double n = SHIFTER64 - shifted
    cdef double kept = most64(shifted, SHIFTER64 - 400.0)
    cdef double power = power64(kept)
    # log(2) in two parts, the product of the first with n exact, that of the second a pair
    cdef double rest = n * LN2_REST64
    cdef double sl
    cdef double s = sum64(fma64(n, LN2_SHORT64, -y), rest, &sl) * 0.0625
    sl = (sl + fma64(n, LN2_REST64, -rest)) * 0.0625
    cdef double square = s * s
    cdef double p = fma64(fma64(s, 1.0 / 3628800.0, 1.0 / 362880.0), s, 1.0 / 40320.0)
    p = fma64(fma64(fma64(p, s, 1.0 / 5040.0), s, 1.0 / 720.0), s, 1.0 / 120.0)
    p = fma64(fma64(p, s, 1.0 / 24.0), s, 1.0 / 6.0)
    # fma64 is exact, or the square too small to matter
    cdef double squarel = fma64(s, s, -square) if magnitude64(s) > TINY64 else 0.0
    squarel = fma64(s, sl, 0.5 * squarel) if magnitude64(s) > TINY64 else 0.0
    cdef double el
    cdef double e = quick_sum64(s, 0.5 * square, &el)
    e = quick_sum64(e, el + (fma64(s * square, p, squarel) + sl), &el)
    cdef int i
    for i in range(4):
        square = e * e
        squarel = fma64(e, e, -square) if magnitude64(e) > TINY64 else 0.0
        squarel = squarel + 2.0 * (e * el)
        sl = 2.0 * el + squarel
        e = quick_sum64(2.0 * e, square, &el)
        el = el + sl
    cdef double h = quick_sum64(1.0, e, &sl)
    high[0] = h * power
    low[0] = (sl + el) * power
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


# What the focal loss is made of: with exp(-u) = (z + zl) scale, log1p(z) = (f + tail) scale
# and z / (1 + z) = (q + ql) scale. One division makes both quotients, f = z / (1 + z/2)
# and q = z / (1 + z); their residuals make up for its roundings, so that nearly all
# of the error is that of z.
cdef inline void parts64(bint precise, double u, double *f, double *tail, double *q, double *ql, double *z, double *zl,
                         double *scale) noexcept nogil:
    if precise:
        exp_pair64(u, z, zl, scale)
    else:
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

cdef struct Octaves64:
    double index[BLOCK64]       # COUNTER64 - i, whose bits are looked up, i at most 455 (less multiples of 8)
    double rest[BLOCK64]        # s
    double power[BLOCK64]       # 2**-(i // 8), ANY: 2**(512 - i // 8)
    double y[BLOCK64]           # what the tables make of it
    double y2[BLOCK64]
    double low2[BLOCK64]        # for curvature: what y2 lacks


# exp(-|x|) = exp(s - i log(2) / 8), |s| <= log(2)/16 and a little. Whether all are near; ANY: whatever they are,
# |x| beyond 1064 and NaN counting as that.
cdef inline bint reduce64(int kind, const double *x, Octaves64 *o, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    cdef long long top = 0
    cdef double y, shifted, k
    cdef double counter = COUNTER64 if is_far(kind) else NEAR_COUNTER64
    for i in range(n):
        y = magnitude64(x[i])
        top = max(top, bits64(y))
        if is_far(kind):
            y = least64(y, FAR64)
        shifted = fma64(y, -STEPS64, counter)
        k = counter - shifted
        o.rest[i] = fma64(k, STEP_LOW64, fma64(k, STEP_HIGH64, -y))  # the inner one is exact
        o.power[i] = float64(<long long>(<unsigned long long>bits64(shifted) >> 3 << 52))
        if is_far(kind):    # beyond the table its last octave, i from 448 to 455, goes on
            shifted = most64(shifted, float64(bits64(LAST64) | (bits64(shifted) & 7)))
        o.index[i] = shifted
    return top <= bits64(NEAR64)


cdef inline void look_up64(int want, Octaves64 *o, Py_ssize_t n, const Ahead *ahead) noexcept nogil:
    if want & WANT_VALUE:
        octaves64(tables64.softplus, o.index, o.rest, o.y, NULL, n, &ahead[0], &ahead[1])
    if want & (WANT_GRAD | WANT_HESS):
        octaves64(tables64.share, o.index, o.rest, o.y2, o.low2 if want & WANT_HESS else NULL, n, &ahead[2],
                  &ahead[0] if want & WANT_VALUE else &ahead[1])


# As scaled32, with 2**(512 - i // 8).
cdef inline double scaled64(int kind, double sum, double power, double y) noexcept nogil:
    cdef bint large
    if kind == PLAIN:
        return power * y
    if kind == FAR:
        return (power * y) * POW_512_64
    if kind == GIVEN:
        return (((sum * POW511_64) * power) * y) * POW_511_64
    if kind == ANY:
        large = magnitude64(sum) > LARGE64
        y = ((sum * (POW_512_64 if large else 1.0)) * power) * y
        return y if large else y * POW_512_64
    return (sum * power) * y


cdef inline double or_nan64(int kind, double x, double v) noexcept nogil:
    if is_far(kind):
        return tidy64(v, x != x)
    return v


# As value32. Weights, which may have any size, meet plain * and + only.
cdef inline double value64(int kind, double x, double c, double half, double index, double scaled) noexcept nogil:
    cdef double u = magnitude64(x)
    cdef double v
    if is_far(kind):
        u = u if c != 0.0 else 0.0  # 0 * inf is 0
    v = c * u + scaled
    cdef bint first = index >= (OCTAVE64 if is_far(kind) else NEAR_OCTAVE64)
    if kind == GIVEN or kind == ANY:
        v = v + (half if first else 0.0)
    else:
        v = v + half if first else v
    return or_nan64(kind, x, v)


cdef inline double grad64(int kind, double x, double c, double scaled, double factor) noexcept nogil:
    return or_nan64(kind, x, (c - scaled if x > 0.0 else scaled - c) * factor)


# s (1 - s) = y - s y, times the power, for the share s = y 2**-(i // 8), y lacking yl
cdef inline double curvature64(int kind, double power, double y, double yl) noexcept nogil:
    cdef double s = (power * y) * POW_512_64 if is_far(kind) else power * y
    cdef double h = fma64(-s, y, y)
    return h + (fma64(-s, y, y - h) + yl * (1.0 - (s + s)))


cdef inline double hess64(int kind, double x, double half, double scaled, double factor) noexcept nogil:
    cdef double h = scaled * factor
    if is_far(kind):
        h = tidy64(h, (x != x) | (half != half))
    return h


cdef inline void activation64(int kind, int formula, const double *x, double *y, Octaves64 *o, Py_ssize_t n,
                              const Ahead *ahead) noexcept nogil:
    cdef Py_ssize_t i
    cdef double xi, v
    if formula == SOFTPLUS or formula == LOG_SIGMOID:
        octaves64(tables64.softplus, o.index, o.rest, o.y, NULL, n, &ahead[0], &ahead[2])
    else:
        octaves64(tables64.share, o.index, o.rest, o.y2, o.low2 if formula == SIGMOID_GRAD else NULL, n, &ahead[0],
                  &ahead[2])
    if formula == SIGMOID:
        for i in range(n):
            xi = x[i]
            v = scaled64(kind, 0.5, o.power[i], o.y2[i])
            y[i] = or_nan64(kind, xi, 1.0 - v if xi > 0.0 else v)
    elif formula == LOG_SIGMOID_GRAD:       # s(-x)
        for i in range(n):
            xi = x[i]
            v = scaled64(kind, 0.5, o.power[i], o.y2[i])
            y[i] = or_nan64(kind, xi, v if xi > 0.0 else 1.0 - v)
    elif formula == SIGMOID_GRAD:
        for i in range(n):
            v = scaled64(kind, 0.5, o.power[i], curvature64(kind, o.power[i], o.y2[i], o.low2[i]))
            y[i] = hess64(kind, x[i], 0.0, v, 1.0)
    elif formula == SOFTPLUS:
        for i in range(n):
            xi = x[i]
            v = scaled64(kind, 0.5, o.power[i], o.y[i])
            y[i] = value64(kind, xi, 1.0 if xi > 0.0 else 0.0, 0.5, o.index[i], v)
    else:                                   # -softplus(-x)
        for i in range(n):
            xi = x[i]
            v = scaled64(kind, 0.5, o.power[i], o.y[i])
            y[i] = value64(kind, xi, 0.0 if xi > 0.0 else -1.0, -0.5, o.index[i], -v)


cdef void evaluate_activation64(int formula, const double *x, double *y, Py_ssize_t n,
                                const Ahead *ahead, bint *far) noexcept nogil:
    cdef Octaves64 o
    cdef Py_ssize_t i
    if formula == LOGIT:
        for i in range(n):
            y[i] = logit64(x[i])
    elif HARDWARE_FMA and not far[0] and reduce64(PLAIN, x, &o, n):
        activation64(PLAIN, formula, x, y, &o, n, ahead)
    else:
        far[0] = not reduce64(FAR, x, &o, n)
        activation64(FAR, formula, x, y, &o, n, ahead)


# As evaluate_logits_target32.
cdef void evaluate_logits_target64(const double *x, const double *w, const double *p, double *g, Py_ssize_t n,
                                   const Ahead *ahead) noexcept nogil:
    cdef Octaves64 o
    cdef Py_ssize_t i
    cdef double xi, pi, wi, sum, v
    reduce64(ANY, x, &o, n)
    look_up64(WANT_VALUE, &o, n, ahead)
    for i in range(n):
        xi = x[i]
        pi = p[i]
        wi = w[i]
        sum = pi - 1.0
        v = value64(ANY, xi, -1.0 if xi > 0.0 else pi, sum * 0.5, o.index[i],
                    scaled64(ANY, sum, o.power[i], o.y[i]))
        v = wi * v if (wi != 0.0) | (v != v) else 0.0
        g[i] = tidy64(v, wi != wi)


cdef struct Factors64:
    double x
    double c
    double half
    double sum
    double times


# As factors32.
cdef inline Factors64 factors64(int kind, const double *x, const double *t, const double *a, const double *b,
                                Py_ssize_t i, unsigned long long *top) noexcept nogil:
    cdef Factors64 f
    cdef double ai, bi
    if kind == GIVEN or kind == ANY:
        ai = a[i]
        bi = b[i]
    else:
        bi = t[i]
        ai = 1.0 - bi
        top[0] = max(top[0], <unsigned long long>bits64(bi))
        if kind == BY_WEIGHT or kind == BY_BOTH:
            ai = ai * a[i] + 0.0
            bi = bi * a[i] + 0.0
        if kind == BY_POS_WEIGHT or kind == BY_BOTH:
            bi = bi * b[i] + 0.0
    f.x = x[i]
    f.c = ai if f.x > 0.0 else bi
    if kind == PLAIN or kind == FAR:
        f.half = 0.5
        f.sum = f.half
    else:
        f.sum = ai + bi
        f.half = f.sum * 0.5
    f.times = 1.0
    if kind == ANY and f.half - f.half != 0.0:     # a + b may be beyond all numbers
        f.half = ai * 0.5 + bi * 0.5
        f.sum = f.half
        f.times = 2.0
    return f


cdef inline double share64(int kind, const Factors64 *f, double power, double y) noexcept nogil:
    y = scaled64(kind, f.sum, power, y)
    return y * f.times if kind == ANY else y


# As combine32.
cdef inline bint combine64(int kind, int want, const double *x, const double *t, const double *a, const double *b,
                           double factor, double *v, double *g, double *h, const Octaves64 *o,
                           Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    cdef Factors64 f
    cdef double s
    cdef unsigned long long top = 0
    if want == WANT_VALUE:
        for i in range(n):
            f = factors64(kind, x, t, a, b, i, &top)
            s = share64(kind, &f, o.power[i], o.y[i])
            v[i] = value64(kind, f.x, f.c, f.half, o.index[i], s)
    elif want == WANT_GRAD:
        for i in range(n):
            f = factors64(kind, x, t, a, b, i, &top)
            s = share64(kind, &f, o.power[i], o.y2[i])
            g[i] = grad64(kind, f.x, f.c, s, factor)
    elif want == WANT_VALUE | WANT_GRAD:
        for i in range(n):
            f = factors64(kind, x, t, a, b, i, &top)
            s = share64(kind, &f, o.power[i], o.y[i])
            v[i] = value64(kind, f.x, f.c, f.half, o.index[i], s)
            s = share64(kind, &f, o.power[i], o.y2[i])
            g[i] = grad64(kind, f.x, f.c, s, factor)
    else:
        for i in range(n):
            f = factors64(kind, x, t, a, b, i, &top)
            s = share64(kind, &f, o.power[i], o.y2[i])
            g[i] = grad64(kind, f.x, f.c, s, factor)
            s = curvature64(kind, o.power[i], o.y2[i], o.low2[i])
            h[i] = hess64(kind, f.x, f.half, share64(kind, &f, o.power[i], s), factor)
    return top <= <unsigned long long>bits64(1.0)


cdef inline bint within64(const double *w, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    cdef unsigned long long largest = 0
    for i in range(n):
        largest = max(largest, <unsigned long long>bits64(w[i]) & 0x7FFFFFFFFFFFFFFFULL)
    return largest <= <unsigned long long>bits64(LARGE64)


# As moderate32: 0 or from 2**-250 to 2**250.
cdef inline bint moderate64(const double *w, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    cdef unsigned long long size, largest = 0
    cdef unsigned long long least = ~<unsigned long long>0
    for i in range(n):
        size = <unsigned long long>bits64(w[i]) & 0x7FFFFFFFFFFFFFFFULL
        largest = max(largest, size)
        least = min(least, size - 1)    # 0 counts as the largest number
    return (largest <= <unsigned long long>bits64(WEIGHT64)) & (least >= <unsigned long long>bits64(1.0 / WEIGHT64) - 1)


# As evaluate_near32.
cdef bint evaluate_near64(int kind, int want, const double *x, const double *t, const double *w, const double *p,
                          double factor, double *v, double *g, double *h, Py_ssize_t n, const Ahead *ahead,
                          bint *far) noexcept nogil:
    cdef Octaves64 o
    if factor - factor != 0.0:
        return False
    if not HARDWARE_FMA:        # fewer loops do where each is long and slow
        far[0] = True
    far[0] = far[0] or not reduce64(PLAIN, x, &o, n)
    if far[0] and kind == PLAIN:
        far[0] = not reduce64(FAR, x, &o, n)
        look_up64(want, &o, n, ahead)
        return combine64(FAR, want, x, t, w, p, factor, v, g, h, &o, n)
    if far[0] or not HARDWARE_FMA:
        return False
    look_up64(want, &o, n, ahead)
    if kind == PLAIN:
        return combine64(PLAIN, want, x, t, w, p, factor, v, g, h, &o, n)
    if kind == BY_WEIGHT:
        return combine64(BY_WEIGHT, want, x, t, w, p, factor, v, g, h, &o, n)
    if kind == BY_POS_WEIGHT:
        return combine64(BY_POS_WEIGHT, want, x, t, w, p, factor, v, g, h, &o, n)
    return combine64(BY_BOTH, want, x, t, w, p, factor, v, g, h, &o, n)


# As evaluate_logits32.
cdef void evaluate_logits64(int want, const double *x, const double *a, const double *b, double factor, double *v,
                            double *g, double *h, Py_ssize_t n, const Ahead *ahead, bint *far) noexcept nogil:
    cdef Octaves64 o
    cdef bint moderate = factor - factor == 0.0 and not far[0] and within64(a, n) and within64(b, n)
    if moderate and reduce64(GIVEN, x, &o, n):
        look_up64(want, &o, n, ahead)
        combine64(GIVEN, want, x, NULL, a, b, factor, v, g, h, &o, n)
    else:
        far[0] = not reduce64(ANY, x, &o, n)
        look_up64(want, &o, n, ahead)
        combine64(ANY, want, x, NULL, a, b, factor, v, g, h, &o, n)


cdef inline bint below64(double high, double low, long long bits, double cap) noexcept nogil:
    return (high + low < cap) & (bits > 0)


# As logs32.
cdef void logs64(const double *q, double cap, double *la, double *lal, double *lb, double *lbl, Py_ssize_t n,
                 const Ahead *ahead) noexcept nogil:
    cdef long long bits[BLOCK64]
    cdef double rest[BLOCK64]
    cdef Py_ssize_t i
    cdef double w
    cdef bint below
    for i in range(n):
        w = 1.0 - q[i]
        bits[i] = bits64(w * POW54_64)      # never subnormal
        rest[i] = (1.0 - w) - q[i]
    log_cells64(tables64.log, bits, rest, la, lal, n, &ahead[0], &ahead[1])
    for i in range(n):
        below = below64(la[i], lal[i], bits[i], cap)
        la[i] = la[i] if below else cap
        lal[i] = lal[i] if below else 0.0
    for i in range(n):
        bits[i] = bits64((q[i] + 0.0) * POW54_64)   # -0 becomes 0
        rest[i] = 0.0
    log_cells64(tables64.log, bits, rest, lb, lbl, n, &ahead[0], &ahead[1])
    for i in range(n):
        below = below64(lb[i], lbl[i], bits[i], cap)
        lb[i] = lb[i] if below else cap
        lbl[i] = lbl[i] if below else 0.0


# As evaluate_hard32; with the default floor of -100 it serves probabilities from 2**-144 on.
cdef bint evaluate_hard64(int want, const double *q, const double *t, double floor, double cap, double *v, double *g,
                          Py_ssize_t n, const Ahead *ahead) noexcept nogil:
    cdef long long bits[BLOCK64]
    cdef double rest[BLOCK64]
    cdef Py_ssize_t i
    cdef double u, d, r
    cdef unsigned long long top = 0
    cdef long long soft = 0
    cdef long long least = bits64(1.0)
    for i in range(n):
        u = 1.0 - t[i]
        d = u - q[i]            # 1 - q or -q
        rest[i] = (u - d) - q[i]
        bits[i] = bits64(d) & 0x7fffffffffffffffLL
        least = min(least, bits[i])
        top = max(top, <unsigned long long>bits64(q[i]))
        soft |= bits64(t[i] * u)
    if (soft != 0) | (top > <unsigned long long>bits64(1.0)) | (least < bits64(HARD64)):
        return False
    if (floor > -100.0) | (cap < 1.0 / HARD64):
        return False
    if want & WANT_VALUE:
        log_cells64(tables64.log, bits, rest, v, NULL, n, &ahead[0], &ahead[1])
    if want & WANT_GRAD:
        for i in range(n):
            d = (1.0 - t[i]) - q[i]
            r = 1.0 / d
            g[i] = r + r * fma64(-r, rest[i], fma64(-r, d, 1.0))
    return True


# al is what a lacks of (1 - t) w. 0.84 and 0.50 ULP for hard labels, 1.9 and 1.6 for soft ones.
cdef inline double probability64(double q, double a, double al, double b, double la, double lal, double lb,
                                 double lbl) noexcept nogil:
    cdef double v1 = a * la
    cdef double v0 = b * lb
    cdef double rest = a * lal + b * lbl
    rest = rest + al * la if q != 1.0 else rest
    rest = rest if rest - rest == 0.0 else 0.0  # an infinite weight has no low part
    v1 = v1 if a != 0.0 else 0.0
    v0 = v0 if b != 0.0 else 0.0
    return tidy64(v1 + (v0 + rest), no_probability64(q))


# 1 / (1 - q) and 1 / q, each with what it lacks; at q = 1 that is NaN, and the cap comes
cdef inline double probability_grad64(double q, double a, double al, double b, double cap) noexcept nogil:
    q = q + 0.0  # -0 is 0
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
    cdef double low = (a * rl1 - b * rl0) + al * r1
    cdef double g = (a * r1 - b * r0) + (low if low - low == 0.0 else 0.0)
    cdef long long sign = bits64(g) & ~0x7FFFFFFFFFFFFFFFLL
    g = float64(bits64(least64(magnitude64(g), MAX64)) | sign)
    return tidy64(g, no_probability64(q) | (a - b != a - b))


cdef void evaluate_probability64(int want, const double *q, const double *a, const double *rest, const double *b,
                                 double log_floor, double cap, double *v, double *g, Py_ssize_t n,
                                 const Ahead *ahead) noexcept nogil:
    cdef double la[BLOCK64]
    cdef double lal[BLOCK64]
    cdef double lb[BLOCK64]
    cdef double lbl[BLOCK64]
    cdef Py_ssize_t i
    if want & WANT_VALUE:
        logs64(q, -log_floor, la, lal, lb, lbl, n, ahead)
        for i in range(n):
            v[i] = probability64(q[i], a[i], rest[i], b[i], la[i], lal[i], lb[i], lbl[i])
    if want & WANT_GRAD:
        for i in range(n):
            g[i] = probability_grad64(q[i], a[i], rest[i], b[i], cap)


# w (p log(q) - log(1 - q)) but for the sign
cdef void evaluate_probability_target64(const double *q, const double *w, const double *p, double log_floor, double *g,
                                        Py_ssize_t n, const Ahead *ahead) noexcept nogil:
    cdef double la[BLOCK64]
    cdef double lal[BLOCK64]
    cdef double lb[BLOCK64]
    cdef double lbl[BLOCK64]
    cdef Py_ssize_t i
    cdef double r, h
    logs64(q, -log_floor, la, lal, lb, lbl, n, ahead)
    for i in range(n):
        h = p[i] * lb[i] if p[i] != 0.0 else 0.0
        r = (h - la[i]) + (p[i] * lbl[i] - lal[i])
        r = r if w[i] != 0.0 else w[i]
        g[i] = tidy64(w[i] * r, no_probability64(q[i]) | (p[i] != p[i]))


# ------------------------------------------------------------------ focal loss

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
# and D = -G for a hard label. All of it in pairs until the last product.
#
# The power multiplies the error of log(m) by gamma, so that of a large gamma nothing would be left. Where the result
# is a double (`precise`), log(m) is therefore corrected by what exp(log(m)), with 68 bits, is off from m: 1.2 ULP for
# hard labels and every gamma up to 2**60, 0.8 from gamma = 1 on.
cdef inline void focal64(bint precise, double x, double t, double w, double alpha_pos, double alpha_neg, double gamma,
                         double *value, double *grad, double *hess) noexcept nogil:
    cdef double f, tail, q, ql, z, zl, scale
    cdef double u = magnitude64(x)
    parts64(precise, u, &f, &tail, &q, &ql, &z, &zl, &scale)
    cdef double a = 1.0 - t
    cdef double al = (1.0 - a) - t
    cdef bint positive = x > 0.0
    cdef double c = a if positive else t
    cdef double o = t if positive else a
    cdef double cl = al if positive else 0.0
    cdef double ol = 0.0 if positive else al
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
    cdef double ozl
    cdef double oz = product64(o, ol, z, zl, &ozl)
    cdef double yl
    cdef double y = sum64(c, oz * scale, &yl)
    y = o if none else y
    y = sum64(y, 0.0 if none else yl + (cl + ozl * scale), &yl)
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
    cdef double r = sum64(lh, -logy, &l2)
    r = sum64(r, l2 + (ll - logyl), &l2)
    cdef double d, ratio, lost
    if precise:
        # exp(-r) = m (1 + e), and r + e is closer to -log(m): m = y / (1 + z)
        exp_pair64(r, &p, &pl, &power)
        d = quick_sum64(1.0, z * scale, &lost)
        lost = lost + zl * scale
        ratio = y / d
        l1 = (fma64(-ratio, d, y) + (yl - ratio * lost)) / d
        l1 = ((p * power - ratio) + (pl * power - l1)) / ratio
        # nearer to 0 it is as good already, and numbers so small are not split without error
        l2 = l1 if (r > LOG_LEAST64) & (y > TINY64) else l2
    r = sum64(r, least64(u, HUGE64) if none else 0.0, &l1)
    r = sum64(r, l1 + l2, &l2)
    r = product64(bound, 0.0, r, l2, &l2)
    exp_negative64(r, &p, &pl, &power)
    pl = fma64(-l2, p, pl)
    # T = (k + kl) rest
    cdef double rest = 1.0 if none else scale
    cdef double sp = 1.0 - snh
    cdef double spl = ((1.0 - sp) - snh) - snl
    cdef double kl
    cdef double k = product64(bound * (a - t), 0.0, (sp if none else nh) / y, (spl if none else nl) / y, &kl)

    cdef double rl
    cdef bint nan = (x != x) | (t != t) | (weight != weight) | (gamma != gamma)

    r = product64(v, vl, p, pl, &rl)
    r = r + rl if m < HUGE64 else m * (p + pl)
    r = r if (weight != 0.0) & (power != 0.0) else power * 0.0  # also where it is infinite
    r = (weight * r) * power
    value[0] = tidy64(r, nan)

    cdef double kvl, sl
    cdef double kv = product64(k * rest, kl * rest, v, vl, &kvl)
    cdef double s = sum64(kv, g, &sl)
    r = product64(s, sl + (kvl + gl), p, pl, &rl)
    r = (weight * (r + rl)) * power
    grad[0] = tidy64(r, nan)

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
    hess[0] = tidy64(r, nan)
