# The tables for float64, once for the kernels of all instruction sets.

from cpython.pycapsule cimport PyCapsule_New

from bcekit.kernels.job cimport Tables64

include "tables64.pxi"

cdef extern from *:
    const double softplus64 "bcekit_softplus64"[456][8]
    const double share64 "bcekit_share64"[456][8]
    const double log64 "bcekit_log64"[128][2]

cdef Tables64 tables
tables.softplus = &softplus64[0][0]
tables.share = &share64[0][0]
tables.log = &log64[0][0]

capsule = PyCapsule_New(<void *>&tables, "bcekit.tables", NULL)
