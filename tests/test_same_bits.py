"""Same contents, same bits: whatever the layout, the types, the entry point, the threads or the neighbours."""

import itertools
import json

import numpy as np
import oracle
import pytest
from bits import FILE, hashes
from cases import ACTIVATIONS, LOGITS, LOSSES, PROBABILITIES, REDUCTIONS
from layouts import LAYOUTS
from oracle import FLOAT32, FLOAT64, FLOATS, assert_same_bits

import bcekit

SHAPE = (37, 50)


def operands(loss, random, shape, dtype):
    return {
        "input": loss.inputs(random, shape, dtype),
        "target": random.random(shape).astype(dtype),
        "weight": random.random(shape).astype(dtype),
        "where": random.random(shape) < 0.8,
    }


def assert_all_same(got, want):
    for g, w in zip(got, want, strict=True):
        assert_same_bits(g, w)


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("dtype", FLOATS, ids=str)
@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_layouts(loss, dtype, layout, random):
    plain = operands(loss, random, SHAPE, dtype)
    laid = [plain | {name: layout(array)} for name, array in plain.items()]
    laid.append({name: layout(array) for name, array in plain.items()})
    reductions = [{"reduction": r} for r in REDUCTIONS] + [{"axis": 0}, {"axis": 1, "reduction": "weighted_mean"}]
    for entry, options in itertools.product(loss.entries(), reductions):
        want = entry(**plain, **options)
        for arrays in laid:
            assert_all_same(entry(**arrays, **options), want)


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_layouts_of_activations(dtype, layout, random):
    x = random.random((7, 11, 13)).astype(dtype)
    for name in ACTIVATIONS:
        function = getattr(bcekit, name)
        assert_same_bits(function(layout(x)), function(x))


@pytest.mark.parametrize("axis", [None, 0, 1], ids=str)
@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda f: f.__name__)
def test_layouts_of_many_blocks(layout, axis, random):
    arguments = operands(LOGITS, random, (301, 70), FLOAT32) | {"axis": axis}
    want = LOGITS.value_and_grad(**arguments)
    arguments |= {"input": layout(arguments["input"]), "weight": layout(arguments["weight"])}
    assert_all_same(LOGITS.value_and_grad(**arguments), want)


@pytest.mark.parametrize("dtype", [np.float32, np.uint8, np.bool_], ids=lambda t: t.__name__)
@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda f: f.__name__)
def test_layouts_of_targets(dtype, layout, random):
    x, t = random.normal(size=SHAPE), random.integers(0, 2, SHAPE).astype(dtype)
    assert_all_same(LOGITS.value_and_grad(x, layout(t)), LOGITS.value_and_grad(x, t))


@pytest.mark.parametrize("shape", [(), (1,), (50,), (37, 1), (1, 50)], ids=str)
@pytest.mark.parametrize("role", ["target", "weight", "pos_weight"])
def test_broadcast_operands(role, shape, random):
    """A stride of zero reads the same numbers as a full array."""
    x, operand = random.normal(size=SHAPE), random.random(shape)
    for reduction in REDUCTIONS:
        got, want = (
            LOGITS.value_and_grad(x, **{"target": 1, role: array}, reduction=reduction)
            for array in (np.broadcast_to(operand, SHAPE), np.broadcast_to(operand, SHAPE).copy())
        )
        assert_all_same(got, want)


@pytest.mark.parametrize("options", [{}, {"axis": 0}, {"axis": (0, 1)}, {"keepdims": True}], ids=str)
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("dtype", FLOATS, ids=str)
@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_entry_points(loss, dtype, reduction, options, random):
    if reduction in ("none", "batchmean") and options:
        options = {}
    arguments = operands(loss, random, SHAPE, dtype) | {"pos_weight": 3, "label_smoothing": 0.1, "reduction": reduction}
    arguments |= options
    value, grad = loss.value_and_grad(**arguments)
    assert_same_bits(value, loss.value(**arguments))
    assert_same_bits(grad, loss.grad(**arguments))
    if loss.of_logits:
        assert_same_bits(loss.grad_and_hess(**arguments)[0], grad)


@pytest.mark.parametrize("dtype", [FLOAT32, FLOAT64], ids=str)
def test_entry_points_on_hard_inputs(dtype):
    for loss in LOSSES:
        x = loss.strata(dtype)
        for target in (0, 0.3, 1):
            value, grad = loss.value_and_grad(x, target, reduction="none")
            assert_same_bits(value, loss.value(x, target, reduction="none"))
            assert_same_bits(grad, loss.grad(x, target, reduction="none"))
    x = oracle.logits(dtype)
    assert_same_bits(LOGITS.value(x, 0, reduction="none"), bcekit.softplus(x))
    np.testing.assert_array_equal(LOGITS.value(x, 1, reduction="none"), -bcekit.log_sigmoid(x))
    assert_same_bits(LOGITS.grad_and_hess(x, 1)[1], bcekit.sigmoid_grad(x))


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("dtype", FLOATS, ids=str)
@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_threads(loss, dtype, reduction, random):
    # Large enough for several threads to have work, and of no round size.
    arguments = operands(loss, random, 100_003, dtype) | {"reduction": reduction}
    with bcekit.threads(1):
        want = [entry(**arguments) for entry in loss.entries()]
    for count in (2, 3, 8):
        with bcekit.threads(count):
            for entry, result in zip(loss.entries(), want, strict=True):
                assert_all_same(entry(**arguments), result)


