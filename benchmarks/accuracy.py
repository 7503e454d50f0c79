"""The error of each peer, in units in the last place (ULP), against the logit.

The exact value comes from NumPy's long double, which has to be longer than the dtype: on some platforms it is not, and
then float64 is left out.
"""

from collections.abc import Callable

import numpy as np

from benchmarks.common import OURS, Result, Settings, table

TITLE = "Accuracy"
Real = np.longdouble
RANGES = {
    "float32": (1, 10, 30, 87, 103),
    "float64": (1, 10, 100, 708, 745),
}  # the last but one: the end of normal results
BINS = 160
PER_BIN, QUICK_PER_BIN = 2000, 50


def softplus(x: np.ndarray) -> np.ndarray:
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def sigmoid(x: np.ndarray) -> np.ndarray:
    z = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, z) / (1 + z)


# Title, case, label, and the exact value of the logit as a long double.
QUANTITIES: dict[str, tuple[str, str, int, Callable[[np.ndarray], np.ndarray]]] = {
    "loss": ("Loss at label 0", "losses", 0, softplus),
    "gradient": ("Gradient at label 1", "gradients", 1, lambda x: -sigmoid(-x)),
    "sigmoid": ("Sigmoid", "sigmoid", 0, sigmoid),
}


def measure(settings: Settings) -> Result:
    result: Result = {}
    for dtype, ranges in RANGES.items():
        if np.finfo(Real).nmant <= np.finfo(dtype).nmant:
            continue
        edges, x = logits(dtype, ranges[-1], QUICK_PER_BIN if settings.quick else PER_BIN)
        found: Result = {"edges": edges.tolist()}
        for key, (_, case, label, exact) in QUANTITIES.items():
            other = np.empty_like(x) if case == "sigmoid" else np.full_like(x, label)
            truth = exact(x.astype(Real))
            found[key] = {}
            for peer in settings.peers:
                call = peer.bind(case, x, other)
                if call is not None:
                    with np.errstate(all="ignore"):
                        got = np.asarray(call()).reshape(x.shape)
                    errors = ulps(got, truth, dtype)
                    found[key][peer.name] = {
                        "bins": [float(f"{error:.3g}") for error in errors.max(axis=1)],
                        "worst": [float(errors[np.abs(x) <= end].max()) for end in ranges],
                    }
        result[dtype] = found
    return result


def logits(dtype: str, end: int, per_bin: int) -> tuple[np.ndarray, np.ndarray]:
    """Edges of bins from -end to end, and random logits in each: shape (bins, per_bin)."""
    edges = np.linspace(-end, end, BINS + 1)
    random = np.random.default_rng(1)
    x = edges[:-1, None] + np.diff(edges)[:, None] * random.random((BINS, per_bin))
    return edges, x.astype(dtype)


def ulps(got: np.ndarray, truth: np.ndarray, dtype: str) -> np.ndarray:
    """The distance from the truth in units of its last place; infinite where the result is not finite."""
    info = np.finfo(dtype)
    _, exponent = np.frexp(truth)
    unit = np.ldexp(Real(1), np.maximum(exponent - 1, info.minexp) - info.nmant)
    with np.errstate(invalid="ignore"):
        error = np.abs(got.astype(Real) - truth) / unit
    return np.where(np.isfinite(got), error, np.inf).astype("float64")


def show(error: float) -> str:
    if error < 100:
        return f"{error:.2f}"
    if error < 1e4:
        return f"{error:.0f}"
    return f"{error:.0e}".replace("e+0", "e").replace("e+", "e") if np.isfinite(error) else "not finite"


def report(result: Result) -> str:
    parts = [
        """\
Worst error found, in units in the last place of the exact value, for logits up to a magnitude; in the last column
some results are subnormal. A result of 0 in place of a normal number counts 8e6 to 2e7 in float32 and 5e15 to 9e15 in
float64: nothing of it is right."""
    ]
    for dtype, found in result.items():
        for key, (title, *_) in QUANTITIES.items():
            rows = [[name, *map(show, errors["worst"])] for name, errors in found[key].items()]
            parts += [f"### {title}, {dtype}", table(["", *(f"to {end}" for end in RANGES[dtype])], rows)]
    return "\n\n".join(parts)


def losses(result: Result) -> list[str]:
    """Where a peer's worst error is smaller than ours."""
    lines = []
    for dtype, found in result.items():
        for key, (title, *_) in QUANTITIES.items():
            errors = {name: of["worst"][-1] for name, of in found[key].items()}
            better = [f"{name} {show(error)}" for name, error in errors.items() if error < errors[OURS]]
            if better:
                lines.append(f"{title}, {dtype}: worst error of {', '.join(better)} ULP, ours is {show(errors[OURS])}")
    return lines
