"""The losses as objects: options once, arrays at each call."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from bcekit import _arguments, losses

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from bcekit.losses import Outs, Reduction


def frozen_array(value: Any, name: str, class_axis: Any) -> Any:
    """Return a weight as a number or an array of its own that nobody can change."""
    if value is None:
        return None
    array, mask = _arguments.to_weight(value, name, None, np.empty(()))
    if mask is not None:
        raise TypeError(f"{name} must be a plain array, got a masked array; pass the mask as where= at each call")
    _arguments.check_real(array, name)
    if class_axis is not None and array.ndim > 1:
        raise ValueError(f"class_axis={class_axis} takes a 1-D {name}, got shape {array.shape}")
    return immutable(array)


def immutable(array: np.ndarray) -> np.ndarray:
    """Return a copy in memory that NumPy refuses to make writeable again."""
    return np.frombuffer(array.tobytes(), array.dtype).reshape(array.shape) if array.size else array.copy()


def contents(value: Any) -> Any:
    """Return something that compares and hashes as the value does."""
    return (value.dtype.str, value.shape, value.tobytes()) if isinstance(value, np.ndarray) else value


@dataclass(frozen=True, eq=False, repr=False)
class _Loss:
    """What the three classes share: validation, comparison, and the way to the functions."""

    weight: ArrayLike | None = None

    def __post_init__(self) -> None:
        """Validate every option now, not at the first call."""
        options = {f.name: getattr(self, f.name) for f in fields(self)}
        clean = _arguments.check_options(options)
        for name in ("weight", "pos_weight"):
            if name in options:
                clean[name] = frozen_array(options[name], name, options["class_axis"])
        for name, value in clean.items():
            object.__setattr__(self, name, value)

    def _options(self) -> dict[str, Any]:
        return {f.name: getattr(self, f.name) for f in fields(self)}

    def __eq__(self, other: object) -> bool:
        """Whether the other is the same loss with the same options."""
        if type(other) is not type(self):
            return NotImplemented
        return self._key() == other._key()

    def __hash__(self) -> int:
        return hash((type(self), self._key()))

    def _key(self) -> tuple[Any, ...]:
        return tuple(contents(value) for value in self._options().values())

    def __repr__(self) -> str:
        """Every option that is not the default."""
        shown = []
        for f in fields(self):
            value = getattr(self, f.name)
            if isinstance(value, np.ndarray):
                shown.append(f"{f.name}={np.array2string(value, separator=', ', threshold=8)}")
            elif value != f.default:
                shown.append(f"{f.name}={value!r}")
        return f"{type(self).__name__}({', '.join(shown)})"

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Restore a pickle; arrays come back writeable, which these are not."""
        for name, value in state.items():
            object.__setattr__(self, name, immutable(value) if isinstance(value, np.ndarray) else value)


