"""What holds for any shape, any strides and any combination of options."""

import numpy as np
import oracle
import pytest
from cases import LOSSES, REDUCTIONS
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from oracle import assert_same_bits

import bcekit

FLOAT = st.sampled_from([np.float16, np.float32, np.float64])
UNIT = st.floats(0, 1, width=16)
SHAPES = hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=6)


@st.composite
def views(draw, shape, elements, dtype):
    """An array of the shape with any strides, of either sign."""
    steps = draw(st.tuples(*(st.sampled_from([1, 1, 2, -1, -2]) for _ in shape)))
    order = draw(st.permutations(range(len(shape))))
    room = tuple(n * abs(step) for n, step in zip(shape, steps, strict=True))
    stored = draw(hnp.arrays(dtype, tuple(room[k] for k in order), elements=elements, fill=st.nothing()))
    array = np.transpose(stored, np.argsort(order))[(*(slice(None, None, step) for step in steps), ...)]
    return array[(*(slice(n) for n in shape), ...)]


@st.composite
def fitting(draw, shape, elements, dtype):
    """An array that broadcasts to the shape."""
    kept = shape[draw(st.integers(0, len(shape))) :]
    own = tuple(draw(st.sampled_from([n, n, 1])) for n in kept)
    return draw(views(own, elements, dtype))


@st.composite
def calls(draw):
    """A loss with operands and options that it must accept."""
    loss = draw(st.sampled_from(LOSSES))
    shape = draw(SHAPES)
    inputs = st.floats(-100, 100, width=16) if loss.of_logits else UNIT
    arguments = {"input": draw(views(shape, inputs, draw(FLOAT)))}
    arguments["target"] = draw(fitting(shape, UNIT, draw(FLOAT)) | fitting(shape, st.booleans(), bool))
    optional = {
        "weight": fitting(shape, st.floats(0.125, 8, width=16), draw(FLOAT)),
        "pos_weight": fitting(shape, st.floats(0.125, 8, width=16), draw(FLOAT)),
        "where": fitting(shape, st.booleans(), bool),
        "label_smoothing": UNIT,
    }
    arguments |= {name: draw(strategy) for name, strategy in optional.items() if draw(st.booleans())}
    return loss, arguments


@st.composite
def reductions(draw, ndim):
    options = {"reduction": draw(st.sampled_from([r for r in REDUCTIONS if r != "batchmean" or ndim]))}
    if options["reduction"] not in ("none", "batchmean"):
        if draw(st.booleans()):
            options["axis"] = tuple(draw(st.sets(st.integers(0, ndim - 1)))) if ndim else ()
        options["keepdims"] = draw(st.booleans())
    return options


def plain(arguments):
    """The same call with full, contiguous arrays."""
    shape = arguments["input"].shape
    return {
        name: np.broadcast_to(value, shape).copy() if isinstance(value, np.ndarray) else value
        for name, value in arguments.items()
    }


@given(st.data())
def test_only_the_contents_matter(data):
    loss, arguments = data.draw(calls())
    options = data.draw(reductions(arguments["input"].ndim))
    for entry in loss.entries():
        for got, want in zip(entry(**arguments, **options), entry(**plain(arguments), **options), strict=True):
            assert_same_bits(got, want)
            assert np.asarray(got).dtype == arguments["input"].dtype


@given(st.data())
def test_entry_points_agree(data):
    loss, arguments = data.draw(calls())
    options = data.draw(reductions(arguments["input"].ndim))
    value, grad = loss.value_and_grad(**arguments, **options)
    assert_same_bits(value, loss.value(**arguments, **options))
    assert_same_bits(grad, loss.grad(**arguments, **options))
    assert np.shape(grad) == arguments["input"].shape
    if loss.of_logits:
        assert_same_bits(loss.grad_and_hess(**arguments, **options)[0], grad)


