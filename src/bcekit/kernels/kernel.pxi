# The whole text of a kernel module; each instruction set compiles it with its own flags.

from cpython.pycapsule cimport PyCapsule_GetPointer, PyCapsule_New
from libc.stdint cimport int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t, uintptr_t
from libc.string cimport memcpy

from bcekit.kernels.job cimport (
    BAD_INPUT, BAD_TARGET, BFLOAT16, BLOCK, BLOCK64, BOOL, CHUNK, CONSTANT, COUNT_KEPT, distance, FLOAT16, FLOAT32,
    FLOAT64, FOCAL, GENERAL, GRAD, HESS, INPUT, INT16, INT32, INT64, INT8, Job, LANES, LINEAR, LOG_SIGMOID,
    LOG_SIGMOID_GRAD, LOGIT, LOGITS, LOGITS_TARGET, MASK, MAX_COLUMNS, MAX_DIMS, NO_DENOMINATOR, NOTHING, Operand,
    POS_WEIGHT, PROBABILITY, PROBABILITY_TARGET, REPEATED, ROLES, SCALE, SIGMOID, SIGMOID_GRAD, SOFTPLUS, SUM_WEIGHT,
    Tables64, TARGET, UINT16, UINT32, UINT64, UINT8, VALUE, WANT_GRAD, WANT_HESS, WANT_VALUE, WEIGHT)

from bcekit.kernels import _tables

cdef const Tables64 *tables64 = <const Tables64 *>PyCapsule_GetPointer(_tables.capsule, "bcekit.tables")

cdef enum:  # what is known of a block of logits and of the factors a and b in a softplus(x) + b softplus(-x)
    PLAIN               # x near 0, a = 1 - t, b = t, labels from 0 to 1
    BY_WEIGHT           # x near 0, a = (1 - t) w, b = t w, weights neither large nor tiny
    BY_POS_WEIGHT       # ... a = 1 - t, b = p t
    BY_BOTH             # ... a = (1 - t) w, b = p t w
    GIVEN               # x near 0, a and b as they are, neither large
    FAR                 # as PLAIN, but x may be anything
    ANY                 # nothing


cdef inline bint is_far(int kind) noexcept nogil:
    return kind == FAR or kind == ANY


include "primitives.pxi"
include "tables32.pxi"
include "octaves.pxi"
include "float32.pxi"
include "float64.pxi"
include "blocks.pxi"

run_capsule = PyCapsule_New(<void *>run, "bcekit.run", NULL)
hardware_fma = bool(HARDWARE_FMA)
