# The mathematics of float32: every quantity of a loss over a block of logits or
# probabilities, in straight lines, so that each loop is vectorised.
#
# log1p(exp(-|x|)), s(-|x|) and s(x) s(-x) are each one polynomial in what is left of
# |x| in its octave, with coefficients that are looked up (octaves.pxi, tables32.pxi).
# The power of two is multiplied in last, in two steps where subnormal results or large
# weights would lose bits. What is left to lose: half an ulp in the polynomial's
# last addition (its constant is exact), up to 0.35 in its argument and the step
# before, and half an ulp in each addition that follows. log(1-q) and log(q) are an
# exact part by cells and one polynomial for all of them; what is lost is the rounding
# of its argument and of itself, a fifth of the result's each, where that part is
# smallest.
#
# Errors are in ULP of the result, subnormal results included, the largest of all 2**32
# floats (tools/exhaustive.py). With hard labels:
#
#     sigmoid, its other half, gradients                   0.91
#     softplus, log_sigmoid, loss                          0.91
#     curvature                                            0.98
#     loss / gradient on probabilities                     0.82 / 0.50
#     logit                                                0.91
#
# Soft labels: loss 1.5, gradient 1.3 of a s(x) + b s(-x); on probabilities 1.4 and 1.0
# of the sum of both terms. The constants are those of tools/coefficients/float32.py,
# which says how they come about.
#
# Tried, and not worth it (nanoseconds per element on one AVX-512 core, in cache):
# - exp as a high and a low part, log1p(z) / z of degree 10 and a division for the
#   gradient, which needs no tables: the loss 1.15 instead of 0.60 ns, loss and
#   gradient 1.7 instead of 0.9, with AVX2 1.9 instead of 1.4. (With AVX2 the sigmoid
#   alone was faster, 0.75 instead of 1.15 ns.)
# - the constant as a high and a low part, added to the rest of the polynomial: the same
#   time and 1.10 ULP, as the rest is rounded once more; hence the shifted argument.
# - tables by eighths of octaves in memory instead of octaves in registers: gathers cost
#   more than the three coefficients that they save.
# - blocks of 1024 instead of 512: no difference.
# - fetching the next block ahead at once instead of along the lookups: 0.79 instead of
#   0.73 ns for a mean in the third-level cache; along them 0.60.
# - fetching ahead into the second-level cache, or two blocks ahead: no gain, or a loss.
# - the range check as a pass of its own: 0.03 ns.
# - clamping by a choice between floats, `y if y > c else c`: gcc duplicates the
#   negation behind it, ten instructions instead of two in the sigmoid.
# - log1p(exp(-|x|)) whole, without leaving 1/2 out next to 0: 1.05 ULP for |x| < 0.54.
# - what the reduction leaves as four arrays, two of which the next loops can make again:
#   one store of 64 bytes a cycle is all there is, 0.02 ns.
# - the sums of a mean in groups of eight lanes: 0.05 ns slower, the additions wait for
#   each other.
# - coefficients by cells for the logarithm: 0.76 instead of 0.82 ULP, but four times the
#   lookups.
# - its argument as m inverse - 1, with what 1 - q lacks added after: 0.93 ULP, and three
#   instructions more of 29.
# - pieces of 128 or 64 of a block at a time, so that the next block is fetched more evenly:
#   3 or 12 % slower in cache, and no gain outside.
# - a mean on probabilities as the logarithm of products of sixteen: four times as fast
#   as any logarithm of each, but then its bits are those of no other entry point.

