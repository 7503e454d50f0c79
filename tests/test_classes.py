"""The loss classes: options fixed once, checked when made."""

import copy
import dataclasses
import pickle

import numpy as np
import oracle
import pytest
from cases import LOGITS, LOSSES, PROBABILITIES

import bcekit
from bcekit import BCELoss, BCEWithLogitsLoss

PAIRS = [(BCELoss, PROBABILITIES), (BCEWithLogitsLoss, LOGITS)]
OPTIONS = [
    {},
    {"reduction": "none"},
    {"reduction": "sum", "label_smoothing": 0.1},
    {"weight": 2.0, "pos_weight": 3.0, "axis": 1, "keepdims": True},
    {"weight": np.array([1.0, 2, 3]), "pos_weight": np.array([3.0, 2, 1]), "reduction": "weighted_mean"},
    {"weight": np.array([1.0, 2]), "class_axis": 0},
    {"check": False},
]


def same(first, second):
    for got, want in zip(np.atleast_1d(first), np.atleast_1d(second), strict=True):
        oracle.assert_same_bits(got, want)


@pytest.mark.parametrize("options", OPTIONS, ids=lambda options: "-".join(options) or "none")
@pytest.mark.parametrize(("cls", "loss"), PAIRS)
def test_methods_are_the_functions(cls, loss, options, random):
    x, t = loss.inputs(random, (2, 3)), random.random((2, 3))
    criterion = cls(**options)
    pairs = [
        (criterion(x, t), loss.value(x, t, **options)),
        (criterion.grad(x, t), loss.grad(x, t, **options)),
        *zip(criterion.value_and_grad(x, t), loss.value_and_grad(x, t, **options), strict=True),
    ]
    for got, want in pairs:
        oracle.assert_same_bits(got, want)


@pytest.mark.parametrize("options", OPTIONS, ids=lambda options: "-".join(options) or "none")
def test_curvature_is_on_the_scale_of_the_loss(options, random):
    """With a reduction named, the method follows it; the class's own default is the mean."""
    x, t = random.normal(size=(2, 3)), random.random((2, 3))
    if "reduction" in options:
        got = BCEWithLogitsLoss(**options).grad_and_hess(x, t)
        for g, w in zip(got, LOGITS.grad_and_hess(x, t, **options), strict=True):
            oracle.assert_same_bits(g, w)
    assert not hasattr(BCELoss(), "grad_and_hess")


@pytest.mark.parametrize(("cls", "loss"), PAIRS)
def test_calls_take_what_belongs_to_the_call(cls, loss, random):
    x, t = loss.inputs(random, (2, 3)), random.random((2, 3))
    where, out = random.random((2, 3)) < 0.5, np.empty((2, 3))
    criterion = cls(reduction="none")
    assert criterion(x, t, out=out) is out
    oracle.assert_same_bits(criterion(x, t, where=where), loss.value(x, t, where=where, reduction="none"))
    oracle.assert_same_bits(criterion.grad(x, t, wrt="target"), loss.grad(x, t, wrt="target", reduction="none"))
    oracle.assert_same_bits(criterion.grad(x, t, grad_output=2.0), loss.grad(x, t, grad_output=2.0, reduction="none"))


@pytest.mark.parametrize("options", OPTIONS, ids=lambda options: "-".join(options) or "none")
@pytest.mark.parametrize(("cls", "loss"), PAIRS)
def test_copies_are_equal(cls, loss, options):
    criterion = cls(**options)
    for twin in (cls(**options), copy.copy(criterion), copy.deepcopy(criterion), pickle.loads(pickle.dumps(criterion))):
        assert twin == criterion
        assert hash(twin) == hash(criterion)
        assert repr(twin) == repr(criterion)


@pytest.mark.parametrize(("cls", "loss"), PAIRS)
def test_different_options_differ(cls, loss):
    made = [cls(**options) for options in OPTIONS]
    assert len(set(made)) == len(OPTIONS)
    assert BCELoss() != BCEWithLogitsLoss()
    assert cls(np.array([1.0, 2])) != cls(np.array([1.0, 3]))
    assert cls() != "loss"


@pytest.mark.parametrize(("cls", "loss"), PAIRS)
def test_nothing_can_be_changed(cls, loss):
    weight = np.ones(3)
    criterion = cls(weight, reduction="sum")
    for name in ("reduction", "weight", "novel"):
        with pytest.raises((AttributeError, TypeError, dataclasses.FrozenInstanceError)):
            setattr(criterion, name, "mean")
    before = hash(criterion), criterion([0.5, 0.5, 0.5], [1, 1, 1])
    weight[:] = 100  # the caller's array is the caller's
    assert (hash(criterion), criterion([0.5, 0.5, 0.5], [1, 1, 1])) == before
    with pytest.raises(ValueError, match="read-only"):
        criterion.weight[0] = 5


@pytest.mark.parametrize(("cls", "loss"), PAIRS)
def test_repr_shows_what_is_not_the_default(cls, loss):
    assert repr(cls()) == f"{cls.__name__}()"
    text = repr(cls(2.0, reduction="sum", label_smoothing=0.1))
    assert text.startswith(cls.__name__)
    for part in ("weight=2.", "reduction='sum'", "label_smoothing=0.1"):
        assert part in text
    assert "weight=[1., 1., 1.]" in repr(cls(np.ones(3)))


@pytest.mark.parametrize(
    ("options", "error", "word"),
    [
        ({"reduction": "average"}, ValueError, "batchmean"),
        ({"reduction": None}, TypeError, "reduction"),
        ({"axis": 1.5}, TypeError, "axis"),
        ({"axis": True}, TypeError, "axis"),
        ({"axis": (0, 0)}, ValueError, "axis"),
        ({"keepdims": 1}, TypeError, "keepdims"),
        ({"check": None}, TypeError, "check"),
        ({"label_smoothing": 2}, ValueError, "label_smoothing"),
        ({"label_smoothing": "0"}, TypeError, "label_smoothing"),
        ({"class_axis": 0.5}, TypeError, "class_axis"),
        ({"weight": "balanced"}, TypeError, "weight"),
        ({"weight": np.array([1j])}, TypeError, "weight"),
        ({"pos_weight": np.array(["1"])}, TypeError, "pos_weight"),
        ({"gamma": 2}, TypeError, "gamma"),
    ],
    ids=str,
)
@pytest.mark.parametrize(("cls", "loss"), PAIRS)
def test_mistakes_are_found_when_made(cls, loss, options, error, word):
    with pytest.raises(error, match=word):
        cls(**options)


def test_log_floor_belongs_to_probabilities():
    assert BCELoss(log_floor=-50.0)(0.0, 1) == 50
    for fault, error in ((1.0, ValueError), (np.nan, ValueError), ("x", TypeError)):
        with pytest.raises(error, match="log_floor"):
            BCELoss(log_floor=fault)
    with pytest.raises(TypeError, match="log_floor"):
        BCEWithLogitsLoss(log_floor=-50.0)


@pytest.mark.parametrize(("cls", "loss"), PAIRS)
def test_options_are_keywords(cls, loss):
    with pytest.raises(TypeError, match="positional"):
        cls(None, "mean")


@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_everything_public_is_exported(loss):
    assert {"BCELoss", "BCEWithLogitsLoss", loss.name, f"{loss.name}_grad", f"{loss.name}_value_and_grad"} <= set(
        bcekit.__all__
    )
    for name in bcekit.__all__:
        assert getattr(bcekit, name) is not None
