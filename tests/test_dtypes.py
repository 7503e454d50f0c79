"""The result has the type of the input, and nothing else has a say."""

import numpy as np
import oracle
import pytest
from cases import ACTIVATIONS, LOSSES
from oracle import FLOATS

import bcekit

INTEGERS = [np.dtype(code) for code in "bBhHiIlLqQ"]
REALS = [np.dtype(bool), *INTEGERS, *FLOATS, np.dtype(np.longdouble)]
# One of each kind that cannot be a number on the real line.
NOT_REAL = {
    "complex": np.array([1j]),
    "object": np.array([0.5], object),
    "string": np.array(["0.5"]),
    "bytes": np.array([b"0.5"]),
    "datetime": np.array(["2026-01-01"], "M8[D]"),
    "timedelta": np.array([1], "m8[s]"),
    "structured": np.array([(0.5,)], [("x", float)]),
}
IDS = {"ids": lambda dtype: f"{dtype.name}-{dtype.char}"}


@pytest.mark.parametrize("dtype", FLOATS, **IDS)
@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_floats_stay(loss, dtype, random):
    x = loss.inputs(random, (3, 2), dtype)
    for entry in loss.entries():
        for reduction in ("none", "mean"):
            for got in entry(x, 1, reduction=reduction):
                assert got.dtype == dtype
    for name in ACTIVATIONS:
        assert getattr(bcekit, name)(x).dtype == dtype


@pytest.mark.parametrize("dtype", [np.dtype(bool), *INTEGERS], **IDS)
def test_integers_count_as_float64(dtype):
    x = np.array([0, 1, 1, 0], dtype)
    wide = x.astype(np.float64)
    for name in ACTIVATIONS:
        function = getattr(bcekit, name)
        oracle.assert_same_bits(function(x), function(wide))
    for loss in LOSSES:
        for entry in loss.entries():
            for got, want in zip(entry(x, [1, 1, 0, 0]), entry(wide, [1, 1, 0, 0]), strict=True):
                oracle.assert_same_bits(got, want)


def test_large_integers_are_rounded_once():
    x = np.array([2**53 + 1, -(2**53) - 1, 2**63 - 1])
    np.testing.assert_array_equal(bcekit.softplus(x), np.maximum(x.astype(np.float64), 0))
    x = np.array([2**64 - 1], np.uint64)
    np.testing.assert_array_equal(bcekit.softplus(x), x.astype(np.float64))


@pytest.mark.parametrize("other", REALS, ids=lambda dtype: f"{dtype.name}-{dtype.char}")
@pytest.mark.parametrize("role", ["target", "weight", "pos_weight"])
@pytest.mark.parametrize("dtype", FLOATS, **IDS)
def test_no_operand_changes_the_result_type_or_its_bits(dtype, role, other, random, subtests):
    size = 700  # more than a block
    operand = random.integers(0, 2, size)
    for loss in LOSSES:
        x = loss.inputs(random, size, dtype)
        for entry in loss.entries():
            for reduction in ("none", "weighted_mean"):
                got = entry(x, **{"target": 1, role: operand.astype(other)}, reduction=reduction)
                want = entry(x, **{"target": 1, role: operand.astype(dtype)}, reduction=reduction)
                for g, w in zip(got, want, strict=True):
                    assert g.dtype == dtype
                    oracle.assert_same_bits(g, w)


@pytest.mark.parametrize("other", FLOATS, ids=str)
@pytest.mark.parametrize("dtype", FLOATS, **IDS)
def test_fractions_of_other_types_are_read_as_they_are(dtype, other, random):
    """Not rounded to the input's type first: only to the type the arithmetic is done in."""
    arithmetic = arithmetic_of(dtype)
    x = LOSSES[1].inputs(random, 300, dtype)
    t = random.random(300).astype(other)
    for got, want in zip(
        LOSSES[1].value_and_grad(x, t, reduction="none"),
        LOSSES[1].value_and_grad(x.astype(arithmetic), t.astype(arithmetic), reduction="none"),
        strict=True,
    ):
        oracle.assert_same_bits(got, want.astype(dtype))


