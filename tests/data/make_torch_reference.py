"""Write torch_reference.json: what PyTorch gives where it is accurate, so that the tests need no PyTorch.

    python tests/data/make_torch_reference.py

Logits stay within +-8 and probabilities within [0.01, 0.99]: beyond that the two differ by design, and the other tests
compare with exact values.
"""

import itertools
import json
from pathlib import Path

import torch
import torch.nn.functional as F

SHAPE = (4, 3)
REDUCTIONS = ("none", "mean", "sum")


def focal(x, t, alpha, gamma, reduction):
    """The definition of torchvision.ops.sigmoid_focal_loss, without its clamps."""
    p = torch.sigmoid(x)
    loss = F.binary_cross_entropy_with_logits(x, t, reduction="none") * (p * (1 - t) + (1 - p) * t) ** gamma
    if alpha is not None:
        loss = (alpha * t + (1 - alpha) * (1 - t)) * loss
    return {"none": lambda v: v, "mean": torch.mean, "sum": torch.sum}[reduction](loss)


def tensors():
    generator = torch.Generator().manual_seed(0)

    def uniform(low, high, shape=SHAPE):
        drawn = torch.rand(shape, generator=generator, dtype=torch.float64)
        return (low + (high - low) * drawn).round(decimals=6)

    return {
        "logits": uniform(-8, 8),
        "probabilities": uniform(0.01, 0.99),
        "hard": uniform(0, 1).round(),
        "soft": uniform(0, 1),
        "weight": uniform(0.5, 2),
        "class_weight": uniform(0.5, 2, SHAPE[1:]),
        "row_weight": uniform(0.5, 2, (SHAPE[0], 1)),
        "pos_weight": uniform(0.5, 5, SHAPE[1:]),
    }


def case(data, function, name, operand, target, reduction, **options):
    x, t = (data[key].clone().requires_grad_() for key in (operand, target))
    tensor_options = {key: data[value] if isinstance(value, str) else value for key, value in options.items()}
    value = function(x, t, reduction=reduction, **tensor_options)
    value.sum().backward()
    result = {
        "function": name,
        "input": operand,
        "target": target,
        "options": options | {"reduction": reduction},
        "value": value.tolist(),
        "grad": x.grad.tolist(),
    }
    return result if function is focal else result | {"target_grad": t.grad.tolist()}


def main():
    data = tensors()
    cases = []
    for target, reduction in itertools.product(("hard", "soft"), REDUCTIONS):
        for weight in (None, "weight", "class_weight", "row_weight"):
            options = {} if weight is None else {"weight": weight}
            cases.append(
                case(
                    data, F.binary_cross_entropy, "binary_cross_entropy", "probabilities", target, reduction, **options
                )
            )
            for pos_weight in (None, "pos_weight"):
                more = options if pos_weight is None else options | {"pos_weight": pos_weight}
                cases.append(
                    case(
                        data,
                        F.binary_cross_entropy_with_logits,
                        "binary_cross_entropy_with_logits",
                        "logits",
                        target,
                        reduction,
                        **more,
                    )
                )
        for alpha, gamma in itertools.product((None, 0.25), (0, 0.5, 2)):
            cases.append(case(data, focal, "sigmoid_focal_loss", "logits", target, reduction, alpha=alpha, gamma=gamma))
    out = {"torch": torch.__version__, "data": {key: value.tolist() for key, value in data.items()}, "cases": cases}
    Path(__file__).with_name("torch_reference.json").write_text(json.dumps(out, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
