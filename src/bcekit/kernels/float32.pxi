# The mathematics of float32: every quantity of a loss from one logit or one
# probability, straight-line, so that a loop over it is vectorised.
#
# exp(-|x|) is a high and a low part and a power of two that is multiplied in
# last, so that subnormal results and large weights keep all their bits.
# Whatever follows carries the low part along up to its last addition: that is
# what keeps errors below 1 ULP. Overflow is met only where the result overflows: exp is halved
# because a product with the largest weight would reach infinity otherwise, and
# a + b is added up in halves.
#
# Errors are in ULP of the result, the largest found on every float between
# 2**-30 and 110 and on a sample of the smaller ones, or on every 37th
# probability; all of them include subnormal results. The constants are those of
# tools/coefficients/float32.py, which says how they come about.
#
# Tried, and not worth it:
# - log1p(z) as z + z**2 P(z): the rounding of the tail, 0.3 at z = 1, makes the
#   error of softplus 1.9 ULP. With a leading factor of 7/8 the tail is at most
#   0.19; 13/16 favours z = 1 (0.77 ULP) at the cost of small z (1.11 ULP).
# - 1 / d by a cubic and a step that cubes its error instead of a division: the
#   gradient 0.79 instead of 0.74 ns, as the divider runs beside the rest.
# - a polynomial in z - 1/4 instead of z - 1/2: 1.17 instead of 0.96 ULP.
# - one degree less for log1p: 1.01 instead of 0.96 ULP, for one instruction.
# - scaling z by 2**n at once: 1.04 ULP where softplus is subnormal, as two
#   roundings meet there.
# - clamping by a choice between floats, `y if y > c else c`: gcc duplicates the
#   negation behind it, ten instructions instead of two in the sigmoid.
# - a quotient in the sigmoid that is corrected by dl only: one instruction less for 1.2 ULP.
# - a s(x) - b s(-x) as one quotient, (a - b z) / (1 + z) or so: 1.84 instead of 1.27 ULP for soft labels.
# - the sigmoid as 1/(1+z) or z/(1+z), shared with the losses: a third slower.

