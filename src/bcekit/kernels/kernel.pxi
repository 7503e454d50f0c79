# The whole text of a kernel module; each instruction set compiles it with its own flags.

from cpython.pycapsule cimport PyCapsule_New

include "primitives.pxi"
include "float32.pxi"
include "float64.pxi"
include "blocks.pxi"

run_capsule = PyCapsule_New(<void *>run, "bcekit.run", NULL)
hardware_fma = bool(HARDWARE_FMA)
