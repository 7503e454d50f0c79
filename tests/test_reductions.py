"""What the reductions mean: NumPy's own, over what is kept."""

import numpy as np
import oracle
import pytest
from cases import LOGITS, LOSSES, REDUCTIONS
from oracle import FLOAT32, FLOAT64, FLOATS

import bcekit

SHAPE = (4, 3, 5)
AXES = [None, 0, 1, -1, (0, 1), (0, 2), (-1, 0), (2, 1, 0), ()]
# One rounding to the result and as much again for the reference.
RTOL = {FLOAT32: 2.4e-7, FLOAT64: 9e-16}


def expected(elements, weight, where, reduction, axis, keepdims):
    """The reduction by its definition."""
    keep = {"axis": axis, "keepdims": keepdims}
    weight, where = np.broadcast_to(weight, elements.shape), np.broadcast_to(where, elements.shape)
    total = np.sum(np.where(where, elements, 0), **keep)
    divisor = {
        "sum": 1,
        "mean": np.sum(where, **keep),
        "weighted_mean": np.sum(np.where(where, weight, 0), **keep),
        "batchmean": np.count_nonzero(where.reshape(len(elements), -1).any(axis=1)),
    }[reduction]
    with np.errstate(invalid="ignore", divide="ignore"):
        return total / divisor


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", AXES, ids=str)
@pytest.mark.parametrize("reduction", ["mean", "sum", "weighted_mean"])
@pytest.mark.parametrize("dtype", [FLOAT32, FLOAT64], ids=str)
@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_reductions_over_axes(loss, dtype, reduction, axis, keepdims, random, subtests):
    x, t = loss.inputs(random, SHAPE, dtype), random.random(SHAPE).astype(dtype)
    weight = random.uniform(0.5, 2, SHAPE).astype(dtype)
    where = random.random(SHAPE) < 0.8
    for w, m in ((None, None), (weight, None), (None, where), (weight, where)):
        with subtests.test(weight=w is not None, where=m is not None):
            elements = loss.value(x, t, w, reduction="none").astype(np.float64)
            got = loss.value(x, t, w, where=m, reduction=reduction, axis=axis, keepdims=keepdims)
            want = expected(
                elements, 1 if w is None else w.astype(np.float64), m is None or m, reduction, axis, keepdims
            )
            assert got.shape == want.shape
            assert got.dtype == dtype
            np.testing.assert_allclose(got, want, rtol=RTOL[dtype])


@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_batchmean_divides_by_the_length_of_the_first_axis(loss, random):
    x, t, w = loss.inputs(random, SHAPE), random.random(SHAPE), random.random(SHAPE)
    where = random.random(SHAPE) < 0.5
    where[1] = False  # a sample of which nothing is kept does not count
    elements = loss.value(x, t, w, reduction="none")
    np.testing.assert_allclose(loss.value(x, t, w, reduction="batchmean"), elements.sum() / 4, rtol=1e-15)
    got = loss.value(x, t, w, where=where, reduction="batchmean")
    np.testing.assert_allclose(got, expected(elements, w, where, "batchmean", None, False), rtol=1e-15)
    got = loss.value(x, t, w, where=where, reduction="batchmean", axis=(0, 2))
    np.testing.assert_allclose(got, expected(elements, w, where, "batchmean", (0, 2), False), rtol=1e-15)


@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_mean_does_not_divide_by_the_weights(loss):
    """PyTorch's denominator, and next to it the other one by name."""
    x, t, w = np.full(4, 0.5), np.ones(4), np.array([0.0, 0, 1, 1])
    each = loss.value(0.5, 1)
    np.testing.assert_allclose(loss.value(x, t, w), each / 2, rtol=1e-15)
    np.testing.assert_allclose(loss.value(x, t, w, reduction="weighted_mean"), each, rtol=1e-15)


