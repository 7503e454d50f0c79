"""The oracle is only worth as much as its own derivatives and distances."""

import itertools

import numpy as np
import oracle
import pytest
from oracle import mp

POINTS = (-12.0, -0.75, 0.0, 0.3, 9.0)


@pytest.mark.parametrize(
    ("function", "derivative"),
    [
        (oracle.sigmoid, oracle.sigmoid_grad),
        (oracle.log_sigmoid, oracle.log_sigmoid_grad),
        (oracle.softplus, oracle.sigmoid),
    ],
)
def test_derivatives_of_activations(function, derivative):
    for x in POINTS:
        assert_derivative(function, derivative(x), x)


@pytest.mark.parametrize(
    ("function", "derivative"),
    [(oracle.logits_loss, oracle.logits_grad), (oracle.logits_grad, oracle.logits_hess)],
)
def test_derivatives_in_the_logit(function, derivative):
    for x, t in itertools.product(POINTS, (0.0, 0.25, 1.0)):
        want = derivative(x, t, 1.5, 3.0, label_smoothing=0.1)
        assert_derivative(lambda x, t=t: function(x, t, 1.5, 3.0, label_smoothing=0.1), want, x)


@pytest.mark.parametrize(
    ("function", "derivative"),
    [(oracle.focal_loss, oracle.focal_grad), (oracle.focal_grad, oracle.focal_hess)],
)
def test_derivatives_of_focal(function, derivative):
    for x, t, gamma in itertools.product(POINTS, (0.0, 0.25, 1.0), (0.0, 0.5, 2.0, 3.5)):
        want = derivative(x, t, alpha=0.3, gamma=gamma)
        assert_derivative(lambda x, t=t, gamma=gamma: function(x, t, alpha=0.3, gamma=gamma), want, x)


@pytest.mark.parametrize(
    ("function", "derivative"),
    [(oracle.logits_loss, oracle.logits_target_grad), (oracle.probability_loss, oracle.probability_target_grad)],
)
def test_derivatives_in_the_target(function, derivative):
    for x, p in itertools.product((0.25, 0.75), (1.0, 3.0)):
        want = derivative(x, 0.5, 1.5, p, label_smoothing=0.1)
        assert_derivative(lambda t, x=x, p=p: function(x, t, 1.5, p, label_smoothing=0.1), want, 0.5)


def test_derivative_in_the_probability():
    for q, t in itertools.product((0.001, 0.5, 0.9), (0.0, 0.25, 1.0)):
        want = oracle.probability_grad(q, t, 1.5, 3.0)
        assert_derivative(lambda q, t=t: oracle.probability_loss(q, t, 1.5, 3.0), want, q)


def assert_derivative(function, want, x):
    # Central differences of fifty-digit values; the functions take whatever mp.mpf() takes.
    step = mp.mpf(10) ** -16
    got = (function(mp.mpf(x) + step) - function(mp.mpf(x) - step)) / (2 * step)
    assert abs(got - want) <= mp.mpf(10) ** -20 * max(1, abs(want))


@pytest.mark.parametrize("dtype", oracle.FLOATS)
def test_distance_counts_units_in_the_last_place(dtype):
    info = oracle.finfo(dtype)
    for number in (1.5, float(info.tiny), float(info.smallest_subnormal) * 3, float(info.max)):
        below = float(np.nextafter(np.array(number, dtype), np.array(0, dtype)))
        assert oracle.distance(below, mp.mpf(number), dtype) == 1
        assert oracle.distance(number, mp.mpf(number), dtype) == 0
    last = mp.mpf(float(info.max))
    assert oracle.distance(np.inf, last, dtype) == 1
    assert oracle.distance(0.0, mp.mpf(float(info.smallest_subnormal)) / 4, dtype) == 0.25
    assert oracle.distance(np.nan, last, dtype) == oracle.distance(1.0, oracle.NAN, dtype) == np.inf
    assert oracle.distance(np.nan, oracle.NAN, dtype) == oracle.distance(-np.inf, -oracle.INF, dtype) == 0


@pytest.mark.parametrize("strata", [oracle.logits, oracle.few_logits, oracle.probabilities, oracle.few_probabilities])
@pytest.mark.parametrize("dtype", [oracle.FLOAT32, oracle.FLOAT64])
def test_strata_hold_what_they_promise(strata, dtype):
    x = strata(dtype)
    assert x.dtype == dtype
    assert np.isnan(x).any()
    assert {0.0, float(np.finfo(dtype).smallest_subnormal)} <= set(x.tolist()) or "few" in strata.__name__
