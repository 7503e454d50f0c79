"""Which kernel runs: chosen once, at import, by what processor and operating system support."""

from __future__ import annotations

import os
import platform
from importlib.util import find_spec
from typing import Any, Literal, overload

import numpy as np

from bcekit import _engine, _threads
from bcekit._version import __version__
from bcekit.kernels import _cpu

LEVELS = ("baseline", "v3", "v4")


def load(isa: str) -> Any:
    """Import one kernel; by plain import statements, so that freezers see them."""
    if isa == "v4":
        from bcekit.kernels import _v4

        return _v4
    if isa == "v3":
        from bcekit.kernels import _v3

        return _v3
    from bcekit.kernels import _baseline

    return _baseline


def choose() -> str:
    """Put the best kernel, or the one that BCEKIT_ISA names, to use and return its name."""
    supported = _cpu.levels()
    wanted = os.environ.get("BCEKIT_ISA", "")
    if wanted and wanted not in supported:
        reason = (
            "this CPU or operating system cannot run it" if wanted in LEVELS else "there is no such instruction set"
        )
        raise ImportError(f"BCEKIT_ISA={wanted!r}: {reason}; available here: {', '.join(available())}")
    for isa in [wanted] if wanted else reversed(supported):
        try:
            kernel = load(isa)
        except ModuleNotFoundError:  # left out of the build by a compiler without the flags
            if wanted:
                raise ImportError(f"BCEKIT_ISA={wanted!r}: this build of bcekit has no such kernel") from None
            continue
        _engine.use_kernel(kernel.run_capsule)
        return isa
    raise ImportError("this build of bcekit has no kernel at all; reinstall it")


def available() -> list[str]:
    """Return the instruction sets that this machine runs and this build has."""
    return [isa for isa in _cpu.levels() if find_spec(f"bcekit.kernels._{isa}")]


in_use = choose()


@overload
def show_config(mode: Literal["stdout"] = ...) -> None: ...
@overload
def show_config(mode: Literal["dicts"]) -> dict[str, Any]: ...
def show_config(mode: Literal["stdout", "dicts"] = "stdout") -> dict[str, Any] | None:
    """Show versions, the instruction set in use and the number of threads.

    Parameters
    ----------
    mode : {"stdout", "dicts"}
        Print lines, or return a dictionary.

    Returns
    -------
    dict or None
        With ``mode="dicts"`` the keys ``bcekit``, ``numpy``, ``python``, ``machine``, ``cpu``, ``isa`` (the
        instruction set in use), ``isa_available`` and ``threads``.

    Raises
    ------
    ValueError
        If `mode` is neither of the two.

    Examples
    --------
    >>> import bcekit
    >>> bcekit.show_config(mode="dicts")["isa"] in {"baseline", "v3", "v4"}
    True
    """
    if mode not in {"stdout", "dicts"}:
        raise ValueError(f"mode must be 'stdout' or 'dicts', got {mode!r}")
    config = {
        "bcekit": __version__,
        "numpy": np.__version__,
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "machine": f"{platform.machine()} {platform.system()}",
        "cpu": _cpu.brand() or platform.processor() or "unknown",
        "isa": in_use,
        "isa_available": available(),
        "threads": _threads.get_num_threads(),
    }
    if mode == "dicts":
        return config
    for key, value in config.items():
        print(f"{key:<14} {', '.join(value) if isinstance(value, list) else value}")
    return None