@dataclass(frozen=True, eq=False, repr=False)
class BCELoss(_Loss):
    """Binary cross-entropy of probabilities, with its options fixed.

    An object is frozen, picklable, and equal to another with the same options.

    Parameters
    ----------
    weight, pos_weight, class_axis, label_smoothing, log_floor, reduction, axis, keepdims, check
        As in `binary_cross_entropy`; `weight` may be given by position. Arrays are copied.

    Raises
    ------
    TypeError, ValueError
        If an option is not valid: when the object is made, not when it is first called.

    Examples
    --------
    >>> import bcekit
    >>> loss = bcekit.BCELoss(reduction="sum")
    >>> loss
    BCELoss(reduction='sum')
    >>> float(loss([0.5], [1]))
    0.6931471805599453
    >>> loss.grad([0.5], [1])
    array([-2.])
    """

    pos_weight: ArrayLike | None = field(default=None, kw_only=True)
    class_axis: int | None = field(default=None, kw_only=True)
    label_smoothing: float = field(default=0.0, kw_only=True)
    log_floor: float | None = field(default=-100.0, kw_only=True)
    reduction: Reduction = field(default="mean", kw_only=True)
    axis: int | tuple[int, ...] | None = field(default=None, kw_only=True)
    keepdims: bool = field(default=False, kw_only=True)
    check: bool = field(default=True, kw_only=True)

    def __call__(
        self,
        input: ArrayLike,
        target: ArrayLike,
        *,
        where: ArrayLike | None = None,
        out: NDArray[Any] | None = None,
    ) -> Any:
        """Return the loss, as `bcekit.binary_cross_entropy` does."""
        return losses.binary_cross_entropy(input, target, where=where, out=out, **self._options())

    def grad(
        self,
        input: ArrayLike,
        target: ArrayLike,
        *,
        where: ArrayLike | None = None,
        wrt: Literal["input", "target"] = "input",
        grad_output: ArrayLike | None = None,
        out: NDArray[Any] | None = None,
    ) -> NDArray[Any]:
        """Return the gradient, as `bcekit.binary_cross_entropy_grad` does."""
        return losses.binary_cross_entropy_grad(
            input, target, where=where, wrt=wrt, grad_output=grad_output, out=out, **self._options()
        )

    def value_and_grad(
        self,
        input: ArrayLike,
        target: ArrayLike,
        *,
        where: ArrayLike | None = None,
        grad_output: ArrayLike | None = None,
        out: Outs = None,
    ) -> tuple[Any, NDArray[Any]]:
        """Return the loss and its gradient, as `bcekit.binary_cross_entropy_value_and_grad` does."""
        return losses.binary_cross_entropy_value_and_grad(
            input, target, where=where, grad_output=grad_output, out=out, **self._options()
        )


