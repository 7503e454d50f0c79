"""Sums are as good as the result's type allows, whatever the data and however long."""

import math
from fractions import Fraction

import numpy as np
import pytest
from cases import LOGITS
from oracle import FLOAT32, FLOAT64

# Half a unit of the result for float32, whose sums are wider; a little more than that for float64.
LIMIT = {FLOAT32: Fraction(1, 2**24), FLOAT64: Fraction(1, 2**51)}
SIZES = [1, 2, 7, 8, 9, 511, 512, 513, 4095, 4097, 65_537, 1_000_000]


def constant(random, size):
    return np.full(size, 0.1)


def one_outlier(random, size):
    x = random.normal(-12, 1, size)
    x[size // 3] = 1e5
    return x


def wide_range(random, size):
    return random.uniform(-80, 80, size)


def right_and_sure(random, size):
    return random.normal(-17, 0.5, size)


def falling(random, size):
    return np.linspace(90, -90, size)


DATA = (constant, one_outlier, wide_range, right_and_sure, falling)


def error(got, want):
    return abs(Fraction(float(got)) - want) / abs(want)


def exact_sum(elements):
    """math.fsum rounds once, to float64; Fraction would be exact and a hundred times slower."""
    return Fraction(math.fsum(elements.astype(np.float64).tolist()))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("data", DATA, ids=lambda f: f.__name__)
@pytest.mark.parametrize("dtype", [FLOAT32, FLOAT64], ids=str)
def test_sum_and_mean(dtype, data, size, random):
    x = data(random, size).astype(dtype)
    want = exact_sum(LOGITS.value(x, 0, reduction="none"))
    slack = 1 + Fraction(1, 2**20)  # the reference is itself rounded to float64
    assert error(LOGITS.value(x, 0, reduction="sum"), want) <= LIMIT[dtype] * slack
    assert error(LOGITS.value(x, 0), want / size) <= LIMIT[dtype] * slack


@pytest.mark.parametrize("shape", [(1000, 3), (3, 1000), (100, 10, 100)], ids=str)
@pytest.mark.parametrize("data", DATA, ids=lambda f: f.__name__)
@pytest.mark.parametrize("dtype", [FLOAT32, FLOAT64], ids=str)
def test_sums_along_axes(dtype, data, shape, random):
    x = data(random, math.prod(shape)).astype(dtype).reshape(shape)
    elements = LOGITS.value(x, 0, reduction="none")
    for axis in range(len(shape)):
        got = LOGITS.value(x, 0, reduction="sum", axis=axis).ravel()
        lines = np.moveaxis(elements, axis, -1).reshape(-1, shape[axis])
        for total, line in zip(got, lines, strict=True):
            assert error(total, exact_sum(line)) <= LIMIT[dtype] * (1 + Fraction(1, 2**20))


@pytest.mark.parametrize("dtype", [FLOAT32, FLOAT64], ids=str)
def test_weighted_mean(dtype, random):
    size = 100_000
    x, w = wide_range(random, size).astype(dtype), np.exp(random.normal(0, 5, size)).astype(dtype)
    want = exact_sum(LOGITS.value(x, 0, w, reduction="none")) / exact_sum(w)
    assert error(LOGITS.value(x, 0, w, reduction="weighted_mean"), want) <= LIMIT[dtype] * 2


@pytest.mark.parametrize("dtype", [FLOAT32, FLOAT64], ids=str)
def test_losses_that_cancel(dtype, random):
    """Weights may be negative: then the error is small against the sum of magnitudes."""
    x, w = wide_range(random, 100_000).astype(dtype), random.normal(size=100_000).astype(dtype)
    elements = LOGITS.value(x, 0, w, reduction="none")
    got = Fraction(float(LOGITS.value(x, 0, w, reduction="sum")))
    assert abs(got - exact_sum(elements)) <= LIMIT[dtype] * exact_sum(abs(elements))


@pytest.mark.slow
@pytest.mark.parametrize("data", DATA, ids=lambda f: f.__name__)
@pytest.mark.parametrize("dtype", [FLOAT32, FLOAT64], ids=str)
def test_a_hundred_million(dtype, data, random):
    repeat, size = 1000, 100_000
    x = data(random, size).astype(dtype)
    want = exact_sum(LOGITS.value(x, 0, reduction="none")) * repeat
    x = np.tile(x, repeat)
    slack = 1 + Fraction(1, 2**20)
    assert error(LOGITS.value(x, 0, reduction="sum"), want) <= LIMIT[dtype] * slack
    assert error(LOGITS.value(x, 0), want / x.size) <= LIMIT[dtype] * slack


@pytest.mark.slow
def test_more_elements_than_32_bits_count():
    """Indices and counts are wide enough; broadcasting keeps the memory small."""
    size = 2**31 + 5
    x = np.broadcast_to(np.float32(0.5), size)
    each = LOGITS.value(np.float32(0.5), 1, reduction="none")
    assert LOGITS.value(x, 1) == each
    assert LOGITS.value(x, np.True_, where=np.True_, reduction="sum") == np.float32(float(each) * size)
    target = np.broadcast_to(np.uint8(2), size)
    with pytest.raises(ValueError, match=r"2,?147,?483,?653"):
        LOGITS.value(x, target)
