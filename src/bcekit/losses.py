"""The losses, their gradients and curvatures: arguments in words, one call of the engine each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from bcekit._arguments import check_wrt
from bcekit._docs import documented
from bcekit._engine import formulas, loss, wants

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

Reduction: TypeAlias = Literal["mean", "sum", "none", "weighted_mean", "batchmean"]
Outs: TypeAlias = "tuple[NDArray[Any] | None, NDArray[Any] | None] | None"

_VALUE = wants["value"]
_GRAD = wants["grad"]
_VALUE_AND_GRAD = wants["value_and_grad"]
_GRAD_AND_HESS = wants["grad_and_hess"]
_PROBABILITY = formulas["probability"]
_PROBABILITY_TARGET = formulas["probability_target"]
_LOGITS = formulas["logits"]
_LOGITS_TARGET = formulas["logits_target"]
_FOCAL = formulas["focal"]


@documented("value", checked="target or probability")
def binary_cross_entropy(
    input: ArrayLike,
    target: ArrayLike,
    weight: ArrayLike | None = None,
    *,
    pos_weight: ArrayLike | None = None,
    class_axis: int | None = None,
    label_smoothing: float = 0.0,
    where: ArrayLike | None = None,
    log_floor: float | None = -100.0,
    reduction: Reduction = "mean",
    axis: int | tuple[int, ...] | None = None,
    keepdims: bool = False,
    check: bool = True,
    out: NDArray[Any] | None = None,
) -> Any:
    """Binary cross-entropy of probabilities, ``-w (p t log q + (1 - t) log(1 - q))``.

    Parameters
    ----------
    <<probabilities>>
    <<target>>
    <<pos_weight>>
    <<options>>
    <<log_floor>>
    <<reduction>>
    <<out>>

    Returns
    -------
    <<value>>

    Raises
    ------
    <<raises>>

    Notes
    -----
    With probabilities q, targets t, weights w and positive weights p, the loss of an element is [1]_::

        -w (p t max(log q, log_floor) + (1 - t) max(log1p(-q), log_floor))

    A term whose factor is 0 is 0, so a certain and right answer costs 0. Logits have no floor and lose no digits: where
    there are logits, `binary_cross_entropy_with_logits` is the better choice.

    References
    ----------
    .. [1] PyTorch, ``torch.nn.BCELoss``, whose meaning of shapes, weights and reductions this follows.

    Examples
    --------
    >>> import bcekit
    >>> round(float(bcekit.binary_cross_entropy([0.9, 0.2], [1, 0])), 6)
    0.164252
    >>> bcekit.binary_cross_entropy([1.0, 0.0], [0, 0], reduction="none")
    array([100.,   0.])
    """
    return loss(
        _PROBABILITY,
        _VALUE,
        input,
        target,
        weight,
        pos_weight,
        class_axis,
        label_smoothing,
        where,
        log_floor,
        None,
        None,
        reduction,
        axis,
        keepdims,
        check,
        None,
        out,
    )


@documented("grad", checked="target or probability")
def binary_cross_entropy_grad(
    input: ArrayLike,
    target: ArrayLike,
    weight: ArrayLike | None = None,
    *,
    pos_weight: ArrayLike | None = None,
    class_axis: int | None = None,
    label_smoothing: float = 0.0,
    where: ArrayLike | None = None,
    log_floor: float | None = -100.0,
    reduction: Reduction = "mean",
    axis: int | tuple[int, ...] | None = None,
    keepdims: bool = False,
    check: bool = True,
    wrt: Literal["input", "target"] = "input",
    grad_output: ArrayLike | None = None,
    out: NDArray[Any] | None = None,
) -> NDArray[Any]:
    """Gradient of `binary_cross_entropy`.

    Parameters
    ----------
    <<probabilities>>
    <<target>>
    <<pos_weight>>
    <<options>>
    <<log_floor>>
    <<reduction>>
    <<wrt>>
    <<grad_output>>
    <<out>>

    Returns
    -------
    ndarray or NumPy scalar
        Of `input`'s shape, and its dtype if that is floating-point, else float64. `out` if given.

    Raises
    ------
    <<raises>>

    Notes
    -----
    With respect to an element of the input::

        a min(1 / (1 - q), cap) - b min(1 / q, cap),    a = (1 - t) w,  b = p t w,  cap = exp(-log_floor)

    finite everywhere, and at most the largest finite number of the dtype. With respect to the target it is
    ``w (log1p(-q) - p log q)``, with the loss's floors. PyTorch divides by ``max(q (1 - q), 1e-12)`` instead, which is
    wrong wherever that is active.

    Examples
    --------
    >>> import bcekit
    >>> bcekit.binary_cross_entropy_grad([0.5, 1e-13], [1, 0], reduction="sum")
    array([-2.,  1.])
    """
    return loss(
        _PROBABILITY_TARGET if check_wrt(wrt) == "target" else _PROBABILITY,
        _GRAD,
        input,
        target,
        weight,
        pos_weight,
        class_axis,
        label_smoothing,
        where,
        log_floor,
        None,
        None,
        reduction,
        axis,
        keepdims,
        check,
        grad_output,
        out,
    )


@documented("value_and_grad", checked="target or probability")
def binary_cross_entropy_value_and_grad(
    input: ArrayLike,
    target: ArrayLike,
    weight: ArrayLike | None = None,
    *,
    pos_weight: ArrayLike | None = None,
    class_axis: int | None = None,
    label_smoothing: float = 0.0,
    where: ArrayLike | None = None,
    log_floor: float | None = -100.0,
    reduction: Reduction = "mean",
    axis: int | tuple[int, ...] | None = None,
    keepdims: bool = False,
    check: bool = True,
    grad_output: ArrayLike | None = None,
    out: Outs = None,
) -> tuple[Any, NDArray[Any]]:
    """`binary_cross_entropy` and its gradient in one pass.

    Parameters
    ----------
    <<probabilities>>
    <<target>>
    <<pos_weight>>
    <<options>>
    <<log_floor>>
    <<reduction>>
    <<grad_output>>
    <<outs>>

    Returns
    -------
    value : ndarray or NumPy scalar
        As `binary_cross_entropy` gives it.
    grad : ndarray or NumPy scalar
        As `binary_cross_entropy_grad` gives it, of `input`'s shape.

    Raises
    ------
    <<raises>>

    Notes
    -----
    Both have the bits that the separate functions give.

    Examples
    --------
    >>> import bcekit
    >>> value, grad = bcekit.binary_cross_entropy_value_and_grad([0.5, 0.5], [1, 0])
    >>> round(float(value), 6), grad.tolist()
    (0.693147, [-1.0, 1.0])
    """
    return loss(
        _PROBABILITY,
        _VALUE_AND_GRAD,
        input,
        target,
        weight,
        pos_weight,
        class_axis,
        label_smoothing,
        where,
        log_floor,
        None,
        None,
        reduction,
        axis,
        keepdims,
        check,
        grad_output,
        out,
    )


@documented("value", checked="target")
def binary_cross_entropy_with_logits(
    input: ArrayLike,
    target: ArrayLike,
    weight: ArrayLike | None = None,
    *,
    pos_weight: ArrayLike | None = None,
    class_axis: int | None = None,
    label_smoothing: float = 0.0,
    where: ArrayLike | None = None,
    reduction: Reduction = "mean",
    axis: int | tuple[int, ...] | None = None,
    keepdims: bool = False,
    check: bool = True,
    out: NDArray[Any] | None = None,
) -> Any:
    """Binary cross-entropy of logits, ``w ((1 - t) softplus(x) + p t softplus(-x))``.

    Parameters
    ----------
    <<logits>>
    <<target>>
    <<pos_weight>>
    <<options>>
    <<reduction>>
    <<out>>

    Returns
    -------
    <<value>>

    Raises
    ------
    <<raises>>

    Notes
    -----
    With logits x, targets t, weights w and positive weights p, the loss of an element is [1]_::

        a softplus(x) + b softplus(-x),    a = (1 - t) w,  b = p t w

    evaluated without a cancellation, so that both tails keep all their digits. A term whose factor is 0 is 0, also at
    infinity: the loss is 0 at (+inf, t=1) and (-inf, t=0), infinite at the opposite corners, and NaN only from NaN.

    Keras and scikit-learn put the target first; here, as in PyTorch, it comes second.

    References
    ----------
    .. [1] PyTorch, ``torch.nn.BCEWithLogitsLoss``, whose meaning of shapes, weights and reductions this follows.

    Examples
    --------
    A certain and right answer costs little, not nothing:

    >>> import numpy as np
    >>> import bcekit
    >>> x = np.float32([-20.0])
    >>> np.log1p(np.exp(-np.abs(-x))) + np.maximum(x, 0) - x * 0  # right here, as the target is 0
    array([2.0611537e-09], dtype=float32)
    >>> -np.log(1 - 1 / (1 + np.exp(-x)))  # the usual formula has lost it
    array([-0.], dtype=float32)
    >>> print(bcekit.binary_cross_entropy_with_logits(x, [0]))
    2.0611537e-09
    """
    return loss(
        _LOGITS,
        _VALUE,
        input,
        target,
        weight,
        pos_weight,
        class_axis,
        label_smoothing,
        where,
        None,
        None,
        None,
        reduction,
        axis,
        keepdims,
        check,
        None,
        out,
    )


@documented("grad", checked="target")
def binary_cross_entropy_with_logits_grad(
    input: ArrayLike,
    target: ArrayLike,
    weight: ArrayLike | None = None,
    *,
    pos_weight: ArrayLike | None = None,
    class_axis: int | None = None,
    label_smoothing: float = 0.0,
    where: ArrayLike | None = None,
    reduction: Reduction = "mean",
    axis: int | tuple[int, ...] | None = None,
    keepdims: bool = False,
    check: bool = True,
    wrt: Literal["input", "target"] = "input",
    grad_output: ArrayLike | None = None,
    out: NDArray[Any] | None = None,
) -> NDArray[Any]:
    """Gradient of `binary_cross_entropy_with_logits`.

    Parameters
    ----------
    <<logits>>
    <<target>>
    <<pos_weight>>
    <<options>>
    <<reduction>>
    <<wrt>>
    <<grad_output>>
    <<out>>

    Returns
    -------
    ndarray or NumPy scalar
        Of `input`'s shape, and its dtype if that is floating-point, else float64. `out` if given.

    Raises
    ------
    <<raises>>

    Notes
    -----
    With respect to an element of the input it is ``a s(x) - b s(-x)`` with ``a = (1 - t) w`` and ``b = p t w``: without
    weights ``s(x) - t``, but with all its digits, and finite for every input, infinities included. With respect to the
    target it is ``w (p softplus(-x) - softplus(x))``, without `pos_weight` exactly ``-w x``.

    Examples
    --------
    >>> import bcekit
    >>> bcekit.binary_cross_entropy_with_logits_grad([0.0, 40.0], [0, 1], reduction="sum")
    array([ 5.00000000e-01, -4.24835426e-18])
    """
    return loss(
        _LOGITS_TARGET if check_wrt(wrt) == "target" else _LOGITS,
        _GRAD,
        input,
        target,
        weight,
        pos_weight,
        class_axis,
        label_smoothing,
        where,
        None,
        None,
        None,
        reduction,
        axis,
        keepdims,
        check,
        grad_output,
        out,
    )


@documented("value_and_grad", checked="target")
def binary_cross_entropy_with_logits_value_and_grad(
    input: ArrayLike,
    target: ArrayLike,
    weight: ArrayLike | None = None,
    *,
    pos_weight: ArrayLike | None = None,
    class_axis: int | None = None,
    label_smoothing: float = 0.0,
    where: ArrayLike | None = None,
    reduction: Reduction = "mean",
    axis: int | tuple[int, ...] | None = None,
    keepdims: bool = False,
    check: bool = True,
    grad_output: ArrayLike | None = None,
    out: Outs = None,
) -> tuple[Any, NDArray[Any]]:
    """`binary_cross_entropy_with_logits` and its gradient in one pass.

    Parameters
    ----------
    <<logits>>
    <<target>>
    <<pos_weight>>
    <<options>>
    <<reduction>>
    <<grad_output>>
    <<outs>>

    Returns
    -------
    value : ndarray or NumPy scalar
        As `binary_cross_entropy_with_logits` gives it.
    grad : ndarray or NumPy scalar
        As `binary_cross_entropy_with_logits_grad` gives it, of `input`'s shape.

    Raises
    ------
    <<raises>>

    Notes
    -----
    Both have the bits that the separate functions give.

    Examples
    --------
    >>> import bcekit
    >>> value, grad = bcekit.binary_cross_entropy_with_logits_value_and_grad([0.0, 0.0], [0, 1])
    >>> round(float(value), 6), grad.tolist()
    (0.693147, [0.25, -0.25])
    """
    return loss(
        _LOGITS,
        _VALUE_AND_GRAD,
        input,
        target,
        weight,
        pos_weight,
        class_axis,
        label_smoothing,
        where,
        None,
        None,
        None,
        reduction,
        axis,
        keepdims,
        check,
        grad_output,
        out,
    )


@documented("grad_and_hess", checked="target")
def binary_cross_entropy_with_logits_grad_and_hess(
    input: ArrayLike,
    target: ArrayLike,
    weight: ArrayLike | None = None,
    *,
    pos_weight: ArrayLike | None = None,
    class_axis: int | None = None,
    label_smoothing: float = 0.0,
    where: ArrayLike | None = None,
    reduction: Reduction = "sum",
    axis: int | tuple[int, ...] | None = None,
    keepdims: bool = False,
    check: bool = True,
    grad_output: ArrayLike | None = None,
    out: Outs = None,
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Gradient and diagonal second derivative of `binary_cross_entropy_with_logits` in one pass.

    Parameters
    ----------
    <<logits>>
    <<target>>
    <<pos_weight>>
    <<options>>
    <<reduction>>
    <<grad_output>>
    <<outs>>

    Returns
    -------
    grad, hess : ndarray or NumPy scalar
        Of `input`'s shape, and its dtype if that is floating-point, else float64.

    Raises
    ------
    <<raises>>

    Notes
    -----
    ``a s(x) - b s(-x)`` and ``(a + b) s(x) s(-x)`` with ``a = (1 - t) w`` and ``b = p t w``. The default reduction is
    ``"sum"``, so that both are those of each element's own loss, as boosters expect; with ``"mean"`` both are divided.

    Examples
    --------
    >>> import bcekit
    >>> grad, hess = bcekit.binary_cross_entropy_with_logits_grad_and_hess([0.0, 40.0], [0, 1])
    >>> hess
    array([2.50000000e-01, 4.24835426e-18])
    """
    return loss(
        _LOGITS,
        _GRAD_AND_HESS,
        input,
        target,
        weight,
        pos_weight,
        class_axis,
        label_smoothing,
        where,
        None,
        None,
        None,
        reduction,
        axis,
        keepdims,
        check,
        grad_output,
        out,
    )


