"""Focal loss: exact values and derivatives, finite for every gamma, and cross-entropy at gamma 0."""

import numpy as np
import oracle
import pytest
from cases import LOGITS
from oracle import assert_same_bits, assert_within, exact
from test_values import WIDE, table

from bcekit import (
    SigmoidFocalLoss,
    sigmoid_focal_loss,
    sigmoid_focal_loss_grad,
    sigmoid_focal_loss_grad_and_hess,
    sigmoid_focal_loss_value_and_grad,
)

GAMMAS = (0.0, 0.5, 1.0, 2.0, 5.0, 50.0, 1000.0)
# Units in the last place, though the power multiplies the relative error of its base by gamma.
LIMIT = 2.0


def finite(x):
    return x[np.isfinite(x)]


@pytest.mark.parametrize("gamma", GAMMAS)
@pytest.mark.parametrize("target", [0, 1])
@pytest.mark.parametrize("dtype", WIDE, ids=str)
def test_hard_targets(dtype, target, gamma):
    x = np.concatenate([finite(oracle.few_logits(dtype)), finite(oracle.logits(dtype))[::17]])
    value, grad = sigmoid_focal_loss_value_and_grad(x, target, alpha=None, gamma=gamma, reduction="none")
    options = {"alpha": None, "gamma": gamma}
    assert_within(LIMIT, value, exact(oracle.focal_loss, x, target, **options), x)
    assert_within(LIMIT, grad, exact(oracle.focal_grad, x, target, **options), x)


@pytest.mark.parametrize("gamma", GAMMAS)
@pytest.mark.parametrize("dtype", WIDE, ids=str)
def test_curvature(dtype, gamma):
    x, t = table(finite(oracle.few_logits(dtype)), np.array([0, 1], dtype))
    _, hess = sigmoid_focal_loss_grad_and_hess(x, t, alpha=None, gamma=gamma)
    # It changes sign: errors are measured by the largest of the terms that cancel.
    size = exact(lambda x, t: abs(oracle.focal_grad(x, t, alpha=None, gamma=gamma)) * max(1, gamma), x, t)
    assert_within(4 * LIMIT, hess, exact(oracle.focal_hess, x, t, alpha=None, gamma=gamma), x, t, size=size)


@pytest.mark.parametrize("alpha", [None, 0.0, 0.25, 1.0])
@pytest.mark.parametrize("dtype", WIDE, ids=str)
def test_soft_targets_and_alpha(dtype, alpha):
    points = finite(oracle.few_logits(dtype))
    x, t, gamma = table(points[abs(points) < 60], np.array([0, 0.25, 0.9, 1], dtype), np.array([0.0, 0.5, 2.0]))
    for power in np.unique(gamma):
        here = gamma == power
        options = {"alpha": alpha, "gamma": power}
        got = sigmoid_focal_loss_value_and_grad(x[here], t[here], 1.5, **options, reduction="none")
        operands = x[here], t[here], 1.5
        value = exact(oracle.focal_loss, *operands, **options)
        assert_within(3 * LIMIT, got[0], value, *operands)
        grad = exact(oracle.focal_grad, *operands, **options)
        # Soft targets have their minimum inside, where the gradient's two terms cancel.
        size = [abs(g) + abs(v) for g, v in zip(grad, value, strict=True)]
        assert_within(6 * LIMIT, got[1], grad, *operands, size=size)


@pytest.mark.parametrize("reduction", ["none", "mean", "sum", "weighted_mean"])
@pytest.mark.parametrize("dtype", oracle.FLOATS, ids=str)
def test_gamma_zero_is_cross_entropy(dtype, reduction, random):
    x, t, w = (
        random.normal(0, 5, 700).astype(dtype),
        random.random(700).astype(dtype),
        random.random(700).astype(dtype),
    )
    options = {"alpha": None, "gamma": 0, "reduction": reduction}
    assert_same_bits(sigmoid_focal_loss(x, t, w, **options), LOGITS.value(x, t, w, reduction=reduction))
    for got, want in zip(
        sigmoid_focal_loss_grad_and_hess(x, t, w, **options),
        LOGITS.grad_and_hess(x, t, w, reduction=reduction),
        strict=True,
    ):
        assert_same_bits(got, want)


