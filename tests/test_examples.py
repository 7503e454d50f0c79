"""The examples run to the end on their real data and say what they promise to say."""

import re
import struct
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"


def run(name, folder, *options):
    return subprocess.run(
        [sys.executable, str(EXAMPLES / f"{name}.py"), *options],
        cwd=folder, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def picture_size(path):
    """Width and height that a PNG file's header states."""
    head = path.read_bytes()[:24]
    assert head.startswith(b"\x89PNG\r\n\x1a\n")
    return struct.unpack(">II", head[16:24])


@pytest.mark.parametrize(("name", "bound"), [("breast_cancer", 0.15), ("multilabel_digits", 0.26)])
def test_runs_to_the_end(name, bound, tmp_path):
    result = run(name, tmp_path)
    assert result.returncode == 0, result.stderr
    losses = [float(text) for text in re.findall(r"held-out log loss.*?: (\d\.\d+)", result.stdout)]
    assert losses
    assert max(losses) < bound
    width, height = picture_size(tmp_path / f"{name}.png")
    assert 800 <= width <= 2400
    assert 400 <= height <= 1600
    assert "iterations" in result.stderr  # the progress


def test_agrees_with_scikit_learn(tmp_path):
    result = run("breast_cancer", tmp_path, "--seed", "7", "--output", "elsewhere/picture.png")
    assert result.returncode == 0, result.stderr
    assert "agrees with scikit-learn" in result.stdout
    assert (tmp_path / "elsewhere" / "picture.png").exists()


def test_undoing_pos_weight_helps(tmp_path):
    output = run("multilabel_digits", tmp_path).stdout
    loss = dict(re.findall(r"all labels, (.+): (\d\.\d+)", output))
    assert float(loss["corrected"]) < float(loss["with pos_weight"])


@pytest.mark.parametrize("name", ["breast_cancer", "multilabel_digits"])
def test_mistakes_in_options_are_told(name, tmp_path):
    result = run(name, tmp_path, "--l2", "-1")
    assert result.returncode == 2
    assert "--l2" in result.stderr