@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_weighted_mean_counts_weight_and_not_pos_weight(loss, random):
    x, t, w = loss.inputs(random, 9), random.random(9), random.random(9)
    got = loss.value(x, t, w, pos_weight=5, reduction="weighted_mean")
    want = np.average(loss.value(x, t, pos_weight=5, reduction="none"), weights=w)
    np.testing.assert_allclose(got, want, rtol=1e-15)
    plain = loss.value(x, t, reduction="weighted_mean")
    oracle.assert_same_bits(plain, loss.value(x, t))


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
@pytest.mark.parametrize("reduction", [r for r in REDUCTIONS if r != "none"])
@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_full_reductions_are_scalars_of_the_result_type(loss, reduction, dtype, random):
    x = loss.inputs(random, (2, 3), dtype)
    value, grad = loss.value_and_grad(x, 1, reduction=reduction)
    for number in (loss.value(x, 1, reduction=reduction), value):
        assert type(number) is dtype.type
    assert type(grad) is np.ndarray
    assert grad.dtype == dtype
    kept = loss.value(x, 1, reduction=reduction, keepdims=True)
    assert type(kept) is np.ndarray
    assert kept.shape == (1, 1)


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
@pytest.mark.parametrize("loss", LOSSES, ids=str)
@pytest.mark.parametrize("shape", [(0,), (3, 0), (0, 3)], ids=str)
def test_empty(loss, shape, dtype):
    x, t = np.empty(shape, dtype), np.empty(shape)
    assert loss.value(x, t, reduction="none").shape == shape
    np.testing.assert_array_equal(loss.value(x, t, reduction="sum"), 0.0)
    for reduction in ("mean", "weighted_mean"):
        value, grad = loss.value_and_grad(x, t, reduction=reduction)
        assert np.isnan(value)
        assert type(value) is dtype.type
        assert grad.shape == shape
    for reduction, fill in (("sum", 0.0), ("mean", np.nan)):
        got = loss.value(x, t, reduction=reduction, axis=shape.index(0))
        np.testing.assert_array_equal(got.astype(np.float64), np.full(max(1, *shape), fill) if len(shape) > 1 else fill)
    assert loss.value(x, t, axis=0).dtype == dtype


@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_nothing_kept_is_empty(loss, random):
    x = loss.inputs(random, (2, 3))
    where = np.array([[True, False, True], [False, False, False]])
    for reduction in ("mean", "weighted_mean"):
        got = loss.value(x, 1, where=where, reduction=reduction, axis=1)
        np.testing.assert_array_equal(np.isnan(got), [False, True])
        value, grad = loss.value_and_grad(x, 1, where=False, reduction=reduction)
        assert np.isnan(value)
        np.testing.assert_array_equal(grad, 0.0)
    np.testing.assert_array_equal(loss.value(x, 1, where=False, reduction="sum"), 0.0)


@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_weights_that_sum_to_zero_give_nan(loss):
    got = loss.value(np.full(3, 0.5), 1, 0.0, reduction="weighted_mean")
    assert np.isnan(got)


def test_sums_are_wider_than_the_result():
    x = np.full(100_000, 10, np.float16)
    assert LOGITS.value(x, 0) == np.float16(10)
    assert LOGITS.value(x, 0, reduction="sum") == np.float16(np.inf)
    x = np.full(1 << 20, 0.1, np.float32)
    each = float(LOGITS.value(x[:1], 0, reduction="none")[0])
    assert LOGITS.value(x, 0, reduction="sum") == np.float32(each * x.size)
    assert LOGITS.value(x, 0) == np.float32(each)


@pytest.mark.parametrize("loss", LOSSES, ids=str)
@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_none_keeps_shape_and_is_the_default_of_nothing(loss, dtype, random):
    x, t = loss.inputs(random, SHAPE, dtype), random.random(SHAPE)
    elements = loss.value(x, t, reduction="none")
    assert elements.shape == SHAPE
    oracle.assert_same_bits(loss.value(x, t), loss.value(x, t, reduction="mean"))
    np.testing.assert_allclose(
        float(loss.value(x, t)), np.mean(elements.astype(np.float64)), rtol=float(oracle.finfo(dtype).eps)
    )


@pytest.mark.parametrize("function", [bcekit.sigmoid, bcekit.softplus], ids=lambda f: f.__name__)
def test_infinite_losses_reduce_to_infinity(function):
    x = np.array([np.inf, 0.0])
    assert LOGITS.value(x, 0) == np.inf
    assert LOGITS.value(x, 0, reduction="sum") == np.inf
    assert np.isnan(LOGITS.value(np.array([np.nan, np.inf]), 0))
    assert function(x[:1]) == (1 if function is bcekit.sigmoid else np.inf)
