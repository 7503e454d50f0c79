"""The tables in the kernels are those that tools/coefficients derives."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
KERNELS = ROOT / "src" / "bcekit" / "kernels"


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_tables_are_derived(precision):
    command = [sys.executable, str(ROOT / "tools" / "coefficients" / f"{precision}.py"), "--tables"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=600)
    name = precision.replace("float", "tables")
    assert done.stdout == (KERNELS / f"{name}.pxi").read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_constants_are_derived(precision):
    command = [sys.executable, str(ROOT / "tools" / "coefficients" / f"{precision}.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=600)
    texts = [(KERNELS / name).read_text(encoding="utf-8") for name in (f"{precision}.pxi", "octaves.pxi")]
    written = [line.split() for text in texts for line in text.splitlines()]
    for line in done.stdout.splitlines():
        assert line.split() in written
