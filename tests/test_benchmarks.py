"""The benchmarks run; what they measure is another matter."""

import os
import subprocess
import sys
from pathlib import Path

import bcekit

ROOT = Path(__file__).parent.parent


def test_speed_quick():
    command = [sys.executable, "-m", "benchmarks", "speed", "--quick", "--sizes=6,100", "--peers=NumPy"]
    path = os.pathsep.join([str(Path(bcekit.__file__).parent.parent), *filter(None, [os.environ.get("PYTHONPATH")])])
    ended = subprocess.run(
        command,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": path, "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )
    assert ended.returncode == 0, ended.stderr
    lines = ended.stdout.splitlines()
    assert "### Mean on logits, float32" in lines
    for name in ("bcekit", "NumPy", "times as fast"):
        rows = [line for line in lines if line.startswith(f"| {name} ")]
        assert len(rows) == 8  # four cases in two dtypes
        assert all(row.count("|") == 4 for row in rows)
    assert "## Where bcekit loses" in lines
