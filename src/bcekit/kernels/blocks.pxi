# One block at a time, all of it in the first-level cache:
#
#     load -> weigh -> evaluate -> store / sum
#
# `load` is the only place that knows dtypes and strides of arguments, `store`
# the only one that knows those of results, `evaluate` the only one with
# transcendental functions (float32.pxi, float64.pxi), `sum` the only one that
# fixes an order of addition. No function here allocates or touches Python.
#
# Blocks live in plain C arrays: a typed memoryview cannot look at stack memory
# without the GIL, and one per operand and dtype at the boundary would cost
# 110 ns each and a specialisation for each of 13 dtypes (docs/architecture.md).

ctypedef fused item:
    uint8_t
    item16
    item32
    item64

ctypedef fused stored:
    int8_t
    uint8_t
    int16_t
    uint16_t
    int32_t
    uint32_t
    int64_t
    uint64_t
    float
    double

cdef enum:
    BLOCK_BYTES = 2048      # the size of each buffer
    KEEP = 14               # buffers beside those of the roles
    FACTOR_NEGATIVE = 15    # a = (1 - t) w
    FACTOR_POSITIVE = 16    # b = p t w
    WEIGHT_KEPT = 17
    SCALE_WIDE = 18         # of doubles, also beside floats; two buffers long
    FACTOR_REST = 20        # what a lacks of (1 - t) w
    ALPHA = 21              # weights of a focal loss
    BUFFERS = 22

cdef struct Workspace:
    void *buffers[BUFFERS]
    const void *numerator       # what the last block has to add to the sums
    const void *denominator
    Py_ssize_t phase[BUFFERS]   # what a REPEATED or CONSTANT operand's buffer holds now; -1: nothing
    Py_ssize_t filled[BUFFERS]
    bint far                    # whether the last block's logits were not all near 0
    bint fresh[BUFFERS]         # whether what it holds has not been looked at
    bint moderate[BUFFERS]      # whether the weights that it holds are
    const void *once[BUFFERS]   # where the values lie that its rows repeat, if they do
    Py_ssize_t rows[BUFFERS]    # and how many


# ---------------------------------------------------------------- bit formats

cdef inline float from_float16(unsigned short h) noexcept nogil:
    # The 15 bits below the sign, moved into a float's exponent and fraction,
    # are the value times 2**-112, also for subnormal halves.
    cdef float f = float32((h & 0x7FFF) << 13) * <float>5.192296858534828e33
    cdef int bits = bits32(f)
    bits = bits | 0x7F800000 if (h & 0x7C00) == 0x7C00 else bits
    return float32(bits | ((h & 0x8000) << 16))


cdef inline float from_bfloat16(unsigned short h) noexcept nogil:
    return float32(<int>(<unsigned int>h << 16))


cdef inline unsigned short to_float16(float f) noexcept nogil:
    cdef int bits = bits32(f)
    cdef int sign = (bits >> 16) & 0x8000
    cdef int size = bits & 0x7FFFFFFF
    # Below 2**-14 the spacing of halves is that of floats near 0.5: adding 0.5 rounds.
    cdef int small = bits32(float32(size if size < 0x38800000 else 0) + <float>0.5) - 0x3F000000
    # Elsewhere drop 13 bits, to nearest even, and move the exponent from bias 127 to 15.
    cdef int normal = (size + 0xFFF + ((size >> 13) & 1) - 0x38000000) >> 13
    cdef int r = small if size < 0x38800000 else normal
    r = 0x7C00 if size >= 0x477FF000 else r
    r = 0x7E00 if size > 0x7F800000 else r
    return <unsigned short>(r | sign)


cdef inline unsigned short to_bfloat16(float f) noexcept nogil:
    cdef unsigned int bits = <unsigned int>bits32(f)
    cdef unsigned int r = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16
    return <unsigned short>(0x7FC0 if (bits & 0x7FFFFFFF) > 0x7F800000 else r)


cdef inline float to_odd(real v) noexcept nogil:
    # A double truncated to a float whose last bit is set where it was inexact,
    # so that rounding to 16 bits happens once.
    cdef float f
    cdef int bits
    if real is float:
        return v
    else:
        f = <float>v
        bits = bits32(f)
        if <double>f != v and v == v:
            bits = bits if bits & 1 else (bits + 1 if (<double>f < v) == (v > 0) else bits - 1)
        return float32(bits)


# ------------------------------------------------- rectangles of an operand

cdef struct Cursor:
    Py_ssize_t index[MAX_DIMS]
    Py_ssize_t left
    char *data
    Py_ssize_t rows
    Py_ssize_t columns
    Py_ssize_t row_stride
    Py_ssize_t column_stride


