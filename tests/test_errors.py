"""What cannot be right is an error that names the argument, the value and the remedy, and leaves `out` alone."""

import re

import numpy as np
import pytest
from cases import ACTIVATIONS, LOGITS, LOSSES, PROBABILITIES

import bcekit

X = np.full((2, 3), 0.5)
T = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 1.0]])


def with_value(index, value, base=T):
    array = np.array(base, np.result_type(base, np.asarray(value)))
    array[index] = value
    return array


@pytest.mark.parametrize(
    ("keywords", "error", "words"),
    [
        (
            {"reduction": "average"},
            ValueError,
            ("reduction", "average", "none", "mean", "sum", "weighted_mean", "batchmean"),
        ),
        ({"reduction": "Mean"}, ValueError, ("reduction", "Mean")),
        ({"reduction": ""}, ValueError, ("reduction",)),
        ({"reduction": None}, TypeError, ("reduction",)),
        ({"reduction": False}, TypeError, ("reduction",)),
        ({"reduction": 0}, TypeError, ("reduction",)),
        ({"axis": 2}, ValueError, ("axis", "2")),
        ({"axis": -3}, ValueError, ("axis", "-3")),
        ({"axis": (0, 0)}, ValueError, ("axis",)),
        ({"axis": (1, -1)}, ValueError, ("axis",)),
        ({"axis": True}, TypeError, ("axis",)),
        ({"axis": 1.0}, TypeError, ("axis",)),
        ({"axis": "rows"}, TypeError, ("axis",)),
        ({"keepdims": 1}, TypeError, ("keepdims",)),
        ({"keepdims": None}, TypeError, ("keepdims",)),
        ({"check": 1}, TypeError, ("check",)),
        ({"check": None}, TypeError, ("check",)),
        ({"label_smoothing": -0.1}, ValueError, ("label_smoothing", "-0.1")),
        ({"label_smoothing": 1.5}, ValueError, ("label_smoothing", "1.5")),
        ({"label_smoothing": np.nan}, ValueError, ("label_smoothing", "nan")),
        ({"label_smoothing": "0.1"}, TypeError, ("label_smoothing",)),
        ({"label_smoothing": None}, TypeError, ("label_smoothing",)),
        ({"label_smoothing": True}, TypeError, ("label_smoothing",)),
        ({"class_axis": 2, "weight": np.ones(3)}, ValueError, ("class_axis", "2")),
        ({"class_axis": 1.0, "weight": np.ones(3)}, TypeError, ("class_axis",)),
        ({"class_axis": True, "weight": np.ones(3)}, TypeError, ("class_axis",)),
        ({"class_axis": 0, "weight": np.ones(3)}, ValueError, ("weight", "3", "2")),
        ({"class_axis": 0, "pos_weight": np.ones(3)}, ValueError, ("pos_weight", "3", "2")),
        ({"weight": "balanced"}, TypeError, ("weight",)),
        ({"weight": False}, TypeError, ("weight", "size_average", "reduction")),
        ({"reduction": "none", "axis": 0}, ValueError, ("axis", "reduction")),
        ({"reduction": "none", "keepdims": True}, ValueError, ("keepdims", "reduction")),
        ({"reduction": "batchmean", "axis": 1}, ValueError, ("batchmean", "axis")),
        ({"unknown": 1}, TypeError, ("unknown",)),
    ],
    ids=str,
)
@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_options(loss, keywords, error, words):
    for entry in loss.entries():
        with pytest.raises(error) as caught:
            entry(X, T, **keywords)
        for word in words:
            assert word in str(caught.value)


@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_options_are_keywords(loss):
    """torch's fourth argument is size_average: a call written for it must not pass for something else."""
    for entry in loss.entries():
        with pytest.raises(TypeError, match="positional"):
            entry(X, T, None, False)


def test_what_one_loss_has_and_the_other_has_not():
    with pytest.raises(TypeError, match="log_floor"):
        LOGITS.value(X, T, log_floor=-100.0)
    with pytest.raises(TypeError, match="wrt"):
        LOGITS.value(X, T, wrt="input")
    assert not hasattr(bcekit, "binary_cross_entropy_grad_and_hess")


@pytest.mark.parametrize(
    ("log_floor", "error"),
    [(1.0, ValueError), (np.nan, ValueError), (np.inf, ValueError), ("-100", TypeError), (True, TypeError)],
    ids=str,
)
def test_log_floor(log_floor, error):
    with pytest.raises(error, match="log_floor"):
        PROBABILITIES.value(X, T, log_floor=log_floor)


@pytest.mark.parametrize(
    ("wrt", "error"), [("weight", ValueError), ("x", ValueError), (None, TypeError), (0, TypeError)], ids=str
)
@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_wrt(loss, wrt, error):
    with pytest.raises(error, match="wrt") as caught:
        loss.grad(X, T, wrt=wrt)
    if error is ValueError:
        assert "input" in str(caught.value)
        assert "target" in str(caught.value)


