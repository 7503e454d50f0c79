# Arguments become a job, the job is run in blocks (by threads when it is
# large), and what the blocks summed becomes the result.
#
# The NumPy C API is not used: the buffer protocol gives address, shape, strides
# and dtype at the price of one call, and leaves nothing that a NumPy release
# could break. What is not plain ndarray goes through `_arguments` first.

cimport cython
from cpython.exc cimport PyErr_CheckSignals
from cpython.buffer cimport PyBUF_FORMAT, PyBUF_STRIDES, PyBUF_WRITABLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.pycapsule cimport PyCapsule_GetPointer
from libc.math cimport isfinite
from libc.stdint cimport uintptr_t
from libc.stdlib cimport free, malloc
from libc.string cimport strchr

import sys
from time import sleep

import numpy as np

from bcekit import _arguments

from bcekit.kernels.job cimport (
    BAD_INPUT, BFLOAT16, BLOCK, BLOCK64, BOOL, CHUNK, CONSTANT, COUNT_KEPT, distance, FLOAT16, FLOAT32, FLOAT64,
    FOCAL, GENERAL, GRAD, HESS, INPUT, INT16, INT32, INT64, INT8, Job, LANES, LINEAR, LOG_SIGMOID, LOG_SIGMOID_GRAD,
    LOGIT, LOGITS, LOGITS_TARGET, MASK, MAX_COLUMNS, MAX_DIMS, NO_DENOMINATOR, Operand, POS_WEIGHT, PROBABILITY,
    PROBABILITY_TARGET, REPEATED, ROLES, Run, SCALE, SIGMOID, SIGMOID_GRAD, SOFTPLUS, SUM_WEIGHT, TARGET, UINT16,
    UINT32, UINT64, UINT8, VALUE, WANT_GRAD, WANT_HESS, WANT_VALUE, WEIGHT)

cdef enum:
    SPAN = 32768            # positions in a unit of work without sums
    GIL_WORTH_RELEASING = 2048
    BETWEEN_SIGNALS = 1 << 18       # positions, some milliseconds: how long Ctrl-C may wait
    MAX_NDIM = 64           # of NumPy

cdef struct Axis:
    int axis                # of the input
    Py_ssize_t length
    Py_ssize_t step         # in elements of that axis

cdef object ndarray = np.ndarray
cdef object empty = np.empty
cdef object empty_like = np.empty_like
cdef object dtype_float16 = np.dtype(np.float16)
cdef object dtype_float32 = np.dtype(np.float32)
cdef object dtype_float64 = np.dtype(np.float64)
cdef object dtype_bool = np.dtype(np.bool_)
cdef object dtype_int64 = np.dtype(np.int64)
cdef object float32_scalar = np.float32
cdef object float64_scalar = np.float64
cdef bint big_endian = sys.byteorder == "big"

cdef Run run_kernel = NULL
cdef object run_threaded = None     # set by _threads: (call, units, threads) -> faults
cdef object thread_count = None     # set by _threads: () -> how many threads a large call may use here

cdef Py_ssize_t PARALLEL_FROM = 1 << 17    # below, waking a thread takes longer than what it would do


def use_kernel(capsule):
    """Take the kernel of one instruction set for all later calls."""
    global run_kernel
    run_kernel = <Run>PyCapsule_GetPointer(capsule, "bcekit.run")


def use_threads(run, count):
    """Take the functions that share a call among threads and say how many there are."""
    global run_threaded, thread_count
    run_threaded = run
    thread_count = count


# ------------------------------------------------------------------- operands

cdef int common_kind(object dtype):
    # The kinds of everyday, told by the one object that NumPy keeps for each, or -1.
    if dtype is dtype_float32:
        return FLOAT32
    if dtype is dtype_float64:
        return FLOAT64
    if dtype is dtype_bool:
        return BOOL
    if dtype is dtype_int64:
        return INT64
    return -1


cdef int kind_of(const char *format, Py_ssize_t itemsize, bint *swapped) noexcept:
    # The kind that a struct format character names, or -1.
    cdef char c
    swapped[0] = False
    if format == NULL:
        return UINT8
    c = format[0]
    if c == b"<" or c == b">" or c == b"!":
        swapped[0] = itemsize > 1 and (c == b"<") == big_endian
        format += 1
    elif c == b"=" or c == b"@" or c == b"|":
        format += 1
    c = format[0]
    if c == 0 or format[1] != 0:
        return -1
    if c == b"f":
        return FLOAT32
    if c == b"d":
        return FLOAT64
    if c == b"e":
        return FLOAT16
    if c == b"?":
        return BOOL
    if strchr(b"bhilqn", c) != NULL:
        return INT8 if itemsize == 1 else INT16 if itemsize == 2 else INT32 if itemsize == 4 else INT64
    if strchr(b"BHILQN", c) != NULL:
        return UINT8 if itemsize == 1 else UINT16 if itemsize == 2 else UINT32 if itemsize == 4 else UINT64
    return -1