cdef inline void start(Cursor *c, const Job *job, const Operand *op, Py_ssize_t position, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t d, q
    c.left = n
    c.data = op.data
    if op.spread == LINEAR:
        c.data += position * op.itemsize
        return
    for d in range(job.ndim - 1, 0, -1):
        q = position // job.shape[d]
        c.index[d] = position - q * job.shape[d]
        position = q
    c.index[0] = position


cdef inline bint following(Cursor *c, const Job *job, const Operand *op) noexcept nogil:
    # The next rectangle of consecutive positions: rows of the last dimension.
    cdef Py_ssize_t last = job.ndim - 1
    cdef Py_ssize_t d, length, count
    if c.left == 0:
        return False
    if op.spread == LINEAR:
        c.rows = 1
        c.columns = c.left
        c.column_stride = op.itemsize
        c.row_stride = 0
        c.left = 0
        return True
    c.data = op.data
    for d in range(job.ndim):
        c.data += c.index[d] * op.strides[d]
    length = job.shape[last]
    c.column_stride = op.strides[last]
    c.row_stride = op.strides[last - 1] if last > 0 else 0
    if c.index[last] != 0 or c.left < length or last == 0:
        c.rows = 1
        c.columns = min(length - c.index[last], c.left)
        c.index[last] += c.columns
        count = c.columns
        d = last
    else:
        c.rows = min(c.left // length, job.shape[last - 1] - c.index[last - 1])
        c.columns = length
        c.index[last - 1] += c.rows
        count = c.rows * length
        d = last - 1
    while d > 0 and c.index[d] == job.shape[d]:
        c.index[d] = 0
        d -= 1
        c.index[d] += 1
    c.left -= count
    return True


cdef inline void copy_items(char *to, Py_ssize_t to_step, const char *source, Py_ssize_t step, Py_ssize_t n,
                            int itemsize, bint swapped) noexcept nogil:
    cdef Py_ssize_t i
    cdef int k
    if swapped:
        for i in range(n):
            for k in range(itemsize):
                to[i * to_step + k] = source[i * step + itemsize - 1 - k]
    else:
        for i in range(n):
            memcpy(to + i * to_step, source + i * step, itemsize)


# ------------------------------------------------------------------------ load

cdef inline Py_ssize_t turned(const item *data, Py_ssize_t step, Py_ssize_t rows, Py_ssize_t columns,
                              item *to) noexcept nogil:
    # Gather as many columns, each a line in memory, as whole vectors hold, and say how many.
    cdef Py_ssize_t c, r
    cdef Py_ssize_t done = 0
    if item is item32:
        done = columns // 8 * 8
        for c in range(0, done, 8):
            for r in range(0, rows - 3, 4):
                turn_floats(<const float *>(data + c * step + r), step, <float *>(to + r * columns + c), columns)
    elif item is item64:
        done = columns // 4 * 4
        for c in range(0, done, 4):
            for r in range(0, rows - 3, 4):
                turn_doubles(<const double *>(data + c * step + r), step, <double *>(to + r * columns + c), columns)
    for r in range(rows // 4 * 4, rows):
        for c in range(done):
            to[r * columns + c] = data[c * step + r]
    return done


cdef void gather_items(const item *data, Py_ssize_t row_stride, Py_ssize_t column_stride, Py_ssize_t rows,
                       Py_ssize_t columns, item *to) noexcept nogil:
    cdef Py_ssize_t r, c, k, first
    cdef Py_ssize_t row_step = row_stride // <Py_ssize_t>sizeof(item)
    cdef Py_ssize_t step = column_stride // <Py_ssize_t>sizeof(item)
    cdef const item *row
    cdef item v
    if step == 1:
        for r in range(rows):
            row = data + r * row_step
            for c in range(columns):
                to[r * columns + c] = row[c]
    elif step == 2 or step == -1:
        # Constants, so that whole vectors are loaded and shuffled.
        for r in range(rows):
            row = data + r * row_step
            if step == 2:
                for c in range(columns):
                    to[r * columns + c] = row[2 * c]
            else:
                for c in range(columns):
                    to[r * columns + c] = row[-c]
    elif step == 0 and columns == 16:
        for r in range(rows):
            v = data[r * row_step]
            for c in range(16):
                to[16 * r + c] = v
    elif step == 0:
        # Short rows are written 16 elements at a time, the next row over what was too much.
        r = 0
        while columns <= 64 and r * columns + (columns + 15) // 16 * 16 <= rows * columns:
            v = data[r * row_step]
            for k in range((columns + 15) // 16):
                for c in range(16):
                    to[r * columns + 16 * k + c] = v
            r += 1
        while r < rows:
            v = data[r * row_step]
            for c in range(columns):
                to[r * columns + c] = v
            r += 1
    elif rows > 1 and distance(row_step) < distance(step):
        # Memory runs down the rows: read it that way and scatter, the block is in the first-level cache.
        first = turned(data, step, rows, columns, to) if TURNS and row_step == 1 else 0
        for c in range(first, columns):
            row = data + c * step
            for r in range(rows):
                to[r * columns + c] = row[r * row_step]
    else:
        for r in range(rows):
            row = data + r * row_step
            for c in range(columns):
                to[r * columns + c] = row[c * step]


cdef void gather(int itemsize, const char *data, Py_ssize_t row_stride, Py_ssize_t column_stride, Py_ssize_t rows,
                 Py_ssize_t columns, void *to) noexcept nogil:
    if itemsize == 1:
        gather_items(<const uint8_t *>data, row_stride, column_stride, rows, columns, <uint8_t *>to)
    elif itemsize == 2:
        gather_items(<const item16 *>data, row_stride, column_stride, rows, columns, <item16 *>to)
    elif itemsize == 4:
        gather_items(<const item32 *>data, row_stride, column_stride, rows, columns, <item32 *>to)
    else:
        gather_items(<const item64 *>data, row_stride, column_stride, rows, columns, <item64 *>to)


cdef inline void convert_items(const stored *data, Py_ssize_t n, real *to) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        to[i] = <real>data[i]


cdef void convert(int kind, const char *data, Py_ssize_t n, real *to) noexcept nogil:
    cdef Py_ssize_t i
    if kind == FLOAT32:
        convert_items(<const float *>data, n, to)
    elif kind == FLOAT64:
        convert_items(<const double *>data, n, to)
    elif kind == UINT8:
        convert_items(<const uint8_t *>data, n, to)
    elif kind == BOOL:
        for i in range(n):                  # a view of other data as bool may hold any byte
            to[i] = <int>(data[i] != 0)
    elif kind == INT8:
        convert_items(<const int8_t *>data, n, to)
    elif kind == INT16:
        convert_items(<const int16_t *>data, n, to)
    elif kind == UINT16:
        convert_items(<const uint16_t *>data, n, to)
    elif kind == INT32:
        convert_items(<const int32_t *>data, n, to)
    elif kind == UINT32:
        convert_items(<const uint32_t *>data, n, to)
    elif kind == INT64:
        convert_items(<const int64_t *>data, n, to)
    elif kind == UINT64:
        convert_items(<const uint64_t *>data, n, to)
    elif kind == BFLOAT16:
        for i in range(n):
            to[i] = from_bfloat16((<const uint16_t *>data)[i])
    else:
        for i in range(n):
            to[i] = from_float16((<const uint16_t *>data)[i])


cdef inline bint lies_ready(const Operand *op, Py_ssize_t n, Py_ssize_t padded, real witness) noexcept nogil:
    # Whether its memory can take the place of a block's buffer.
    return op.spread == LINEAR and n == padded and not op.awkward and op.kind == (
        FLOAT32 if sizeof(real) == sizeof(float) else FLOAT64)


cdef const real *load(const Job *job, Workspace *ws, int slot, const Operand *op, Py_ssize_t position, Py_ssize_t n,
                      Py_ssize_t padded, real witness) noexcept nogil:
    """The operand's elements at these positions, as `real`, zeros behind them up to `padded`."""
    cdef real *to = <real *>ws.buffers[slot]
    cdef uint64_t tidy[BLOCK]
    cdef int native = FLOAT32 if sizeof(real) == sizeof(float) else FLOAT64
    cdef Py_ssize_t i, r, phase = -1
    cdef Cursor c
    ws.once[slot] = NULL
    if lies_ready(op, n, padded, witness):
        return <const real *>(op.data + position * op.itemsize)
    if op.spread == CONSTANT:
        phase = 0
    elif op.spread == REPEATED:
        phase = position % job.shape[job.ndim - 1]
    if phase >= 0:
        if ws.phase[slot] == phase and ws.filled[slot] == n:
            return to
        ws.phase[slot] = phase
        ws.filled[slot] = n
        ws.fresh[slot] = True
    start(&c, job, op, position, n)
    while following(&c, job, op):
        if op.awkward:
            for r in range(c.rows):
                copy_items(<char *>tidy + r * c.columns * op.itemsize, op.itemsize, c.data + r * c.row_stride,
                           c.column_stride, c.columns, op.itemsize, op.swapped)
            convert(op.kind, <const char *>tidy, c.rows * c.columns, to)
        elif op.kind == native:
            gather(sizeof(real), c.data, c.row_stride, c.column_stride, c.rows, c.columns, to)
            if c.column_stride == 0 and c.row_stride == sizeof(real) and c.rows * c.columns == n:
                ws.once[slot] = c.data
                ws.rows[slot] = c.rows
        elif c.rows == 1 and c.column_stride == op.itemsize:
            convert(op.kind, c.data, c.columns, to)
        else:
            gather(op.itemsize, c.data, c.row_stride, c.column_stride, c.rows, c.columns, tidy)
            convert(op.kind, <const char *>tidy, c.rows * c.columns, to)
        to += c.rows * c.columns
    for i in range(padded - n):
        to[i] = 0
    return <const real *>ws.buffers[slot]


# ----------------------------------------------------------------------- store

cdef void store_kind(int kind, char *data, Py_ssize_t row_stride, Py_ssize_t column_stride, Py_ssize_t rows,
                     Py_ssize_t columns, const real *source) noexcept nogil:
    cdef Py_ssize_t r, c, i
    cdef char *row
    for r in range(rows):
        row = data + r * row_stride
        i = r * columns
        if kind == FLOAT32:
            if column_stride == sizeof(float):
                for c in range(columns):
                    (<float *>row)[c] = <float>source[i + c]
            else:
                for c in range(columns):
                    (<float *>(row + c * column_stride))[0] = <float>source[i + c]
        elif kind == FLOAT64:
            for c in range(columns):
                (<double *>(row + c * column_stride))[0] = <double>source[i + c]
        elif kind == FLOAT16:
            if column_stride == sizeof(uint16_t):
                for c in range(columns):
                    (<uint16_t *>row)[c] = to_float16(to_odd(source[i + c]))
            else:
                for c in range(columns):
                    (<uint16_t *>(row + c * column_stride))[0] = to_float16(to_odd(source[i + c]))
        else:
            for c in range(columns):
                (<uint16_t *>(row + c * column_stride))[0] = to_bfloat16(to_odd(source[i + c]))


cdef void store(const Job *job, const Operand *op, Py_ssize_t position, Py_ssize_t n,
                const real *source) noexcept nogil:
    cdef uint64_t tidy[BLOCK]
    cdef Py_ssize_t r
    cdef Cursor c
    start(&c, job, op, position, n)
    while following(&c, job, op):
        if op.awkward:
            store_kind(op.kind, <char *>tidy, c.columns * op.itemsize, op.itemsize, c.rows, c.columns, source)
            for r in range(c.rows):
                copy_items(c.data + r * c.row_stride, c.column_stride, <char *>tidy + r * c.columns * op.itemsize,
                           op.itemsize, c.columns, op.itemsize, op.swapped)
        else:
            store_kind(op.kind, c.data, c.row_stride, c.column_stride, c.rows, c.columns, source)
        source += c.rows * c.columns


# ------------------------------------------------------------- check and weigh

cdef inline bint outside(const real *p, const real *keep, Py_ssize_t n) noexcept nogil:
    # Whether any that is kept is below 0 or above 1; NaN is neither.
    cdef Py_ssize_t i
    cdef int found = 0
    cdef uint32_t top = 0
    cdef uint64_t wide_top = 0
    # From 0 to 1 numbers are ordered as their bits, and all others (-0 and NaN too) have larger ones: one maximum
    # tells that nothing is amiss, in a third of the time of two comparisons.
    if real is float:
        for i in range(n):
            top = max(top, <uint32_t>bits32(p[i]))
        if top <= <uint32_t>0x3F800000:
            return False
    else:
        for i in range(n):
            wide_top = max(wide_top, <uint64_t>bits64(p[i]))
        if wide_top <= <uint64_t>0x3FF0000000000000:
            return False
    if keep == NULL:
        for i in range(n):
            found |= (p[i] < 0) | (p[i] > 1)
    else:
        for i in range(n):
            found |= ((p[i] < 0) | (p[i] > 1)) & (keep[i] != 0)
    return found


cdef inline void keep_only(const real *keep, const real *source, real *to, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        to[i] = source[i] if keep[i] != 0 else 0


cdef const real *load_masks(const Job *job, Workspace *ws, Py_ssize_t position, Py_ssize_t n, Py_ssize_t padded,
                            real witness) noexcept nogil:
    # 1 for the elements that every mask keeps, 0 for the rest and for the padding.
    cdef real *keep = <real *>ws.buffers[KEEP]
    cdef const real *mask
    cdef const Operand *op
    cdef Py_ssize_t i
    cdef int k
    for k in range(job.n_masks):
        op = &job.operands[MASK + k]
        mask = load(job, ws, MASK + k, op, position, n, padded, witness)
        if job.n_masks == 1 and op.kind == BOOL and not op.inverted:
            return mask
        if k == 0 and op.inverted:
            for i in range(padded):
                keep[i] = 0 if mask[i] != 0 else 1
        elif k == 0:
            for i in range(padded):
                keep[i] = 1 if mask[i] != 0 else 0
        elif op.inverted:
            for i in range(padded):
                keep[i] = 0 if mask[i] != 0 else keep[i]
        else:
            for i in range(padded):
                keep[i] = keep[i] if mask[i] != 0 else 0
    for i in range(n, padded):
        keep[i] = 0
    return keep


cdef void weigh(const Job *job, const real *t, const real *w, const real *p, real *a, real *rest, real *b,
                Py_ssize_t n) noexcept nogil:
    # a = (1 - t) w and b = p t w; w and p may be NULL together. `rest`, unless NULL, is what the rounded 1 - t lacks.
    cdef Py_ssize_t i
    cdef real keep = <real>(1.0 - job.smoothing)
    cdef real shift = <real>(0.5 * job.smoothing)
    cdef real u
    if rest != NULL:
        for i in range(n):
            u = 1 - t[i]
            rest[i] = ((1 - u) - t[i]) * keep
    if job.smoothing != 0:
        for i in range(n):
            a[i] = (1 - t[i]) * keep + shift
            b[i] = t[i] * keep + shift
    else:
        for i in range(n):
            a[i] = 1 - t[i]
            b[i] = t[i]
    if w != NULL:
        for i in range(n):
            a[i] = times(a[i], w[i])
            b[i] = times(times(b[i], w[i]), p[i])
        if rest != NULL:
            for i in range(n):
                rest[i] = rest[i] * w[i] if w[i] - w[i] == 0 else 0


cdef void weigh_alpha(const Job *job, const real *t, const real *w, real *to, Py_ssize_t n) noexcept nogil:
    # The weight of a focal loss whose gamma is 0, which is a loss on logits.
    cdef Py_ssize_t i
    cdef double ti
    cdef double keep = 1.0 - job.smoothing
    cdef double shift = 0.5 * job.smoothing
    for i in range(n):
        ti = t[i] * keep + shift
        to[i] = <real>(job.alpha_pos * ti + job.alpha_neg * (1.0 - ti)) * w[i]


# -------------------------------------------------------------------- evaluate
#
# One function per formula and precision (float32.pxi, float64.pxi), over a block; all entry points share it.

cdef void evaluate_activation(int formula, const real *x, real *y, Py_ssize_t n, const Ahead *ahead,
                              bint *far) noexcept nogil:
    if real is float:
        evaluate_activation32(formula, x, y, n, ahead, far)
    else:
        evaluate_activation64(formula, x, y, n, ahead, far)


cdef bint evaluate_near(int kind, int want, const real *x, const real *t, const real *w, const real *p, real factor,
                        real *v, real *g, real *h, Py_ssize_t n, const Ahead *ahead,
                        bint *far) noexcept nogil:
    # Whether logits and labels are such as nearly all are: then the loss is done, in half the instructions.
    if real is float:
        return evaluate_near32(kind, want, x, t, w, p, factor, v, g, h, n, ahead, far)
    else:
        return evaluate_near64(kind, want, x, t, w, p, factor, v, g, h, n, ahead, far)


cdef void evaluate_logits(int want, const real *x, const real *a, const real *b, real factor, real *v, real *g, real *h,
                          Py_ssize_t n, const Ahead *ahead, bint *far) noexcept nogil:
    if real is float:
        evaluate_logits32(want, x, a, b, factor, v, g, h, n, ahead, far)
    else:
        evaluate_logits64(want, x, a, b, factor, v, g, h, n, ahead, far)


cdef bint evaluate_hard(int want, const real *q, const real *t, real floor, real cap, real *v, real *g, Py_ssize_t n,
                        const Ahead *ahead) noexcept nogil:
    # Whether all labels are 0 or 1 and all probabilities between them: then one logarithm each does, and it is done.
    if real is float:
        return evaluate_hard32(want, q, t, floor, cap, v, g, n, ahead)
    else:
        return evaluate_hard64(want, q, t, floor, cap, v, g, n, ahead)


cdef void evaluate_probability(int want, const real *q, const real *a, const real *rest, const real *b, real floor,
                               real cap, real *v, real *g, Py_ssize_t n, const Ahead *ahead) noexcept nogil:
    if real is float:
        evaluate_probability32(want, q, a, rest, b, floor, cap, v, g, n, ahead)
    else:
        evaluate_probability64(want, q, a, rest, b, floor, cap, v, g, n, ahead)


cdef void evaluate_target(int formula, const real *x, const real *w, const real *p, real floor, real *g,
                          Py_ssize_t n, const Ahead *ahead) noexcept nogil:
    # Derivatives with respect to the target.
    if formula == LOGITS_TARGET:
        if real is float:
            evaluate_logits_target32(x, w, p, g, n, ahead)
        else:
            evaluate_logits_target64(x, w, p, g, n, ahead)
    elif real is float:
        evaluate_probability_target32(x, w, p, floor, g, n, ahead)
    else:
        evaluate_probability_target64(x, w, p, floor, g, n, ahead)


cdef void evaluate_focal(int want, const real *x, const real *t, const real *w, double alpha_pos, double alpha_neg,
                         double gamma, real *v, real *g, real *h, Py_ssize_t n) noexcept nogil:
    # Floats are evaluated in double and rounded once.
    cdef Py_ssize_t i
    cdef double vi, gi, hi
    if want == WANT_VALUE:
        for i in range(n):
            focal64(real is double, x[i], t[i], w[i], alpha_pos, alpha_neg, gamma, &vi, &gi, &hi)
            v[i] = <real>vi
    elif want == WANT_GRAD:
        for i in range(n):
            focal64(real is double, x[i], t[i], w[i], alpha_pos, alpha_neg, gamma, &vi, &gi, &hi)
            g[i] = <real>gi
    elif want == WANT_VALUE | WANT_GRAD:
        for i in range(n):
            focal64(real is double, x[i], t[i], w[i], alpha_pos, alpha_neg, gamma, &vi, &gi, &hi)
            v[i] = <real>vi
            g[i] = <real>gi
    else:
        for i in range(n):
            focal64(real is double, x[i], t[i], w[i], alpha_pos, alpha_neg, gamma, &vi, &gi, &hi)
            g[i] = <real>gi
            h[i] = <real>hi


cdef void rescale(const Job *job, double factor, real *g, const double *scale, const real *keep,
                  Py_ssize_t n) noexcept nogil:
    # In double, so that a float's gradient is rounded once more and not twice.
    cdef Py_ssize_t i
    cdef real limit = <real>job.largest
    cdef double f
    if scale != NULL:
        for i in range(n):      # a factor of 0 makes all but NaN +0
            f = factor * scale[i]
            g[i] = <real>(g[i] * f) if (f != 0) | (g[i] != g[i]) else 0
    elif factor == 0:
        for i in range(n):
            g[i] = 0 if g[i] == g[i] else g[i]
    elif factor != 1:
        for i in range(n):
            g[i] = <real>(g[i] * factor)
    if job.formula == PROBABILITY:
        for i in range(n):      # finite in the result's dtype too, whatever the weight
            g[i] = limit if g[i] > limit else (-limit if g[i] < -limit else g[i])
    if keep != NULL:
        keep_only(keep, g, g, n)        # last, as a scale can be infinite


cdef inline real *result(const Job *job, Workspace *ws, int role, Py_ssize_t position, Py_ssize_t n, Py_ssize_t padded,
                         const real *x, const real *t, const real *p) noexcept nogil:
    # Evaluate straight into the caller's array where it lies so and is not an argument as well (the loops
    # would have to assume that each store changes the next load, and labels may be looked at again).
    cdef const Operand *op = &job.operands[role]
    cdef char *direct
    if op.present and lies_ready(op, n, padded, <real>0):
        direct = op.data + position * op.itemsize
        if direct != <char *>x and direct != <char *>t and direct != <char *>p:
            return <real *>direct
    return <real *>ws.buffers[role]


cdef inline const real *ones(Workspace *ws, int slot, real witness) noexcept nogil:
    # What stands for an operand that is not there.
    cdef real *to = <real *>ws.buffers[slot]
    cdef Py_ssize_t i
    if ws.phase[slot] < 0:
        ws.phase[slot] = 0
        for i in range(BLOCK_BYTES // <Py_ssize_t>sizeof(real)):
            to[i] = 1
    return to


cdef inline bint moderate(Workspace *ws, int slot, const Operand *op, const real *w, Py_ssize_t n) noexcept nogil:
    # Whether they are neither so large nor so small that anything made of them and a label needs care.
    if not op.present:
        return True
    if ws.fresh[slot] or ws.phase[slot] < 0:
        ws.fresh[slot] = False
        if ws.once[slot] != NULL:
            w = <const real *>ws.once[slot]
            n = ws.rows[slot]
        if real is float:
            ws.moderate[slot] = moderate32(w, n)
        else:
            ws.moderate[slot] = moderate64(w, n)
    return ws.moderate[slot]


cdef inline Ahead ahead_of(const Job *job, Workspace *ws, int role, Py_ssize_t position) noexcept nogil:
    # Where an operand goes on from this position, as far as that is a line.
    cdef const Operand *op = &job.operands[role]
    cdef Ahead ahead
    if op.present and op.spread == LINEAR:
        ahead.step = op.itemsize
    elif op.present and op.spread == GENERAL and job.ndim == 1:
        ahead.step = op.strides[0]
    else:
        ahead.step = 0
        ahead.data = <const char *>ws.buffers[role]
        return ahead
    ahead.data = op.data + position * ahead.step
    return ahead


cdef void evaluate_block(const Job *job, Workspace *ws, Py_ssize_t position, Py_ssize_t n, int *faults,
                         real witness) noexcept nogil:
    """Everything between the arguments and the sums for n positions; leaves VALUE and KEEP or WEIGHT in `ws`."""
    cdef Py_ssize_t padded = (n + LANES - 1) // LANES * LANES
    cdef const Operand *ops = &job.operands[0]
    cdef const real *x = NULL
    cdef const real *t = NULL
    cdef const real *w = NULL
    cdef const real *p = NULL
    cdef const real *keep = NULL
    cdef const double *scale = NULL
    cdef real *a = <real *>ws.buffers[FACTOR_NEGATIVE]
    cdef real *b = <real *>ws.buffers[FACTOR_POSITIVE]
    cdef real *rest = <real *>ws.buffers[FACTOR_REST]
    cdef double factor = job.scale      # what is left to scale by
    cdef real folded = 1                # what is scaled by while evaluating
    cdef bint by_label = job.formula == LOGITS and (job.alpha_pos != 1 or job.alpha_neg != 1)  # focal, gamma = 0
    cdef bint weighted = ops[WEIGHT].present or ops[POS_WEIGHT].present
    cdef int kind = BY_BOTH
    cdef bint done = False
    cdef Ahead[3] ahead
    cdef real *v
    cdef real *g
    cdef real *h
    cdef Py_ssize_t i

    # load
    ws.numerator = NULL
    ws.denominator = NULL
    if ops[INPUT].present:
        x = load(job, ws, INPUT, &ops[INPUT], position, n, padded, witness)
    if ops[TARGET].present:
        t = load(job, ws, TARGET, &ops[TARGET], position, n, padded, witness)
    if ops[WEIGHT].present:
        w = load(job, ws, WEIGHT, &ops[WEIGHT], position, n, padded, witness)
    else:
        w = ones(ws, WEIGHT, witness)
    if ops[POS_WEIGHT].present:
        p = load(job, ws, POS_WEIGHT, &ops[POS_WEIGHT], position, n, padded, witness)
    else:
        p = ones(ws, POS_WEIGHT, witness)
    if job.n_masks:
        keep = load_masks(job, ws, position, n, padded, witness)
    if job.denominator == COUNT_KEPT:
        ws.denominator = keep
    elif job.denominator == SUM_WEIGHT:
        ws.denominator = w
        if keep != NULL:
            keep_only(keep, w, <real *>ws.buffers[WEIGHT_KEPT], padded)
            ws.denominator = ws.buffers[WEIGHT_KEPT]
    v = result(job, ws, VALUE, position, n, padded, x, t, p)
    g = result(job, ws, GRAD, position, n, padded, x, t, p)
    h = result(job, ws, HESS, position, n, padded, x, t, p)

    if not weighted:
        kind = PLAIN
    elif not ops[POS_WEIGHT].present:
        kind = BY_WEIGHT
    elif not ops[WEIGHT].present:
        kind = BY_POS_WEIGHT
    ahead[0] = ahead_of(job, ws, INPUT, position + n)
    ahead[1] = ahead_of(job, ws, TARGET, position + n)
    ahead[2] = ahead_of(job, ws, GRAD if job.want & WANT_GRAD else VALUE, position + n)

    # what nearly all blocks are: evaluated and checked at once (a caller's array is written to only after a check)
    if job.formula == LOGITS and not ops[SCALE].present and factor != 0 and <double><real>factor == factor:
        folded = <real>factor   # the product of two floats is exact in double: it may as well be rounded at once
        factor = 1
    if job.want and job.smoothing == 0 and not by_label:
        if job.formula == LOGITS:
            done = moderate(ws, WEIGHT, &ops[WEIGHT], w, padded)
            done = done and moderate(ws, POS_WEIGHT, &ops[POS_WEIGHT], p, padded)
            done = done and evaluate_near(kind, job.want, x, t, w, p, folded, v, g, h, padded, ahead,
                                          &ws.far)
        elif job.formula == PROBABILITY and not weighted:
            done = evaluate_hard(job.want, x, t, <real>job.log_floor, <real>job.cap, v, g, padded, ahead)

    # check before anything is stored in an array that was given
    if job.check and not done:
        if t != NULL and ops[TARGET].kind != BOOL and outside(t, keep, padded):
            faults[0] |= BAD_TARGET
        if (job.formula == PROBABILITY or job.formula == PROBABILITY_TARGET) and outside(x, keep, padded):
            faults[0] |= BAD_INPUT
        if faults[0]:
            return
    if job.want == 0:
        return

    # weigh and evaluate
    if done:
        pass
    elif job.formula == LOGITS:
        if by_label:
            weigh_alpha(job, t, w, <real *>ws.buffers[ALPHA], padded)
            w = <const real *>ws.buffers[ALPHA]
            weighted = True
        weigh(job, t, w if weighted else NULL, p, a, <real *>NULL, b, padded)
        evaluate_logits(job.want, x, a, b, folded, v, g, h, padded, ahead, &ws.far)
    elif job.formula == PROBABILITY:
        weigh(job, t, w if weighted else NULL, p, a, rest, b, padded)
        evaluate_probability(job.want, x, a, rest, b, <real>job.log_floor, <real>job.cap, v, g, padded, ahead)
    elif job.formula == FOCAL:
        weigh(job, t, <real *>NULL, p, a, <real *>NULL, b, padded)
        evaluate_focal(job.want, x, b, w, job.alpha_pos, job.alpha_neg, job.gamma, v, g, h, padded)
    elif job.formula == LOGITS_TARGET or job.formula == PROBABILITY_TARGET:
        evaluate_target(job.formula, x, w, p, <real>job.log_floor, g, padded, ahead)
    else:
        evaluate_activation(job.formula, x, v, padded, ahead, &ws.far)

    # store
    if ops[SCALE].present:
        scale = load(job, ws, SCALE_WIDE, &ops[SCALE], position, n, padded, <double>0)
    if job.want & WANT_GRAD:
        rescale(job, factor, g, scale, keep, padded)
        if g == ws.buffers[GRAD]:
            store(job, &ops[GRAD], position, n, <const real *>g)
    if job.want & WANT_HESS:
        rescale(job, factor, h, scale, keep, padded)
        if h == ws.buffers[HESS]:
            store(job, &ops[HESS], position, n, <const real *>h)
    if job.want & WANT_VALUE:
        if keep != NULL:
            keep_only(keep, v, v, padded)
        if ops[VALUE].present:
            if v == ws.buffers[VALUE]:
                store(job, &ops[VALUE], position, n, <const real *>v)
        if job.summing:
            for i in range(n, padded):
                v[i] = 0
            ws.numerator = v


# ------------------------------------------------------------------------- sum
#
# The order of every sum is a fact of the numbers alone: element i of a sequence
# goes to lane i % LANES of chunk i // CHUNK, in order; the lanes of a chunk are
# added as a tree (16 apart, 8, 4, 2, 1), the chunks one after the other. So
# blocks, threads, instruction sets and memory layout cannot change a bit.
#
# Floats are added in double: 8192 / 32 additions a lane cost at most
# 256 * 2**-53 = 2**-45 of the sum. Doubles carry the rounding error of each
# addition along. Dekker's form of it, half as long as Knuth's, is exact where the
# sum so far is not below the addend, and off by 2**-53 of the addend elsewhere.
# Without cancellation the sum doubles each time that happens, so all of these
# together are at most 2**-52 of it. Lanes and chunks are merged in Knuth's form.

cdef struct Lanes:
    double high[LANES * MAX_COLUMNS]
    double low[LANES * MAX_COLUMNS]


cdef inline void add(double *high, double *low, double v, real witness) noexcept nogil:
    cdef double s
    if real is float:
        high[0] += v
    else:
        s = high[0] + v
        low[0] += v - (s - high[0])
        high[0] = s


cdef inline void merge(double *high, double *low, double h, double l, real witness) noexcept nogil:
    cdef double s, r
    if real is float:
        high[0] += h
    else:
        s = high[0] + h
        r = s - high[0]
        low[0] += ((high[0] - (s - r)) + (h - r)) + l
        high[0] = s


cdef inline void clear(Lanes *lanes, Py_ssize_t n, real witness) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        lanes.high[i] = 0
    if real is double:
        for i in range(n):
            lanes.low[i] = 0


cdef inline void add_block(Lanes *lanes, const real *v, Py_ssize_t padded) noexcept nogil:
    # One column, from a sequence index that is a multiple of LANES.
    cdef Py_ssize_t j, k
    cdef double high, low
    if real is float:
        if WIDENS:
            add_lanes(lanes.high, v, padded)
            return
    if padded == BLOCK_BYTES // <Py_ssize_t>sizeof(real):
        for j in range(LANES):
            high = lanes.high[j]
            low = lanes.low[j]
            for k in range(BLOCK_BYTES // <Py_ssize_t>sizeof(real) // LANES):
                add(&high, &low, v[k * LANES + j], <real>0)
            lanes.high[j] = high
            lanes.low[j] = low
    else:
        for k in range(padded // LANES):
            for j in range(LANES):
                add(&lanes.high[j], &lanes.low[j], v[k * LANES + j], <real>0)


cdef inline void add_rows(Lanes *lanes, const real *v, Py_ssize_t sequence, Py_ssize_t rows,
                          Py_ssize_t columns) noexcept nogil:
    cdef Py_ssize_t r, c, lane
    for r in range(rows):
        lane = ((sequence + r) % LANES) * columns
        for c in range(columns):
            add(&lanes.high[lane + c], &lanes.low[lane + c], v[r * columns + c], <real>0)


cdef inline void finish(Lanes *lanes, Py_ssize_t length, Py_ssize_t columns, double *to, real witness) noexcept nogil:
    # The tree over the lanes in use, for every column.
    cdef Py_ssize_t width = LANES // 2
    cdef Py_ssize_t c, used = min(length, <Py_ssize_t>LANES) * columns
    while width > 0:
        for c in range(min(width * columns, used - width * columns)):
            merge(&lanes.high[c], &lanes.low[c], lanes.high[width * columns + c], lanes.low[width * columns + c],
                  witness)
        width //= 2
    for c in range(columns):
        to[2 * c] = lanes.high[c]
        if real is double:
            to[2 * c + 1] = lanes.low[c]
        else:
            to[2 * c + 1] = 0


cdef inline double sum_sixteen(const float *v, Py_ssize_t length) noexcept nogil:
    # Lanes without an element would only add 0.
    cdef double high[16]
    cdef Py_ssize_t i
    for i in range(16):
        high[i] = v[i] if i < length else <float>0.0
    for i in range(8):
        high[i] += high[i + 8]
    for i in range(4):
        high[i] += high[i + 4]
    return (high[0] + high[2]) + (high[1] + high[3]) + 0.0      # never -0


cdef inline void sum_row(const real *v, Py_ssize_t length, double *to) noexcept nogil:
    # A whole sequence, one column. Lanes that are not in use hold zeros, which change nothing, so that the tree can be
    # of a fixed size and the compiler can unroll it.
    cdef double high[LANES]
    cdef double low[LANES]
    cdef Py_ssize_t i, k, first = min(length, <Py_ssize_t>LANES)
    if real is float:
        if length <= 16:
            to[0] = sum_sixteen(v, 16) if length == 16 else sum_sixteen(v, length)
            to[1] = 0
            return
    for i in range(LANES):
        high[i] = 0
        low[i] = 0
    for i in range(first):
        high[i] += v[i]
    for k in range(1, length // LANES):
        for i in range(LANES):
            add(&high[i], &low[i], v[k * LANES + i], <real>0)
    if length > LANES:
        for i in range(length % LANES):
            add(&high[i], &low[i], v[length - length % LANES + i], <real>0)
    if length > 8:
        for i in range(16):
            merge(&high[i], &low[i], high[i + 16], low[i + 16], <real>0)
        for i in range(8):
            merge(&high[i], &low[i], high[i + 8], low[i + 8], <real>0)
    for i in range(4):
        merge(&high[i], &low[i], high[i + 4], low[i + 4], <real>0)
    for i in range(2):
        merge(&high[i], &low[i], high[i + 2], low[i + 2], <real>0)
    merge(&high[0], &low[0], high[1], low[1], <real>0)
    to[0] = high[0]
    to[1] = low[0]


cdef inline void sum_short(Lanes *lanes, const real *v, Py_ssize_t length, Py_ssize_t columns, Py_ssize_t count,
                           double *to) noexcept nogil:
    # Whole sequences inside a block.
    cdef Py_ssize_t i
    if columns == 1:
        if real is float:
            if WIDENS and length <= 16:
                add_sixteens(v, length, count, to)
                return
        for i in range(count):
            sum_row(v + i * length, length, to + 2 * i)
        return
    for i in range(count):
        clear(lanes, min(length, <Py_ssize_t>LANES) * columns, <real>0)
        add_rows(lanes, v + i * length * columns, 0, length, columns)
        finish(lanes, length, columns, to + 2 * i * columns, <real>0)


# -------------------------------------------------------------------- the loop

cdef void run_sequences(const Job *job, Workspace *ws, Py_ssize_t unit, int *faults, real witness) noexcept nogil:
    # One chunk of one group's sequence.
    cdef Py_ssize_t group = unit // job.chunks
    cdef Py_ssize_t begin = (unit - group * job.chunks) * CHUNK
    cdef Py_ssize_t end = min(begin + CHUNK, job.length)
    cdef Py_ssize_t columns = job.columns
    cdef Py_ssize_t rows, sequence = begin
    cdef Lanes numerator, denominator
    clear(&numerator, LANES * columns, witness)
    clear(&denominator, LANES * columns, witness)
    while sequence < end:
        rows = min(job.block // columns, end - sequence)
        evaluate_block(job, ws, (group * job.length + sequence) * columns, rows * columns, faults, witness)
        if faults[0]:
            return
        if ws.numerator != NULL:
            add_rows_or_block(&numerator, <const real *>ws.numerator, sequence, rows, columns)
        if ws.denominator != NULL and job.denominator != NO_DENOMINATOR:
            if columns == 1 and job.denominator == COUNT_KEPT:
                add_counts(&denominator, <const real *>ws.denominator, rows)
            else:
                add_rows_or_block(&denominator, <const real *>ws.denominator, sequence, rows, columns)
        sequence += rows
    if job.sums != NULL:
        finish(&numerator, end - begin, columns, job.sums + 2 * unit * columns, witness)
    if job.denominator != NO_DENOMINATOR:
        finish(&denominator, end - begin, columns, job.weights + 2 * unit * columns, witness)


cdef inline void add_counts(Lanes *lanes, const real *keep, Py_ssize_t n) noexcept nogil:
    # Of 1 and 0: exact whatever the order, and so in one lane.
    cdef Py_ssize_t i
    cdef int count = 0
    for i in range(n):
        count += keep[i] != 0
    lanes.high[0] += count


cdef inline void add_rows_or_block(Lanes *lanes, const real *v, Py_ssize_t sequence, Py_ssize_t rows,
                                   Py_ssize_t columns) noexcept nogil:
    if columns == 1 and sequence % LANES == 0:
        add_block(lanes, v, (rows + LANES - 1) // LANES * LANES)
    else:
        add_rows(lanes, v, sequence, rows, columns)


cdef void run_groups(const Job *job, Workspace *ws, Py_ssize_t unit, int *faults, real witness) noexcept nogil:
    # Several groups, each short enough for a block.
    cdef Py_ssize_t cells = job.length * job.columns
    cdef Py_ssize_t group = unit * job.span
    cdef Py_ssize_t end = min(group + job.span, job.groups)
    cdef Py_ssize_t count
    cdef Lanes lanes
    while group < end:
        count = min(job.block // cells, end - group)
        evaluate_block(job, ws, group * cells, count * cells, faults, witness)
        if faults[0]:
            return
        if ws.numerator != NULL:
            sum_short(&lanes, <const real *>ws.numerator, job.length, job.columns, count,
                      job.sums + 2 * group * job.columns)
        if ws.denominator != NULL and job.denominator != NO_DENOMINATOR:
            sum_short(&lanes, <const real *>ws.denominator, job.length, job.columns, count,
                      job.weights + 2 * group * job.columns)
        group += count


cdef void run_span(const Job *job, Workspace *ws, Py_ssize_t unit, int *faults, real witness) noexcept nogil:
    # Elementwise: a run of positions.
    cdef Py_ssize_t position = unit * job.span
    cdef Py_ssize_t end = min(position + job.span, job.size)
    while position < end:
        evaluate_block(job, ws, position, min(job.block, end - position), faults, witness)
        if faults[0]:
            return
        position += job.block


cdef void run_units(const Job *job, Py_ssize_t first, Py_ssize_t last, int *faults, real witness) noexcept nogil:
    cdef char memory[BUFFERS * BLOCK_BYTES + 64]
    cdef char *aligned = <char *>((<uintptr_t>memory + 63) & ~<uintptr_t>63)
    cdef Workspace ws
    cdef Py_ssize_t i
    ws.far = False
    for i in range(BUFFERS):
        ws.buffers[i] = aligned + i * BLOCK_BYTES
        ws.phase[i] = -1
    for i in range(first, last):
        if not job.summing:
            run_span(job, &ws, i, faults, witness)
        elif job.span == 0:
            run_sequences(job, &ws, i, faults, witness)
        else:
            run_groups(job, &ws, i, faults, witness)
        if faults[0]:
            return


cdef void run(Job *job, Py_ssize_t first, Py_ssize_t last, int *faults) noexcept nogil:
    if job.wide:
        run_units(job, first, last, faults, <double>0)
    else:
        run_units(job, first, last, faults, <float>0)
