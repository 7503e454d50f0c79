"""What an option costs: each against our own plain mean of float32 logits, and weights against the peers."""

from collections.abc import Callable
from functools import partial

import numpy as np

import bcekit as bk
from benchmarks.common import Result, Settings, bind, data, digits, ratio, spread, table
from benchmarks.timing import measure as time_calls

TITLE = "Options"
SHAPE, QUICK_SHAPE = (65536, 16), (4096, 16)
PLAIN = "plain"


def measure(settings: Settings) -> Result:
    shape = QUICK_SHAPE if settings.quick else SHAPE
    calls = variants(shape)
    own = time_calls(calls, 8 * settings.seconds, settings.rounds)
    first = time_calls(calls, 8 * settings.seconds, settings.rounds, warm=0)
    arrays = data(shape, "float32")
    weights = np.linspace(0.5, 4, shape[1], dtype="float32")
    peers = bind(settings.peers, "pos_weight_mean", arrays["x"], arrays["t"], weights)
    return {
        "shape": list(shape),
        "variants": [
            timing.record(peer=name, first=float(f"{first[name].minimum:.4g}")) for name, timing in own.items()
        ],
        "pos_weight": [
            timing.record(peer=name) for name, timing in time_calls(peers, settings.seconds, settings.rounds).items()
        ],
    }


def variants(shape: tuple[int, int]) -> dict[str, Callable[[], object]]:
    arrays = data(shape, "float32")
    x, t, q = arrays["x"], arrays["t"], arrays["q"]
    rows, columns = shape
    random = np.random.default_rng(2)
    by_class, by_sample = np.linspace(0.5, 4, columns, dtype="float32"), random.random((rows, 1), dtype="float32")
    wide = data((rows, 2 * columns), "float32")
    loss = partial(bk.binary_cross_entropy_with_logits, x, t)
    return {
        PLAIN: loss,
        "pos_weight (C,)": partial(loss, pos_weight=by_class),
        "weight (C,)": partial(loss, by_class),
        "weight (N, 1)": partial(loss, by_sample),
        "weight (N, C)": partial(loss, np.broadcast_to(by_class, shape).copy()),
        "weight (N, 1), reduction='weighted_mean'": partial(loss, by_sample, reduction="weighted_mean"),
        "label_smoothing=0.1": partial(loss, label_smoothing=0.1),
        "where (N, C), nine in ten": partial(loss, where=random.random(shape) < 0.9),
        "where (N, 1), nine in ten": partial(loss, where=random.random((rows, 1)) < 0.9),
        "axis=0": partial(loss, axis=0),
        "axis=1": partial(loss, axis=1),
        "check=False": partial(loss, check=False),
        **{
            f"{dtype} labels": partial(bk.binary_cross_entropy_with_logits, x, t.astype(dtype))
            for dtype in ("bool", "int8", "int64", "float64")
        },
        "every second column": partial(bk.binary_cross_entropy_with_logits, wide["x"][:, ::2], wide["t"][:, ::2]),
        "Fortran order": partial(bk.binary_cross_entropy_with_logits, np.asfortranarray(x), np.asfortranarray(t)),
        "Fortran order, labels in C order": partial(bk.binary_cross_entropy_with_logits, np.asfortranarray(x), t),
        "float16 logits": partial(bk.binary_cross_entropy_with_logits, x.astype("float16"), t),
        "float64 logits": partial(bk.binary_cross_entropy_with_logits, x.astype("float64"), t),
        "reduction='none'": partial(loss, reduction="none"),
        "gradient": partial(bk.binary_cross_entropy_with_logits_grad, x, t),
        "value and gradient": partial(bk.binary_cross_entropy_with_logits_value_and_grad, x, t),
        "value and gradient, out=": partial(
            bk.binary_cross_entropy_with_logits_value_and_grad, x, t, out=(None, np.empty_like(x))
        ),
        "gradient and curvature": partial(bk.binary_cross_entropy_with_logits_grad_and_hess, x, t),
        "on probabilities": partial(bk.binary_cross_entropy, q, t),
    }


def report(result: Result) -> str:
    size = result["shape"][0] * result["shape"][1]
    plain = result["variants"][0]["minimum"]
    return "\n\n".join(
        [
            f"""\
Shape {tuple(result["shape"])}, one thread; best and upper quartile. Plain is the mean on logits, float32 throughout,
in C order. Each is called again and again, so that its arrays are in the third-level cache as far as they go. The last
column is for the first call after all others, whose arrays have driven out its own.""",
            table(
                ["bcekit", "ns per element", "times plain", "first call"],
                [
                    [r["peer"], spread(r, size * 1e-9), digits(r["minimum"] / plain), digits(r["first"] / plain)]
                    for r in result["variants"]
                ],
            ),
            "The mean with `pos_weight` of shape (C,), all float32, against the peers:",
            table(
                ["", "ns per element", "times bcekit"],
                [
                    [r["peer"], spread(r, size * 1e-9), digits(r["minimum"] / result["pos_weight"][0]["minimum"])]
                    for r in result["pos_weight"]
                ],
            ),
        ]
    )


def losses(result: Result) -> list[str]:
    factor, name = ratio(result["pos_weight"])
    return [f"Mean with pos_weight: {name} takes {factor:.2f} of our time"] if factor < 1 else []
