"""Memory and its traffic: temporaries, distance from reading alone, size of the package, time to import.

As a program, ``python -m benchmarks.memory PEER``, it prints the extra memory of one call of one peer.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import Any

import numpy as np

import bcekit as bk
from benchmarks.common import OURS, Result, Settings, data, digits, spread, table
from benchmarks.peers import Peer, load
from benchmarks.timing import measure as time_calls

TITLE = "Memory, size and import"
SHAPE, QUICK_SHAPE = (1 << 20, 16), (1 << 16, 16)
QUICK = "BENCHMARKS_QUICK"  # tells the other process about --quick
NOTHING = 1 << 20  # bytes of extra memory that are not worth a comparison
IMPORTS = {
    "bcekit": "bcekit",
    "SciPy": "scipy.special",
    "scikit-learn": "sklearn.metrics, sklearn._loss",
    "PyTorch": "torch",
    "JAX jit": "jax.numpy",
    "optax jit": "optax",
}


def measure(settings: Settings) -> Result:
    names = [peer.name for peer in settings.peers]
    return {
        "shape": list(QUICK_SHAPE if settings.quick else SHAPE),
        "traffic": traffic(settings),
        "peak": {name: temporaries(name, quick=settings.quick) for name in names}
        if Path("/proc/self/clear_refs").exists()
        else {},
        "installed": {peer.name: installed(peer) for peer in settings.peers if peer.name in IMPORTS},
        "imports": {
            name: import_time(modules, repeats=1 if settings.quick else 5)
            for name, modules in IMPORTS.items()
            if name in names
        },
    }


# ---------------------------------------------------------------------------------------------------------------------
# A mean against the reading of its inputs
# ---------------------------------------------------------------------------------------------------------------------


def traffic(settings: Settings) -> list[dict[str, Any]]:
    """A mean reads two arrays; np.add reads the same two and writes a third, so two thirds of its time is reading."""
    arrays = data(QUICK_SHAPE if settings.quick else SHAPE, "float32")
    calls: dict[str, Callable[[], object]] = {
        "np.add": partial(np.add, arrays["x"], arrays["t"], out=arrays["out"]),
        "mean": partial(bk.binary_cross_entropy_with_logits, arrays["x"], arrays["t"]),
    }
    bk.set_num_threads(1)
    return [timing.record(peer=name) for name, timing in time_calls(calls, settings.seconds, settings.rounds).items()]


# ---------------------------------------------------------------------------------------------------------------------
# Temporaries
# ---------------------------------------------------------------------------------------------------------------------


def temporaries(name: str, *, quick: bool) -> int | None:
    """Bytes beyond the inputs that a masked and weighted mean needs, in a process of its own; None if it fails.

    glibc is told to give back at once what is freed, or the first call's temporaries would hide the second one's.
    """
    environment = {QUICK: "1" if quick else "", "MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "65536"}
    command = [sys.executable, "-m", "benchmarks.memory", name]
    ended = subprocess.run(
        command,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    return int(ended.stdout) if ended.returncode == 0 and ended.stdout.strip() else None


def peak(name: str, shape: tuple[int, int]) -> int | None:
    """How far the resident memory rises above the level before the call (Linux), the second one of two."""
    arrays = data(shape, "float32")
    weights = np.linspace(0.5, 4, shape[1], dtype="float32")
    where = np.random.default_rng(2).random(shape) < 0.9
    x, t = arrays["x"], arrays["t"].astype("int8")
    del arrays
    [peer] = [peer for peer in load([name])[0] if peer.name == name]
    call = peer.bind("masked_mean", x, t, weights, where)
    if call is None:
        return None
    call()
    Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")  # the high-water mark starts anew
    before = resident("VmRSS")
    call()
    return resident("VmHWM") - before


def resident(field: str) -> int:
    status = dict(line.split(":") for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines())
    return int(status[field].removesuffix("kB")) * 1024


# ---------------------------------------------------------------------------------------------------------------------
# The package
# ---------------------------------------------------------------------------------------------------------------------


def installed(peer: Peer) -> int:
    """Bytes on disk of what has to be installed besides NumPy, compiled Python left out."""
    if peer.name == OURS:  # perhaps run from its sources: only what a wheel holds
        found = [
            path
            for path in Path(bk.__file__).parent.rglob("*")
            if path.suffix in {".py", ".pyi", ".so", ".pyd", ".typed"}
        ]
    else:
        found = []
        for package in peer.packages:
            try:
                found += [Path(str(path.locate())) for path in files(package) or () if path.suffix != ".pyc"]
            except PackageNotFoundError:
                continue
    return sum(path.stat().st_size for path in found if path.is_file())


def import_time(modules: str, repeats: int) -> float:
    """Seconds that the import takes when NumPy is there already, best of some fresh processes without the first."""
    program = f"import time, numpy; start = time.perf_counter(); import {modules}; print(time.perf_counter() - start)"
    times = []
    for _ in range(repeats + 1):
        ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        times.append(float(ended.stdout))
    return min(times[1:])


# ---------------------------------------------------------------------------------------------------------------------


def report(result: Result) -> str:
    size = result["shape"][0] * result["shape"][1]
    add, mean = result["traffic"]
    ours, theirs = spread(mean, size * 1e-9), spread(add, size * 1e-9)
    times = digits(mean["minimum"] / (add["minimum"] * 2 / 3))
    parts = [
        f"""\
Float32 logits of shape {tuple(result["shape"])}, one thread. A mean takes {ours} ns per element (best and upper
quartile), `np.add` of the same inputs {theirs}; two thirds of that is reading, so the mean takes **{times} times** as
long as reading its inputs."""
    ]
    if result["peak"]:
        parts += [
            "Extra memory of a mean with int8 labels, `pos_weight` of shape (C,) and a mask, by the resident size:",
            table(
                ["", "MiB", "times the logits"],
                [
                    [name, digits(extra / 2**20), digits(extra / (4 * size))]
                    for name, extra in result["peak"].items()
                    if extra is not None
                ],
            ),
        ]
    parts += [
        """\
Size of what is installed besides NumPy, its main dependencies included, and time to import it when NumPy is imported
already:""",
        table(
            ["", "MB", "ms"],
            [
                [name, digits(result["installed"][name] / 1e6), digits(time * 1e3)]
                for name, time in result["imports"].items()
            ],
        ),
    ]
    return "\n\n".join(parts)


def losses(result: Result) -> list[str]:
    found = []
    for what, figures in (("Extra memory", "peak"), ("Installed size", "installed"), ("Import", "imports")):
        ours = result[figures].get(OURS)
        for name, theirs in result[figures].items():
            if ours is not None and theirs is not None and theirs < ours and not (figures == "peak" and ours < NOTHING):
                found.append(f"{what}: {name} needs {theirs / ours:.2f} of ours")
    return found


if __name__ == "__main__":
    extra = peak(sys.argv[1], QUICK_SHAPE if os.environ.get(QUICK) else SHAPE)
    print("" if extra is None else extra)
