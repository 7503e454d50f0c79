"""Write data/bits.json: a hash of every function's results, which every build on every machine must reproduce.

    python tests/bits.py

Run it when the numerics change on purpose; that the change is an improvement is for test_values.py to say. The inputs
are made of integers and exact fractions alone, so that no mathematical library has a say in them.
"""

import hashlib
import itertools
import json
from pathlib import Path

import numpy as np

import bcekit

FILE = Path(__file__).parent / "data" / "bits.json"
COUNT = 40_000
DTYPES = {"float16": ("u2", 40503), "float32": ("u4", 2654435769), "float64": ("u8", 11400714819323198485)}
ACTIVATIONS = ("sigmoid", "sigmoid_grad", "log_sigmoid", "log_sigmoid_grad", "softplus", "logit")
REDUCTIONS = ("none", "mean", "sum", "weighted_mean")


def patterns(dtype):
    """Bit patterns spread evenly over the format: every exponent, both signs, infinities and NaNs."""
    word, golden = DTYPES[dtype]
    with np.errstate(over="ignore"):
        return (np.arange(COUNT, dtype=word) * np.array(golden, word)).view(dtype)


def inputs(dtype):
    """Real numbers of all sizes, and as many of ordinary size."""
    ordinary = ((np.arange(COUNT) * 7919) % 65536 - 32768) / 1024
    return np.concatenate([patterns(dtype), ordinary.astype(dtype)])


def unit(dtype):
    """Numbers in [0, 1]: down to the smallest, and evenly spread."""
    tiny = np.abs(patterns(dtype))
    even = ((np.arange(COUNT) * 7919) % 1025) / 1024
    return np.concatenate([tiny[tiny <= 1], even.astype(dtype)])


def digest(results):
    sha = hashlib.sha256()
    for result in results if isinstance(results, tuple) else (results,):
        array = np.asarray(result)
        sha.update(array.astype(array.dtype.newbyteorder("<")).tobytes())
    return sha.hexdigest()[:16]


def hashes():
    """Each call by name, with the hash of what it gives."""
    for dtype in DTYPES:
        x, q = inputs(dtype), unit(dtype)
        finite = x[np.isfinite(x)]
        for name in ACTIVATIONS:
            yield f"{name} {dtype}", digest(getattr(bcekit, name)(q if name == "logit" else x))
        for (name, everything), reduction in itertools.product(
            (("binary_cross_entropy", q), ("binary_cross_entropy_with_logits", finite), ("sigmoid_focal_loss", finite)),
            REDUCTIONS,
        ):
            # a sum that overflows says nothing; NumPy 1 makes float16 and Python's 1000 float32
            bounds = np.array([-1000, 1000], dtype)
            operand = everything if reduction == "none" else np.clip(everything, *bounds)
            target = ((np.arange(operand.size) % 9) / 8).astype(dtype)
            options = {"weight": ((np.arange(operand.size) % 5 + 1) / 4).astype(dtype), "reduction": reduction}
            if name != "sigmoid_focal_loss":
                options["pos_weight"] = 3
            entries = ("_value_and_grad",) if name == "binary_cross_entropy" else ("_value_and_grad", "_grad_and_hess")
            for entry in entries:
                result = getattr(bcekit, name + entry)(operand, target, **options)
                yield f"{name}{entry} {reduction} {dtype}", digest(result)


if __name__ == "__main__":
    FILE.write_text(json.dumps(dict(hashes()), indent=1) + "\n")