@documented("value", checked="target")
def sigmoid_focal_loss(
    input: ArrayLike,
    target: ArrayLike,
    weight: ArrayLike | None = None,
    *,
    alpha: float | None = None,
    gamma: float = 2.0,
    class_axis: int | None = None,
    label_smoothing: float = 0.0,
    where: ArrayLike | None = None,
    reduction: Reduction = "mean",
    axis: int | tuple[int, ...] | None = None,
    keepdims: bool = False,
    check: bool = True,
    out: NDArray[Any] | None = None,
) -> Any:
    """Focal loss of logits, ``alpha_t (1 - p_t)**gamma`` times the binary cross-entropy.

    Parameters
    ----------
    <<logits>>
    <<target>>
    <<focal>>
    <<options>>
    <<reduction>>
    <<out>>

    Returns
    -------
    <<value>>

    Raises
    ------
    <<raises>>

    Notes
    -----
    With s the sigmoid, ``p_t = t s(x) + (1 - t) s(-x)`` and ``alpha_t = alpha t + (1 - alpha) (1 - t)`` the loss of an
    element is [1]_ [2]_ ``w alpha_t (1 - p_t)**gamma ((1 - t) softplus(x) + t softplus(-x))``. With ``gamma=0`` and
    ``alpha=None`` it equals `binary_cross_entropy_with_logits` bit for bit.

    References
    ----------
    .. [1] T.-Y. Lin, P. Goyal, R. Girshick, K. He, P. Dollar, "Focal loss for dense object detection", ICCV 2017.
    .. [2] torchvision, ``torchvision.ops.sigmoid_focal_loss``, whose meaning of the arguments this follows.

    Examples
    --------
    >>> import bcekit
    >>> bcekit.sigmoid_focal_loss([3.0, -3.0], [1, 1], reduction="none").round(6)
    array([1.09000e-04, 2.76628e+00])
    """
    return loss(
        _FOCAL,
        _VALUE,
        input,
        target,
        weight,
        None,
        class_axis,
        label_smoothing,
        where,
        None,
        alpha,
        gamma,
        reduction,
        axis,
        keepdims,
        check,
        None,
        out,
    )