@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_grad_output_has_the_shape_of_the_value(loss):
    for kw, shape in (({"reduction": "none"}, (3, 2)), ({}, (2,)), ({"axis": 0}, (2,)), ({"axis": 1}, (3,))):
        with pytest.raises(ValueError, match="grad_output") as caught:
            loss.grad(X, T, grad_output=np.ones(shape), **kw)
        assert str(shape) in str(caught.value)


# -- values ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [-1.0, 2.0, 255.0, np.inf, -np.inf, 1 + 2**-20, -1e-30])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_target_out_of_range(loss, dtype, value):
    target = with_value((1, 2), value).astype(dtype)
    target[1, 0] = value
    for entry in loss.entries():
        with pytest.raises(ValueError, match="target") as caught:
            entry(X.astype(dtype), target)
        message = str(caught.value)
        assert re.search(r"\b2\b", message)
        assert re.search(r"\b1, 0\b", message)
        assert str(dtype(value)) in message or repr(float(dtype(value))) in message


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int16, np.int32, np.int64, np.uint64])
@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_integer_target_out_of_range(loss, dtype):
    target = with_value((0, 1), 7).astype(dtype)
    with pytest.raises(ValueError, match=r"target.*\b7\b"):
        loss.value(X, target)


@pytest.mark.parametrize(
    ("target", "hint"),
    [
        (with_value((0, 0), -1), r"-1"),
        (np.where(T, 255, 0).astype(np.uint8), r"255"),
        (with_value((0, 0), 3.7), "swap|order"),
    ],
    ids=["signed labels", "image mask", "swapped arguments"],
)
@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_likely_causes_are_named(loss, target, hint):
    with pytest.raises(ValueError, match=hint):
        loss.value(X, target)


@pytest.mark.parametrize("value", [-1.0, 1.5, np.inf, -np.inf, -1e-30])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_probability_out_of_range(dtype, value):
    q = with_value((0, 2), value, X).astype(dtype)
    for entry in PROBABILITIES.entries():
        with pytest.raises(ValueError, match=r"(?s)input.*with_logits") as caught:
            entry(q, T)
        assert re.search(r"\b0, 2\b", str(caught.value))


