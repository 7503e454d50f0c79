"""The compiled kernels, one per instruction set."""
