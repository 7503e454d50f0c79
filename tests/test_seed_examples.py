"""The two worked examples, digit for digit."""

import numpy as np
import pytest

import bcekit


def printed(values):
    return np.vectorize("{:.4f}".format)(values).tolist()


LOGITS = [[0.5, 0.4, 0.3], [0.3, 0.2, 0.5]]
TARGET = [[0, 1, 0], [1, 0, 0]]


@pytest.mark.parametrize(
    ("reduction", "want"),
    [
        ("mean", "0.7780"),
        ("sum", "4.6680"),
        ("none", [["0.9741", "0.5130", "0.8544"], ["0.5544", "0.7981", "0.9741"]]),
    ],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_first_example(dtype, reduction, want):
    x, t = np.array(LOGITS, dtype), np.array(TARGET, dtype)
    assert printed(bcekit.binary_cross_entropy_with_logits(x, t, reduction=reduction)) == want
    assert printed(bcekit.BCEWithLogitsLoss(reduction=reduction)(x, t)) == want
    assert printed(bcekit.binary_cross_entropy(bcekit.sigmoid(x), t, reduction=reduction)) == want


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_second_example(dtype):
    x = np.array([[-0.6117, 0.1446, 0.0415], [-1.5376, -0.2599, -0.9680]], dtype)
    t = np.array([[0, 1, 0], [0, 1, 1]], dtype)
    q = bcekit.sigmoid(x)
    assert printed(q) == [["0.3517", "0.5361", "0.5104"], ["0.1769", "0.4354", "0.2753"]]
    assert printed(bcekit.binary_cross_entropy(q, t)) == "0.6812"
    assert printed(bcekit.binary_cross_entropy_with_logits(x, t)) == "0.6812"
    assert printed(bcekit.BCELoss()(q, t)) == "0.6812"
