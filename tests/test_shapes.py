"""Shapes, and where the arrays lie: everything broadcasts to the input, and the input never grows."""

import numpy as np
import oracle
import pytest
from cases import ACTIVATIONS, LOGITS, LOSSES

import bcekit

SHAPE = (4, 3)
ROLES = ("target", "weight", "pos_weight", "where")
FITTING = [(), (1,), (3,), (4, 3), (1, 3), (4, 1), (1, 1)]
GROWING = [(4,), (2,), (0,), (4, 4), (3, 4), (3, 1), (1, 4, 3), (2, 4, 3), (1, 1, 1)]


def operands(random, shape, role):
    """Arguments in which one operand has its own shape."""
    fill = random.random(shape)
    return {"target": 0.5} | {role: fill < 0.5 if role == "where" else fill}


@pytest.mark.parametrize("shape", FITTING, ids=str)
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_operands_broadcast_to_the_input(loss, role, shape, random):
    x = loss.inputs(random, SHAPE)
    kw = operands(random, shape, role)
    full = {name: np.broadcast_to(value, SHAPE).copy() for name, value in kw.items()}
    for entry in loss.entries():
        for reduction in ("none", "mean", "weighted_mean"):
            for got, want in zip(
                entry(x, **kw, reduction=reduction), entry(x, **full, reduction=reduction), strict=True
            ):
                oracle.assert_same_bits(got, want)


@pytest.mark.parametrize("shape", GROWING, ids=str)
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_operands_never_make_the_input_grow(loss, role, shape, random):
    x = loss.inputs(random, SHAPE)
    for entry in loss.entries():
        with pytest.raises(ValueError, match=role) as caught:
            entry(x, **operands(random, shape, role))
        assert str(shape) in str(caught.value)
        assert str(SHAPE) in str(caught.value)


@pytest.mark.parametrize(("shape", "other"), [((5,), (5, 1)), ((5, 1), (5,)), ((), (1,)), ((1,), (1, 1))], ids=str)
@pytest.mark.parametrize("role", ["target", "weight"])
@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_rows_against_columns(loss, role, shape, other, random):
    """The pair that gives everybody else an (N, N) result, and its small relatives."""
    with pytest.raises(ValueError, match="reshape"):
        loss.value(loss.inputs(random, shape), **operands(random, other, role))


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("shape", [(), (1,), (0,), (3, 0, 2), (2, 3), (1, 2, 1, 2, 1, 2), (1,) * 32], ids=str)
def test_activations_keep_the_shape(name, shape):
    got = getattr(bcekit, name)(np.full(shape, 0.5, np.float32))
    assert got.shape == shape
    assert got.dtype == np.float32


@pytest.mark.parametrize("dtype", oracle.FLOATS, ids=str)
def test_zero_dimensions_give_scalars(dtype):
    x = np.array(0.5, dtype)
    for number in (x, x[()]):
        for name in ACTIVATIONS:
            assert type(getattr(bcekit, name)(number)) is dtype.type
        for loss in LOSSES:
            for reduction in ("none", "mean", "sum"):
                for entry in loss.entries():
                    for got in entry(number, 1, reduction=reduction):
                        assert type(got) is dtype.type


def test_zero_dimensional_out_is_returned():
    out = np.empty(())
    assert bcekit.sigmoid(0.5, out=out) is out
    assert out == bcekit.sigmoid(0.5)
    for loss in LOSSES:
        assert loss.value(0.5, 1, reduction="none", out=out) is out
        assert loss.value([0.5, 0.2], 1, out=out) is out
        assert out == loss.value([0.5, 0.2], 1)


@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_lists_and_scalars(loss):
    """What counts as float64, down to the bits."""
    x, t, w = [[0.5, 0.25], [1, 0]], [[0, 1], [1, 1]], [2, 3]
    arrays = (np.array(x), np.array(t), np.array(w))
    for entry in loss.entries():
        for got, want in zip(entry(x, t, w, reduction="none"), entry(*arrays, reduction="none"), strict=True):
            assert got.dtype == np.float64
            oracle.assert_same_bits(got, want)
        for got in entry(0.5, 1):
            assert type(got) is np.float64
        for got, want in zip(entry(1, True), entry(1.0, 1.0), strict=True):
            oracle.assert_same_bits(got, want)


