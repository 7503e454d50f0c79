"""What the options mean."""

import itertools

import numpy as np
import oracle
import pytest
from cases import ACTIVATIONS, LOGITS, LOSSES, PROBABILITIES, REDUCTIONS
from oracle import FLOATS, assert_same_bits

import bcekit

SHAPE = (6, 5)
# What an element that is left out may hold.
RUBBISH = (np.nan, np.inf, -np.inf, -7.0, 255.0)


# -- where and masks ---------------------------------------------------------------------------------------------------


def soiled(array, where):
    """The array with rubbish wherever it is left out."""
    array = array.copy()
    array[~where] = np.resize(np.array(RUBBISH, array.dtype), np.count_nonzero(~where))
    return array


@pytest.mark.parametrize("role", ["input", "target", "weight", "pos_weight"])
@pytest.mark.parametrize("dtype", FLOATS, ids=str)
@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_what_where_leaves_out_does_not_exist(loss, dtype, role, random):
    where = random.random(SHAPE) < 0.5
    clean = {
        "input": loss.inputs(random, SHAPE, dtype),
        "target": random.random(SHAPE).astype(dtype),
        "weight": random.random(SHAPE).astype(dtype),
        "pos_weight": random.random(SHAPE).astype(dtype),
    }
    dirty = clean | {role: soiled(clean[role], where)}
    for entry, reduction in itertools.product(loss.entries(), REDUCTIONS):
        got = entry(**dirty, where=where, reduction=reduction)
        want = entry(**clean, where=where, reduction=reduction)
        for g, w in zip(got, want, strict=True):
            assert_same_bits(g, w)
            if np.shape(g):
                np.testing.assert_array_equal(oracle.bits(g[~where]), 0)  # a positive zero
    for entry in loss.entries():
        for got, want in zip(
            entry(**clean, where=where, reduction="none"), entry(**clean, reduction="none"), strict=True
        ):
            assert_same_bits(got[where], want[where])


@pytest.mark.parametrize("reduction", ["mean", "sum", "weighted_mean"])
@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_where_is_the_same_as_picking(loss, reduction, random):
    x, t, w = loss.inputs(random, SHAPE), random.random(SHAPE), random.random(SHAPE)
    where = random.random(SHAPE) < 0.6
    value, grad = loss.value_and_grad(x, t, w, where=where, reduction=reduction)
    picked, picked_grad = loss.value_and_grad(x[where], t[where], w[where], reduction=reduction)
    np.testing.assert_allclose(value, picked, rtol=1e-15)
    np.testing.assert_allclose(grad[where], picked_grad, rtol=1e-15)


@pytest.mark.parametrize(
    "where", [True, np.True_, [True] * 5, np.ones((6, 1), bool)], ids=["bool", "NumPy's bool", "row", "column"]
)
def test_where_broadcasts(where, random):
    x = random.normal(size=SHAPE)
    assert_same_bits(LOGITS.value(x, 1, where=where), LOGITS.value(x, 1))


@pytest.mark.parametrize(
    "masked", [("input",), ("target",), ("weight",), ("pos_weight",), ("input", "target", "weight")], ids="+".join
)
@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_masks_are_honoured(loss, masked, random):
    plain = {
        "input": loss.inputs(random, SHAPE),
        "target": random.random(SHAPE),
        "weight": random.random(SHAPE),
        "pos_weight": random.random(SHAPE),
    }
    masks = {name: random.random(SHAPE) < 0.3 for name in masked}
    arrays = plain | {name: np.ma.array(soiled(plain[name], ~mask), mask=mask) for name, mask in masks.items()}
    where = ~np.logical_or.reduce(list(masks.values()))
    also = random.random(SHAPE) < 0.7
    for entry, reduction in itertools.product(loss.entries(), ("none", "mean", "weighted_mean")):
        for options, keep in (({}, where), ({"where": also}, where & also)):
            got = entry(**arrays, **options, reduction=reduction)
            want = entry(**plain, where=keep, reduction=reduction)
            for g, w in zip(got, want, strict=True):
                assert not np.ma.isMaskedArray(g)
                assert_same_bits(g, w)


def test_masked_array_without_a_mask(random):
    x = random.normal(size=SHAPE)
    assert_same_bits(LOGITS.value(np.ma.array(x), np.ma.ones(SHAPE)), LOGITS.value(x, 1))
    for name in ACTIVATIONS:
        function = getattr(bcekit, name)
        result = function(np.ma.array(x))
        assert np.ma.isMaskedArray(result), name
        assert not np.ma.is_masked(result)
        assert_same_bits(result.data, function(x))


def test_masks_broadcast_with_their_array(random):
    x = random.normal(size=SHAPE)
    t = np.ma.array([0.0, 1, 9, 0, 1], mask=[0, 0, 1, 0, 0])
    want = LOGITS.value(x, t.filled(0), where=~t.mask)
    assert_same_bits(LOGITS.value(x, t), want)


