"""What both examples need and neither is about: reading a table, splitting it, calibration, printing, saving.

Nothing here uses bcekit; skip this file at first reading.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

try:
    import matplotlib as mpl
except ModuleNotFoundError as error:
    raise SystemExit(f"The examples need {error.name}. Install it with: python -m pip install '.[examples]'") from error

mpl.use("Agg")  # draw into files; no window, no display needed
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

Floats = npt.NDArray[np.floating[Any]]
Integers = npt.NDArray[np.integer[Any]]
Bools = npt.NDArray[np.bool_]

DATA = Path(__file__).resolve().parent / "data"

# The colours of Okabe and Ito, which remain apart for colour-blind readers.
BLUE, ORANGE, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#767676"


def positive(text: str) -> float:
    """An argparse type: a finite number above zero."""
    number = float(text)
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"must be a number above 0, not {text}")
    return number


def count(text: str) -> int:
    """An argparse type: a whole number above zero."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number above 0, not {text}")
    return number


def share(text: str) -> float:
    """An argparse type: a number strictly between 0 and 1."""
    number = float(text)
    if not 0 < number < 1:
        raise argparse.ArgumentTypeError(f"must lie between 0 and 1, not {text}")
    return number


def argument_parser(description: str | None, *, output: str) -> argparse.ArgumentParser:
    """A parser with the options that every example has."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--output", type=Path, default=Path(output), help="where to write the picture")
    parser.add_argument("--seed", type=int, default=0, help="seed of everything random")
    parser.add_argument("--held-out", type=share, default=0.3, help="share of the rows kept for the evaluation")
    return parser


def read_table(name: str) -> tuple[Floats, Integers]:
    """Read a table of ``examples/data``: the features, and the label in its last column."""
    table = np.loadtxt(DATA / name, delimiter=",", skiprows=1)
    return table[:, :-1], table[:, -1].astype(np.int64)


def stratified_split(classes: Integers, held_out: float, rng: np.random.Generator) -> Bools:
    """Mark the same share of every class, drawn at random, as held out."""
    mask = np.zeros(classes.size, dtype=bool)
    for value in np.unique(classes):
        rows = rng.permutation(np.flatnonzero(classes == value))
        mask[rows[: round(held_out * rows.size)]] = True
    return mask


class Bin(NamedTuple):
    """The rows whose predicted probability lies in ``[lower, upper)``."""

    lower: float
    upper: float
    rows: int
    predicted: float  # the mean predicted probability
    observed: float  # the share of positive rows, which equals `predicted` if the model is calibrated
    low: float  # Wilson's 95 % interval for `observed`: few rows leave it wide
    high: float


def calibration(probability: Floats, label: npt.NDArray[Any], bins: int) -> list[Bin]:
    """Compare predicted probabilities with observed shares in bins of equal width, leaving out empty bins."""
    edges = np.linspace(0, 1, bins + 1)
    index = np.digitize(probability, edges[1:-1])
    result = []
    for k in np.unique(index):
        inside = index == k
        n, observed = int(inside.sum()), float(label[inside].mean())
        z = 1.96
        centre = (observed + z**2 / (2 * n)) / (1 + z**2 / n)
        half = z * np.sqrt(observed * (1 - observed) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
        # Wilson's interval holds `observed` itself; min and max only keep rounding from saying otherwise.
        low, high = min(centre - half, observed), max(centre + half, observed)
        predicted = float(probability[inside].mean(dtype=np.float64))
        result.append(Bin(edges[k], edges[k + 1], n, predicted, observed, max(low, 0.0), min(high, 1.0)))
    return result


def draw_calibration(axes: Axes, bins: Sequence[Bin], *, label: str, colour: str, marker: str = "o") -> None:
    """Add one calibration curve with its 95 % intervals to ``axes``."""
    observed = np.array([b.observed for b in bins])
    interval = np.array([[b.observed - b.low for b in bins], [b.high - b.observed for b in bins]])
    axes.errorbar(
        [b.predicted for b in bins], observed, interval, label=label, color=colour, marker=marker, capsize=3, lw=1.5
    )


def dress_calibration(axes: Axes, title: str) -> None:
    """Axes, diagonal and legend of a calibration plot, after its curves are in."""
    axes.plot([0, 1], [0, 1], color=GREY, ls="--", lw=1, label="perfectly calibrated", zorder=0)
    axes.set(xlabel="mean predicted probability", ylabel="observed share", title=title)
    axes.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03), aspect="equal")
    axes.legend(loc="lower right", frameon=False)


def new_figure(columns: int, width: float) -> tuple[Figure, Any]:
    """A figure with ``columns`` panels side by side, in the style that the examples share."""
    plt.rcParams.update({"axes.spines.top": False, "axes.spines.right": False, "axes.grid": True, "grid.alpha": 0.25})
    return plt.subplots(1, columns, figsize=(width, 4.6), layout="constrained")


def save(figure: Figure, output: Path) -> None:
    """Write the figure, making its folder if need be, and say where it is."""
    output.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(output, dpi=120)
    plt.close(figure)
    print(f"\npicture: {output}")


def print_table(title: str, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a plain table: the first column to the left, all others to the right."""
    lines = [list(headings), *map(list, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    lines.insert(1, ["-" * width for width in widths])
    print(f"\n{title}")
    for first, *others in lines:
        cells = [first.ljust(widths[0]), *(c.rjust(w) for c, w in zip(others, widths[1:], strict=True))]
        print("  " + "  ".join(cells))