@pytest.mark.parametrize("axes", [(0, 1, 2), (2, 1, 0), (1, 0, 2)], ids=str)
def test_result_order_does_not_change_the_result(axes, random):
    base = random.normal(size=(3, 4, 5)).transpose(axes)
    np.testing.assert_array_equal(bcekit.sigmoid(base), bcekit.sigmoid(base.copy(order="C")))


def overlaps(base):
    """Pairs of views of one buffer: the same, shifted either way, reversed, interleaved, transposed."""
    n = base.shape[0]
    yield base, base
    yield base[:-1], base[1:]
    yield base[1:], base[:-1]
    yield base, base[::-1]
    yield base[::-1], base[:, ::-1]
    yield base[: n // 2], base[::2][: n // 2]
    yield base, base.T


@pytest.mark.parametrize("role", ["input", "target", "weight"])
@pytest.mark.parametrize("size", [6, 60])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_out_may_overlap_any_input(role, size, dtype):
    def operands(random, view):
        shape = view.shape
        full = {"input": random.normal(size=shape), "target": random.random(shape), "weight": random.random(shape)}
        return {name: value.astype(dtype) for name, value in full.items()}

    base = np.zeros((size, size))
    for place, (view, _) in enumerate(overlaps(base)):
        random = np.random.default_rng(place)
        buffer = random.random((size, size)).astype(dtype)
        source, out = list(overlaps(buffer))[place]
        kw = operands(random, view)
        kw[role] = source.copy()
        want = LOGITS.grad(**kw, reduction="sum")
        kw[role] = source
        assert LOGITS.grad(**kw, reduction="sum", out=out) is out
        oracle.assert_same_bits(out, want)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_in_place(name, random):
    function = getattr(bcekit, name)
    for place in range(7):
        base = random.random((8, 8))
        source, out = list(overlaps(base))[place]
        want = function(source.copy())
        assert function(source, out=out) is out
        oracle.assert_same_bits(out, want)


def test_two_outs_may_overlap_the_inputs(random):
    x, t = random.normal(size=(2, 50))
    t = abs(t) / 10
    want = LOGITS.value_and_grad(x, t, reduction="none")
    got = LOGITS.value_and_grad(x, t, reduction="none", out=(t, x))
    assert got[0] is t
    assert got[1] is x
    for g, w in zip(got, want, strict=True):
        oracle.assert_same_bits(g, w)


@pytest.mark.parametrize("step", [2, -1, -3])
def test_out_of_any_stride(step, random):
    x = random.normal(size=(6, 10)).astype(np.float32)
    room = np.zeros((6 * abs(step), 10, 2), np.float64)
    out = room[::step, :, 1]
    assert bcekit.sigmoid(x, out=out) is out
    np.testing.assert_array_equal(out, bcekit.sigmoid(x))
    assert not room[..., 0].any()
    assert np.count_nonzero(room) == x.size


def test_out_in_other_byte_order_or_misaligned(random):
    x = random.normal(size=100)
    want = bcekit.sigmoid(x)
    swapped = np.empty(100, ">f8")
    assert bcekit.sigmoid(x, out=swapped) is swapped
    np.testing.assert_array_equal(swapped, want)
    odd = np.zeros(801, np.uint8)[1:].view(np.float64)
    bcekit.sigmoid(x, out=odd)
    np.testing.assert_array_equal(odd, want)


def test_a_call_does_not_change_its_operands(random):
    for loss in LOSSES:
        arrays = [loss.inputs(random, 9), random.random(9), random.random(9), random.random(9) < 0.5]
        copies = [array.copy() for array in arrays]
        for entry in loss.entries():
            entry(*arrays[:3], where=arrays[3])
        for array, copy in zip(arrays, copies, strict=True):
            np.testing.assert_array_equal(array, copy)


@pytest.mark.parametrize("dtype", oracle.FLOATS, ids=str)
def test_overlap_does_not_show_in_a_wider_out(dtype, random):
    """The detour through fresh memory rounds no more often than the direct way."""
    x = random.normal(size=300).astype(dtype)
    buffer = random.random(300)
    want = LOGITS.grad(x, buffer.copy(), reduction="none", out=np.empty(300))
    got = LOGITS.grad(x, buffer, reduction="none", out=buffer[::-1])
    oracle.assert_same_bits(got, want)