# -- class_axis --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("axis", [0, 1, 2, 3, -1, -3])
@pytest.mark.parametrize("roles", [("weight",), ("pos_weight",), ("weight", "pos_weight")], ids="+".join)
@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_class_axis(loss, roles, axis, random):
    shape = (3, 3, 3, 3)  # where nothing but the option tells one axis from another
    x, t = loss.inputs(random, shape), random.random(shape)
    classes = {role: random.random(3) for role in roles}
    laid = {role: np.moveaxis(np.broadcast_to(array, shape), -1, axis) for role, array in classes.items()}
    for entry, reduction in itertools.product(loss.entries(), ("none", "weighted_mean")):
        got = entry(x, t, **classes, class_axis=axis, reduction=reduction)
        for g, w in zip(got, entry(x, t, **laid, reduction=reduction), strict=True):
            assert_same_bits(g, w)


def test_class_axis_is_for_classes_and_scalars(random):
    """An operand of another shape says where its axes are by itself: with the option it is a mistake."""
    x, full = random.normal(size=(2, 3, 4)), random.random((2, 3, 4))
    assert_same_bits(LOGITS.value(x, 1, 2.0, class_axis=1), LOGITS.value(x, 1, 2.0))
    for role in ("weight", "pos_weight"):
        with pytest.raises(ValueError, match=rf"class_axis.*1-D {role}"):
            LOGITS.value(x, 1, **{role: full}, class_axis=1)


def test_length_that_does_not_fit_suggests_class_axis(random):
    """(C,) against (N, C, H, W) is what everybody tries first."""
    for role in ("weight", "pos_weight"):
        with pytest.raises(ValueError, match="class_axis"):
            LOGITS.value(random.normal(size=(2, 3, 4, 5)), 1, **{role: np.ones(3)})


