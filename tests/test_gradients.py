"""Gradients and curvature: against exact derivatives, and against differences of the values."""

import itertools

import numpy as np
import oracle
import pytest
from cases import LOGITS, LOSSES, PROBABILITIES, REDUCTIONS
from oracle import FLOAT32, FLOAT64, assert_within, exact
from test_values import LIMIT, WIDE, assert_nearest, every_half, table

import bcekit


@pytest.mark.parametrize("dtype", WIDE, ids=str)
@pytest.mark.parametrize("target", [0, 1])
@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_hard_targets(loss, target, dtype):
    x = loss.strata(dtype)
    got = loss.grad(x, target, reduction="none")
    assert got.dtype == dtype
    assert_within(LIMIT[dtype]["plain"], got, exact(loss.exact_grads(dtype)[0], x, target), x)


@pytest.mark.parametrize("dtype", WIDE, ids=str)
@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_soft_targets(loss, dtype):
    x, t = table(loss.few(dtype), oracle.soft_targets(dtype))
    got = loss.grad(x, t, reduction="none")
    grad, size = (exact(function, x, t) for function in loss.exact_grads(dtype))
    assert_within(LIMIT[dtype]["soft"], got, grad, x, t, size=size)


@pytest.mark.parametrize("dtype", WIDE, ids=str)
@pytest.mark.parametrize("label_smoothing", [0.0, 0.25])
@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_weights(loss, label_smoothing, dtype):
    x, t, w, p = table(
        loss.few(dtype)[::3], np.array([0, 0.3, 1], dtype), np.array([0, 0.7, 1], dtype), np.array([0, 0.1, 1], dtype)
    )
    got = loss.grad(x, t, w, pos_weight=p, label_smoothing=label_smoothing, reduction="none")
    grad, size = (exact(f, x, t, w, p, label_smoothing=label_smoothing) for f in loss.exact_grads(dtype))
    assert_within(LIMIT[dtype]["weighted"], got, grad, x, t, w, p, size=size)


@pytest.mark.parametrize("dtype", WIDE, ids=str)
@pytest.mark.parametrize("target", [0, 1])
def test_curvature_with_hard_targets(target, dtype):
    x = oracle.logits(dtype)
    _, got = LOGITS.grad_and_hess(x, target, reduction="none")
    assert got.dtype == dtype
    assert_within(LIMIT[dtype]["plain"], got, exact(oracle.logits_hess, x, target), x)


@pytest.mark.parametrize("dtype", WIDE, ids=str)
def test_curvature_with_weights(dtype):
    x = oracle.weighable(oracle.few_logits(dtype)[::3])
    x, t, w, p = table(x, np.array([0, 0.3, 1], dtype), np.array([0, 0.7, 30], dtype), np.array([0, 1.3, 9], dtype))
    _, got = LOGITS.grad_and_hess(x, t, w, pos_weight=p, label_smoothing=0.25, reduction="none")
    assert_within(
        LIMIT[dtype]["weighted"], got, exact(oracle.logits_hess, x, t, w, p, label_smoothing=0.25), x, t, w, p
    )


@pytest.mark.parametrize("log_floor", [-100.0, -30.0, -0.5, -np.inf])
@pytest.mark.parametrize("dtype", WIDE, ids=str)
def test_probability_gradient_is_capped_where_the_loss_is_floored(dtype, log_floor):
    q, t = table(oracle.few_probabilities(dtype), np.array([0, 0.3, 1], dtype))
    got = PROBABILITIES.grad(q, t, log_floor=log_floor, reduction="none")
    options = {"log_floor": log_floor, "limit": oracle.largest(dtype)}
    grad, size = (exact(f, q, t, **options) for f in (oracle.probability_grad, oracle.probability_grad_size))
    assert_within(LIMIT[dtype]["soft"] + 1, got, grad, q, t, size=size)  # one unit for the cap's own rounding
    assert np.isfinite(got[~np.isnan(q)]).all()


