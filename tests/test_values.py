"""Every elementwise value is within its limit of the exact one, everywhere."""

import numpy as np
import oracle
import pytest
from cases import ACTIVATIONS, LOGITS, LOSSES, PROBABILITIES
from oracle import FLOAT32, FLOAT64, assert_within, exact

import bcekit

WIDE = (FLOAT32, FLOAT64)
# Units in the last place, by how much arithmetic there is between the operands and the result.
LIMIT = {
    FLOAT32: {"plain": 1.0, "soft": 1.5, "weighted": 3.0},
    FLOAT64: {"plain": 1.5, "soft": 2.0, "weighted": 3.5},
}


def table(*columns):
    """All combinations of the columns' elements, one array each."""
    return [column.ravel() for column in np.meshgrid(*columns, indexing="ij")]


@pytest.mark.parametrize("dtype", WIDE, ids=str)
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations(name, dtype):
    x = oracle.probabilities(dtype) if name == "logit" else oracle.logits(dtype)
    got = getattr(bcekit, name)(x)
    assert got.dtype == dtype
    assert_within(LIMIT[dtype]["plain"], got, exact(getattr(oracle, name), x), x)


@pytest.mark.parametrize("dtype", WIDE, ids=str)
def test_logit_outside_its_domain_is_nan(dtype):
    p = np.array([-1e-30, -1, 1 + np.finfo(dtype).eps, 2, np.inf, -np.inf], dtype)
    assert np.isnan(bcekit.logit(p)).all()


@pytest.mark.parametrize("dtype", WIDE, ids=str)
@pytest.mark.parametrize("target", [0, 1])
@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_hard_targets(loss, target, dtype):
    x = loss.strata(dtype)
    got = loss.value(x, target, reduction="none")
    assert got.dtype == dtype
    assert_within(LIMIT[dtype]["plain"], got, exact(loss.exact_value, x, target), x)
    assert not np.signbit(got[got == 0]).any()


@pytest.mark.parametrize("dtype", WIDE, ids=str)
@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_soft_targets(loss, dtype):
    x, t = table(loss.few(dtype), oracle.soft_targets(dtype))
    got = loss.value(x, t, reduction="none")
    assert_within(LIMIT[dtype]["soft"], got, exact(loss.exact_value, x, t), x, t)


@pytest.mark.parametrize("dtype", WIDE, ids=str)
@pytest.mark.parametrize("label_smoothing", [0.0, 0.25])
@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_weights(loss, label_smoothing, dtype):
    x = oracle.weighable(loss.few(dtype)[::3])
    x, t, w, p = table(x, np.array([0, 0.3, 1], dtype), np.array([0, 0.7, 30], dtype), np.array([0, 1.3, 9], dtype))
    got = loss.value(x, t, w, pos_weight=p, label_smoothing=label_smoothing, reduction="none")
    want = exact(loss.exact_value, x, t, w, p, label_smoothing=label_smoothing)
    assert_within(LIMIT[dtype]["weighted"], got, want, x, t, w, p)


@pytest.mark.parametrize("dtype", WIDE, ids=str)
def test_negative_weights(dtype):
    x = oracle.few_logits(dtype)
    got = LOGITS.value(x, 1, -2.0, reduction="none")
    assert_within(LIMIT[dtype]["weighted"], got, exact(oracle.logits_loss, x, 1, -2.0), x)


@pytest.mark.parametrize("log_floor", [-100.0, -30.0, -0.5, 0.0, -np.inf])
@pytest.mark.parametrize("dtype", WIDE, ids=str)
def test_log_floor(dtype, log_floor):
    q, t = table(oracle.few_probabilities(dtype), np.array([0, 0.3, 1], dtype))
    got = PROBABILITIES.value(q, t, log_floor=log_floor, reduction="none")
    want = exact(oracle.probability_loss, q, t, log_floor=log_floor)
    assert_within(LIMIT[dtype]["soft"], got, want, q, t)


