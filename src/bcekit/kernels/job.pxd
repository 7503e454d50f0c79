# What the engine asks of a kernel: plain C, shared by both sides.
#
# A job is an iteration space (dimensions in the order of evaluation), one
# operand per argument or result (where its elements lie in that space), what
# to evaluate, and what to sum. Positions in the space are counted flat; with
# sums they read (group, sequence, column): for each group and column the sum
# runs over the sequence.

cdef enum:
    BLOCK = 512         # positions evaluated together
    BLOCK64 = 256       # in double
    MAX_DIMS = 32       # after dropping lengths of one and merging dimensions
    MAX_MASKS = 6       # where, and the masks of up to five masked arrays
    LANES = 32          # element i of a sequence is added to lane i % LANES ...
    CHUNK = 8192        # ... of chunk i // CHUNK
    MAX_COLUMNS = 32    # sums side by side in one pass

cdef enum:  # Kind
    BOOL, INT8, UINT8, INT16, UINT16, INT32, UINT32, INT64, UINT64
    FLOAT16, BFLOAT16, FLOAT32, FLOAT64

cdef enum:  # Formula
    NOTHING             # load and check only
    SIGMOID, SIGMOID_GRAD, LOG_SIGMOID, LOG_SIGMOID_GRAD, SOFTPLUS, LOGIT
    LOGITS, LOGITS_TARGET, PROBABILITY, PROBABILITY_TARGET, FOCAL

cdef enum:  # Role
    INPUT, TARGET, WEIGHT, POS_WEIGHT, SCALE, MASK
    VALUE = 11          # MASK + MAX_MASKS
    GRAD = 12
    HESS = 13
    ROLES = 14

cdef enum:  # Spread
    GENERAL             # by its strides
    LINEAR              # element after element
    REPEATED            # only the last dimension moves it
    CONSTANT            # one element for all

cdef enum:  # Want
    WANT_VALUE = 1
    WANT_GRAD = 2
    WANT_HESS = 4

cdef enum:  # Denominator
    NO_DENOMINATOR
    COUNT_KEPT          # how many elements the masks keep
    SUM_WEIGHT          # their weights

cdef enum:  # Fault
    BAD_INPUT = 1
    BAD_TARGET = 2

cdef struct Operand:
    char *data
    bint present
    int kind
    int itemsize
    bint swapped        # in the other byte order
    bint awkward        # swapped or misaligned: bytes are copied one element at a time
    bint inverted       # a mask that says what to leave out
    int spread
    Py_ssize_t strides[MAX_DIMS]

cdef struct Job:
    int formula
    int want
    bint wide           # evaluate in double, else in float
    bint check
    int n_masks
    int ndim
    Py_ssize_t shape[MAX_DIMS]
    Py_ssize_t size     # of the whole space
    Py_ssize_t block    # positions evaluated together
    Operand operands[ROLES]

    double smoothing
    double log_floor
    double cap
    double largest      # finite number of the result's dtype
    double gamma
    double alpha_pos
    double alpha_neg
    double scale        # of gradient and hessian

    bint summing
    int denominator
    Py_ssize_t groups
    Py_ssize_t length   # of a sequence
    Py_ssize_t columns
    Py_ssize_t chunks   # per sequence
    Py_ssize_t span     # without sums: positions per unit; with short sequences: groups per unit
    Py_ssize_t units    # what threads share out
    double *sums        # [group][chunk][column] (high, low)
    double *weights     # the same for the denominator
    int faults

cdef struct Tables64:
    const double *softplus
    const double *share
    const double *log

ctypedef void (*Run)(Job *job, Py_ssize_t first, Py_ssize_t last, int *faults) noexcept nogil


cdef inline Py_ssize_t distance(Py_ssize_t stride) noexcept nogil:
    return stride if stride >= 0 else -stride
