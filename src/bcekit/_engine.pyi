from collections.abc import Callable
from typing import Any

class Call:
    def run(self, first: int, last: int) -> int: ...

def use_kernel(capsule: object) -> None: ...
def use_threads(run: Callable[[Call, int, int], int], count: Callable[[], int]) -> None: ...
def activation(formula: int, x: Any, out: Any, name: str) -> Any: ...
def loss(
    formula: int,
    want: int,
    input: Any,
    target: Any,
    weight: Any,
    pos_weight: Any,
    class_axis: Any,
    label_smoothing: Any,
    where: Any,
    log_floor: Any,
    alpha: Any,
    gamma: Any,
    reduction: Any,
    axis: Any,
    keepdims: Any,
    check: Any,
    grad_output: Any,
    out: Any,
) -> Any: ...

formulas: dict[str, int]
wants: dict[str, int]