@dataclass(frozen=True, eq=False, repr=False)
class BCEWithLogitsLoss(_Loss):
    """Binary cross-entropy of logits, with its options fixed.

    An object is frozen, picklable, and equal to another with the same options.

    Parameters
    ----------
    weight, pos_weight, class_axis, label_smoothing, reduction, axis, keepdims, check
        As in `binary_cross_entropy_with_logits`; `weight` may be given by position. Arrays are copied.

    Raises
    ------
    TypeError, ValueError
        If an option is not valid: when the object is made, not when it is first called.

    Examples
    --------
    >>> import bcekit
    >>> loss = bcekit.BCEWithLogitsLoss(pos_weight=3.0, reduction="none")
    >>> loss
    BCEWithLogitsLoss(pos_weight=3., reduction='none')
    >>> loss([0.0, 0.0], [0, 1])
    array([0.69314718, 2.07944154])
    >>> grad, hess = loss.grad_and_hess([0.0, 0.0], [0, 1])
    >>> hess
    array([0.25, 0.75])
    """

    pos_weight: ArrayLike | None = field(default=None, kw_only=True)
    class_axis: int | None = field(default=None, kw_only=True)
    label_smoothing: float = field(default=0.0, kw_only=True)
    reduction: Reduction = field(default="mean", kw_only=True)
    axis: int | tuple[int, ...] | None = field(default=None, kw_only=True)
    keepdims: bool = field(default=False, kw_only=True)
    check: bool = field(default=True, kw_only=True)

    def __call__(
        self,
        input: ArrayLike,
        target: ArrayLike,
        *,
        where: ArrayLike | None = None,
        out: NDArray[Any] | None = None,
    ) -> Any:
        """Return the loss, as `bcekit.binary_cross_entropy_with_logits` does."""
        return losses.binary_cross_entropy_with_logits(input, target, where=where, out=out, **self._options())

    def grad(
        self,
        input: ArrayLike,
        target: ArrayLike,
        *,
        where: ArrayLike | None = None,
        wrt: Literal["input", "target"] = "input",
        grad_output: ArrayLike | None = None,
        out: NDArray[Any] | None = None,
    ) -> NDArray[Any]:
        """Return the gradient, as `bcekit.binary_cross_entropy_with_logits_grad` does."""
        return losses.binary_cross_entropy_with_logits_grad(
            input, target, where=where, wrt=wrt, grad_output=grad_output, out=out, **self._options()
        )

    def value_and_grad(
        self,
        input: ArrayLike,
        target: ArrayLike,
        *,
        where: ArrayLike | None = None,
        grad_output: ArrayLike | None = None,
        out: Outs = None,
    ) -> tuple[Any, NDArray[Any]]:
        """Return the loss and its gradient, as `bcekit.binary_cross_entropy_with_logits_value_and_grad` does."""
        return losses.binary_cross_entropy_with_logits_value_and_grad(
            input, target, where=where, grad_output=grad_output, out=out, **self._options()
        )

    def grad_and_hess(
        self,
        input: ArrayLike,
        target: ArrayLike,
        *,
        where: ArrayLike | None = None,
        grad_output: ArrayLike | None = None,
        out: Outs = None,
    ) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return the gradient and the diagonal second derivative of the loss, by this object's reduction.

        Like `bcekit.binary_cross_entropy_with_logits_grad_and_hess`, whose own default is ``reduction="sum"``.
        """
        return losses.binary_cross_entropy_with_logits_grad_and_hess(
            input, target, where=where, grad_output=grad_output, out=out, **self._options()
        )


@dataclass(frozen=True, eq=False, repr=False)
class SigmoidFocalLoss(_Loss):
    """Focal loss of logits, with its options fixed.

    An object is frozen, picklable, and equal to another with the same options.

    Parameters
    ----------
    weight, alpha, gamma, class_axis, label_smoothing, reduction, axis, keepdims, check
        As in `sigmoid_focal_loss`; `weight` may be given by position. Arrays are copied.

    Raises
    ------
    TypeError, ValueError
        If an option is not valid: when the object is made, not when it is first called.

    Examples
    --------
    >>> import bcekit
    >>> loss = bcekit.SigmoidFocalLoss(alpha=0.25, reduction="sum")
    >>> loss
    SigmoidFocalLoss(alpha=0.25, reduction='sum')
    >>> round(float(loss([2.0], [1])), 8)
    0.00045089
    """

    alpha: float | None = field(default=None, kw_only=True)
    gamma: float = field(default=2.0, kw_only=True)
    class_axis: int | None = field(default=None, kw_only=True)
    label_smoothing: float = field(default=0.0, kw_only=True)
    reduction: Reduction = field(default="mean", kw_only=True)
    axis: int | tuple[int, ...] | None = field(default=None, kw_only=True)
    keepdims: bool = field(default=False, kw_only=True)
    check: bool = field(default=True, kw_only=True)

    def __call__(
        self,
        input: ArrayLike,
        target: ArrayLike,
        *,
        where: ArrayLike | None = None,
        out: NDArray[Any] | None = None,
    ) -> Any:
        """Return the loss, as `bcekit.sigmoid_focal_loss` does."""
        return losses.sigmoid_focal_loss(input, target, where=where, out=out, **self._options())

    def grad(
        self,
        input: ArrayLike,
        target: ArrayLike,
        *,
        where: ArrayLike | None = None,
        grad_output: ArrayLike | None = None,
        out: NDArray[Any] | None = None,
    ) -> NDArray[Any]:
        """Return the gradient, as `bcekit.sigmoid_focal_loss_grad` does."""
        return losses.sigmoid_focal_loss_grad(
            input, target, where=where, grad_output=grad_output, out=out, **self._options()
        )

    def value_and_grad(
        self,
        input: ArrayLike,
        target: ArrayLike,
        *,
        where: ArrayLike | None = None,
        grad_output: ArrayLike | None = None,
        out: Outs = None,
    ) -> tuple[Any, NDArray[Any]]:
        """Return the loss and its gradient, as `bcekit.sigmoid_focal_loss_value_and_grad` does."""
        return losses.sigmoid_focal_loss_value_and_grad(
            input, target, where=where, grad_output=grad_output, out=out, **self._options()
        )

    def grad_and_hess(
        self,
        input: ArrayLike,
        target: ArrayLike,
        *,
        where: ArrayLike | None = None,
        grad_output: ArrayLike | None = None,
        out: Outs = None,
    ) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return the gradient and the diagonal second derivative of the loss, by this object's reduction.

        Like `bcekit.sigmoid_focal_loss_grad_and_hess`, whose own default is ``reduction="sum"``.
        """
        return losses.sigmoid_focal_loss_grad_and_hess(
            input, target, where=where, grad_output=grad_output, out=out, **self._options()
        )