@cython.freelist(8)
cdef class Call:
    """A job, the buffers it reads and writes, and the memory it sums into."""

    cdef object __weakref__         # _threads knows by it which call has the workers
    cdef Job *job                   # not part of the object, as Python would fill all of it with zeros
    cdef Py_buffer *views
    cdef bint stopped
    cdef int running                # threads in `run`
    cdef int n_taken
    cdef int taken[ROLES]           # the roles of the operands
    cdef Py_ssize_t units
    cdef Py_ssize_t beside          # length of the axis whose sums run beside each other, or 1
    cdef Py_ssize_t tiles           # how many times `columns` of it are in the job

    def __cinit__(self):
        cdef int i
        self.job = <Job *>malloc(sizeof(Job) + ROLES * sizeof(Py_buffer))
        if self.job == NULL:
            raise MemoryError("no memory for the description of a call")
        self.views = <Py_buffer *>(self.job + 1)
        self.job.sums = NULL
        self.job.weights = NULL
        self.job.n_masks = 0
        self.job.smoothing = 0
        self.job.scale = 1
        self.job.summing = False
        self.job.denominator = NO_DENOMINATOR
        for i in range(ROLES):
            self.job.operands[i].present = False

    def __dealloc__(self):
        cdef int i
        if self.job == NULL:
            return
        for i in range(self.n_taken):
            PyBuffer_Release(&self.views[self.taken[i]])
        free(self.job.sums)
        free(self.job.weights)
        free(self.job)

    cdef void drop_last(self) noexcept:
        """Forget the operand that was taken last."""
        self.n_taken -= 1
        PyBuffer_Release(&self.views[self.taken[self.n_taken]])
        self.job.operands[self.taken[self.n_taken]].present = False

    cdef int take(self, int role, object array, str name, bint writable, object dtype=None) except -1:
        """Look at an array's memory (`dtype` if it is known)."""
        cdef Operand *op = &self.job.operands[role]
        cdef Py_buffer *view = &self.views[role]
        cdef int d, flags = PyBUF_STRIDES | (PyBUF_WRITABLE if writable else 0)
        cdef uintptr_t address
        op.kind = common_kind(array.dtype if dtype is None else dtype)
        op.swapped = False
        if op.kind >= 0:
            PyObject_GetBuffer(array, view, flags)      # NumPy takes as long again to spell the format
        else:
            try:
                PyObject_GetBuffer(array, view, flags | PyBUF_FORMAT)
                op.kind = kind_of(view.format, view.itemsize, &op.swapped)
            except (ValueError, BufferError):           # bfloat16 has no letter in the buffer protocol
                if array.dtype.name != "bfloat16":
                    return self.take(role, _arguments.narrowed(array, name), name, writable)
                PyObject_GetBuffer(_arguments.bfloat16_bits(array), view, flags | PyBUF_FORMAT)
                kind_of(view.format, view.itemsize, &op.swapped)
                op.kind = BFLOAT16
            if op.kind < 0:
                PyBuffer_Release(view)
                return self.take(role, _arguments.narrowed(array, name), name, writable)
        self.taken[self.n_taken] = role
        self.n_taken += 1
        op.present = True
        op.inverted = False
        op.data = <char *>view.buf
        op.itemsize = <int>view.itemsize
        address = <uintptr_t>op.data
        for d in range(view.ndim):
            if view.shape[d] > 1:
                address |= <uintptr_t>view.strides[d]
        op.awkward = op.swapped or (address & <uintptr_t>(op.itemsize - 1)) != 0
        return 0

    cdef Py_ssize_t stride(self, int role, int axis) noexcept:
        # Along an axis of the input, 0 where the operand is broadcast.
        cdef Py_buffer *view = &self.views[role]
        cdef int d = axis - (self.views[INPUT].ndim - view.ndim)
        return view.strides[d] if d >= 0 and view.shape[d] != 1 else 0

    cdef int fits(self, int role, object array, str name) except -1:
        """Whether the operand broadcasts to the input without making it grow."""
        cdef Py_buffer *view = &self.views[role]
        cdef Py_buffer *whole = &self.views[INPUT]
        cdef int d, shift = whole.ndim - view.ndim
        cdef bint good = shift >= 0
        if good:
            for d in range(view.ndim):
                good = good and (view.shape[d] == 1 or view.shape[d] == whole.shape[d + shift])
        if not good:
            _arguments.reject_shape(name, view_shape(view), view_shape(whole))
        return 0

    cdef int lay_out(self, const Axis *axes, int n) except -1:
        """The iteration space: these axes in this order, merged where every operand allows."""
        cdef Job *job = self.job
        cdef int i, k, last = -1
        cdef Py_ssize_t length, stride
        cdef bint merge
        if self.is_plain(axes, n):
            return 0
        job.size = 1
        for i in range(n):
            length = axes[i].length
            job.size *= length
            if length == 1:
                continue
            merge = last >= 0
            if merge:
                for k in range(self.n_taken):
                    stride = self.stride(self.taken[k], axes[i].axis) * axes[i].step
                    merge = merge and job.operands[self.taken[k]].strides[last] == stride * length
            if merge:
                job.shape[last] *= length
            else:
                last += 1
                if last == MAX_DIMS:
                    raise ValueError(f"input has more than {MAX_DIMS} dimensions that cannot be merged")
                job.shape[last] = length
            for k in range(self.n_taken):
                job.operands[self.taken[k]].strides[last] = self.stride(self.taken[k], axes[i].axis) * axes[i].step
        if last < 0:
            last = 0
            job.shape[0] = 1
            for k in range(self.n_taken):
                job.operands[self.taken[k]].strides[0] = job.operands[self.taken[k]].itemsize
        job.ndim = last + 1
        self.classify()
        return 0

    cdef bint is_plain(self, const Axis *axes, int n) noexcept:
        # The everyday case, told quickly: all operands are as the input, element after element, and in that order.
        cdef Job *job = self.job
        cdef Py_buffer *whole = &self.views[INPUT]
        cdef Py_buffer *view
        cdef Operand *op
        cdef Py_ssize_t expected
        cdef int d, k
        for d in range(n):
            if axes[d].axis != d or axes[d].length != whole.shape[d]:
                return False
        for k in range(self.n_taken):
            view = &self.views[self.taken[k]]
            op = &job.operands[self.taken[k]]
            expected = op.itemsize
            if view.ndim != whole.ndim:
                return False
            for d in range(n - 1, -1, -1):
                if view.shape[d] != whole.shape[d] or (view.strides[d] != expected and view.shape[d] != 1):
                    return False
                expected *= view.shape[d]
            op.spread = LINEAR
            op.strides[0] = op.itemsize
            job.size = expected // op.itemsize
        job.ndim = 1
        job.shape[0] = job.size
        job.block = BLOCK64 if job.wide else BLOCK
        return True

    cdef void classify(self) noexcept:
        # How each operand lies in the space, and the block that suits it.
        cdef Job *job = self.job
        cdef Operand *op
        cdef Py_ssize_t expected, block = BLOCK64 if job.wide else BLOCK
        cdef int d, k, last = job.ndim - 1
        cdef bint linear, still, repeated = False
        job.block = block
        for k in range(self.n_taken):
            op = &job.operands[self.taken[k]]
            linear = True
            still = True
            expected = op.itemsize
            for d in range(last, -1, -1):
                linear = linear and op.strides[d] == expected
                expected *= job.shape[d]
                still = still and (d == last or op.strides[d] == 0)
            if linear:
                op.spread = LINEAR
            elif still and op.strides[last] == 0:
                op.spread = CONSTANT
            elif still and last > 0:
                op.spread = REPEATED
                repeated = True
            else:
                op.spread = GENERAL
        if repeated:
            # Whole periods per block, where they fit, let a repeated operand be loaded once.
            expected = job.shape[last]
            while expected % LANES and expected <= block:
                expected += job.shape[last]
            if expected <= block:
                job.block = block // expected * expected

    cdef int plan_elementwise(self) except -1:
        """Every element for itself, in the order of the input's memory."""
        cdef Py_buffer *whole = &self.views[INPUT]
        cdef Axis axes[MAX_NDIM]
        cdef Axis axis
        cdef int i, j
        for i in range(whole.ndim):
            axis = Axis(i, whole.shape[i], 1)
            j = i
            while axis.length > 1 and j > 0 and distance(whole.strides[axes[j - 1].axis]) < distance(whole.strides[i]):
                axes[j] = axes[j - 1]
                j -= 1
            axes[j] = axis
        self.lay_out(axes, whole.ndim)
        self.job.summing = False
        self.job.span = SPAN // self.job.block * self.job.block
        self.units = (self.job.size + self.job.span - 1) // self.job.span
        return 0

    cdef Py_ssize_t plan_sums(self, unsigned long long reduced, Py_ssize_t start) except -2:
        """Sums over the axes in `reduced` (bits).

        Where a kept axis is nearer in memory than all reduced ones, its sums run beside each other, MAX_COLUMNS at a
        time; a remainder is a job of its own. Plans from `start` on along that axis and returns where it stops, or -1
        where nothing is left to do.
        """
        cdef Job *job = self.job
        cdef Py_buffer *whole = &self.views[INPUT]
        cdef Axis axes[MAX_NDIM + 1]
        cdef int i, k, n = 0, beside = -1
        cdef Py_ssize_t nearest = -1, length, tiles = 1, stop = -1
        job.groups = 1
        job.length = 1
        job.columns = 1
        self.beside = 1
        for i in range(whole.ndim):
            if reduced >> i & 1:
                job.length *= whole.shape[i]
                if whole.shape[i] > 1 and (nearest < 0 or distance(whole.strides[i]) < nearest):
                    nearest = distance(whole.strides[i])
            elif whole.shape[i] > 1:
                beside = i
        if beside >= 0 and nearest <= distance(whole.strides[beside]):
            beside = -1
        for i in range(whole.ndim):
            if not reduced >> i & 1 and i != beside:
                job.groups *= whole.shape[i]
                axes[n] = Axis(i, whole.shape[i], 1)
                n += 1
        if beside >= 0:
            length = whole.shape[beside] - start
            tiles = length // MAX_COLUMNS
            job.columns = MAX_COLUMNS if tiles else length
            tiles = max(tiles, <Py_ssize_t>1)
            if start + tiles * job.columns < whole.shape[beside]:
                stop = start + tiles * job.columns
            job.groups *= tiles
            self.beside = whole.shape[beside]
            axes[n] = Axis(beside, tiles, job.columns)
            n += 1
            for k in range(self.n_taken):
                job.operands[self.taken[k]].data += start * self.stride(self.taken[k], beside)
        for i in range(whole.ndim):
            if reduced >> i & 1:
                axes[n] = Axis(i, whole.shape[i], 1)
                n += 1
        if beside >= 0:
            axes[n] = Axis(beside, job.columns, 1)
            n += 1
        self.tiles = tiles
        self.lay_out(axes, n)
        job.summing = True
        job.chunks = (job.length + CHUNK - 1) // CHUNK
        if job.length * job.columns <= job.block:
            job.span = max(<Py_ssize_t>1, SPAN // max(<Py_ssize_t>1, job.length * job.columns))
            self.units = (job.groups + job.span - 1) // job.span
        else:
            job.span = 0
            self.units = job.groups * job.chunks
        return stop

    cdef int allocate(self, bint sums, int denominator) except -1:
        cdef Job *job = self.job
        cdef size_t n = 2 * <size_t>(job.groups * max(<Py_ssize_t>1, job.chunks) * job.columns) * sizeof(double)
        job.denominator = denominator
        if sums:
            job.sums = <double *>malloc(n)
        if denominator != NO_DENOMINATOR:
            job.weights = <double *>malloc(n)
        if (sums and job.sums == NULL) or (denominator != NO_DENOMINATOR and job.weights == NULL):
            raise MemoryError(f"no memory for {n} bytes of partial sums")
        return 0

    def run(self, Py_ssize_t first, Py_ssize_t last):
        """Do units first..last-1 (none after `settle`); the faults found (bits)."""
        cdef int faults = 0
        cdef Py_ssize_t stop, step, positions = BETWEEN_SIGNALS
        first = max(first, <Py_ssize_t>0)
        last = min(last, self.units)
        if self.job.formula == FOCAL:
            positions //= 16            # they take so much longer
        step = 1 if self.units == 0 else max(<Py_ssize_t>1, positions // (self.job.size // self.units + 1))
        with cython.critical_section(self):
            self.running += 1
        try:
            while first < last and not faults and not self.stopped:
                stop = min(first + step, last)
                with nogil:
                    run_kernel(self.job, first, stop, &faults)
                PyErr_CheckSignals()
                first = stop
        finally:
            with cython.critical_section(self):
                self.running -= 1
        return faults

    cdef int settle(self) except -1:
        """Have every `run` return and wait for it, however often Ctrl-C comes: it can come only where Python sleeps."""
        cdef int running = 1
        while running:
            with cython.critical_section(self):
                self.stopped = True
                running = self.running
            if running:
                try:
                    sleep(1e-4)
                except BaseException:
                    pass
        return 0

    cdef int execute(self) except -1:
        """All units, by threads where that pays; the faults found."""
        cdef int faults = 0
        cdef Py_ssize_t threads
        if self.job.size == 0:
            return 0
        if self.job.size <= GIL_WORTH_RELEASING:
            run_kernel(self.job, 0, self.units, &faults)
            return faults
        if self.units > 1 and self.job.size >= PARALLEL_FROM:
            threads = min(<Py_ssize_t>thread_count(), self.units)
            if threads > 1:
                try:
                    return run_threaded(self, self.units, threads)
                except BaseException:
                    # nobody may write into the caller's arrays any more once this returns
                    self.settle()
                    raise
        return self.run(0, self.units)

    cdef double total(self, const double *parts, Py_ssize_t group, Py_ssize_t column) noexcept:
        # The chunks of one sequence, one after the other.
        cdef Job *job = self.job
        cdef Py_ssize_t k
        cdef const double *part
        cdef double high = 0, low = 0, s, r
        if job.size != 0:
            for k in range(job.chunks):
                part = parts + 2 * ((group * job.chunks + k) * job.columns + column)
                s = high + part[0]
                r = s - high
                low += ((high - (s - r)) + (part[0] - r)) + part[1]
                high = s
        # An infinite or NaN sum has no rounding error, only a NaN in its place.
        return high + low if isfinite(high) else high

    cdef void totals(self, const double *parts, double[:, ::1] to, Py_ssize_t start) noexcept:
        """The sums of all groups, in the columns of `to` from `start` on."""
        cdef Job *job = self.job
        cdef Py_ssize_t group, row, column
        cdef double high
        if job.size != 0 and job.chunks == 1 and self.beside == 1:      # the long lists of short sums
            for group in range(job.groups):
                high = parts[2 * group] + 0.0
                to[group, 0] = high + parts[2 * group + 1] if high - high == 0 else high
            return
        for group in range(job.groups):
            row = group // self.tiles
            for column in range(job.columns):
                to[row, start + group % self.tiles * job.columns + column] = self.total(parts, group, column)


cdef tuple view_shape(Py_buffer *view):
    cdef int d
    return tuple([view.shape[d] for d in range(view.ndim)])


# ---------------------------------------------------------------- one job made

cdef object result_dtype(Call call, object array):
    # Floating-point input keeps its dtype; everything else counts as float64.
    cdef int kind = call.job.operands[INPUT].kind
    if kind == FLOAT32:
        return dtype_float32
    if kind == FLOAT16:
        return dtype_float16
    if kind == BFLOAT16:
        return array.dtype.newbyteorder("=")
    return dtype_float64


cdef bint computes_in_double(Call call):
    cdef int kind = call.job.operands[INPUT].kind
    return not (kind == FLOAT32 or kind == FLOAT16 or kind == BFLOAT16)


cdef void span_of(Py_buffer *view, uintptr_t *low, uintptr_t *high) noexcept:
    cdef int d
    low[0] = <uintptr_t>view.buf
    high[0] = low[0] + view.itemsize
    for d in range(view.ndim):
        if view.strides[d] < 0:
            low[0] += (view.shape[d] - 1) * view.strides[d]
        else:
            high[0] += (view.shape[d] - 1) * view.strides[d]


cdef bint overlaps_itself(Py_buffer *view) noexcept:
    # Whether two elements may share memory: axis by axis from the smallest stride, the next must step over all so far.
    cdef int order[MAX_NDIM]
    cdef int i, j, n = 0
    cdef Py_ssize_t extent = view.itemsize
    for i in range(view.ndim):
        if view.shape[i] > 1:
            j = n
            while j > 0 and distance(view.strides[order[j - 1]]) > distance(view.strides[i]):
                order[j] = order[j - 1]
                j -= 1
            order[j] = i
            n += 1
    for j in range(n):
        i = order[j]
        if distance(view.strides[i]) < extent:
            return True
        extent += distance(view.strides[i]) * (view.shape[i] - 1)
    return False


cdef bint clashes(Call call, int out):
    """Whether writing this result could change an argument (or another result) before it is read."""
    cdef Py_buffer *mine = &call.views[out]
    cdef Py_buffer *other
    cdef uintptr_t low, high, other_low, other_high
    cdef int role, d, k
    cdef bint same
    span_of(mine, &low, &high)
    for k in range(call.n_taken):
        role = call.taken[k]
        if role == out:
            continue
        other = &call.views[role]
        span_of(other, &other_low, &other_high)
        if high <= other_low or other_high <= low:
            continue
        # Element for element the same memory is read before it is written (a scale and a weight are read again).
        same = role == INPUT or role == TARGET or role == POS_WEIGHT
        same = same and other.buf == mine.buf and other.itemsize == mine.itemsize and other.ndim == mine.ndim
        if same:
            for d in range(mine.ndim):
                same = same and other.shape[d] == mine.shape[d] and (
                    other.strides[d] == mine.strides[d] or other.shape[d] == 1)
        if not same or overlaps_itself(mine):
            return True
    return False


cdef object new_result(Call call, object array, object dtype):
    """An array for an elementwise result, laid out like the input."""
    cdef Py_buffer *view = &call.views[INPUT]
    cdef Py_ssize_t expected = view.itemsize
    cdef int d
    for d in range(view.ndim - 1, -1, -1):
        if view.shape[d] != 1 and view.strides[d] != expected:
            return empty_like(array, dtype=dtype, subok=False)
        expected *= view.shape[d]
    return empty(array.shape, dtype)


cdef object take_result(Call call, int role, object out, object array, object dtype, str name="out"):
    """Have an elementwise result written to the caller's array, a new one, or a copy where memory overlaps."""
    cdef object target, kept_dtype = dtype
    cdef bint fits = True
    if out is None:
        target = new_result(call, array, dtype)
        call.take(role, target, name, True, dtype)
        return target
    if type(out) is not ndarray or out.dtype is not dtype or not same_shape(call, out):
        fits = _arguments.check_out(out, view_shape(&call.views[INPUT]), dtype, name)
    elif not out.flags.writeable:
        _arguments.check_out(out, view_shape(&call.views[INPUT]), dtype, name)
    if fits:
        call.take(role, out, name, True)
        if not clashes(call, role):
            return out
        call.drop_last()
        kept_dtype = out.dtype
    target = empty(array.shape, kept_dtype)     # the result's own where blocks cannot write the caller's, as complex
    call.take(role, target, name, True)
    return target


cdef bint same_shape(Call call, object out):
    cdef Py_buffer *view = &call.views[INPUT]
    cdef tuple shape = out.shape
    cdef int d
    if len(shape) != view.ndim:
        return False
    for d in range(view.ndim):
        if <Py_ssize_t>shape[d] != view.shape[d]:
            return False
    return True


cdef object give(Call call, object written, object out):
    """The result in the form in which the caller gets it."""
    if out is None:
        return written if call.views[INPUT].ndim else written[()]
    if out is not written:
        _arguments.copy_to(out, written)
    return out


def activation(int formula, x, out, str name):
    """Evaluate a one-argument function (see activations.py)."""
    if out is None or type(out) is ndarray:
        return evaluate_activation(formula, x, out, name)
    evaluate_activation(formula, x, _arguments.plain_out(out), name)
    return out


cdef object evaluate_activation(int formula, object x, object out, str name):
    cdef Call call = Call()
    cdef object mask = None, array = x, result
    if type(x) is not ndarray:
        array, mask = _arguments.to_array(x, name, True)
    call.take(INPUT, array, name, False)
    call.job.formula = formula
    call.job.want = WANT_VALUE
    call.job.wide = computes_in_double(call)
    call.job.check = False
    result = take_result(call, VALUE, out, array, result_dtype(call, array))
    call.plan_elementwise()
    call.execute()
    result = give(call, result, out)
    return result if out is not None or type(x) is ndarray else _arguments.masked_as(x, result, mask)


# ---------------------------------------------------------------------- losses

cdef enum:
    NONE, MEAN, SUM, WEIGHTED_MEAN, BATCHMEAN


cdef dict reductions = {"none": NONE, "mean": MEAN, "sum": SUM, "weighted_mean": WEIGHTED_MEAN, "batchmean": BATCHMEAN}


@cython.freelist(8)
cdef class Loss:
    """The arguments of one loss, as arrays; makes the jobs that evaluate it."""

    cdef object x, t, w, p, scale, grad
    cdef list masks                 # (array, whether it says what to leave out)
    cdef int formula
    cdef bint check, wide
    cdef unsigned long long all_axes
    cdef double smoothing, log_floor, cap, largest, gamma, alpha_pos, alpha_neg, factor
    cdef int n_dims

    cdef Call call(self, int want):
        cdef Call call = Call()
        cdef Job *job = call.job
        cdef object mask
        cdef bint inverted
        cdef int role
        call.take(INPUT, self.x, "input", False)
        call.take(TARGET, self.t, "target", False)
        call.fits(TARGET, self.t, "target")
        if self.w is not None:
            call.take(WEIGHT, self.w, "weight", False)
            call.fits(WEIGHT, self.w, "weight")
        if self.p is not None:
            call.take(POS_WEIGHT, self.p, "pos_weight", False)
            call.fits(POS_WEIGHT, self.p, "pos_weight")
        if self.scale is not None:
            call.take(SCALE, self.scale, "grad_output", False)
            call.fits(SCALE, self.scale, "grad_output")
        if self.masks is not None:
            for mask, inverted in self.masks:
                role = MASK + job.n_masks
                call.take(role, mask, "where", False)
                call.fits(role, mask, "where")
                job.operands[role].inverted = inverted
                job.n_masks += 1
        job.formula = self.formula
        job.want = want
        job.wide = self.wide
        job.check = self.check
        job.smoothing = self.smoothing
        job.log_floor = self.log_floor
        job.cap = self.cap
        job.largest = self.largest
        job.gamma = self.gamma
        job.alpha_pos = self.alpha_pos
        job.alpha_neg = self.alpha_neg
        job.scale = self.factor
        return call

    cdef int add_mask(self, object mask, bint inverted) except -1:
        if mask is not None:
            if self.masks is None:
                self.masks = []
            self.masks.append((mask, inverted))
        return 0

    cdef int take_scale(self, Call call) except -1:
        if self.scale is not None and not call.job.operands[SCALE].present:
            call.take(SCALE, self.scale, "grad_output", False)
            call.fits(SCALE, self.scale, "grad_output")
        return 0

    cdef int execute(self, Call call) except -1:
        cdef int faults = call.execute()
        if faults:
            self.reject(faults)
        return 0

    cdef int precheck(self, Call call) except -1:
        # The caller's array must not be touched when an argument is out of range: look first.
        cdef int want = call.job.want
        if self.check:
            call.plan_elementwise()
            call.job.want = 0
            self.execute(call)
            call.job.want = want
            call.job.check = False
            self.check = False      # nor in further calls: the labels' memory may be what the gradient is written to
        return 0

    cdef object elementwise(self, Call call, int want, object out, object dtype):
        cdef bint pair = want == WANT_GRAD | WANT_HESS or want == WANT_VALUE | WANT_GRAD
        cdef object second_out = None, first, second = None
        cdef bint given = out is not None
        if pair:
            out, second_out = _arguments.split_out(out) if out is not None else (None, None)
        self.take_scale(call)
        first = take_result(
            call, VALUE if want & WANT_VALUE else GRAD, out, self.x, dtype, "out[0]" if pair else "out")
        if pair:
            second = take_result(call, HESS if want & WANT_HESS else GRAD, second_out, self.x, dtype, "out[1]")
        if given:
            self.precheck(call)
        call.plan_elementwise()
        self.execute(call)
        first = give(call, first, out)
        return (first, give(call, second, second_out)) if pair else first

    cdef tuple sums(self, Call call, int denominator, unsigned long long reduced):
        """The sums of the values and of the denominator over the reduced axes: floats, or arrays of the kept shape."""
        cdef Py_ssize_t start = 0, stop
        cdef bint single = reduced == self.all_axes
        cdef bint values = call.job.want & WANT_VALUE
        cdef double high = 0, over = 0
        cdef object total = None, divisor = None
        if not single:
            shape = _arguments.reduced_shape(self.x.shape, reduced, False)
            total = empty(shape, dtype_float64)
            divisor = empty(shape, dtype_float64)
        while True:
            stop = call.plan_sums(reduced, start)
            call.allocate(values, denominator)
            self.execute(call)
            if single:
                high = call.total(call.job.sums, 0, 0) if values else 0
                over = call.total(call.job.weights, 0, 0) if denominator != NO_DENOMINATOR else 1
                return high, over
            if total.size:
                if values:
                    call.totals(call.job.sums, total.reshape(-1, call.beside), start)
                if denominator != NO_DENOMINATOR:
                    call.totals(call.job.weights, divisor.reshape(-1, call.beside), start)
            if stop < 0:
                return total, divisor
            start = stop
            call = self.call(call.job.want)
            self.take_scale(call)
            if self.grad is not None:
                call.take(GRAD, self.grad, "out", True)

    cdef int reject(self, int faults) except -1:
        if faults & BAD_INPUT:
            _arguments.reject_range("input", self.x, self.x, self.masks, self.t, self.wide)
        _arguments.reject_range("target", self.t, self.x, self.masks, None, self.wide)
        return 0


def loss(int formula, int want, input, target, weight, pos_weight, class_axis, label_smoothing, where, log_floor,
         alpha, gamma, reduction, axis, keepdims, check, grad_output, out):
    """Evaluate a loss, its gradient or its curvature (see losses.py)."""
    cdef object plain = out
    if out is not None and type(out) is not ndarray:
        plain = _arguments.plain_out(out)
    result = evaluate_loss(formula, want, input, target, weight, pos_weight, class_axis, label_smoothing, where,
                           log_floor, alpha, gamma, reduction, axis, keepdims, check, grad_output, plain)
    return result if plain is out else _arguments.as_given(result, out)


cdef object evaluate_loss(int formula, int want, object input, object target, object weight, object pos_weight,
                          object class_axis, object label_smoothing, object where, object log_floor, object alpha,
                          object gamma, object reduction, object axis, object keepdims, object check,
                          object grad_output, object out):
    cdef Loss self = Loss()
    cdef Call call
    cdef object mask, dtype, result, rule, divisor, factor, total, value_out, grad_out
    cdef int how, d, denominator = NO_DENOMINATOR
    cdef bint derivatives = (want & (WANT_GRAD | WANT_HESS)) != 0
    cdef bint whole, inverted
    cdef unsigned long long reduced, all_axes
    cdef double count = 1

    # arguments in words
    rule = reductions.get(reduction) if isinstance(reduction, str) else None
    if rule is None:
        _arguments.reject_reduction(reduction)
    how = rule
    self.masks = None
    if type(input) is ndarray:
        self.x = input
    else:
        self.x, mask = _arguments.to_array(input, "input", True)
        self.add_mask(mask, True)
    if type(target) is ndarray:
        self.t = target
    else:
        self.t, mask = _arguments.to_array(target, "target", False)
        self.add_mask(mask, True)
    if weight is not None:
        self.w, mask = _arguments.to_weight(weight, "weight", class_axis, self.x)
        self.add_mask(mask, True)
    if pos_weight is not None:
        self.p, mask = _arguments.to_weight(pos_weight, "pos_weight", class_axis, self.x)
        self.add_mask(mask, True)
    elif class_axis is not None and weight is None:
        _arguments.check_class_axis(class_axis, self.x)
    if where is not None and where is not True:
        for mask, inverted in _arguments.to_masks(where):
            self.add_mask(mask, inverted)
    self.smoothing = 0 if type(label_smoothing) is float and label_smoothing == 0.0 else (
        _arguments.check_smoothing(label_smoothing))
    if check is not True and check is not False:
        check = _arguments.check_flag(check, "check")
    if keepdims is not True and keepdims is not False:
        keepdims = _arguments.check_flag(keepdims, "keepdims")
    self.check = check
    self.formula = formula
    self.gamma = 0
    self.alpha_pos = 1
    self.alpha_neg = 1
    if formula == FOCAL:
        self.gamma, self.alpha_pos, self.alpha_neg = _arguments.check_focal(alpha, gamma)
        if self.gamma == 0:
            self.formula = LOGITS       # with weights by label
    self.factor = 1
    if formula == LOGITS_TARGET or formula == PROBABILITY_TARGET:
        self.factor = 1 - self.smoothing
    self.wide = True
    self.log_floor = 0
    self.cap = 0
    self.largest = 0
    call = self.call(want)
    self.wide = computes_in_double(call)
    call.job.wide = self.wide
    dtype = result_dtype(call, self.x)
    if formula == PROBABILITY or formula == PROBABILITY_TARGET:
        self.log_floor, self.cap, self.largest = _arguments.check_log_floor(log_floor, dtype)
        call.job.log_floor = self.log_floor
        call.job.cap = self.cap
        call.job.largest = self.largest
    self.n_dims = call.views[INPUT].ndim
    all_axes = (<unsigned long long>1 << self.n_dims) - 1 if self.n_dims < 64 else ~<unsigned long long>0
    self.all_axes = all_axes

    # every element for itself
    if how == NONE:
        if axis is not None or keepdims:
            _arguments.reject_axis_without_reduction(axis, keepdims)
        if grad_output is not None:
            self.scale = _arguments.to_grad_output(grad_output, self.x.shape)
        return self.elementwise(call, want, out, dtype)

    # what a sum is divided by
    reduced = all_axes if axis is None else <unsigned long long>_arguments.parse_axis(axis, self.n_dims)
    whole = reduced == all_axes
    if how == MEAN or how == WEIGHTED_MEAN:
        if how == WEIGHTED_MEAN and self.w is not None:
            denominator = SUM_WEIGHT
        elif self.masks is not None:
            denominator = COUNT_KEPT
        else:
            for d in range(self.n_dims):
                if reduced >> d & 1:
                    count *= <double>call.views[INPUT].shape[d]
    elif how == BATCHMEAN:
        count = _arguments.batch_length(self.x, self.masks, reduced, axis)

    # a derivative is that of the reduced value: its scale is known before the elements are evaluated
    if derivatives:
        divisor = count
        if denominator != NO_DENOMINATOR:
            if out is not None:
                _arguments.check_outs(
                    out, want != WANT_GRAD, want & WANT_VALUE, dtype, self.x.shape, reduced, keepdims)
            divisor = self.sums(self.call(0), denominator, reduced)[1]
            self.check = False              # done
            call.job.check = False
        if denominator == NO_DENOMINATOR and grad_output is None:
            self.factor *= 1.0 / count if count != 0 else 0.0
        else:
            factor, self.scale = _arguments.derivative_scale(
                divisor, denominator == COUNT_KEPT, grad_output, self.x.shape, reduced, whole)
            self.factor *= factor
        call.job.scale = self.factor
        if not want & WANT_VALUE:
            return self.elementwise(call, want, out, dtype)

    # a reduced value, with or without the elementwise gradient
    value_out = out
    if derivatives:
        value_out, grad_out = _arguments.split_out(out) if out is not None else (None, None)
    if value_out is not None:
        _arguments.check_out(value_out, _arguments.reduced_shape(self.x.shape, reduced, keepdims), dtype,
                             "out[0]" if derivatives else "out")
    if derivatives:
        self.take_scale(call)
        self.grad = take_result(call, GRAD, grad_out, self.x, dtype, "out[1]")
        if grad_out is not None:
            self.precheck(call)
    total, divisor = self.sums(call, denominator, reduced)
    if denominator == NO_DENOMINATOR:
        divisor = count
    if whole and value_out is None and not keepdims:
        result = scalar(dtype, (<double>total) / (<double>divisor))
    else:
        result = _arguments.reduced_result(total, divisor, self.x.shape, reduced, keepdims, dtype, value_out)
    return (result, give(call, self.grad, grad_out)) if derivatives else result


cdef object scalar(object dtype, double value):
    # Rounded once and without NumPy's warning of an overflow.
    if dtype is dtype_float64:
        return float64_scalar(value)
    if dtype is dtype_float32:
        return float32_scalar(<float>value)
    return _arguments.rounded(value, dtype)


# What the public modules ask for, by name.
formulas = {
    "sigmoid": SIGMOID, "sigmoid_grad": SIGMOID_GRAD, "log_sigmoid": LOG_SIGMOID, "log_sigmoid_grad": LOG_SIGMOID_GRAD,
    "softplus": SOFTPLUS, "logit": LOGIT, "logits": LOGITS, "logits_target": LOGITS_TARGET,
    "probability": PROBABILITY, "probability_target": PROBABILITY_TARGET, "focal": FOCAL,
}
wants = {
    "value": WANT_VALUE, "grad": WANT_GRAD, "value_and_grad": WANT_VALUE | WANT_GRAD,
    "grad_and_hess": WANT_GRAD | WANT_HESS,
}