@pytest.mark.parametrize("axis", [0, 1, 2, (0, 2)], ids=str)
def test_threads_with_axes(axis, random):
    x, t = random.normal(size=(31, 70, 101)), random.random((31, 70, 101))
    with bcekit.threads(1):
        want = LOGITS.value_and_grad(x, t, axis=axis)
    for count in range(2, 9):
        with bcekit.threads(count):
            assert_all_same(LOGITS.value_and_grad(x, t, axis=axis), want)


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_alone_or_in_company(loss, dtype, random):
    """No element's value depends on its place: neither on vector lanes nor on what follows the last full vector."""
    size = 1100
    arguments = operands(loss, random, size, dtype)
    del arguments["where"]
    for entry in loss.entries():
        whole = entry(**arguments, reduction="none")
        for start in (1, 3, 17, 511, 513, 1099):
            part = entry(**{name: array[start:] for name, array in arguments.items()}, reduction="none")
            assert_all_same(part, [array[start:] for array in whole])
        for place in range(0, size, 7):
            single = entry(**{name: array[place] for name, array in arguments.items()}, reduction="none")
            assert_all_same(single, [array[place] for array in whole])


@pytest.mark.parametrize("weights", [(), ("weight",), ("pos_weight",), ("weight", "pos_weight")], ids=str)
@pytest.mark.parametrize("options", [{}, {"label_smoothing": 0.1}], ids=str)
@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_beside_unusual_neighbours(dtype, options, weights, random):
    """Blocks of ordinary numbers take a shorter way than others."""
    size = 2048
    plain = {
        "input": random.normal(0, 4, size),
        "target": random.choice([0, 1, 0.3], size),
        "weight": random.choice([0, 1, 0.7, -2, 1e-30], size),
        "pos_weight": random.choice([0, 3, 0.2, 1e-30], size),
    }
    plain = {name: plain[name].astype(dtype) for name in ("input", "target", *weights)}
    for name in weights:  # subnormal ones, whose halves are rounded
        bits = plain[name].view(f"u{plain[name].itemsize}")
        bits[::7] = random.integers(1, 64, bits[::7].shape)
    unusual = [("input", value) for value in (30, 90, 800, np.inf, -np.inf, np.nan)]
    unusual += [(name, value) for name in weights for value in (1e4, 3e38, 1e-45, np.inf, np.nan)]
    unusual += [("target", value) for value in (np.nan, -0.0, 1e-45)]
    for name, value in unusual:
        arrays = {key: array.copy() for key, array in plain.items()}
        with np.errstate(over="ignore"):
            arrays[name][100:1500:300] = value
        same = np.ones(size, bool)
        same[100:1500:300] = False
        for entry in LOGITS.entries():
            want = entry(**plain, **options, reduction="none")
            got = entry(**arrays, **options, reduction="none")
            assert_all_same([array[same] for array in got], [array[same] for array in want])


#: Float32 probabilities whose loss lies half-way between two numbers but for some 2**-50 of it: rounding twice shows.
HALF_WAY = [
    *("0x1.6a0a06p-24", "0x1.000016p-23", "0x1.2c2fd8p-20", "0x1.2bda4ep-13", "0x1.44d8c2p-13", "0x1.22d16ep-8"),
    "0x1.328064p-7",
]


def assert_same_by_one_logarithm_or_two(probabilities, target):
    """Hard labels take a shorter way than others, unless something is weighted."""
    one = probabilities.dtype.type(1)
    for entry in PROBABILITIES.entries():
        want = entry(probabilities, target, reduction="none")
        assert_all_same(entry(probabilities, target, one, reduction="none"), want)


@pytest.mark.parametrize("target", [0, 1])
@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_probabilities_by_one_logarithm_or_two(dtype, target, random):
    size = 1 << 16
    values = [2.0 ** -random.uniform(0, 100, size), 1 - 2.0 ** -random.uniform(0, 25, size), random.random(size)]
    values = np.concatenate([*values, [float.fromhex(text) for text in HALF_WAY]]).astype(dtype)
    assert_same_by_one_logarithm_or_two(values[values < 1], target)