@pytest.mark.parametrize("size", [1, 511, 512, 513, 5000, 200_000])
@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_count_and_first_index_are_of_the_whole_array(loss, size):
    target = np.zeros(size, np.float32)
    target[size // 2 :] = 2
    for order in (target, target[::-1].copy()[::-1]):
        with pytest.raises(ValueError, match="target") as caught:
            loss.value(np.full(size, 0.5, np.float32), order)
        numbers = re.findall(r"\d+", re.sub(r"(?<=\d),(?=\d{3})", "", str(caught.value)))
        assert {str(size - size // 2), str(size // 2)} <= set(numbers)


def test_index_is_of_the_array_as_the_user_sees_it():
    """First in C order of the input, however the arrays lie and whatever was broadcast."""
    target = np.zeros((4, 5))
    target[1, 3] = target[3, 0] = 9
    for laid in (target, np.asfortranarray(target), target[::-1].copy()[::-1], target.astype(">f8")):
        with pytest.raises(ValueError, match=r"\b1, 3\b"):
            LOGITS.value(np.zeros((4, 5)), laid)
    with pytest.raises(ValueError, match=r"\b9"):
        LOGITS.value(np.zeros((4, 5)), target[1])


def test_check_may_be_left_out():
    for entry in LOGITS.entries():
        for result in entry(X, T * 255, check=False):
            assert np.isfinite(result).all()
    np.testing.assert_allclose(LOGITS.value(0.0, 2.0, check=False), np.log(2), rtol=1e-15)
    PROBABILITIES.value(X, T * 2, check=False)


def test_what_is_not_kept_is_not_checked():
    target = with_value((0, 1), 255)
    where = target < 2
    for loss in LOSSES:
        for entry in loss.entries():
            entry(X, target, where=where)
    q = with_value((0, 1), -3, X)
    for entry in PROBABILITIES.entries():
        entry(q, T, where=where)


def test_nan_is_data():
    for loss in LOSSES:
        assert np.isnan(loss.value(X, with_value((0, 0), np.nan)))
        assert np.isnan(loss.value(with_value((0, 0), np.nan, X), T))


def test_ends_of_the_interval_are_inside():
    q = np.array([0.0, -0.0, 1.0, 1.0])
    for loss in LOSSES:
        assert np.isfinite(loss.value(q, [0, -0.0, 1, 1], reduction="none")).all()


# -- out ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("out", "error"),
    [
        (np.zeros(3), ValueError),
        (np.zeros((3, 2)), ValueError),
        (np.zeros((1, 2, 3)), ValueError),
        (np.zeros(()), ValueError),
        (np.zeros((2, 3), int), TypeError),
        ([[0.0] * 3] * 2, TypeError),
        ("out", TypeError),
        (0.0, TypeError),
    ],
    ids=repr,
)
def test_unfit_out(out, error):
    for name in ACTIVATIONS:
        with pytest.raises(error, match="out"):
            getattr(bcekit, name)(X, out=out)
    for loss in LOSSES:
        with pytest.raises(error, match="out"):
            loss.value(X, T, reduction="none", out=out)
        with pytest.raises(error, match="out"):
            loss.grad(X, T, out=out)


def test_read_only_out():
    out = np.zeros((2, 3))
    out.flags.writeable = False
    for call in (lambda: bcekit.sigmoid(X, out=out), lambda: LOGITS.grad(X, T, out=out)):
        with pytest.raises(ValueError, match=r"out.*(read-only|writ)"):
            call()
    assert not out.any()


@pytest.mark.parametrize(
    "out", [np.zeros((2, 3)), (np.zeros(()),), (None, None, None), (np.zeros((2, 3)), np.zeros(()))], ids=repr
)
def test_pairs_of_results_take_pairs_of_outs(out):
    with pytest.raises((TypeError, ValueError), match="out"):
        LOGITS.value_and_grad(X, T, out=out)


@pytest.mark.parametrize("reduction", ["none", "mean", "weighted_mean"])
def test_which_of_two_outs_is_wrong(reduction):
    right = np.zeros((2, 3))
    value = right if reduction == "none" else np.zeros(())
    wrong = np.zeros((3, 2))
    options = {"reduction": reduction, "weight": np.ones(3)}
    with pytest.raises(ValueError, match=r"^out\[0\] has shape \(3, 2\)"):
        LOGITS.value_and_grad(X, T, out=(wrong, np.zeros((2, 3))), **options)
    with pytest.raises(ValueError, match=r"^out\[1\] has shape \(3, 2\), expected \(2, 3\)"):
        LOGITS.value_and_grad(X, T, out=(value, wrong), **options)
    with pytest.raises(TypeError, match=r"^out\[1\] has dtype int8"):
        LOGITS.value_and_grad(X, T, out=(value, np.zeros((2, 3), np.int8)), **options)
    with pytest.raises(ValueError, match=r"^out\[1\] has shape"):
        LOGITS.grad_and_hess(X, T, out=(right, wrong), **options)


def test_one_result_takes_no_pair():
    with pytest.raises(TypeError, match=r"^out must be a numpy array for one result, got a tuple of 1"):
        LOGITS.grad(X, T, out=(np.zeros((2, 3)),))
    with pytest.raises(TypeError, match=r"a tuple of them for two results"):
        LOGITS.value_and_grad(X, T, out=[np.zeros(()), np.zeros((2, 3))])


@pytest.mark.parametrize(
    "fault",
    [
        {"target": with_value((1, 2), 9.0)},
        {"weight": np.ones(5)},
        {"reduction": "average"},
        {"pos_weight": "heavy"},
        {"where": np.ones(3)},
    ],
    ids=lambda fault: next(iter(fault)),
)
@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_nothing_is_half_written(loss, fault):
    first, second = np.full((2, 3), 7.0), np.full((2, 3), 7.0)
    arguments = {"input": X, "target": T, "reduction": "none"} | fault
    calls = [
        lambda: loss.value(**arguments, out=first),
        lambda: loss.grad(**arguments, out=first),
        lambda: loss.value_and_grad(**arguments, out=(first, second)),
    ]
    if loss.of_logits:
        calls.append(lambda: loss.grad_and_hess(**arguments, out=(first, second)))
    for call in calls:
        with pytest.raises((TypeError, ValueError)):
            call()
        np.testing.assert_array_equal(first, 7.0)
        np.testing.assert_array_equal(second, 7.0)


@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_in_place_survives_a_bad_target(loss):
    """The gradient may overwrite the input, but not before the target is known to be right."""
    x = np.full(5000, 0.5)
    target = np.zeros(5000)
    target[-1] = 2
    with pytest.raises(ValueError, match="target"):
        loss.grad(x, target, out=x)
    np.testing.assert_array_equal(x, 0.5)


@pytest.mark.parametrize("missing", [(), (0.5,)])
@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_missing_arguments(loss, missing):
    with pytest.raises(TypeError, match="target"):
        loss.value(*missing)


@pytest.mark.parametrize("value", [None, "x", {}, object()], ids=lambda value: type(value).__name__)
def test_things_that_are_not_arrays(value):
    for call in (lambda: bcekit.sigmoid(value), lambda: LOGITS.value(value, 1), lambda: LOGITS.value(0.5, value)):
        with pytest.raises(TypeError):
            call()


def test_ragged_lists():
    with pytest.raises((TypeError, ValueError)):
        LOGITS.value([[1.0], [1.0, 2.0]], 1)