cdef extern from *:
    """
    #define LOG2E32      0x1.715476p+0f       /* 1 / log(2) */
    #define LN2_HIGH32   0x1.62e43p-1f        /* log(2) to 24 bits */
    #define LN2_LOW32    -0x1.05c61p-29f      /* log(2) - LN2_HIGH32 */
    #define LN2_SHORT32  0x1.62e4p-1f         /* log(2) to 16 bits */
    #define LN2_REST32   0x1.7f7d1cp-20f      /* log(2) - LN2_SHORT32 */
    #define EXP_ZERO32   0x1.08c84p+7f        /* 191 log(2): from here on exp(-x) counts as 0 */
    #define EXP0_32      0x1.fffffcp-3f       /* exp: relative error 0.052 of 2**-24 */
    #define EXP1_32      0x1.555492p-4f       /* exp: relative error 0.052 of 2**-24 */
    #define EXP2_32      0x1.5558aap-6f       /* exp: relative error 0.052 of 2**-24 */
    #define EXP3_32      0x1.12396cp-8f       /* exp: relative error 0.052 of 2**-24 */
    #define EXP4_32      0x1.6a524p-11f       /* exp: relative error 0.052 of 2**-24 */
    #define LOG1P_LEAD32 0x1.cp-1f            /* near the middle of log1p(z) / z on [0, 1] */
    #define LOG1P0_32    -0x1.066e0ap-4f      /* log1p on [0, 1]: relative error 0.03 of 2**-24 */
    #define LOG1P1_32    -0x1.2773a6p-2f      /* log1p on [0, 1]: relative error 0.03 of 2**-24 */
    #define LOG1P2_32    0x1.0f95d2p-3f       /* log1p on [0, 1]: relative error 0.03 of 2**-24 */
    #define LOG1P3_32    -0x1.154064p-4f      /* log1p on [0, 1]: relative error 0.03 of 2**-24 */
    #define LOG1P4_32    0x1.2be01ep-5f       /* log1p on [0, 1]: relative error 0.03 of 2**-24 */
    #define LOG1P5_32    -0x1.50da1ep-6f      /* log1p on [0, 1]: relative error 0.03 of 2**-24 */
    #define LOG1P6_32    0x1.85ccd2p-7f       /* log1p on [0, 1]: relative error 0.03 of 2**-24 */
    #define LOG1P7_32    -0x1.be2e42p-8f      /* log1p on [0, 1]: relative error 0.03 of 2**-24 */
    #define LOG1P8_32    0x1.f5e644p-9f       /* log1p on [0, 1]: relative error 0.03 of 2**-24 */
    #define LOG1P9_32    -0x1.9b5568p-9f      /* log1p on [0, 1]: relative error 0.03 of 2**-24 */
    #define LOG1P10_32   0x1.251054p-9f       /* log1p on [0, 1]: relative error 0.03 of 2**-24 */
    #define LOG0_32      -0x1.fffff8p-2f      /* log around 1: relative error 0.07 of 2**-24 */
    #define LOG1_32      0x1.55555p-2f        /* log around 1: relative error 0.07 of 2**-24 */
    #define LOG2_32      -0x1.000438p-2f      /* log around 1: relative error 0.07 of 2**-24 */
    #define LOG3_32      0x1.99a41cp-3f       /* log around 1: relative error 0.07 of 2**-24 */
    #define LOG4_32      -0x1.5423e6p-3f      /* log around 1: relative error 0.07 of 2**-24 */
    #define LOG5_32      0x1.226c76p-3f       /* log around 1: relative error 0.07 of 2**-24 */
    #define LOG6_32      -0x1.0f520ep-3f      /* log around 1: relative error 0.07 of 2**-24 */
    #define LOG7_32      0x1.0875b8p-3f       /* log around 1: relative error 0.07 of 2**-24 */
    #define LOG8_32      -0x1.3815c2p-4f      /* log around 1: relative error 0.07 of 2**-24 */
    #define SATURATED32  43.0f  /* from here on the sigmoid is 1 */
    #define SHIFTER32    0x1.80017ep+23f  /* 1.5 * 2**23 + 191: its sum with n has n + 191 as its last bits */
    #define OCTAVE1_32   0x1.80017cp+23f  /* the second octave, n = -1 */
    #define OCTAVE31_32  0x1.800140p+23f  /* the last one with polynomials of its own */
    #define NO_TAIL32    -0.0f  /* x + -0.0 is x, and compilers know it */
    #define HALF32       0.5f
    #define ONE32        1.0f
    #define TWO32        2.0f
    #define MIN32        0x1p-126f
    #define MAX32        0x1.fffffep+127f
    #define POW24_32     0x1p+24f
    #define POW_63_32    0x1p-63f
    #define POW_64_32    0x1p-64f
    """
    const float LOG2E32, LN2_HIGH32, LN2_LOW32, LN2_SHORT32, LN2_REST32, EXP_ZERO32, EXP0_32, EXP1_32, EXP2_32, EXP3_32
    const float EXP4_32, LOG1P_LEAD32, LOG1P0_32, LOG1P1_32, LOG1P2_32, LOG1P3_32, LOG1P4_32, LOG1P5_32, LOG1P6_32
    const float LOG1P7_32, LOG1P8_32, LOG1P9_32, LOG1P10_32, LOG0_32, LOG1_32, LOG2_32, LOG3_32, LOG4_32, LOG5_32
    const float LOG6_32, LOG7_32, LOG8_32
    const float SATURATED32, SHIFTER32, NO_TAIL32, HALF32, ONE32, TWO32, MIN32, MAX32, POW24_32, POW_63_32, POW_64_32
    const float OCTAVE1_32, OCTAVE31_32


cdef inline float canonical_nan32() noexcept nogil:
    return float32(0x7fc00000)


cdef inline float infinity32() noexcept nogil:
    return float32(0x7f800000)


# exp(y + t - n log(2)) / 2 for the nearest n and |t| < 2**-17, relative error 2**-27.3, not normalised:
# |low| is at most 0.09 |high|.
cdef inline void exp_parts32(float y, float t, float n, float *high, float *low) noexcept nogil:
    cdef float r = fma32(n, -LN2_HIGH32, y)  # exact: the result has no bit below 2**-25
    cdef float s = fma32(n, -LN2_LOW32, r) + t
    cdef float q = fma32(fma32(fma32(fma32(EXP4_32, s, EXP3_32), s, EXP2_32), s, EXP1_32), s, EXP0_32)
    high[0] = fma32(r, HALF32, HALF32)
    cdef float rest = fma32(r, HALF32, HALF32 - high[0]) + HALF32 * t
    low[0] = fma32(s * s, q, fma32(n, -HALF32 * LN2_LOW32, rest))


# 2**(n + 1), possibly subnormal or 0, for n + SHIFTER32, which has n + 191 in its last bits: these are moved to the
# exponent's place.
cdef inline float scale32(float shifted) noexcept nogil:
    return float32(<int>(<unsigned int>bits32(shifted) << 23)) * POW_63_32