cdef extern from *:
    """
    #define LOG2E32      0x1.715476p+0f       /* 1 / log(2) */
    #define LN2_HIGH32   0x1.62e43p-1f        /* log(2) to 24 bits */
    #define EXP_ZERO32   0x1.08c84p+7f        /* 191 log(2): exp(-x) counts as 0 from 190.5 log(2) on */
    #define LOG0_32      -0x1.fffff8p-2f      /* log around 1: relative error 0.07 of 2**-24 */
    #define LOG1_32      0x1.55555p-2f        /* log around 1: relative error 0.07 of 2**-24 */
    #define LOG2_32      -0x1.000438p-2f      /* log around 1: relative error 0.07 of 2**-24 */
    #define LOG3_32      0x1.99a41cp-3f       /* log around 1: relative error 0.07 of 2**-24 */
    #define LOG4_32      -0x1.5423e6p-3f      /* log around 1: relative error 0.07 of 2**-24 */
    #define LOG5_32      0x1.226c76p-3f       /* log around 1: relative error 0.07 of 2**-24 */
    #define LOG6_32      -0x1.0f520ep-3f      /* log around 1: relative error 0.07 of 2**-24 */
    #define LOG7_32      0x1.0875b8p-3f       /* log around 1: relative error 0.07 of 2**-24 */
    #define LOG8_32      -0x1.3815c2p-4f      /* log around 1: relative error 0.07 of 2**-24 */
    #define SHIFTER32    0x1.80017ep+23f  /* 1.5 * 2**23 + 191: its sum with n has n + 191 as its last bits */
    #define OCTAVE1_32   0x1.80017cp+23f  /* the second octave, n = -1 */
    #define NEAR_SHIFTER32  0x1.8000fep+23f /* the same with 127 instead of 191 */
    #define NEAR_OCTAVE1_32 0x1.8000fcp+23f
    #define NEAR32       21.5f            /* below 31.5 log(2): n is not below -31 */
    #define OCTAVE31_32  0x1.800140p+23f  /* the last one with polynomials of its own */
    #define HALF32       0.5f
    #define ONE32        1.0f
    #define TWO32        2.0f
    #define MIN32        0x1p-126f
    #define MAX32        0x1.fffffep+127f
    #define POW24_32     0x1p+24f
    #define POW63_32     0x1p+63f
    #define POW_63_32    0x1p-63f
    #define POW_64_32    0x1p-64f
    #define LARGE32      0x1p+60f
    #define WEIGHT32     0x1p+30f         /* the product of two is not above LARGE32 */
    """
    const float LOG2E32, LN2_HIGH32, EXP_ZERO32, LOG0_32, LOG1_32, LOG2_32, LOG3_32
    const float LOG4_32, LOG5_32, LOG6_32, LOG7_32, LOG8_32, SHIFTER32, OCTAVE1_32, OCTAVE31_32, HALF32, ONE32, TWO32
    const float NEAR_SHIFTER32, NEAR_OCTAVE1_32, NEAR32
    const float MIN32, MAX32, POW24_32, POW63_32, POW_63_32, POW_64_32, LARGE32, WEIGHT32


cdef inline float canonical_nan32() noexcept nogil:
    return float32(0x7fc00000)


cdef inline float infinity32() noexcept nogil:
    return float32(0x7f800000)


# ------------------------------------------------------------ by octaves, in blocks
#
# Blocks whose logits are all within NEAR32, as nearly all are, are spared what only others need: bounds, NaN, results
# below all normal numbers. The others are FAR or ANY, with the same bits where both apply. After a block that was, the
# next one is expected to be (`far`).

cdef struct Octaves32:
    float index[BLOCK]  # n + NEAR_SHIFTER32; far: n + SHIFTER32, n not below -31
    float rest[BLOCK]   # s without its low part
    float number[BLOCK]     # far: n
    float power[BLOCK]  # far: 2**(n + 64), never subnormal
    float y[BLOCK]      # what the tables make of it
    float y2[BLOCK]


