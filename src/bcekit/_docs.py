"""Paragraphs that several docstrings share, each written once."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

TEXTS = {
    "argument": """
%(name)s : array_like of real numbers, any shape
    Where to evaluate it. A masked array gives a masked array.
out : ndarray, optional
    Where to put the result: of the shape of `%(name)s` and a dtype to which the result casts by NumPy's ``same_kind``
    rule. It may overlap `%(name)s`.
""",
    "elementwise": """
ndarray or NumPy scalar
    Of the shape of `%(name)s`, laid out like it, with its dtype if that is floating-point, else float64; `out` if
    given.
""",
    "elementwise_raises": """
TypeError
    If `%(name)s` is not real (complex, object, string), or `out` is not an array of a fitting dtype.
ValueError
    If `out` has another shape or is read-only.
""",
    "accuracy": """
At most 1 unit in the last place from the exact value in float16 and float32, 1.5 in float64.
""",
    "logits": """
input : array_like of real numbers, any shape
    Logits (scores before the sigmoid). Every other argument broadcasts to its shape. float16, bfloat16, float32 and
    float64 decide the dtype of the result; integers, bools and lists count as float64. A masked array is honoured:
    see `where`.
""",
    "probabilities": """
input : array_like of real numbers, any shape
    Probabilities, in [0, 1]. Every other argument broadcasts to its shape. float16, bfloat16, float32 and float64
    decide the dtype of the result; integers, bools and lists count as float64. A masked array is honoured: see `where`.
""",
    "target": """
target : array_like of real numbers
    Labels in [0, 1], hard or soft, of any real dtype (read where they lie, no copy is made).
weight : array_like, optional
    Factor of each element's loss, for instance of shape ``(C,)`` or ``(N, 1)``.
""",
    "pos_weight": """
pos_weight : array_like, optional
    Factor of the positive part ``t log s(x)`` alone, usually one value per class. Above 1 it favours recall.
""",
    "options": """
class_axis : int, optional
    Aligns a 1-D `weight` or `pos_weight` with this axis of `input`, for instance 1 for ``(N, C, H, W)``.
label_smoothing : float, default 0.0
    ``t (1 - s) + s / 2`` takes the place of the target ``t``; between 0 and 1.
where : array_like of bool, optional
    Which elements to keep. What it leaves out counts nowhere, is not checked, and gives exactly 0 in loss and gradient,
    even where it is NaN. ``where=target != -1`` ignores a marker. The masks of masked arrays leave out as well.
""",
    "log_floor": """
log_floor : float or None, default -100.0
    Both logarithms are at least this, as in PyTorch, so that a wrong certainty costs 100 and not infinity. ``None``:
    the true value, which can be infinite.
""",
    "focal": """
alpha : float or None, optional
    Factor of positive labels, ``1 - alpha`` of negative ones; between 0 and 1. ``None``: no such factor.
gamma : float, default 2.0
    Exponent of ``1 - p_t``, at least 0. The larger, the less an easy element counts; 0 is binary cross-entropy.
""",
    "reduction": """
reduction : {"mean", "sum", "none", "weighted_mean", "batchmean"}, default %(reduction)s
    ``"mean"`` divides by the number of kept elements, weights not counted (PyTorch's rule); ``"weighted_mean"`` by the
    sum of `weight`; ``"batchmean"`` by the length of axis 0 (samples of which something is kept). %(scale)s
axis : int or tuple of int, optional
    Reduce over these axes only.
keepdims : bool, default False
    Keep the reduced axes with length one.
check : bool, default True
    Look, in the same pass, whether a kept %(checked)s lies outside [0, 1], and raise if so. NaN passes: it is data.
""",
    "grad_output": """
grad_output : array_like, optional
    Gradient of whatever comes after with respect to this loss: a number or an array of the reduced loss's shape, or
    with ``reduction="none"`` an array that broadcasts to `input`.
""",
    "wrt": """
wrt : {"input", "target"}, default "input"
    With respect to what. The result has `input`'s shape either way: for a target that is broadcast, sum it over the
    repeated axes.
""",
    "out": """
out : ndarray, optional
    Where to put the result: of exactly its shape and a dtype to which it casts by NumPy's ``same_kind`` rule. It may
    overlap any argument.
""",
    "outs": """
out : tuple of two ndarrays, optional
    Where to put the results (either may be None): of exactly their shapes and dtypes to which they cast by NumPy's
    ``same_kind`` rule. They may overlap any argument, not each other.
""",
    "value": """
ndarray or NumPy scalar
    The loss: of `input`'s shape with ``reduction="none"``, else reduced. It has `input`'s dtype if that is
    floating-point, else float64. No elements: nan for a mean, 0.0 for a sum. `out` if given.
""",
    "raises": """
TypeError
    If an argument is of the wrong kind: complex, object or string arrays, a mask that is not boolean, a flag that is
    not one.
ValueError
    If a %(checked)s lies outside [0, 1] (the message says how many, where the first is, its value, and the likely
    cause); if a shape does not broadcast to `input`'s; if an option has a value that it cannot have.
""",
}


SCALES = {
    "value": '``"none"`` reduces nothing.',
    "grad": '``"none"`` and ``"sum"`` leave each element\'s own derivative.',
    "value_and_grad": "The gradient is that of the reduced value, scale included.",
    "grad_and_hess": "Both results are those of the reduced value, scale included.",
}


def documented(want: str = "value", **words: str) -> Callable[[F], F]:
    """Put the shared paragraphs where a docstring says ``<<name>>``."""
    words["scale"] = SCALES[want]
    words["reduction"] = '"sum"' if want == "grad_and_hess" else '"mean"'

    def fill(function: F) -> F:
        def paragraph(match: re.Match[str]) -> str:
            text = (TEXTS[match[2]].strip("\n") % words).splitlines()
            return "\n".join(match[1] + line if line else line for line in text)

        function.__doc__ = re.sub(r"(?m)^( *)<<(\w+)>>$", paragraph, function.__doc__ or "")
        return function

    return fill
