"""The same meaning as PyTorch where PyTorch is accurate: stored numbers, see data/make_torch_reference.py."""

import json
from pathlib import Path

import numpy as np
import pytest

import bcekit

REFERENCE = json.loads((Path(__file__).parent / "data" / "torch_reference.json").read_text("utf-8"))
DATA = {name: np.array(values) for name, values in REFERENCE["data"].items()}


def arguments(case):
    options = {name: DATA.get(value, value) for name, value in case["options"].items()}
    return (DATA[case["input"]], DATA[case["target"]]), options


def name_of(case):
    return "-".join([case["function"], case["target"], *(f"{key}={value}" for key, value in case["options"].items())])


@pytest.mark.parametrize("case", REFERENCE["cases"], ids=name_of)
def test_value_and_gradients(case):
    operands, options = arguments(case)
    function = case["function"]
    value = getattr(bcekit, function)(*operands, **options)
    grad = getattr(bcekit, f"{function}_grad")(*operands, **options)
    results = [(value, case["value"]), (grad, case["grad"])]
    if "target_grad" in case:
        target_grad = getattr(bcekit, f"{function}_grad")(*operands, wrt="target", **options)
        results.append((target_grad, case["target_grad"]))
    for got, want in results:
        np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-14)