@given(st.data())
def test_reductions_reduce_the_elements(data):
    loss, arguments = data.draw(calls())
    arguments["input"] = arguments["input"].astype(np.float64)
    shape = arguments["input"].shape
    options = data.draw(reductions(len(shape)))
    elements = loss.value(**arguments, reduction="none")
    assert np.shape(elements) == shape
    if options["reduction"] == "none":
        return
    keep = {name: options[name] for name in ("axis", "keepdims") if name in options}
    where, weight = (
        np.broadcast_to(arguments.get(name, one), shape) for name, one in (("where", True), ("weight", 1.0))
    )
    divisor = {
        "sum": 1,
        "mean": np.sum(where, **keep),
        "weighted_mean": np.sum(weight * where, dtype=np.float64, **keep),
        "batchmean": np.count_nonzero(where.any(axis=tuple(range(1, len(shape)))))
        if where.size
        else len(shape) and shape[0],
    }[options["reduction"]]
    with np.errstate(invalid="ignore", divide="ignore"):
        want = np.sum(elements, **keep) / divisor
    got = loss.value(**arguments, **options)
    assert np.shape(got) == np.shape(want)
    np.testing.assert_allclose(got, want, rtol=1e-13)


@given(st.data())
def test_weight_one_is_no_weight(data):
    loss, arguments = data.draw(calls())
    arguments.pop("weight", None)
    one = data.draw(fitting(arguments["input"].shape, st.just(1), data.draw(FLOAT)))
    options = data.draw(reductions(arguments["input"].ndim))
    for entry in loss.entries():
        for got, want in zip(entry(**arguments, weight=one, **options), entry(**arguments, **options), strict=True):
            assert_same_bits(got, want)


@given(st.data())
def test_out_may_be_anything_that_fits(data):
    loss, arguments = data.draw(calls())
    shape, dtype = arguments["input"].shape, arguments["input"].dtype
    out = data.draw(views(shape, st.just(0), dtype)).copy(order="K")
    want = loss.grad(**arguments)
    assert loss.grad(**arguments, out=out) is out
    assert_same_bits(out, want)
    target = np.array(np.broadcast_to(arguments["target"], shape), dtype)
    arguments["target"] = target
    want = loss.grad(**arguments)
    loss.grad(**arguments, out=target)
    assert_same_bits(target, want)


@given(st.data())
def test_shapes_that_would_grow_are_refused(data):
    shape, other = data.draw(SHAPES), data.draw(SHAPES)
    try:
        fits = np.broadcast_shapes(shape, other) == shape
    except ValueError:
        fits = False
    x, operand = np.full(shape, 0.5), np.full(other, 0.5)
    for loss in LOSSES:
        if fits:
            assert loss.value(x, operand, reduction="none").shape == shape
            continue
        with pytest.raises(ValueError, match="target"):
            loss.value(x, operand)


@given(hnp.arrays(np.float64, 40, elements=st.floats(-800, 800)))
def test_symmetries(x):
    """What negation does to each function, to the last bit."""
    np.testing.assert_array_equal(bcekit.log_sigmoid(x), -bcekit.softplus(-x))
    assert_same_bits(bcekit.sigmoid(-x), bcekit.log_sigmoid_grad(x))
    assert_same_bits(bcekit.sigmoid_grad(-x), bcekit.sigmoid_grad(x))
    loss = LOSSES[1]
    np.testing.assert_array_equal(loss.value(-x, 1, reduction="none"), loss.value(x, 0, reduction="none"))
    np.testing.assert_array_equal(loss.grad(-x, 1, reduction="none"), -loss.grad(x, 0, reduction="none"))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_bounds(dtype):
    x = oracle.logits(np.dtype(dtype))
    x = x[~np.isnan(x)]
    s, c = bcekit.sigmoid(x), bcekit.sigmoid_grad(x)
    assert ((s >= 0) & (s <= 1)).all()
    assert ((c >= 0) & (c <= 0.25)).all()
    assert (bcekit.log_sigmoid(x) <= 0).all()
    assert (bcekit.softplus(x) >= np.maximum(x, 0)).all()