# exp(-|x|) as (high + low) scale, relative error 2**-27.3, |low| <= ulp(high) / 2. |x| > 103.97 and NaN give scale 0.
cdef inline void exp_negative32(float x, float *high, float *low, float *scale) noexcept nogil:
    cdef float leading, rest
    # Negative floats are ordered by size as integers; compilers duplicate what follows a choice between floats.
    cdef int i = bits32(x) | <int>0x80000000
    i = i if i < bits32(-EXP_ZERO32) else bits32(-EXP_ZERO32)
    cdef float y = float32(i)
    cdef float shifted = fma32(y, LOG2E32, SHIFTER32)
    exp_parts32(y, NO_TAIL32, shifted - SHIFTER32, &leading, &rest)
    high[0] = leading + rest
    low[0] = rest - (high[0] - leading)
    scale[0] = scale32(shifted)


# log1p(z) / z - LOG1P_LEAD32, at most 0.19, for z = y + 1/2 in [0, 1].
cdef inline float log1p_tail32(float y) noexcept nogil:
    cdef float g = fma32(LOG1P10_32, y, LOG1P9_32)
    g = fma32(g, y, LOG1P8_32)
    g = fma32(g, y, LOG1P7_32)
    g = fma32(g, y, LOG1P6_32)
    g = fma32(g, y, LOG1P5_32)
    g = fma32(g, y, LOG1P4_32)
    g = fma32(g, y, LOG1P3_32)
    g = fma32(g, y, LOG1P2_32)
    g = fma32(g, y, LOG1P1_32)
    return fma32(g, y, LOG1P0_32)


# log1p(z) for z = exp(-|x|) as (lead + tail) scale, |tail| <= ulp(lead) / 2.
cdef inline void log1p_parts32(float high, float low, float scale, float *lead, float *tail) noexcept nogil:
    cdef float y = fma32(high, scale, -HALF32)
    # The derivative of log1p(z) is 1 / (1 + z), nearly 1 - z/2 = 3/4 - y/2; low needs no more.
    cdef float rest = fma32(high, log1p_tail32(y), low * fma32(y, -HALF32, <float>0.75))
    lead[0] = fma32(high, LOG1P_LEAD32, rest)
    tail[0] = fma32(high, LOG1P_LEAD32, -lead[0]) + rest


# c |x| + sum log1p(exp(-|x|)); the sum comes halved because it may overflow
cdef inline float softplus_sum32(float x, float c, float half_sum, float high, float low, float scale) noexcept nogil:
    cdef float lead, tail
    log1p_parts32(high, low, scale, &lead, &tail)
    cdef float twice = scale + scale
    lead = (half_sum * lead) * twice
    cdef float u = float32(bits32(x) & 0x7fffffff) if c != 0 else <float>0.0  # 0 * inf is 0
    cdef float s = fma32(c, u, lead)
    cdef float part = s - lead
    cdef float rest = fma32(c, u, -part) + (lead - (s - part))
    rest = fma32(half_sum * tail, twice, rest)
    return s + (rest if rest == rest else <float>0.0)


# ------------------------------------------------------------ by octaves, in blocks

cdef struct Octaves32:
    int index[BLOCK]    # the bits of n + SHIFTER32, n not below -31
    float rest[BLOCK]   # s
    float power[BLOCK]  # 2**(n + 64), never subnormal
    float lead[BLOCK]   # what the tables make of it
    float tail[BLOCK]


