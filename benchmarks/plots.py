"""The figures of the README and the documentation: `draw` takes what the subjects measured."""

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.ticker import FuncFormatter, NullFormatter

from benchmarks import accuracy, speed
from benchmarks.common import OURS, Result, size_name
from benchmarks.peers import NAMES

# Okabe and Ito's colours, distinguishable by everybody; black and thick is ours.
COLOURS = ("#000000", "#E69F00", "#56B4E9", "#009E73", "#D55E00", "#CC79A7", "#0072B2", "#999999")
MARKS = "os^vDPX<"
STYLES = {name: {"color": COLOURS[i], "marker": MARKS[i]} for i, name in enumerate(NAMES)}
SETTINGS: dict[Any, Any] = {
    "svg.hashsalt": "bcekit",  # the same figures give the same file
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e4e4e4",
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "legend.frameon": False,
    "figure.facecolor": "white",
}
LEAST, MOST = 0.2, 1e9  # of the axis of errors in float32: a perfect result and one that is not finite still show


def draw(results: Mapping[str, Result], folder: Path) -> list[Path]:
    """Draw what there are results for, and return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn = []
    with mpl.rc_context(SETTINGS):
        for dtype in speed.DTYPES:
            if "speed" in results:
                drawn.append(save(speed_figure(results["speed"], dtype), folder / f"speed_{dtype}.svg"))
            if dtype in results.get("accuracy", {}):
                drawn.append(save(accuracy_figure(results["accuracy"][dtype], dtype), folder / f"accuracy_{dtype}.svg"))
    return drawn


def save(figure: Any, path: Path) -> Path:
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
    return path


def order(name: str) -> int:
    """Ours is drawn last, on top of the others."""
    return 10 if name == OURS else 3


def legend(figure: Any, lines: Mapping[str, Any]) -> None:
    names = [name for name in NAMES if name in lines]
    figure.legend([lines[name] for name in names], names, loc="outside lower center", ncols=4, columnspacing=1.5)


def speed_figure(result: Result, dtype: str) -> Any:
    figure, axes = plt.subplots(2, 2, figsize=(9, 7), sharex=True, sharey=True, layout="constrained")
    lines: dict[str, Any] = {}
    cases = [(case, by_size) for case, of, by_size in speed.groups(result) if of == dtype]
    for axis, (case, by_size) in zip(axes.flat, cases, strict=True):
        points: dict[str, list[tuple[int, float]]] = {}
        for size, records in by_size.items():
            for record in records:
                points.setdefault(record["peer"], []).append((size, record["minimum"] / size * 1e9))
        for name, of_peer in points.items():
            width = 2.6 if name == OURS else 1.3
            [lines[name]] = axis.loglog(
                *zip(*of_peer, strict=True), **STYLES[name], lw=width, ms=4.5, zorder=order(name)
            )
        axis.set_title(speed.CASES[case][0], loc="left")
        axis.set_xticks(list(by_size), [size_name(size) for size in by_size], fontsize=9)
        axis.xaxis.set_minor_formatter(NullFormatter())
        axis.yaxis.set_major_formatter(
            FuncFormatter(lambda value, _: f"{value:g}" if value < 1000 else f"{value:,.0f}")
        )
        axis.minorticks_off()
        axis.label_outer()
    figure.supxlabel("elements", fontsize=10)
    figure.supylabel("nanoseconds per element (less is better)", fontsize=10)
    figure.suptitle(f"Time per element, {dtype}, one thread", x=0.01, ha="left", fontsize=12)
    legend(figure, lines)
    return figure


def accuracy_figure(found: Result, dtype: str) -> Any:
    most = MOST if dtype == "float32" else 1e18
    edges = found["edges"]
    middles = [(left + right) / 2 for left, right in pairwise(edges)]
    figure, axes = plt.subplots(1, 3, figsize=(11, 4.4), sharex=True, sharey=True, layout="constrained")
    lines: dict[str, Any] = {}
    for axis, (key, (title, *_)) in zip(axes, accuracy.QUANTITIES.items(), strict=True):
        for name, errors in found[key].items():
            heights = [min(max(error, LEAST), most) for error in errors["bins"]]
            width = 2.2 if name == OURS else 1.1
            style = STYLES[name] | {"marker": None}
            [lines[name]] = axis.semilogy(middles, heights, **style, lw=width, zorder=order(name))
        axis.axhline(1, color="#888888", lw=0.8, ls="--", zorder=2)
        axis.set_title(title, loc="left")
        axis.set_xlabel("logit")
        axis.set_xlim(edges[0], edges[-1])
        axis.set_ylim(LEAST / 2, most * 2)
    axes[0].set_ylabel("worst error in ULP (less is better)")
    axes[0].text(edges[0] * 0.97, 1.25, "1 ULP", fontsize=8, color="#555555")
    figure.suptitle(f"Error against the exact value, {dtype}", x=0.01, ha="left", fontsize=12)
    legend(figure, lines)
    return figure