@pytest.mark.slow
@pytest.mark.parametrize("target", [0, 1])
def test_all_probabilities_by_one_logarithm_or_two(target):
    first, last = (int(np.float32(value).view(np.uint32)) for value in (2.0**-120, 1))
    for start in range(first, last, 1 << 22):
        bits = np.arange(start, min(start + (1 << 22), last), dtype=np.uint32)
        assert_same_by_one_logarithm_or_two(bits.view(np.float32), target)


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_activations_alone_or_in_company(name, dtype, random):
    function, x = getattr(bcekit, name), random.random(1100).astype(dtype)
    whole = function(x)
    for place in range(0, 1100, 7):
        assert_same_bits(function(x[place]), whole[place])
        assert_same_bits(function(x[place : place + 5]), whole[place : place + 5])


@pytest.mark.parametrize(
    "neutral",
    [
        {"weight": 1},
        {"weight": np.ones(SHAPE)},
        {"weight": np.ones(SHAPE, np.int8)},
        {"pos_weight": 1},
        {"pos_weight": np.ones(SHAPE[1], np.float16)},
        {"where": True},
        {"where": np.ones(SHAPE, bool)},
        {"label_smoothing": 0},
        {"class_axis": 1, "weight": np.ones(SHAPE[1])},
        {"check": False},
    ],
    ids=lambda options: "-".join(f"{name}={getattr(value, 'dtype', value)}" for name, value in options.items()),
)
@pytest.mark.parametrize(
    "reduction",
    [
        {"reduction": "none"},
        {"reduction": "mean"},
        {"reduction": "weighted_mean"},
        {"reduction": "mean", "axis": 0},
        {"reduction": "weighted_mean", "axis": 1, "keepdims": True},
    ],
    ids=str,
)
@pytest.mark.parametrize("dtype", FLOATS, ids=str)
@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_neutral_options(loss, dtype, reduction, neutral, random):
    x, t = loss.inputs(random, SHAPE, dtype), random.random(SHAPE).astype(dtype)
    for entry in loss.entries():
        assert_all_same(entry(x, t, **neutral, **reduction), entry(x, t, **reduction))


@pytest.mark.parametrize(
    "upstream", [1, 1.0, np.ones(50), np.ones((1, 50), np.float32)], ids=lambda u: f"{type(u).__name__}{np.shape(u)}"
)
@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_neutral_grad_output(dtype, upstream, random):
    x, t = random.normal(size=(3, 50)).astype(dtype), random.random((3, 50)).astype(dtype)
    got = LOGITS.grad(x, t, axis=0, grad_output=upstream)
    assert_same_bits(got, LOGITS.grad(x, t, axis=0))


@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_all_axes_are_no_axis(loss, random):
    x, t = loss.inputs(random, SHAPE), random.random(SHAPE)
    for entry, reduction in itertools.product(loss.entries(), ("mean", "sum", "weighted_mean", "batchmean")):
        for axis in ((0, 1), (-1, 0)):
            assert_all_same(entry(x, t, t, reduction=reduction, axis=axis), entry(x, t, t, reduction=reduction))


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_rows_reduce_as_if_alone(dtype, random):
    x, t = random.normal(size=(5, 3000)).astype(dtype), random.random((5, 3000)).astype(dtype)
    for reduction in ("mean", "sum", "weighted_mean"):
        rows = LOGITS.value(x, t, t, reduction=reduction, axis=1)
        assert_same_bits(
            rows, np.array([LOGITS.value(*row, row[1], reduction=reduction) for row in zip(x, t, strict=True)])
        )
        columns = LOGITS.value(x.T, t.T, t.T, reduction=reduction, axis=0)
        assert_same_bits(columns, rows)


@pytest.mark.parametrize("dtype", [FLOAT32, FLOAT64], ids=str)
def test_every_nan_is_the_same_nan(dtype):
    quiet = oracle.bits(np.array(np.nan, dtype))
    payloads = (np.array([0, 1, 0x1234], quiet.dtype) | quiet).view(dtype)
    nan = np.concatenate([payloads, -payloads])
    for name in ACTIVATIONS:
        np.testing.assert_array_equal(oracle.bits(getattr(bcekit, name)(nan)), quiet)
    for loss in LOSSES:
        fine = np.full(nan.shape, 0.5, dtype)
        for entry in loss.entries(wrt_target=False):
            for arguments in ({"input": nan, "target": fine}, {"input": fine, "target": nan}):
                for result in entry(**arguments, reduction="none"):
                    np.testing.assert_array_equal(oracle.bits(result), quiet)
            for result in entry(fine, fine, nan, reduction="none"):
                np.testing.assert_array_equal(oracle.bits(result), quiet)


def test_results_are_those_of_every_other_build():
    """One stored hash for all instruction sets, systems and compilers."""
    got, want = dict(hashes()), json.loads(FILE.read_text(encoding="utf-8"))
    changed = [name for name in got.keys() | want.keys() if got.get(name) != want.get(name)]
    assert not changed, "if the numerics changed on purpose, run tests/bits.py"