# exp(-|x|) = 2**n exp(s), |s| <= log(2)/2 and a little; |x| beyond 191 log(2) and NaN count as that.
cdef inline void reduce32(const float *x, Octaves32 *o, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    cdef int j
    cdef float y, shifted, k
    for i in range(n):
        # Negative floats are ordered by size as integers; compilers duplicate what follows a choice between floats.
        j = bits32(x[i]) | <int>0x80000000
        j = j if j < bits32(-EXP_ZERO32) else bits32(-EXP_ZERO32)
        y = float32(j)
        shifted = fma32(y, LOG2E32, SHIFTER32)
        k = shifted - SHIFTER32
        y = fma32(k, -LN2_HIGH32, y)  # exact: the result has no bit below 2**-25
        o.rest[i] = fma32(k, -LN2_LOW32, y)
        j = bits32(shifted)
        o.power[i] = float32(<int>(<unsigned int>j << 23))
        o.index[i] = j if j > bits32(OCTAVE31_32) else bits32(OCTAVE31_32)


# What a sum of factors contributes to 2**n (lead + tail): in two steps, as the power alone may be below all floats and
# its product with the sum beyond them.
cdef inline float scaled32(float half_sum, float power, float lead, float tail) noexcept nogil:
    cdef bint large = float32(bits32(half_sum) & 0x7fffffff) > ONE32
    cdef float p = (half_sum * (POW_64_32 if large else ONE32)) * power
    return fma32(p, lead, p * tail) * (TWO32 if large else POW_63_32)


# The same where the factors' sum is 1.
cdef inline float scaled_plain32(float power, float lead, float tail) noexcept nogil:
    return fma32(power, lead, power * tail) * POW_64_32


# c |x| + (a + b) log1p(exp(-|x|)) from what `scaled` made of the second term; in the first two octaves (|x| < 1.04) that
# lacks (a + b) / 2, so that the addition that rounds most has a small rounded term.
cdef inline float value32(float x, float c, float half_sum, int index, float scaled) noexcept nogil:
    cdef float u = float32(bits32(x) & 0x7fffffff) if c != 0 else <float>0.0  # 0 * inf is 0
    cdef float v = fma32(c, u, scaled)
    v = v + (half_sum if index >= bits32(OCTAVE1_32) else <float>0.0)
    return canonical_nan32() if unordered32(x, v) else v


# a s(x) - b s(-x) is c - (a + b) s(-|x|) or minus that
cdef inline float grad32(float x, float c, float scaled, float factor) noexcept nogil:
    cdef float g = (c - scaled if x > 0 else scaled - c) * factor
    return canonical_nan32() if unordered32(x, g) else g


cdef inline float hess32(float x, float t, float scaled, float factor) noexcept nogil:
    return canonical_nan32() if unordered32(x, t) else scaled * factor


# Value, gradient times `factor`, and curvature of a softplus(x) + b softplus(-x). Without weights (a is NULL) a is 1 - t
# and b is t, and the result is the largest of t's bits.
cdef unsigned int evaluate_logits32(int want, const float *x, const float *t, const float *a, const float *b,
                                    float factor, float *v, float *g, float *h, Py_ssize_t n) noexcept nogil:
    cdef Octaves32 o
    cdef float lead[BLOCK]
    cdef float tail[BLOCK]
    cdef Py_ssize_t i
    cdef float c, half_sum, xi, ti
    cdef unsigned int top = 0
    reduce32(x, &o, n)
    if want & WANT_VALUE:
        softplus_octaves32(o.index, o.rest, o.lead, o.tail, n, x + n, t + n)
    if want & WANT_GRAD:
        share_octaves32(o.index, o.rest, lead, tail, n, g + n, t + n)
    if want & WANT_HESS:
        curvature_octaves32(o.index, o.rest, o.lead, o.tail, n, x + n, t + n)
    if a == NULL:
        if want == WANT_VALUE:
            for i in range(n):
                xi = x[i]
                ti = t[i]
                top = max(top, <unsigned int>bits32(ti))
                c = ONE32 - ti if xi > 0 else ti
                v[i] = value32(xi, c, HALF32, o.index[i], scaled_plain32(o.power[i], o.lead[i], o.tail[i]))
        elif want == WANT_GRAD:
            for i in range(n):
                xi = x[i]
                ti = t[i]
                top = max(top, <unsigned int>bits32(ti))
                c = ONE32 - ti if xi > 0 else ti
                g[i] = grad32(xi, c, scaled_plain32(o.power[i], lead[i], tail[i]), factor)
        elif want == WANT_VALUE | WANT_GRAD:
            for i in range(n):
                xi = x[i]
                ti = t[i]
                top = max(top, <unsigned int>bits32(ti))
                c = ONE32 - ti if xi > 0 else ti
                v[i] = value32(xi, c, HALF32, o.index[i], scaled_plain32(o.power[i], o.lead[i], o.tail[i]))
                g[i] = grad32(xi, c, scaled_plain32(o.power[i], lead[i], tail[i]), factor)
        else:
            for i in range(n):
                xi = x[i]
                ti = t[i]
                top = max(top, <unsigned int>bits32(ti))
                c = ONE32 - ti if xi > 0 else ti
                g[i] = grad32(xi, c, scaled_plain32(o.power[i], lead[i], tail[i]), factor)
                h[i] = hess32(xi, ti, scaled_plain32(o.power[i], o.lead[i], o.tail[i]), factor)
        return top
    if want & WANT_VALUE:
        for i in range(n):
            half_sum = a[i] * HALF32 + b[i] * HALF32
            v[i] = value32(x[i], a[i] if x[i] > 0 else b[i], half_sum, o.index[i],
                           scaled32(half_sum, o.power[i], o.lead[i], o.tail[i]))
    if want & WANT_GRAD:
        for i in range(n):
            half_sum = a[i] * HALF32 + b[i] * HALF32
            g[i] = grad32(x[i], a[i] if x[i] > 0 else b[i], scaled32(half_sum, o.power[i], lead[i], tail[i]), factor)
    if want & WANT_HESS:
        for i in range(n):
            half_sum = a[i] * HALF32 + b[i] * HALF32
            h[i] = hess32(x[i], half_sum, scaled32(half_sum, o.power[i], o.lead[i], o.tail[i]), factor)
    return 0


# a s(x) - b s(-x) is c - (a + b) s(-|x|) or minus that: a + b is 1 however a was rounded, which leaves half an ulp of
# a. With hard labels value 0.96 ULP, gradient 0.79, second derivative 0.78. Soft ones: value 1.5, of which up to 1 is
# the rounding of a; gradient 1.27 ULP of a s(x) + b s(-x).
cdef inline void logits32(float x, float a, float b, float *value, float *grad, float *hess) noexcept nogil:
    cdef float high, low, scale
    cdef float half_a = a * HALF32
    cdef float half_b = b * HALF32
    cdef float half_sum = half_a + half_b
    cdef bint nan = (x != x) | (half_sum != half_sum)
    exp_negative32(x, &high, &low, &scale)

    cdef float c = a if x > 0 else b
    cdef float v = softplus_sum32(x, c, half_sum, high, low, scale)
    value[0] = canonical_nan32() if nan else v

    # 1 + z, and s(-|x|) = z / (1 + z), corrected by its residual
    cdef float z = high * scale
    cdef float d = ONE32 + z
    cdef float dl = fma32(low, scale, z - (d - ONE32))
    cdef float q = ONE32 / d
    cdef float twice = scale + scale
    cdef float sn = high * q
    sn = fma32(fma32(-sn, dl, fma32(-sn, d, high) + low), q, sn)
    sn = (half_sum * sn) * twice
    cdef float g = c - sn if x > 0 else sn - c
    grad[0] = canonical_nan32() if nan else g

    # s(x) s(-x) = z / (1 + z)**2 = z * q * q * (1 + 2 e), e the relative error of q
    cdef float e = fma32(-q, dl, fma32(-q, d, ONE32))
    cdef float w = q * q
    cdef float p = high * w
    cdef float pl = fma32(high, w, -p) + fma32(high, fma32(q, q, -w), low * w)
    p = p + fma32(p + p, e, pl)
    p = (p * half_sum) * twice
    hess[0] = canonical_nan32() if nan else p


# With exp(-x) = m 2**-n this is 2**n / (2**n + m), for either sign of x. Its low part lacks the rounding of m - 1,
# which costs 0.09 ULP and saves an instruction. 0.88 ULP.
cdef inline float sigmoid32(float x) noexcept nogil:
    # x between -EXP_ZERO32 and SATURATED32, as integers: see exp_negative32.
    cdef int i = bits32(x)
    i = i if i < bits32(SATURATED32) else bits32(SATURATED32)
    cdef unsigned int j = <unsigned int>i
    j = j if j < <unsigned int>bits32(-EXP_ZERO32) else <unsigned int>bits32(-EXP_ZERO32)
    cdef float y = float32(<int>j)
    cdef float shifted = fma32(y, LOG2E32, SHIFTER32)
    cdef float n = SHIFTER32 - shifted
    cdef float r = fma32(n, -LN2_HIGH32, -y)  # exact, as in exp_parts32
    cdef float q = fma32(fma32(TWO32 * EXP4_32, r, TWO32 * EXP3_32), r, TWO32 * EXP2_32)
    q = fma32(fma32(q, r, TWO32 * EXP1_32), r, TWO32 * EXP0_32)
    q = fma32(r * r, q, r)  # m - 1 but for n LN2_LOW32
    cdef float high = fma32(q, TWO32, TWO32)
    cdef float low = fma32(n * -LN2_LOW32, high, fma32(q, TWO32, TWO32 - high))
    cdef float power = scale32(shifted)  # 2 * 2**n, exact where the result is not 0
    cdef float d = power + high
    cdef float larger = power if power > high else high
    cdef float smaller = power if power < high else high
    cdef float dl = ((larger - d) + smaller) + low
    q = ONE32 / d
    q = fma32(q, fma32(-q, dl, fma32(-q, d, ONE32)), q)
    q = q * power
    return q if x == x else canonical_nan32()


# 0.78 ULP
cdef inline float sigmoid_grad32(float x) noexcept nogil:
    cdef float v, g, h
    logits32(x, ONE32, 0, &v, &g, &h)
    return h


# 0.96 ULP
cdef inline float softplus32(float x) noexcept nogil:
    cdef float v, g, h
    logits32(x, ONE32, 0, &v, &g, &h)
    return v


# 0.96 ULP
cdef inline float log_sigmoid32(float x) noexcept nogil:
    cdef float v, g, h
    logits32(x, 0, -ONE32, &v, &g, &h)
    return v


# 0.88 ULP
cdef inline float log_sigmoid_grad32(float x) noexcept nogil:
    return sigmoid32(-x)


# w (p softplus(-x) - softplus(x)); the difference is (p - 1) log1p(z) + c |x|, c = p or -1
cdef inline float logits_target32(float x, float w, float p) noexcept nogil:
    cdef float high, low, scale
    cdef float c = -ONE32 if x > 0 else p
    exp_negative32(x, &high, &low, &scale)
    cdef float v = softplus_sum32(x, c, HALF32 * p - HALF32, high, low, scale)
    v = w * v if w != 0 else <float>0.0
    return canonical_nan32() if (x != x) | (w != w) | (p != p) else v


# -log((1 + f) 2**-n) for exact f in [sqrt(1/2) - 1, sqrt(2) - 1], as high + low
cdef inline float neg_log32(float f, float n, float *low) noexcept nogil:
    cdef float g = fma32(LOG8_32, f, LOG7_32)
    g = fma32(g, f, LOG6_32)
    g = fma32(g, f, LOG5_32)
    g = fma32(g, f, LOG4_32)
    g = fma32(g, f, LOG3_32)
    g = fma32(g, f, LOG2_32)
    g = fma32(g, f, LOG1_32)
    g = fma32(g, f, LOG0_32)
    g = g * f
    cdef float high = fma32(n, LN2_SHORT32, -f)
    cdef float rest = fma32(n, LN2_SHORT32, -high) - f
    low[0] = fma32(-f, g, fma32(n, LN2_REST32, rest))
    return high


# The exponent that takes x to [sqrt(1/2), sqrt(2)).
cdef inline int exponent32(float x) noexcept nogil:
    return (bits32(x) - 0x3f3504f3) >> 23


# -log(q) as high + low: 0.83 ULP
cdef inline float neg_log_of32(float q, float *low) noexcept nogil:
    cdef bint small = q < MIN32
    cdef float y = q * POW24_32 if small else q
    cdef int e = exponent32(y)
    cdef float f = float32(bits32(y) - <int>(<unsigned int>e << 23)) - ONE32
    cdef float r = neg_log32(f, <float>(24 - e if small else -e), low)
    return infinity32() if q == 0 else r


# -log1p(-q) as high + low: 0.84 ULP. The argument of the polynomial is exact: below 0.29 it is -q, above 1/2 1 - q is
# exact.
cdef inline float neg_log1p_of32(float q, float *low) noexcept nogil:
    cdef float w = ONE32 - q
    cdef int e = exponent32(w)
    cdef float power = float32(<int>(<unsigned int>(127 - e) << 23))
    cdef float r = neg_log32(fma32(-q, power, power - ONE32), <float>-e, low)
    return infinity32() if w == 0 else r


# al is what a lacks of (1 - t) w. All that is small is added up before the leading terms. With hard labels value 0.86
# ULP, gradient 0.5; soft ones: value 1.37, gradient 1.0 ULP of the sum of both terms.
cdef inline void probability32(
    float q, float a, float al, float b, float log_floor, float cap, float *value, float *grad
) noexcept nogil:
    cdef float w = ONE32 - q
    cdef float smaller = q if q < w else w  # negative outside [0, 1]
    cdef bint valid = (smaller >= 0) & (a == a) & (b == b)
    cdef float lal, lbl
    cdef float la = neg_log1p_of32(q, &lal)
    cdef float lb = neg_log_of32(q, &lbl)
    cdef bint above = la + lal < -log_floor
    la = la if above else -log_floor
    lal = lal if above else <float>0.0
    above = lb + lbl < -log_floor
    lb = lb if above else -log_floor
    lbl = lbl if above else <float>0.0
    la = la if a != 0 else <float>0.0
    lb = lb if b != 0 else <float>0.0
    cdef float rest = fma32(a, lal, b * lbl)
    rest = fma32(al, la, rest) if w != 0 else rest
    cdef float v = fma32(a, la, fma32(b, lb, rest))
    value[0] = v if valid else canonical_nan32()

    cdef float wl = (ONE32 - w) - q
    cdef float ra = ONE32 / w
    cdef float rb = ONE32 / q
    cdef float ral = ra * fma32(-ra, wl, fma32(-ra, w, ONE32))
    cdef float rbl = rb * fma32(-rb, q, ONE32)
    ral = ral if ra < cap else <float>0.0
    rbl = rbl if rb < cap else <float>0.0
    ra = ra if ra < cap else cap
    rb = rb if rb < cap else cap
    cdef float g = fma32(a, ra, fma32(a, ral, fma32(al, ra, -(b * rbl))))
    g = fma32(-b, rb, g)
    g = g if g < MAX32 else MAX32
    g = g if g > -MAX32 else -MAX32
    grad[0] = g if valid else canonical_nan32()


cdef inline float probability_target32(float q, float w, float p, float log_floor) noexcept nogil:
    cdef float complement = ONE32 - q
    cdef float smaller = q if q < complement else complement
    cdef bint valid = (smaller >= 0) & (w == w) & (p == p)
    cdef float lal, lbl
    cdef float la = neg_log1p_of32(q, &lal)
    cdef float lb = neg_log_of32(q, &lbl)
    la = la + lal
    lb = lb + lbl
    la = la if la < -log_floor else -log_floor
    lb = lb if lb < -log_floor else -log_floor
    lb = lb if p != 0 else <float>0.0
    cdef float v = fma32(p, lb, -la)
    v = w * v if w != 0 else <float>0.0
    return v if valid else canonical_nan32()


# log(p / (1 - p)): 0.91 ULP. The quotient is reduced to [sqrt(1/2), sqrt(2)) and 1 is subtracted before the division,
# exactly, so that nothing cancels near 1/2.
cdef inline float logit32(float p) noexcept nogil:
    cdef float w = ONE32 - p
    cdef float wl = (ONE32 - w) - p
    cdef bint small = p < MIN32
    cdef float y = p * POW24_32 if small else p
    cdef float r = ONE32 / w
    cdef int e = exponent32(y * r)
    # y 2**-e - w is exact (their quotient is in [1/2, 2]), and w + wl is exactly 1 - p
    cdef float num = float32(bits32(y) - <int>(<unsigned int>e << 23)) - w
    cdef float f = num * r
    cdef float fl = fma32(-f, wl, fma32(-f, w, num) - wl) * r
    cdef float g = fma32(LOG8_32, f, LOG7_32)
    g = fma32(g, f, LOG6_32)
    g = fma32(g, f, LOG5_32)
    g = fma32(g, f, LOG4_32)
    g = fma32(g, f, LOG3_32)
    g = fma32(g, f, LOG2_32)
    g = fma32(g, f, LOG1_32)
    g = fma32(g, f, LOG0_32)
    g = g * f
    cdef float n = <float>(e - 24 if small else e)
    cdef float high = fma32(n, LN2_SHORT32, f)
    cdef float low = fma32(n, LN2_SHORT32, -high) + f
    # the derivative of log1p(f) is 1 / (1 + f), 1 + 2 g to first order
    low = fma32(f, g, fma32(n, LN2_REST32, low) + fma32(fl, g + g, fl))
    cdef float v = high + low
    v = -infinity32() if p == 0 else v
    v = infinity32() if p == 1 else v
    return v if (p >= 0) & (w >= 0) else canonical_nan32()


cdef inline void two_sum32(float a, float b, float *sum, float *error) noexcept nogil:
    cdef float s = a + b
    cdef float part = s - a
    error[0] = (a - (s - part)) + (b - part)
    sum[0] = s


# (kh + kl) (mh + ml) power
cdef inline float scaled_product32(float kh, float kl, float mh, float ml, float power) noexcept nogil:
    cdef float p = kh * mh
    cdef float pl = fma32(kh, mh, -p) + fma32(kh, ml, kl * mh)
    p = p + (pl if pl == pl else <float>0.0)
    return p * power if power != 0 else <float>0.0


# Torchvision's sigmoid_focal_loss: A m**gamma B with m = (1 - t) s(x) + t s(-x), B the loss on logits and A the alphas.
# With r = m'/m and d = s(-x) - s(x) its derivatives are
#     A m**gamma (gamma r B + B'),  A m**gamma (gamma r B ((gamma - 1) r + d) + 2 gamma r B' + B''),
# in which no two terms of the first cancel for t = 0 and t = 1. For these, value and gradient are within 2.2 ULP up to
# gamma = 3 and within 1 + 0.4 gamma beyond, the second derivative within 1.6 + 0.4 gamma ULP of the sum of its terms'
# sizes (not where s(x) s(-x) is subnormal). With gamma = 0 and alphas 1 all have the bits of logits32.
cdef inline void focal32(
    float x, float t, float w, float alpha_pos, float alpha_neg, float gamma, float *value, float *grad, float *hess
) noexcept nogil:
    cdef float v, g, h, s, sn, ignored, also_ignored
    cdef float u = float32(bits32(x) & 0x7fffffff)
    cdef float a = ONE32 - t
    logits32(x, a * w, t * w, &v, &g, &h)
    logits32(x, ONE32, 0, &ignored, &s, &also_ignored)
    logits32(x, 0, -ONE32, &ignored, &sn, &also_ignored)

    # -log(m) = -log(n) + log1p(z) with n = near + far z; for hard labels n is 1 or z
    cdef float high, low, scale, lead, tail
    exp_negative32(x, &high, &low, &scale)
    log1p_parts32(high, low, scale, &lead, &tail)
    cdef float near = a if x > 0 else t
    cdef float far = t if x > 0 else a
    cdef float n = fma32(far, high * scale, near)
    cdef float finite = u if u < POW24_32 else POW24_32
    cdef float ll
    cdef float l = neg_log_of32(n, &ll)
    l = l + ll
    l = finite if near == 0 else l
    cdef float m, ml
    two_sum32(l, lead * scale, &m, &ml)
    ml = fma32(tail, scale, ml)

    # alpha m**gamma = (mh + ml) power
    cdef float e = gamma * m
    cdef float el = fma32(gamma, m, -e) + gamma * ml
    el = el if e < <float>200.0 else <float>0.0
    cdef int i = bits32(-e)
    i = i if i < bits32(-EXP_ZERO32) else bits32(-EXP_ZERO32)
    cdef float y = float32(i)
    cdef float shifted = fma32(y, LOG2E32, SHIFTER32)
    exp_parts32(y, -el, shifted - SHIFTER32, &high, &low)
    cdef float mh = high + low
    ml = low - (mh - high)
    cdef float power = scale32(shifted)
    cdef float alpha = fma32(alpha_pos, t, alpha_neg * a)
    cdef float mha = mh * alpha
    ml = fma32(ml, alpha, fma32(mh, alpha, -mha))
    power = power if alpha != 0 else <float>0.0

    # r = (1 - 2 t) s(x) s(-x) / m
    cdef float nearer = s if x > 0 else sn
    cdef float farther = sn if x > 0 else s
    cdef float r = (a - t) * (nearer if near == 0 else farther / n)
    cdef float c = gamma * r
    cdef float cl = fma32(gamma, r, -c)
    cdef float k = c * v
    cdef float kl = fma32(c, v, -k) + cl * v
    k = k if c != 0 else <float>0.0
    kl = kl if c != 0 else <float>0.0
    cdef float sum, suml
    two_sum32(k, g, &sum, &suml)
    cdef float gf = scaled_product32(sum, suml + kl, mha, ml, power)

    cdef float b = fma32(gamma - ONE32, r, sn - s)
    cdef float p = k * b
    cdef float pl = fma32(k, b, -p) + kl * b
    cdef float p2 = (c + c) * g
    cdef float p2l = fma32(c + c, g, -p2) + (cl + cl) * g
    two_sum32(p, p2, &sum, &suml)
    pl = (pl + p2l) + suml
    two_sum32(sum, h, &sum, &suml)
    cdef float hf = scaled_product32(sum, suml + pl, mha, ml, power)

    cdef float vf = scaled_product32(v, 0, mha, ml, power)
    cdef bint plain = gamma == 0
    vf = v * alpha if plain else vf
    gf = g * alpha if plain else gf
    hf = h * alpha if plain else hf
    cdef bint nan = (x != x) | (t != t) | (w != w) | (gamma != gamma)
    vf = canonical_nan32() if nan else vf
    gf = canonical_nan32() if nan else gf
    hf = canonical_nan32() if nan else hf
    value[0] = vf if vf == vf else canonical_nan32()  # NaN in an alpha
    grad[0] = gf if gf == gf else canonical_nan32()
    hess[0] = hf if hf == hf else canonical_nan32()