@pytest.mark.parametrize("dtype", FLOATS, **IDS)
@pytest.mark.parametrize(
    "scalar", [1, 1.0, np.float64(1), np.int8(1), np.float32(1), np.array(1)], ids=lambda x: type(x).__name__
)
def test_scalar_operands_do_not_promote(dtype, scalar):
    x = np.full(3, 0.5, dtype)
    for loss in LOSSES:
        got = loss.value(x, scalar, scalar, pos_weight=scalar, reduction="none")
        oracle.assert_same_bits(got, loss.value(x, np.ones(3), reduction="none"))


@pytest.mark.parametrize("kind", NOT_REAL)
def test_input_that_is_not_real(kind):
    for name in ACTIVATIONS:
        with pytest.raises(TypeError, match=r"^[xp] has dtype"):
            getattr(bcekit, name)(NOT_REAL[kind])
    for loss in LOSSES:
        for entry in loss.entries():
            with pytest.raises(TypeError, match="input"):
                entry(NOT_REAL[kind], 1)


@pytest.mark.parametrize("role", ["target", "weight", "pos_weight", "where", "grad_output"])
@pytest.mark.parametrize("kind", NOT_REAL)
def test_operand_that_is_not_real(kind, role):
    for loss in LOSSES:
        with pytest.raises(TypeError, match=role):
            loss.grad(np.array([0.5]), **{"target": 1, role: NOT_REAL[kind]}, reduction="none")


@pytest.mark.parametrize("mask", [np.array([1, 0]), np.array([1.0, 0.0]), 1, [0, 1]], ids=repr)
def test_where_must_be_boolean(mask):
    for loss in LOSSES:
        with pytest.raises(TypeError, match="where"):
            loss.value(np.array([0.5, 0.5]), 1, where=mask)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
def test_byte_order_is_not_part_of_the_type(dtype, order):
    x = np.array([0.5, 0.25], order + dtype)
    got = bcekit.sigmoid(x)
    assert got.dtype == np.dtype(dtype)
    oracle.assert_same_bits(got, bcekit.sigmoid(x.astype(dtype)))


def arithmetic_of(dtype):
    """The type in which results of another are computed."""
    return oracle.FLOAT64 if dtype == oracle.FLOAT64 else oracle.FLOAT32


@pytest.mark.parametrize("dtype", FLOATS, **IDS)
@pytest.mark.parametrize("out", FLOATS, **IDS)
def test_out_casts_as_numpy_does(dtype, out, random):
    x, room = random.normal(size=600).astype(dtype), np.empty(600, out)
    for function in (bcekit.sigmoid, lambda x, out: LOSSES[1].value(x, 1, reduction="none", out=out)):
        # Rounded once: a wider result array gets all that was computed.
        want = function(x.astype(arithmetic_of(dtype)), out=np.empty(600, arithmetic_of(dtype))).astype(out)
        if np.can_cast(dtype, out, "same_kind"):
            assert function(x, out=room) is room
            oracle.assert_same_bits(room, want)
        else:
            with pytest.raises(TypeError, match="out"):
                function(x, out=room)


@pytest.mark.parametrize("out", [bool, np.int64, np.uint8], ids=str)
def test_out_that_cannot_hold_the_result(out):
    room = np.zeros(3, out)
    with pytest.raises(TypeError, match="out"):
        bcekit.sigmoid(np.zeros(3), out=room)
    with pytest.raises(TypeError, match="out"):
        LOSSES[1].value(np.zeros(3), 1, reduction="none", out=room)


@pytest.mark.parametrize("dtype", FLOATS, **IDS)
def test_subclasses_and_buffers(dtype):
    class Tagged(np.ndarray):
        pass

    x = np.array([0.25, 0.5], dtype)
    oracle.assert_same_bits(bcekit.sigmoid(x.view(Tagged)), bcekit.sigmoid(x))
    for loss in LOSSES:
        oracle.assert_same_bits(loss.value(x.view(Tagged), x.view(Tagged)), loss.value(x, x))
