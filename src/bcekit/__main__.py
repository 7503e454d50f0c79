"""``python -m bcekit``: what is installed and in use, and a worked example."""

from __future__ import annotations

import numpy as np

import bcekit

LOGITS = [[-0.6117, 0.1446, 0.0415], [-1.5376, -0.2599, -0.9680]]
TARGET = [[0, 1, 0], [0, 1, 1]]


def main() -> None:
    """Print the configuration and the example."""
    bcekit.show_config()
    x = np.array(LOGITS)
    t = np.array(TARGET)
    probability = bcekit.sigmoid(x)
    loss = bcekit.binary_cross_entropy_with_logits(x, t, reduction="none")
    grad = bcekit.binary_cross_entropy_with_logits_grad(x, t, reduction="none")
    print("\nBinary cross-entropy of six logits\n")
    print(f"{'logit':>9} {'target':>7} {'sigmoid':>9} {'loss':>8} {'gradient':>9}")
    for row in zip(x.flat, t.flat, probability.flat, loss.flat, grad.flat, strict=True):
        print("{:9.4f} {:7d} {:9.4f} {:8.4f} {:9.4f}".format(*row))
    print(f"\nmean, from logits         {bcekit.binary_cross_entropy_with_logits(x, t):.4f}")
    print(f"mean, from probabilities  {bcekit.binary_cross_entropy(probability, t):.4f}")


if __name__ == "__main__":
    main()