@pytest.mark.parametrize("dtype", oracle.FLOATS, ids=str)
def test_probability_gradient_at_the_ends(dtype):
    q = np.array([0, 1, 0, 1], dtype)
    t = np.array([0, 1, 1, 0], dtype)
    got = PROBABILITIES.grad(q, t, reduction="none").astype(np.float64)
    cap = min(np.exp(100.0), oracle.largest(dtype))
    np.testing.assert_allclose(got, [1, -1, -cap, cap], rtol=1e-15)
    for weight in (1e-3, 3.0):
        assert np.isfinite(PROBABILITIES.grad(q, t, weight, reduction="none").astype(np.float64)).all()


@pytest.mark.parametrize("dtype", oracle.HALVES, ids=str)
@pytest.mark.parametrize("target", [0, 0.25, 1])
def test_every_half(target, dtype):
    x, wide = every_half(dtype)
    got = LOGITS.grad_and_hess(x, target, reduction="none")
    want = LOGITS.grad_and_hess(wide, target, reduction="none")
    if target == 0.25:  # near -log(3) the gradient passes through zero, where float32 has less to give
        keep = ~((wide > -1.3) & (wide < -0.9))
        got, want = [g[keep] for g in got], [w[keep] for w in want]
    for g, w in zip(got, want, strict=True):
        assert g.dtype == dtype
        assert_nearest(g, w)


@pytest.mark.parametrize("dtype", WIDE, ids=str)
@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_gradient_in_the_target(loss, dtype):
    x, t, w, p = table(
        loss.few(dtype), np.array([0, 0.3, 1], dtype), np.array([0, 1, 3], dtype), np.array([0.1, 1, 7], dtype)
    )
    got = loss.grad(x, t, w, pos_weight=p, label_smoothing=0.25, wrt="target", reduction="none")
    assert got.dtype == dtype
    want = exact(loss.exact_target_grad, x, t, w, p, label_smoothing=0.25)
    # Where both classes cost the same the result is a difference of nearly equal numbers.
    size = [
        abs(v) if abs(v) == oracle.INF or v != v else s for v, s in zip(want, target_sizes(loss, x, w, p), strict=True)
    ]
    assert_within(LIMIT[dtype]["weighted"], got, want, x, t, w, p, size=size)


def target_sizes(loss, x, w, p):
    def size(x, w, p):
        costs = (loss.exact_value(x, t, w, p) for t in (0.0, 1.0))
        return sum(abs(cost) for cost in costs) * 3 / 4

    return exact(size, x, w, p)


@pytest.mark.parametrize("dtype", WIDE, ids=str)
def test_gradient_in_the_target_is_minus_the_logit(dtype):
    x = oracle.logits(dtype)
    for target in (0, 0.3, 1):
        got = LOGITS.grad(x, np.full_like(x, target), wrt="target", reduction="none")
        np.testing.assert_array_equal(got, -x)


@pytest.mark.parametrize("dtype", WIDE, ids=str)
def test_gradient_at_zero_has_no_kink(dtype):
    """Formulas through |x| or max(x, 0), differentiated by hand, are wrong at exactly 0."""
    x = np.concatenate([oracle.around([0.0], dtype), np.array([-0.0, 1e-30, -1e-30], dtype)])
    for t, p in itertools.product((0, 0.25, 1), (1, 3)):
        grad, hess = LOGITS.grad_and_hess(x, t, pos_weight=p)
        np.testing.assert_allclose(grad, (1 - t) / 2 - p * t / 2, rtol=1e-6, atol=1e-30)
        np.testing.assert_allclose(hess, ((1 - t) + p * t) / 4, rtol=1e-6)


def options(random, shape):
    """One use of everything that scales or selects."""
    return {
        "weight": random.uniform(0.1, 2, shape),
        "pos_weight": random.uniform(0.5, 3, shape[-1]),
        "label_smoothing": 0.1,
        "where": np.arange(np.prod(shape)).reshape(shape) % 4 != 1,
    }