@pytest.mark.parametrize("gamma", [0.0, 1e-3, 0.5, 0.999, 1.0, 1.5, 2.0, 30.0])
@pytest.mark.parametrize("dtype", oracle.FLOATS, ids=str)
def test_finite_at_every_gamma(dtype, gamma):
    """Others give NaN below gamma = 1 as soon as the sigmoid saturates."""
    x, t = table(np.array([*CORNERS, -np.inf, np.inf], dtype), np.array([0, 0.5, 1], dtype))
    value = sigmoid_focal_loss(x, t, gamma=gamma, reduction="none")
    assert not np.isnan(value.astype(float)).any()
    assert (value >= 0).all()
    for result in sigmoid_focal_loss_grad_and_hess(x, t, gamma=gamma):
        assert np.isfinite(result.astype(float)).all()


CORNERS = (0.0, 1e-30, 17.0, -17.0, 40.0, -40.0, 100.0, -100.0, 1e4, -1e4)


@pytest.mark.parametrize("gamma", [0.5, 2.0])
@pytest.mark.parametrize("dtype", oracle.FLOATS, ids=str)
def test_infinite_logits(dtype, gamma):
    x, t = np.array([np.inf, -np.inf, np.inf, -np.inf], dtype), [1, 0, 0, 1]
    value = sigmoid_focal_loss(x, t, alpha=None, gamma=gamma, reduction="none")
    np.testing.assert_array_equal(value, np.array([0, 0, np.inf, np.inf], dtype))
    grad, hess = sigmoid_focal_loss_grad_and_hess(x, t, alpha=None, gamma=gamma)
    np.testing.assert_array_equal(grad, np.array([0, 0, 1, -1], dtype))
    np.testing.assert_array_equal(hess, 0.0)


def test_entry_points_and_class_agree(random):
    x, t, w = random.normal(size=(9, 4)), random.random((9, 4)), random.random((9, 4))
    where = random.random((9, 4)) < 0.7
    for reduction in ("none", "mean", "sum", "weighted_mean", "batchmean"):
        options = {"alpha": 0.3, "gamma": 1.5, "reduction": reduction}
        value, grad = sigmoid_focal_loss_value_and_grad(x, t, w, where=where, **options)
        assert_same_bits(value, sigmoid_focal_loss(x, t, w, where=where, **options))
        assert_same_bits(grad, sigmoid_focal_loss_grad(x, t, w, where=where, **options))
        assert_same_bits(grad, sigmoid_focal_loss_grad_and_hess(x, t, w, where=where, **options)[0])
        criterion = SigmoidFocalLoss(w, **options)
        assert_same_bits(criterion(x, t, where=where), value)
        assert_same_bits(criterion.grad(x, t, where=where), grad)


@pytest.mark.parametrize(
    ("options", "error", "word"),
    [
        ({"gamma": -1.0}, ValueError, "gamma"),
        ({"gamma": np.nan}, ValueError, "gamma"),
        ({"gamma": np.inf}, ValueError, "gamma"),
        ({"gamma": "2"}, TypeError, "gamma"),
        ({"gamma": True}, TypeError, "gamma"),
        ({"alpha": -0.1}, ValueError, "alpha"),
        ({"alpha": 1.1}, ValueError, "alpha"),
        ({"alpha": np.nan}, ValueError, "alpha"),
        ({"alpha": "x"}, TypeError, "alpha"),
        ({"reduction": "average"}, ValueError, "reduction"),
    ],
    ids=str,
)
def test_mistakes(options, error, word):
    for call in (lambda: sigmoid_focal_loss(0.5, 1, **options), lambda: SigmoidFocalLoss(**options)):
        with pytest.raises(error, match=word):
            call()


def test_defaults(random):
    """No alpha, which the published 0.25 makes a weight that few notice; gamma is the published one."""
    x, t = random.normal(size=9), random.integers(0, 2, 9)
    assert_same_bits(
        sigmoid_focal_loss(x, t, reduction="none"), sigmoid_focal_loss(x, t, alpha=None, gamma=2.0, reduction="none")
    )
    assert_same_bits(SigmoidFocalLoss()(x, t), sigmoid_focal_loss(x, t, reduction="mean"))