@documented("grad", checked="target")
def sigmoid_focal_loss_grad(
    input: ArrayLike,
    target: ArrayLike,
    weight: ArrayLike | None = None,
    *,
    alpha: float | None = None,
    gamma: float = 2.0,
    class_axis: int | None = None,
    label_smoothing: float = 0.0,
    where: ArrayLike | None = None,
    reduction: Reduction = "mean",
    axis: int | tuple[int, ...] | None = None,
    keepdims: bool = False,
    check: bool = True,
    grad_output: ArrayLike | None = None,
    out: NDArray[Any] | None = None,
) -> NDArray[Any]:
    """Gradient of `sigmoid_focal_loss`.

    Parameters
    ----------
    <<logits>>
    <<target>>
    <<focal>>
    <<options>>
    <<reduction>>
    <<grad_output>>
    <<out>>

    Returns
    -------
    ndarray or NumPy scalar
        Of `input`'s shape, and its dtype if that is floating-point, else float64. `out` if given.

    Raises
    ------
    <<raises>>

    Notes
    -----
    By the closed form of the derivative; finite for every gamma and every input.

    Examples
    --------
    >>> import bcekit
    >>> bcekit.sigmoid_focal_loss_grad([0.0], [1], gamma=0.0)
    array([-0.5])
    """
    return loss(
        _FOCAL,
        _GRAD,
        input,
        target,
        weight,
        None,
        class_axis,
        label_smoothing,
        where,
        None,
        alpha,
        gamma,
        reduction,
        axis,
        keepdims,
        check,
        grad_output,
        out,
    )