@pytest.mark.parametrize("reduction", [r for r in REDUCTIONS if r != "none"])
@pytest.mark.parametrize("wrt", ["input", "target"])
@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_gradient_is_the_slope_of_the_reduced_value(loss, wrt, reduction, random):
    shape = (3, 4)
    x, t = random.uniform(0.2, 0.8, (2, *shape))
    kw = options(random, shape) | {"reduction": reduction}
    got = loss.grad(x, t, wrt=wrt, **kw)
    assert got.shape == shape
    np.testing.assert_allclose(got, slope(lambda x, t: loss.value(x, t, **kw), x, t, wrt), rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("wrt", ["input", "target"])
@pytest.mark.parametrize("axis", [0, -1, (0, 2)])
@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("reduction", ["mean", "sum", "weighted_mean"])
@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_gradient_is_the_slope_of_what_it_is_contracted_with(loss, reduction, keepdims, axis, wrt, random):
    shape = (2, 3, 2)
    x, t = random.uniform(0.2, 0.8, (2, *shape))
    kw = options(random, shape) | {"reduction": reduction, "axis": axis, "keepdims": keepdims}
    upstream = random.normal(size=np.shape(loss.value(x, t, **kw)))
    got = loss.grad(x, t, wrt=wrt, grad_output=upstream, **kw)
    want = slope(lambda x, t: np.sum(upstream * loss.value(x, t, **kw)), x, t, wrt)
    np.testing.assert_allclose(got, want, rtol=1e-7, atol=1e-8)


def slope(function, x, t, wrt, step=1e-6):
    operands = [x, t]
    place = ["input", "target"].index(wrt)
    result = np.empty_like(x)
    for index in np.ndindex(x.shape):
        nudge = np.zeros_like(x)
        nudge[index] = step
        low, high = ([o + sign * nudge if k == place else o for k, o in enumerate(operands)] for sign in (-1, 1))
        result[index] = (function(*high) - function(*low)) / (2 * step)
    return result


@pytest.mark.parametrize("t", [0.0, 0.3, 1.0])
def test_curvature_is_the_slope_of_the_gradient(t):
    x, step = np.linspace(-6, 6, 25), 1e-6
    _, hess = LOGITS.grad_and_hess(x, t, 1.5, pos_weight=3)
    low, high = (LOGITS.grad(x + sign * step, t, 1.5, pos_weight=3, reduction="sum") for sign in (-1, 1))
    np.testing.assert_allclose(hess, (high - low) / (2 * step), rtol=1e-6, atol=1e-9)


def test_chain_rule_through_the_sigmoid():
    x, t = table(np.linspace(-30, 15, 91), np.array([0, 0.3, 1]))
    chained = PROBABILITIES.grad(bcekit.sigmoid(x), t, reduction="none") * bcekit.sigmoid_grad(x)
    np.testing.assert_allclose(chained, LOGITS.grad(x, t, reduction="none"), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("dtype", "rtol"), [(FLOAT32, 3e-7), (FLOAT64, 5e-16)], ids=str)
@pytest.mark.parametrize("reduction", ["mean", "sum", "batchmean"])
def test_scale_of_gradient_and_curvature(reduction, dtype, rtol, random):
    x, t = random.normal(0, 5, (7, 11)).astype(dtype), random.random((7, 11)).astype(dtype)
    scale = {"mean": 77, "sum": 1, "batchmean": 7}[reduction]
    plain = LOGITS.grad_and_hess(x, t, reduction="none")
    got = LOGITS.grad_and_hess(x, t, reduction=reduction)
    for g, p in zip(got, plain, strict=True):
        np.testing.assert_allclose(g, p / scale, rtol=rtol)
    np.testing.assert_array_equal(got[0], LOGITS.grad(x, t, reduction=reduction))


def test_grad_and_hess_is_on_the_scale_of_boosters(random):
    x, t = random.normal(size=(5, 3)), random.random((5, 3))
    for default, explicit in zip(LOGITS.grad_and_hess(x, t), LOGITS.grad_and_hess(x, t, reduction="sum"), strict=True):
        np.testing.assert_array_equal(default, explicit)