# -- label_smoothing ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("amount", [0.0, 0.1, 0.5, 1.0])
@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_label_smoothing_moves_targets_to_the_middle(loss, amount, random):
    x, t, w = loss.inputs(random, SHAPE), random.integers(0, 2, SHAPE), random.random(SHAPE)
    smooth = t * (1 - amount) + amount / 2
    for reduction in REDUCTIONS:
        got = loss.value_and_grad(x, t, w, pos_weight=3, label_smoothing=amount, reduction=reduction)
        want = loss.value_and_grad(x, smooth, w, pos_weight=3, reduction=reduction)
        for g, v in zip(got, want, strict=True):
            np.testing.assert_allclose(g, v, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("kind", [int, np.float32, np.float64, np.int64])
def test_numbers_of_any_kind_are_numbers(kind):
    assert_same_bits(LOGITS.value(0.5, 1, label_smoothing=kind(1)), LOGITS.value(0.5, 1, label_smoothing=1.0))
    assert_same_bits(PROBABILITIES.value(0.0, 1, log_floor=kind(-3)), PROBABILITIES.value(0.0, 1, log_floor=-3.0))
    assert_same_bits(LOGITS.value([[0.5]], 1, axis=np.int64(0)), LOGITS.value([[0.5]], 1, axis=0))


def test_range_is_checked_before_smoothing():
    with pytest.raises(ValueError, match="target"):
        LOGITS.value(0.5, 1.1, label_smoothing=0.5)


# -- weights -----------------------------------------------------------------------------------------------------------


def test_pos_weight_weighs_the_positive_part_of_soft_targets(random):
    x, t = random.normal(size=SHAPE), random.random(SHAPE)
    parts = t * LOGITS.value(x, 1, reduction="none"), (1 - t) * LOGITS.value(x, 0, reduction="none")
    np.testing.assert_allclose(LOGITS.value(x, t, pos_weight=3, reduction="none"), 3 * parts[0] + parts[1], rtol=1e-14)


@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_weight_zero_is_not_a_mask(loss):
    """It silences infinity and stays in the denominator; NaN it passes on."""
    x = np.array([0.5, np.nan])
    assert np.isnan(loss.value(x, 1, np.array([1.0, 0.0])))
    np.testing.assert_allclose(loss.value([0.5, 0.5], 1, [1.0, 0.0]), loss.value(0.5, 1) / 2)


def test_probability_and_logit_forms_agree(random):
    x, t, w = random.normal(size=SHAPE), random.random(SHAPE), random.random(SHAPE)
    for options in ({}, {"pos_weight": 3.0}, {"label_smoothing": 0.2}, {"reduction": "weighted_mean"}):
        np.testing.assert_allclose(
            PROBABILITIES.value(bcekit.sigmoid(x), t, w, **options), LOGITS.value(x, t, w, **options), rtol=1e-13
        )


# -- log_floor ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_log_floor_is_the_price_of_certainty(dtype):
    q, t = np.array([0, 1, 0, 1], dtype), [1, 0, 0, 1]
    for floor in (-100.0, -30.0, -np.inf):
        got = PROBABILITIES.value(q, t, log_floor=floor, reduction="none").astype(float)
        np.testing.assert_array_equal(got, [-floor, -floor, 0, 0])


def test_log_floor_hides_nothing_when_lifted():
    assert PROBABILITIES.value(1e-300, 1) == 100
    np.testing.assert_allclose(PROBABILITIES.value(1e-300, 1, log_floor=-np.inf), 300 * np.log(10), rtol=1e-15)
    np.testing.assert_allclose(PROBABILITIES.grad(1e-300, 1, log_floor=-np.inf), -1e300, rtol=1e-15)


@pytest.mark.parametrize(("q", "t", "want"), [(1e-13, 0, 1.0), (0.0, 0, 1.0), (1.0, 1, -1.0), (1e-20, 1, -1e20)])
def test_probability_gradient_is_true_where_the_loss_is_not_floored(q, t, want):
    np.testing.assert_allclose(PROBABILITIES.grad(q, t), want, rtol=1e-12)


# -- grad_output and out -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wrt", ["input", "target"])
@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_grad_output_scales(loss, wrt, random):
    x, t, upstream = loss.inputs(random, SHAPE), random.random(SHAPE), random.normal(size=SHAPE)
    plain = loss.grad(x, t, wrt=wrt, reduction="none")
    for cotangent in (upstream, 3.0, -2, upstream[0, 0]):
        got = loss.grad(x, t, wrt=wrt, reduction="none", grad_output=cotangent)
        np.testing.assert_allclose(got, plain * cotangent, rtol=1e-15)
    np.testing.assert_allclose(loss.grad(x, t, wrt=wrt, grad_output=3.0), 3 * loss.grad(x, t, wrt=wrt), rtol=1e-15)
    assert_same_bits(loss.grad(x, t, wrt=wrt, grad_output=1.0), loss.grad(x, t, wrt=wrt))


@pytest.mark.parametrize("upstream", [0, np.zeros(4), np.zeros((3, 1))], ids=["scalar", "per column", "per row"])
def test_grad_output_of_zero_is_zero(upstream):
    """Also of an infinite derivative, which the one by the target is; and never -0, however the zero was given."""
    x = np.array([[-np.inf, -1, 1, np.inf]] * 3)
    for wrt in ("input", "target"):
        got = LOGITS.grad(x, 0, wrt=wrt, reduction="none", grad_output=np.broadcast_to(upstream, x.shape))
        assert_same_bits(got, np.zeros(x.shape))
        assert_same_bits(LOGITS.grad(x, 0, wrt=wrt, reduction="sum", grad_output=0), np.zeros(x.shape))
    got = LOGITS.grad(x, 0, wrt="target", label_smoothing=1, axis=0)  # 1 - label_smoothing is a factor, too
    assert_same_bits(got, np.zeros(x.shape))


@pytest.mark.parametrize("keepdims", [False, True])
def test_grad_output_of_an_axis(keepdims, random):
    x, t = random.normal(size=SHAPE), random.random(SHAPE)
    upstream = random.normal(size=LOGITS.value(x, t, axis=1, keepdims=keepdims).shape)
    got = LOGITS.grad(x, t, axis=1, keepdims=keepdims, grad_output=upstream)
    want = LOGITS.grad(x, t, axis=1) * upstream.reshape(-1, 1)
    np.testing.assert_allclose(got, want, rtol=1e-15)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_out_receives_and_is_returned(loss, reduction, random):
    x, t = loss.inputs(random, SHAPE), random.random(SHAPE)
    value, grad = loss.value_and_grad(x, t, reduction=reduction)
    first, second = np.empty_like(value), np.empty_like(grad)
    assert loss.value(x, t, reduction=reduction, out=first) is first
    assert loss.grad(x, t, reduction=reduction, out=second) is second
    assert_same_bits(first, value)
    assert_same_bits(second, grad)
    for outs in (
        (np.empty_like(value), np.empty_like(grad)),
        (None, np.empty_like(grad)),
        (np.empty_like(value), None),
        (None, None),
    ):
        got = loss.value_and_grad(x, t, reduction=reduction, out=outs)
        for result, out, want in zip(got, outs, (value, grad), strict=True):
            assert out is None or result is out
            assert_same_bits(result, want)


def test_out_of_gradient_and_curvature(random):
    x, t = random.normal(size=SHAPE), random.random(SHAPE)
    outs = np.empty(SHAPE), np.empty(SHAPE)
    got = LOGITS.grad_and_hess(x, t, out=outs)
    assert got[0] is outs[0]
    assert got[1] is outs[1]
    for result, want in zip(outs, LOGITS.grad_and_hess(x, t), strict=True):
        assert_same_bits(result, want)


@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_gradient_over_its_own_input(loss, random):
    x, t = loss.inputs(random, (40, 50)), random.random((40, 50))
    want = loss.value_and_grad(x, t)
    value, grad = loss.value_and_grad(x, t, out=(None, x))
    assert grad is x
    assert_same_bits(value, want[0])
    assert_same_bits(grad, want[1])