@documented("value_and_grad", checked="target")
def sigmoid_focal_loss_value_and_grad(
    input: ArrayLike,
    target: ArrayLike,
    weight: ArrayLike | None = None,
    *,
    alpha: float | None = None,
    gamma: float = 2.0,
    class_axis: int | None = None,
    label_smoothing: float = 0.0,
    where: ArrayLike | None = None,
    reduction: Reduction = "mean",
    axis: int | tuple[int, ...] | None = None,
    keepdims: bool = False,
    check: bool = True,
    grad_output: ArrayLike | None = None,
    out: Outs = None,
) -> tuple[Any, NDArray[Any]]:
    """`sigmoid_focal_loss` and its gradient in one pass.

    Parameters
    ----------
    <<logits>>
    <<target>>
    <<focal>>
    <<options>>
    <<reduction>>
    <<grad_output>>
    <<outs>>

    Returns
    -------
    value : ndarray or NumPy scalar
        As `sigmoid_focal_loss` gives it.
    grad : ndarray or NumPy scalar
        As `sigmoid_focal_loss_grad` gives it, of `input`'s shape.

    Raises
    ------
    <<raises>>

    Notes
    -----
    Both have the bits that the separate functions give.

    Examples
    --------
    >>> import bcekit
    >>> value, grad = bcekit.sigmoid_focal_loss_value_and_grad([0.0], [1], gamma=0.0)
    >>> round(float(value), 6), grad.tolist()
    (0.693147, [-0.5])
    """
    return loss(
        _FOCAL,
        _VALUE_AND_GRAD,
        input,
        target,
        weight,
        None,
        class_axis,
        label_smoothing,
        where,
        None,
        alpha,
        gamma,
        reduction,
        axis,
        keepdims,
        check,
        grad_output,
        out,
    )


