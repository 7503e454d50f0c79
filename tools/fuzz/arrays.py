"""Random choices, values, shapes and strides."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from typing import Any

import numpy as np

# -- choices -----------------------------------------------------------------------------------------------------------


class Source:
    """Random choices, all of them from one function that gives numbers in [0, 1)."""

    def __init__(self, fraction):
        self.fraction = fraction

    def below(self, n):
        return int(self.fraction() * n)

    def between(self, low, high):
        return low + int(self.fraction() * (high - low + 1))

    def chance(self, probability):
        return self.fraction() < probability

    def pick(self, choices):
        return choices[int(self.fraction() * len(choices))]


def from_seed(seed, case):
    return Source(random.Random(seed * 1_000_003 + case).random)


def from_bytes(data):
    """Two bytes a choice, zeros when they are used up."""
    parts = iter(memoryview(data[: len(data) & ~1]).cast("H"))
    return Source(lambda: next(parts, 0) / 65536)


# -- values: long lists made once, of which a case takes a piece -------------------------------------------------------

POOL = 1 << 14


def pools():
    generator = np.random.default_rng(0)

    def mix(*parts):
        """A random choice among arrays, in proportion to the numbers that go with them."""
        weights = np.array([weight for weight, _ in parts], float)
        columns = np.array([np.resize(values, POOL) for _, values in parts])
        return columns[generator.choice(len(parts), POOL, p=weights / weights.sum()), np.arange(POOL)]

    normal, uniform = generator.normal(0, 3, POOL), generator.random(POOL)
    sign = generator.choice([-1.0, 1.0], POOL)
    spread = sign * np.exp2(generator.uniform(-160, 130, POOL))
    far = sign * np.exp2(generator.uniform(-1074, 1023, POOL))
    special = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 5e-324, 1e-45, 6e-8, 65504.0, 3.4e38, 1.7e308, 1.0, -1.0])
    logits = mix((60, normal), (20, normal * 20), (10, spread), (4, far), (6, special))
    ends = generator.choice([0.0, 1.0, -0.0], POOL)
    near = np.where(sign > 0, np.exp2(generator.uniform(-160, 0, POOL)), 1 - np.exp2(generator.uniform(-60, 0, POOL)))
    return {
        "logits": logits,
        "calm": normal,
        "units": mix((50, uniform), (20, ends), (30, near)),
        "labels": mix((50, ends), (35, uniform), (15, near)),
        "hard": generator.integers(0, 2, POOL).astype(float),
        "unit_or_nan": mix((95, uniform), (5, np.array([np.nan]))),
        "beyond": mix((96, uniform), (4, np.array([-1.0, 2.0, 255.0, np.inf, -np.inf, -1e-30, 1 + 2.0**-20]))),
        "weights": mix((80, uniform * 3), (10, ends)),
        "any": mix((50, normal), (20, ends), (10, spread), (5, far), (5, special)),
        "levels": generator.integers(-128, 256, POOL).astype(float),
    }


POOLS = pools()


def values(source, pool, shape, dtype):
    """An array in C order of its own."""
    size, start = math.prod(shape), source.below(POOL)
    pool = POOLS[pool]
    flat = pool[start : start + size] if start + size <= POOL else np.resize(pool[start:], size)
    if dtype.kind in "biu":
        flat = np.clip(np.nan_to_num(flat, posinf=100, neginf=-100), 0 if dtype.kind in "ub" else -100, 100)
    return flat.astype(dtype).reshape(shape)


# -- shapes and layouts ------------------------------------------------------------------------------------------------

EDGES = (31, 32, 33, 63, 64, 65, 127, 128, 255, 256, 257, 288, 511, 512, 513, 1000, 1024, 1025, 2048, 2049)
CHUNKS = (8191, 8192, 8193, 16384, 16385)


def some_shape(source):
    kind = source.fraction()
    if kind < 0.35:
        return tuple(source.between(0 if source.chance(0.1) else 1, 9) for _ in range(source.below(3)))
    if kind < 0.60:
        return tuple(source.between(0 if source.chance(0.05) else 1, 4) for _ in range(source.between(3, 6)))
    if kind < 0.75:
        return (source.pick(EDGES),)
    if kind < 0.94:
        return (source.between(1, 12), source.between(1, 70))[:: source.pick((1, -1))]
    if kind < 0.945:
        return source.pick([(source.pick(CHUNKS),), (source.pick(CHUNKS), 2), (2, source.pick(CHUNKS))])
    if kind < 0.955:
        return (1,) * source.between(0, 12) + (2,) * source.between(0, 7) + (1,) * source.between(0, 12)
    if kind < 0.9555:
        return source.pick(
            [(131072 + source.below(9000),), (source.between(60, 90), 2000), (2000, source.between(60, 90))]
        )
    return (source.between(1, 9), source.between(1, 12), source.between(1, 40))[:: source.pick((1, -1))]


def smaller_shape(source, shape):
    """A shape that broadcasts to this one."""
    kind = source.fraction()
    if kind < 0.5:
        return shape
    if kind < 0.65:
        return ()
    part = shape[source.below(len(shape) + 1) :]
    return part if kind < 0.8 else tuple(1 if source.chance(0.4) else length for length in part)


def broadcasts(shape, whole):
    try:
        return np.broadcast_shapes(shape, whole) == whole
    except ValueError:
        return False


def laid_out(source, array, zero_strides=True):
    """The same contents with other strides, at any address, in either byte order: the array and its memory."""
    dtype = array.dtype
    if dtype.kind in "iuf" and source.chance(0.12):
        dtype = dtype.newbyteorder()
    item = dtype.itemsize
    order = list(range(array.ndim))
    if source.chance(0.4):
        for i in range(len(order) - 1, 0, -1):
            j = source.below(i + 1)
            order[i], order[j] = order[j], order[i]
    strides, offset, step = [0] * array.ndim, 0, item
    gaps, turns, zeros = source.chance(0.3), source.chance(0.3), zero_strides and source.chance(0.08)
    for axis in reversed(order):
        length = array.shape[axis]
        if gaps and source.chance(0.5) and step < 1 << 16:
            step = step * source.between(2, 3) + (source.below(item) if source.chance(0.1) else 0)
        if zeros and source.chance(0.6) and length:
            array = np.broadcast_to(array.take([0], axis), array.shape)
            continue
        strides[axis] = step
        if turns and source.chance(0.5) and length:
            strides[axis] = -step
            offset += step * (length - 1)
        step *= max(length, 1)
    before = source.below(item) if source.chance(0.15) else source.pick((0, 0, item, 4 * item))
    after = 0 if source.chance(0.7) else step + source.below(99)
    memory = np.empty(before + step + after, np.uint8)
    memory.fill(0xA5)
    laid = np.ndarray(array.shape, dtype, memory, before + offset, strides)
    laid[...] = array
    return laid, memory


def twice_somewhere(array):
    """Whether two elements may lie in the same place."""
    reach = array.itemsize
    for stride, length in sorted((abs(s), n) for s, n in zip(array.strides, array.shape, strict=True) if n > 1):
        if stride < reach:
            return True
        reach = stride * (length - 1) + reach
    return False


class Subclass(np.ndarray):
    """An array of another type."""


class Lying(np.ndarray):
    """An array that tells Python something else than C."""

    shape, ndim, strides, dtype = (3,), 1, (4,), np.dtype("f4")


class Protocol:
    """Something that can be made an array."""

    def __init__(self, array):
        self.array = array

    def __array__(self, dtype=None, copy=None):
        return self.array


@dataclass
class Argument:
    """What is passed, the plain contents that it stands for, its mask, and the memory that must not change."""

    passed: Any
    plain: Any = None
    mask: Any = None
    memory: Any = None


def argument(source, plain, masks=True):
    """These contents in one of the forms in which they can be passed."""
    kind = source.fraction()
    if kind < 0.05:
        listed = plain.tolist()
        again = np.asarray(listed)
        if again.shape == plain.shape and again.dtype.kind in "biuf" and (again.dtype == bool) == (plain.dtype == bool):
            return Argument(listed, again)
    if kind < 0.10 and plain.ndim == 0:
        return Argument(plain[()], plain)
    array, memory = laid_out(source, plain)
    if kind < 0.35:
        array = memory = plain.copy()
    if source.chance(0.1):
        array.flags.writeable = False
    plain = array.astype(plain.dtype)
    if kind > 0.96:
        wrap = source.pick([Protocol, lambda a: a.view(Subclass), lambda a: a.view(Lying)])
        return Argument(wrap(array), plain, None, memory)
    if kind > 0.90 and masks:
        mask = np.ma.nomask if source.chance(0.2) else values(source, "hard", plain.shape, np.dtype("?"))
        masked = np.ma.MaskedArray(array, mask)
        return Argument(masked, plain, None if mask is np.ma.nomask else mask, memory)
    return Argument(array, plain, None, memory)
