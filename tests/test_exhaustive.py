"""Every float32, or in the normal run every 5003rd, through every function of one argument."""

import importlib.util
from pathlib import Path

import pytest

PATH = Path(__file__).parents[1] / "tools" / "exhaustive.py"
SPEC = importlib.util.spec_from_file_location("exhaustive", PATH)
exhaustive = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(exhaustive)


@pytest.mark.parametrize("name", exhaustive.FUNCTIONS + exhaustive.LOSSES)
def test_a_sample(name):
    error, where = exhaustive.measure(name, every=5003, threads=1)
    assert error <= exhaustive.LIMIT, f"at {where!r}"


@pytest.mark.slow
@pytest.mark.parametrize("name", exhaustive.FUNCTIONS + exhaustive.LOSSES)
def test_all(name):
    error, where = exhaustive.measure(name, every=1, threads=2)
    assert error <= exhaustive.LIMIT, f"at {where!r}"