@documented("grad_and_hess", checked="target")
def sigmoid_focal_loss_grad_and_hess(
    input: ArrayLike,
    target: ArrayLike,
    weight: ArrayLike | None = None,
    *,
    alpha: float | None = None,
    gamma: float = 2.0,
    class_axis: int | None = None,
    label_smoothing: float = 0.0,
    where: ArrayLike | None = None,
    reduction: Reduction = "sum",
    axis: int | tuple[int, ...] | None = None,
    keepdims: bool = False,
    check: bool = True,
    grad_output: ArrayLike | None = None,
    out: Outs = None,
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Gradient and diagonal second derivative of `sigmoid_focal_loss` in one pass.

    Parameters
    ----------
    <<logits>>
    <<target>>
    <<focal>>
    <<options>>
    <<reduction>>
    <<grad_output>>
    <<outs>>

    Returns
    -------
    grad, hess : ndarray or NumPy scalar
        Of `input`'s shape, and its dtype if that is floating-point, else float64.

    Raises
    ------
    <<raises>>

    Notes
    -----
    The default reduction is ``"sum"``, so that both are those of each element's own loss, which boosters expect. The
    focal loss is not convex: the second derivative can be negative.

    Examples
    --------
    >>> import bcekit
    >>> grad, hess = bcekit.sigmoid_focal_loss_grad_and_hess([0.0], [1], gamma=0.0)
    >>> hess
    array([0.25])
    """
    return loss(
        _FOCAL,
        _GRAD_AND_HESS,
        input,
        target,
        weight,
        None,
        class_axis,
        label_smoothing,
        where,
        None,
        alpha,
        gamma,
        reduction,
        axis,
        keepdims,
        check,
        grad_output,
        out,
    )
