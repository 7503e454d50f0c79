"""Every float32 there is, through every one-argument function: the largest error in units of the last place.

    python tools/exhaustive.py [--function NAME] [--every N] [--threads N]

The reference is the same function in float64, whose own error (1.5 of its units at most, checked against mpmath by the
tests) is a five hundred millionth of what is measured here. All 2**32 inputs take less than a minute per function;
--every 101 takes every 101st.
"""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from tqdm import tqdm

import bcekit

FUNCTIONS = ("sigmoid", "log_sigmoid", "softplus", "sigmoid_grad", "log_sigmoid_grad", "logit")
#: Each of these has its hard-label values, and their gradients and curvature, too: the rest is checked here as well.
LOSSES = ("logits, t=0", "logits, t=1", "gradient, t=0", "gradient, t=1", "hessian", "probabilities, t=0",
          "probabilities, t=1", "their gradient, t=0", "their gradient, t=1")  # fmt: skip
LIMIT = 1.0
CHUNK = 1 << 16


def evaluate(name: str, x: np.ndarray) -> Any:
    """Return the function of this name at x, in the precision of x."""
    if name in FUNCTIONS:
        return getattr(bcekit, name)(x)
    target = np.uint8(name.endswith("1"))
    if name == "hessian":
        return bcekit.binary_cross_entropy_with_logits_grad_and_hess(x, target, reduction="none")[1]
    if name.startswith("logits"):
        return bcekit.binary_cross_entropy_with_logits(x, target, reduction="none")
    if name.startswith("gradient"):
        return bcekit.binary_cross_entropy_with_logits_grad(x, target, reduction="none")
    x = np.clip(x, 0, 1)
    options: dict[str, Any] = {"reduction": "none", "log_floor": None}
    if name.startswith("probabilities"):
        return bcekit.binary_cross_entropy(x, target, **options)
    return bcekit.binary_cross_entropy_grad(x, target, **options)


def worst(name: str, start: int, every: int) -> tuple[float, float]:
    """Return the largest error among some inputs, and the input that has it: 0.5 if all are the nearest float."""
    bits = np.arange(start, min(start + CHUNK * every, 1 << 32), every, dtype=np.uint64).astype(np.uint32)
    x = bits.view(np.float32)
    with np.errstate(all="ignore"):
        got = evaluate(name, x)
        want = evaluate(name, x.astype(np.float64))
        differ = np.flatnonzero(~((got == want.astype(np.float32)) | (np.isnan(got) & np.isnan(want))))
        if not differ.size:
            return 0.5, float(x[0])
        got, want = got[differ], want[differ]
        rounded = want.astype(np.float32)
        # The unit is that of the exact value's binade, not of the one it may be rounded up to.
        below = np.where(np.abs(rounded) > np.abs(want), np.nextafter(np.abs(rounded), 0), np.abs(rounded))
        error = np.abs(got - want) / np.spacing(below)
    big = np.finfo(np.float32).max
    capped = (np.abs(want) > big) & (np.abs(got) == big) & (np.sign(got) == np.sign(want))
    error[~np.isfinite(error)] = np.inf
    error[capped] = 0
    k = int(error.argmax())
    return max(float(error[k]), 0.5), float(x[differ[k]])


def measure(name: str, every: int, threads: int) -> tuple[float, float]:
    """Return the largest error of a function and where it is."""
    starts = range(0, 1 << 32, CHUNK * every)
    with bcekit.threads(1), ThreadPoolExecutor(threads) as pool:
        results = pool.map(lambda start: worst(name, start, every), starts)
        return max(tqdm(results, total=len(starts), desc=name, leave=False, disable=None))


def main() -> int:
    """Print a table; fail if a limit is exceeded."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--function", choices=FUNCTIONS + LOSSES, action="append", help="only this one (repeatable)")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="take every Nth input")
    parser.add_argument("--threads", type=int, default=bcekit.get_num_threads(), metavar="N")
    arguments = parser.parse_args()
    bcekit.set_num_threads(1)
    failed = False
    print(f"{'float32':<22} {'largest ULP':>11}  at (every {arguments.every}. of 2**32 inputs)")
    for name in arguments.function or FUNCTIONS + LOSSES:
        error, where = measure(name, arguments.every, arguments.threads)
        failed |= not error <= LIMIT
        print(f"{name:<22} {error:11.4f}  {where!r}", flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
