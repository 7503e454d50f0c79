"""A few seconds of tools/fuzz: the same cases on every run."""

import subprocess
import sys
from pathlib import Path

import pytest

FUZZ = Path(__file__).parent.parent / "tools" / "fuzz"


@pytest.mark.parametrize(("seed", "cases"), [(1, 3000), pytest.param(2, 300_000, marks=pytest.mark.slow)])
def test_anything(seed, cases):
    command = [sys.executable, str(FUZZ), "--seed", str(seed), "--cases", str(cases), "--seconds", "600"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=900)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{cases} executions" in done.stdout