@pytest.mark.parametrize(
    ("x", "t", "want"),
    [
        (np.inf, 1, (0, 0, 0)),
        (-np.inf, 0, (0, 0, 0)),
        (np.inf, 0, (np.inf, 1, 0)),
        (-np.inf, 1, (np.inf, -1, 0)),
        (np.inf, 0.25, (np.inf, 0.75, 0)),
        (-np.inf, 0.25, (np.inf, -0.25, 0)),
        (0.0, 1, (np.log(2), -0.5, 0.25)),
        (-0.0, 0, (np.log(2), 0.5, 0.25)),
        (1000.0, 0, (1000, 1, 0)),
        (-1000.0, 1, (1000, -1, 0)),
    ],
)
@pytest.mark.parametrize("dtype", oracle.FLOATS, ids=str)
def test_limits_are_what_they_should_be(dtype, x, t, want):
    """The corners once more by hand, so that the oracle cannot be wrong about them too."""
    x = np.array([x], dtype)
    got = (LOGITS.value(x, t, reduction="none"), *LOGITS.grad_and_hess(x, t))
    for result, number in zip(got, want, strict=True):
        assert result == np.array(number, dtype)


@pytest.mark.parametrize(
    ("x", "t", "want"),
    [(-17.0, 0, 4.139937e-08), (17.0, 1, 4.139937e-08), (-88.0, 0, 6.054601e-39), (-100.0, 0, 3.783506e-44)],
)
def test_confident_and_right_is_not_free(x, t, want):
    """Where the usual float32 formulas say exactly 0, the loss and its derivatives still have a value."""
    x = np.array([x], np.float32)
    grad, hess = LOGITS.grad_and_hess(x, t)
    for got in (LOGITS.value(x, t, reduction="none"), abs(grad), hess):
        np.testing.assert_allclose(got, np.float32(want), rtol=1e-6, atol=1e-45)


@pytest.mark.parametrize("dtype", oracle.HALVES, ids=str)
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_half_of_activations(name, dtype):
    x, wide = every_half(dtype)
    function = getattr(bcekit, name)
    got = function(x)
    assert got.dtype == dtype
    assert_nearest(got, function(wide))


@pytest.mark.parametrize("dtype", oracle.HALVES, ids=str)
@pytest.mark.parametrize("target", [0, 0.25, 1])
@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_every_half_of_losses(loss, target, dtype):
    x, wide = every_half(dtype)
    if not loss.of_logits:
        inside = (wide >= 0) & (wide <= 1)
        x, wide = x[inside], wide[inside]
    got = loss.value(x, target, reduction="none")
    assert got.dtype == dtype
    assert_nearest(got, loss.value(wide, target, reduction="none"))


def every_half(dtype):
    """Every number of a 16-bit format, also as float64."""
    x = oracle.every(dtype)
    with np.errstate(invalid="ignore"):  # NumPy's cast of a signalling NaN
        return x, x.astype(np.float64)


def assert_nearest(got, want):
    """The nearest number of the 16-bit format, or as good as that: computed in float32 and rounded once."""
    precision, smallest = oracle.FORMATS[got.dtype]
    nan = np.isnan(want)
    np.testing.assert_array_equal(np.isnan(got), nan)
    got, want = got[~nan].astype(np.float64), want[~nan]
    beyond = 2.0 ** (2 - smallest)
    got, want = (np.where(abs(number) == np.inf, np.sign(number) * beyond, number) for number in (got, want))
    spacing = np.ldexp(1.0, np.maximum(np.frexp(np.minimum(abs(want), beyond))[1] - 1, smallest) - precision + 1)
    # A value far beyond the range is infinity, whatever its distance.
    error = np.where((got == want) | ((abs(got) == beyond) & (abs(want) > beyond)), 0, abs(got - want) / spacing)
    assert error.max() <= 0.501


@pytest.mark.parametrize("dtype", oracle.FLOATS, ids=str)
@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_nan_comes_from_nan_alone(loss, dtype):
    x, t, w, p = (loss.inputs(np.random.default_rng(2), 4, dtype), np.full(4, 0.5, dtype), np.ones(4), np.ones(4))
    for place, operand in enumerate((x, t, w, p)):
        operand[place] = np.nan
    for entry in loss.entries(wrt_target=False):  # the loss is linear in the target: its slope there does not read it
        for result in entry(x, t, w, pos_weight=p, reduction="none"):
            assert np.isnan(result.astype(np.float64)).all()
    for entry in loss.entries():
        for result in entry(loss.few(FLOAT64)[:-1], np.float32(0.5), 0.0, pos_weight=3, reduction="none"):
            np.testing.assert_array_equal(result, 0.0)