# exp(-|x|) = 2**n exp(s), |s| <= log(2)/2 and a little. Whether all are near; FAR and ANY: whatever they are,
# |x| beyond 191 log(2) and NaN counting as that.
cdef inline bint reduce32(int kind, const float *x, Octaves32 *o, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    cdef int j
    cdef int top = bits32(-<float>0.0)
    cdef float y, shifted, k
    cdef float shifter = SHIFTER32 if is_far(kind) else NEAR_SHIFTER32
    for i in range(n):
        # Negative floats are ordered by size as integers; compilers duplicate what follows a choice between floats.
        j = bits32(x[i]) | <int>0x80000000
        top = max(top, j)
        if is_far(kind):
            j = j if j < bits32(-EXP_ZERO32) else bits32(-EXP_ZERO32)
        y = float32(j)
        shifted = fma32(y, LOG2E32, shifter)
        k = shifted - shifter
        o.rest[i] = fma32(k, -LN2_HIGH32, y)  # exact: the result has no bit below 2**-25
        if is_far(kind):
            o.number[i] = k
            j = bits32(shifted)
            o.power[i] = float32(<int>(<unsigned int>j << 23))
            shifted = float32(j if j > bits32(OCTAVE31_32) else bits32(OCTAVE31_32))
        o.index[i] = shifted
    return top <= bits32(-NEAR32)


# What the tables make of it; `ahead` is where logits, labels and results go on.
cdef inline void look_up32(int kind, int want, Octaves32 *o, Py_ssize_t n, const Ahead *ahead) noexcept nogil:
    cdef const float *number = o.number if is_far(kind) else NULL
    if want & WANT_VALUE:
        softplus_octaves32(o.index, number, o.rest, o.y, n, &ahead[0], &ahead[1])
    if want & WANT_GRAD:
        share_octaves32(o.index, number, o.rest, o.y2, n, &ahead[2], &ahead[1] if want == WANT_GRAD else &ahead[0])
    if want & WANT_HESS:
        curvature_octaves32(o.index, number, o.rest, o.y, n, &ahead[0], &ahead[1])


cdef inline float power32(int kind, const Octaves32 *o, Py_ssize_t i) noexcept nogil:
    return o.power[i] if is_far(kind) else float32(<int>(<unsigned int>bits32(o.index[i]) << 23))


cdef inline float or_nan32(int kind, float x, float v) noexcept nogil:
    if is_far(kind):
        return canonical_nan32() if unordered32(x, v) else v
    return v


# (a + b) y 2**n. Weights are multiplied in where the product is large, so that it keeps its bits until the last step.
# FAR and ANY: in two steps, as the power alone may be below all floats; where a + b is large, its product with
# 2**(n + 64) may be beyond them.
cdef inline float scaled32(int kind, float sum, float power, float y) noexcept nogil:
    cdef bint large
    if kind == PLAIN:
        return power * y
    if kind == FAR:
        return (power * y) * POW_64_32
    if kind == GIVEN:
        return (((sum * POW63_32) * power) * y) * POW_63_32
    if kind == ANY:
        large = float32(bits32(sum) & 0x7fffffff) > LARGE32
        y = ((sum * (POW_64_32 if large else ONE32)) * power) * y
        return y if large else y * POW_64_32
    return (sum * power) * y


# c |x| + (a + b) log1p(exp(-|x|)) from what `scaled` made of the second term; in the first two octaves (|x| < 1.04)
# that lacks (a + b) / 2, so that the addition that rounds most has a small rounded term.
cdef inline float value32(int kind, float x, float c, float half, float index, float scaled) noexcept nogil:
    cdef float u = float32(bits32(x) & 0x7fffffff)
    cdef float v
    if is_far(kind):
        u = u if c != 0 else <float>0.0  # 0 * inf is 0
    v = fma32(c, u, scaled)
    cdef bint first_two = index >= (OCTAVE1_32 if is_far(kind) else NEAR_OCTAVE1_32)
    if kind == GIVEN or kind == ANY:
        v = v + (half if first_two else <float>0.0)
    else:                       # v is not -0
        v = v + half if first_two else v
    return or_nan32(kind, x, v)


# a s(x) - b s(-x) is c - (a + b) s(-|x|) or minus that
cdef inline float grad32(int kind, float x, float c, float scaled, float factor) noexcept nogil:
    return or_nan32(kind, x, (c - scaled if x > 0 else scaled - c) * factor)


cdef inline float hess32(int kind, float x, float half, float scaled, float factor) noexcept nogil:
    cdef float h = scaled * factor
    if is_far(kind):
        h = canonical_nan32() if unordered32(x, half) else h
    return h


cdef struct Factors32:
    float x
    float c             # a for positive x, else b
    float half            # (a + b) / 2
    float sum             # (a + b) / times
    float times           # 1; ANY: 2 where a + b is beyond all numbers


# The factors a and b from t, w (here a) and p (here b), or as they are given. `top` has what must be known of t.
cdef inline Factors32 factors32(int kind, const float *x, const float *t, const float *a, const float *b, Py_ssize_t i,
                                unsigned int *top) noexcept nogil:
    cdef Factors32 f
    cdef float ai, bi
    if kind == GIVEN or kind == ANY:
        ai = a[i]
        bi = b[i]
    else:
        bi = t[i]
        ai = ONE32 - bi
        top[0] = max(top[0], <unsigned int>bits32(bi))
        if kind == BY_WEIGHT or kind == BY_BOTH:     # as `times`, of moderate weights
            ai = fma32(ai, a[i], 0)
            bi = fma32(bi, a[i], 0)
        if kind == BY_POS_WEIGHT or kind == BY_BOTH:
            bi = fma32(bi, b[i], 0)
    f.x = x[i]
    f.c = ai if f.x > 0 else bi
    if kind == PLAIN or kind == FAR:
        f.half = HALF32
        f.sum = f.half
    else:
        f.sum = ai + bi
        f.half = f.sum * HALF32
    f.times = ONE32
    if kind == ANY and f.half - f.half != 0:     # a + b may be beyond all numbers
        f.half = ai * HALF32 + bi * HALF32
        f.sum = f.half
        f.times = TWO32
    return f


cdef inline float share32(int kind, const Factors32 *f, float power, float y) noexcept nogil:
    y = scaled32(kind, f.sum, power, y)
    return y * f.times if kind == ANY else y


# The loops of one kind of factors. Whether the labels were such that the results are right.
cdef inline bint combine32(int kind, int want, const float *x, const float *t, const float *a, const float *b,
                           float factor, float *v, float *g, float *h, const Octaves32 *o, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    cdef Factors32 f
    cdef float s
    cdef unsigned int top = 0
    if want == WANT_VALUE:
        for i in range(n):
            f = factors32(kind, x, t, a, b, i, &top)
            s = share32(kind, &f, power32(kind, o, i), o.y[i])
            v[i] = value32(kind, f.x, f.c, f.half, o.index[i], s)
    elif want == WANT_GRAD:
        for i in range(n):
            f = factors32(kind, x, t, a, b, i, &top)
            g[i] = grad32(kind, f.x, f.c, share32(kind, &f, power32(kind, o, i), o.y2[i]), factor)
    elif want == WANT_VALUE | WANT_GRAD:
        for i in range(n):
            f = factors32(kind, x, t, a, b, i, &top)
            s = share32(kind, &f, power32(kind, o, i), o.y[i])
            v[i] = value32(kind, f.x, f.c, f.half, o.index[i], s)
            g[i] = grad32(kind, f.x, f.c, share32(kind, &f, power32(kind, o, i), o.y2[i]), factor)
    else:
        for i in range(n):
            f = factors32(kind, x, t, a, b, i, &top)
            g[i] = grad32(kind, f.x, f.c, share32(kind, &f, power32(kind, o, i), o.y2[i]), factor)
            h[i] = hess32(kind, f.x, f.half, share32(kind, &f, power32(kind, o, i), o.y[i]), factor)
    # From 0 to 1 numbers are ordered as their bits, and all others have larger ones.
    return top <= <unsigned int>bits32(ONE32)


cdef inline bint within32(const float *w, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    cdef unsigned int largest = 0
    for i in range(n):
        largest = max(largest, <unsigned int>bits32(w[i]) & <unsigned int>0x7fffffff)
    return largest <= <unsigned int>bits32(LARGE32)


# Whether all weights are 0 or from 2**-30 to 2**30 in size: then no factor made of two of them and a label is beyond
# LARGE32, and no a + b, unless it is 0, below 2**-84: a label so small that its factor is smaller leaves the other.
cdef inline bint moderate32(const float *w, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    cdef unsigned int size, largest = 0
    cdef unsigned int least = ~<unsigned int>0
    for i in range(n):
        size = <unsigned int>bits32(w[i]) & <unsigned int>0x7fffffff
        largest = max(largest, size)
        least = min(least, size - 1)    # 0 counts as the largest number
    return (largest <= <unsigned int>bits32(WEIGHT32)) & (least >= <unsigned int>bits32(ONE32 / WEIGHT32) - 1)


# Value, gradient times `factor`, and curvature of w ((1 - t) softplus(x) + p t softplus(-x)), if all labels are from 0
# to 1 (and not -0), and if all logits are near or nothing is weighted: whether that is so. The weights are moderate;
# `kind` says which are not all 1.
cdef bint evaluate_near32(int kind, int want, const float *x, const float *t, const float *w, const float *p,
                          float factor, float *v, float *g, float *h, Py_ssize_t n, const Ahead *ahead,
                          bint *far) noexcept nogil:
    cdef Octaves32 o
    if factor - factor != 0:
        return False
    if not HARDWARE_FMA:        # fewer loops do where each is long and slow
        far[0] = True
    far[0] = far[0] or not reduce32(PLAIN, x, &o, n)
    if far[0] and kind == PLAIN:
        far[0] = not reduce32(FAR, x, &o, n)
        look_up32(FAR, want, &o, n, ahead)
        return combine32(FAR, want, x, t, w, p, factor, v, g, h, &o, n)
    if far[0] or not HARDWARE_FMA:
        return False
    look_up32(PLAIN, want, &o, n, ahead)
    if kind == PLAIN:
        return combine32(PLAIN, want, x, t, w, p, factor, v, g, h, &o, n)
    if kind == BY_WEIGHT:
        return combine32(BY_WEIGHT, want, x, t, w, p, factor, v, g, h, &o, n)
    if kind == BY_POS_WEIGHT:
        return combine32(BY_POS_WEIGHT, want, x, t, w, p, factor, v, g, h, &o, n)
    return combine32(BY_BOTH, want, x, t, w, p, factor, v, g, h, &o, n)


# The same for a softplus(x) + b softplus(-x), whatever they are.
cdef void evaluate_logits32(int want, const float *x, const float *a, const float *b, float factor, float *v, float *g,
                            float *h, Py_ssize_t n, const Ahead *ahead, bint *far) noexcept nogil:
    cdef Octaves32 o
    cdef bint moderate = factor - factor == 0 and not far[0] and within32(a, n) and within32(b, n)
    if moderate and reduce32(GIVEN, x, &o, n):
        look_up32(GIVEN, want, &o, n, ahead)
        combine32(GIVEN, want, x, NULL, a, b, factor, v, g, h, &o, n)
    else:
        far[0] = not reduce32(ANY, x, &o, n)
        look_up32(ANY, want, &o, n, ahead)
        combine32(ANY, want, x, NULL, a, b, factor, v, g, h, &o, n)


cdef inline void activation32(int kind, int formula, const float *x, float *y, Octaves32 *o, Py_ssize_t n,
                              const Ahead *ahead) noexcept nogil:
    cdef Py_ssize_t i
    cdef float xi, v
    cdef const float *number = o.number if is_far(kind) else NULL
    if formula == SIGMOID or formula == LOG_SIGMOID_GRAD:
        share_octaves32(o.index, number, o.rest, o.y, n, &ahead[0], &ahead[2])
    elif formula == SIGMOID_GRAD:
        curvature_octaves32(o.index, number, o.rest, o.y, n, &ahead[0], &ahead[2])
    else:
        softplus_octaves32(o.index, number, o.rest, o.y, n, &ahead[0], &ahead[2])
    if formula == SIGMOID:
        for i in range(n):
            xi = x[i]
            v = scaled32(kind, HALF32, power32(kind, o, i), o.y[i])
            v = ONE32 - v if xi > 0 else v
            y[i] = or_nan32(kind, xi, v)
    elif formula == LOG_SIGMOID_GRAD:       # s(-x)
        for i in range(n):
            xi = x[i]
            v = scaled32(kind, HALF32, power32(kind, o, i), o.y[i])
            v = v if xi > 0 else ONE32 - v
            y[i] = or_nan32(kind, xi, v)
    elif formula == SIGMOID_GRAD:
        for i in range(n):
            y[i] = hess32(kind, x[i], 0, scaled32(kind, HALF32, power32(kind, o, i), o.y[i]), ONE32)
    elif formula == SOFTPLUS:
        for i in range(n):
            xi = x[i]
            v = scaled32(kind, HALF32, power32(kind, o, i), o.y[i])
            y[i] = value32(kind, xi, ONE32 if xi > 0 else <float>0.0, HALF32, o.index[i], v)
    else:                                   # -softplus(-x)
        for i in range(n):
            xi = x[i]
            v = scaled32(kind, HALF32, power32(kind, o, i), o.y[i])
            y[i] = value32(kind, xi, <float>0.0 if xi > 0 else -ONE32, -HALF32, o.index[i], -v)


# The functions of one argument.
cdef void evaluate_activation32(int formula, const float *x, float *y, Py_ssize_t n,
                                const Ahead *ahead, bint *far) noexcept nogil:
    cdef Octaves32 o
    cdef Py_ssize_t i
    if formula == LOGIT:
        for i in range(n):
            y[i] = logit32(x[i])
    elif HARDWARE_FMA and not far[0] and reduce32(PLAIN, x, &o, n):
        activation32(PLAIN, formula, x, y, &o, n, ahead)
    else:
        far[0] = not reduce32(FAR, x, &o, n)
        activation32(FAR, formula, x, y, &o, n, ahead)


# The derivative of the loss with respect to the target: w (p softplus(-x) - softplus(x)), the difference being
# (p - 1) log1p(exp(-|x|)) + c |x| with c = p or -1.
cdef void evaluate_logits_target32(const float *x, const float *w, const float *p, float *g, Py_ssize_t n,
                                   const Ahead *ahead) noexcept nogil:
    cdef Octaves32 o
    cdef Py_ssize_t i
    cdef float xi, pi, wi, sum, v
    reduce32(ANY, x, &o, n)
    look_up32(ANY, WANT_VALUE, &o, n, ahead)
    for i in range(n):
        xi = x[i]
        pi = p[i]
        wi = w[i]
        sum = pi - ONE32
        v = value32(ANY, xi, -ONE32 if xi > 0 else pi, sum * HALF32, o.index[i],
                    scaled32(ANY, sum, o.power[i], o.y[i]))
        v = wi * v if (wi != 0) | (v != v) else <float>0.0
        g[i] = canonical_nan32() if unordered32(wi, v) else v


# ---------------------------------------------------------------- on probabilities

# The exponent that takes x to [sqrt(1/2), sqrt(2)).
cdef inline int exponent32(float x) noexcept nogil:
    return (bits32(x) - 0x3f3504f3) >> 23


cdef inline bint below32(float high, float low, float a, float cap) noexcept nogil:
    return (high + low < cap) & (a != 0)


# -log(1 - q) and -log(q), each as a high and a low part.
cdef void logs32(const float *q, float cap, float *la, float *lal, float *lb, float *lbl, Py_ssize_t n,
                 const Ahead *ahead) noexcept nogil:
    cdef float a[BLOCK]
    cdef float y[BLOCK]
    cdef float minus_u[BLOCK]
    cdef Py_ssize_t i
    cdef bint below
    for i in range(n):
        y[i] = q[i] * POW24_32      # never subnormal
        minus_u[i] = -POW24_32
        a[i] = minus_u[i] + y[i]
    log_cells32(a, y, minus_u, la, lal, n, &ahead[0], &ahead[1])
    for i in range(n):
        below = below32(la[i], lal[i], a[i], cap)
        la[i] = la[i] if below else cap
        lal[i] = lal[i] if below else <float>0.0
    for i in range(n):
        minus_u[i] = 0
        a[i] = minus_u[i] + y[i]    # -0 becomes 0
    log_cells32(a, y, minus_u, lb, lbl, n, &ahead[0], &ahead[1])
    for i in range(n):
        below = below32(lb[i], lbl[i], a[i], cap)
        lb[i] = lb[i] if below else cap
        lbl[i] = lbl[i] if below else <float>0.0


# The loss and its gradient where all labels are 0 or 1, all probabilities lie between, nothing is weighted, and nothing
# meets the floor, the cap or a subnormal number: one logarithm and one division each, and the bits of
# evaluate_probability32. Returns whether that is so.
cdef bint evaluate_hard32(int want, const float *q, const float *t, float floor, float cap, float *v, float *g,
                          Py_ssize_t n, const Ahead *ahead) noexcept nogil:
    cdef float a[BLOCK]
    cdef float minus_u[BLOCK]
    cdef Py_ssize_t i
    cdef float u, d, r
    cdef unsigned int top = 0
    cdef int soft = 0
    cdef unsigned int least = bits32(ONE32)
    if (floor > <float>-88.0) | (cap < ONE32 / MIN32):
        return False
    if FUSES and want & WANT_VALUE:
        if not hard_cells32(q, t, v, n, &ahead[0], &ahead[1]):
            return False
    else:
        for i in range(n):
            minus_u[i] = t[i] - ONE32
            a[i] = minus_u[i] + q[i]    # q, or q - 1, whose bits are larger ones and which is not subnormal
            least = min(least, <unsigned int>bits32(a[i]))
            top = max(top, <unsigned int>bits32(q[i]))
            soft |= bits32(t[i] * minus_u[i])
        if (soft & 0x7fffffff) | (top > <unsigned int>bits32(ONE32)) | (least < <unsigned int>bits32(MIN32)):
            return False
        if want & WANT_VALUE:
            log_cells32(a, q, minus_u, v, NULL, n, &ahead[0], &ahead[1])
    if want & WANT_GRAD:
        for i in range(n):
            u = ONE32 - t[i]
            d = u - q[i]            # 1 - q or -q
            r = ONE32 / d
            g[i] = r + r * fma32(-r, (u - d) - q[i], fma32(-r, d, ONE32))
    return True


# al is what a lacks of (1 - t) w. All that is small is added up before the leading terms. With hard labels value 0.82
# ULP, gradient 0.5; soft ones: value 1.4, gradient 1.0 ULP of the sum of both terms.
cdef inline float probability32(
    float q, float a, float al, float b, float la, float lal, float lb, float lbl
) noexcept nogil:
    cdef float w = ONE32 - q
    cdef bint valid = (q >= 0) & (w >= 0) & (a == a) & (b == b)
    la = la if a != 0 else <float>0.0
    lb = lb if b != 0 else <float>0.0
    cdef float rest = fma32(a, lal, b * lbl)
    rest = fma32(al, la, rest) if w != 0 else rest
    rest = rest if rest - rest == 0 else <float>0.0  # an infinite weight has no low part
    cdef float v = fma32(a, la, fma32(b, lb, rest))
    return v if valid else canonical_nan32()


cdef inline float probability_grad32(float q, float a, float al, float b, float cap) noexcept nogil:
    q = q + <float>0.0  # -0 becomes 0, whose reciprocal has the right sign
    cdef float w = ONE32 - q
    cdef bint valid = (q >= 0) & (w >= 0) & (a == a) & (b == b)
    cdef float wl = (ONE32 - w) - q
    cdef float ra = ONE32 / w
    cdef float rb = ONE32 / q
    cdef float ral = ra * fma32(-ra, wl, fma32(-ra, w, ONE32))
    cdef float rbl = rb * fma32(-rb, q, ONE32)
    ral = ral if ra < cap else <float>0.0
    rbl = rbl if rb < cap else <float>0.0
    ra = ra if ra < cap else cap
    rb = rb if rb < cap else cap
    cdef float g = fma32(a, ral, fma32(al, ra, -(b * rbl)))
    g = fma32(-b, rb, fma32(a, ra, g if g - g == 0 else <float>0.0))
    g = g if g < MAX32 else MAX32
    g = g if g > -MAX32 else -MAX32
    return g if valid else canonical_nan32()


cdef void evaluate_probability32(int want, const float *q, const float *a, const float *rest, const float *b,
                                 float log_floor, float cap, float *v, float *g, Py_ssize_t n,
                                 const Ahead *ahead) noexcept nogil:
    cdef float la[BLOCK]
    cdef float lal[BLOCK]
    cdef float lb[BLOCK]
    cdef float lbl[BLOCK]
    cdef Py_ssize_t i
    if want & WANT_VALUE:
        logs32(q, -log_floor, la, lal, lb, lbl, n, ahead)
        for i in range(n):
            v[i] = probability32(q[i], a[i], rest[i], b[i], la[i], lal[i], lb[i], lbl[i])
    if want & WANT_GRAD:
        for i in range(n):
            g[i] = probability_grad32(q[i], a[i], rest[i], b[i], cap)


# w (p log(q) - log(1 - q)) but for the sign
cdef void evaluate_probability_target32(const float *q, const float *w, const float *p, float log_floor, float *g,
                                        Py_ssize_t n, const Ahead *ahead) noexcept nogil:
    cdef float la[BLOCK]
    cdef float lal[BLOCK]
    cdef float lb[BLOCK]
    cdef float lbl[BLOCK]
    cdef Py_ssize_t i
    cdef float v, y
    cdef bint valid
    logs32(q, -log_floor, la, lal, lb, lbl, n, ahead)
    for i in range(n):
        valid = (q[i] >= 0) & (ONE32 - q[i] >= 0) & (w[i] == w[i]) & (p[i] == p[i])
        y = lb[i] + lbl[i] if p[i] != 0 else <float>0.0
        v = fma32(p[i], y, -(la[i] + lal[i]))
        v = w[i] * v if w[i] != 0 else <float>0.0
        g[i] = v if valid else canonical_nan32()


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
