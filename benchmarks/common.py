"""What the subjects share: settings, data, the machine, and tables."""

import os
import platform
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

import bcekit
from benchmarks.peers import Peer

OURS = "bcekit"
Result = dict[str, Any]  # of a subject: figures that JSON can hold


@dataclass(frozen=True)
class Settings:
    peers: list[Peer]  # bcekit is the first
    quick: bool = False
    sizes: tuple[int, ...] | None = None

    @property
    def seconds(self) -> float:
        """How long each comparison may take, when its calls are fast enough for that."""
        return 0.05 if self.quick else 2.0

    @property
    def rounds(self) -> int:
        return 3 if self.quick else 7


@contextmanager
def one_cpu() -> Iterator[None]:
    """Hold this process to one CPU, where the system lets it, and the threads that libraries start meanwhile."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    usable = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(usable)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, usable)


def data(shape: int | tuple[int, ...], dtype: str, seed: int = 1) -> dict[str, np.ndarray]:
    """Logits x, hard labels t and probabilities q of one dtype, and an array to write to."""
    random = np.random.default_rng(seed)
    x = (3 * random.standard_normal(shape)).astype(dtype)
    t = random.integers(0, 2, shape).astype(dtype)
    q = np.clip(1 / (1 + np.exp(-x)), 1e-6, 1 - 1e-6).astype(dtype)  # inside, for those who would warn at the ends
    return {"x": x, "t": t, "q": q, "out": np.empty_like(x)}


def bind(peers: Iterable[Peer], case: str, *arrays: np.ndarray) -> dict[str, Callable[[], Any]]:
    """Calls of the peers that have the case, after a check that they agree with bcekit, the first of them."""
    calls: dict[str, Callable[[], Any]] = {}
    expected = None
    for peer in peers:
        call = peer.bind(case, *arrays)
        if call is None:
            continue
        got = tuple(np.asarray(part).reshape(-1).copy() for part in as_tuple(call()))
        expected = expected or got
        for ours, theirs in zip(expected, got, strict=True):
            np.testing.assert_allclose(theirs, ours, rtol=1e-3, atol=1e-5, err_msg=f"{peer.name}, {case}")
        calls[peer.name] = call
    return calls


def as_tuple(result: Any) -> tuple[Any, ...]:
    return tuple(result) if isinstance(result, tuple | list) else (result,)


# ---------------------------------------------------------------------------------------------------------------------
# Where and with what
# ---------------------------------------------------------------------------------------------------------------------


def machine(peers: Sequence[Peer], missing: Sequence[str], *, quick: bool) -> dict[str, str]:
    """What the figures depend on."""
    config = bcekit.show_config(mode="dicts")
    versions = dict.fromkeys(f"{peer.packages[0]} {peer.version()}" for peer in peers)
    facts = {
        "Date": f"{datetime.now(UTC):%Y-%m-%d}",
        "Processor": f"{processor()}, {os.cpu_count()} cores{caches()}",
        "System": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        "Versions": ", ".join(versions),
        "Peers that are missing": ", ".join(missing) or "none",
        "bcekit's kernels": f"{config['isa']} (of {', '.join(config['isa_available'])})",
        "Load before": f"{os.getloadavg()[0]:.1f} processes" if hasattr(os, "getloadavg") else "unknown",
    }
    return facts | ({"Quick": "yes, for a look: these figures are no evidence"} if quick else {})


def processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def caches() -> str:
    folders = sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*"))
    read = [tuple((folder / part).read_text(encoding="utf-8").strip() for part in ("level", "type", "size"))
            for folder in folders if (folder / "size").exists()]  # fmt: skip
    sizes = [f"L{level} {size}" for level, kind, size in read if kind != "Instruction"]
    return f", {', '.join(sizes)}" if sizes else ""


# ---------------------------------------------------------------------------------------------------------------------
# Tables
# ---------------------------------------------------------------------------------------------------------------------


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table that is also readable as it is: the first column to the left, numbers to the right."""
    cells = [list(header), *(list(row) for row in rows)]
    widths = [max(3, *(len(row[column]) for row in cells)) for column in range(len(header))]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    lines = [
        " | ".join(
            [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        )
        for row in [cells[0], rule, *cells[1:]]
    ]
    return "\n".join(f"| {line} |" for line in lines)


def facts(machine: Mapping[str, str]) -> str:
    return "\n".join(f"- {name}: {fact}" for name, fact in machine.items())


def digits(value: float) -> str:
    """Two or three significant digits, never an exponent."""
    return f"{value:.2f}" if value < 9.995 else f"{value:.1f}" if value < 99.95 else f"{value:,.0f}"


def spread(timing: Mapping[str, Any], unit: float) -> str:
    """Best time and, as the spread, the upper quartile, in `unit` seconds."""
    return f"{digits(timing['minimum'] / unit)} – {digits(timing['upper'] / unit)}"


def ratio(records: Sequence[Mapping[str, Any]], ours: str = OURS) -> tuple[float, str]:
    """How many times as fast we are as the fastest peer, and its name; (nan, "") without a peer."""
    own = [record["minimum"] for record in records if record["peer"] == ours]
    others = [(record["minimum"], record["peer"]) for record in records if record["peer"] != ours]
    if not own or not others:
        return float("nan"), ""
    best, name = min(others)
    return best / own[0], name


def size_name(size: int) -> str:
    for power, suffix in ((20, "Mi"), (10, "Ki")):
        if size >= 1 << power and size % (1 << power) == 0:
            return f"{size >> power} {suffix}"
    return str(size)


def clock(start: float) -> str:
    return f"{time.perf_counter() - start:.0f} s"
