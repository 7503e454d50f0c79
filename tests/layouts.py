"""The same contents, laid out in memory in every way NumPy knows."""

import tempfile

import numpy as np


def fortran(x):
    return np.asfortranarray(x)


def reversed_in_memory(x):
    return np.flip(np.flip(x).copy())


def reversed_rows(x):
    return x[::-1].copy()[::-1] if x.ndim else x


def strided(x):
    room = np.zeros((*x.shape, 3), x.dtype)
    room[..., 1] = x
    return room[..., 1]


def padded(x):
    room = np.zeros(tuple(n + 2 for n in x.shape), x.dtype)
    inner = room[(slice(1, -1),) * x.ndim]
    inner[...] = x
    return inner


def misaligned(x):
    room = np.zeros(x.nbytes + 1, np.uint8)[1:].view(x.dtype).reshape(x.shape)
    room[...] = x
    return room


def byte_swapped(x):
    return x.astype(x.dtype.newbyteorder()) if x.dtype.kind in "iuf" else x.copy()


def read_only(x):
    x = x.copy()
    x.flags.writeable = False
    return x


def memory_mapped(x):
    with tempfile.TemporaryFile() as file:
        mapped = np.memmap(file, x.dtype, "w+", shape=x.shape)
        mapped[...] = x
        return mapped


def field_of_records(x):
    records = np.zeros(x.shape, [("flag", "u1"), ("value", x.dtype)])
    records["value"] = x
    return records["value"]


LAYOUTS = (
    fortran,
    reversed_in_memory,
    reversed_rows,
    strided,
    padded,
    misaligned,
    byte_swapped,
    read_only,
    memory_mapped,
    field_of_records,
)
