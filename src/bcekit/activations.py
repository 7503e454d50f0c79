"""One-argument functions: the logistic function, its logarithm, softplus, their derivatives and the inverse.

Each takes anything that NumPy can make an array of and returns an array of the same shape (a NumPy scalar for a
number). float16, bfloat16, float32 and float64 keep their dtype; integers, bools and lists count as float64. NaN gives
NaN.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bcekit._docs import documented
from bcekit._engine import activation, formulas

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_SIGMOID = formulas["sigmoid"]
_SIGMOID_GRAD = formulas["sigmoid_grad"]
_LOG_SIGMOID = formulas["log_sigmoid"]
_LOG_SIGMOID_GRAD = formulas["log_sigmoid_grad"]
_SOFTPLUS = formulas["softplus"]
_LOGIT = formulas["logit"]


@documented(name="x")
def sigmoid(x: ArrayLike, *, out: NDArray[Any] | None = None) -> Any:
    """Logistic function, ``1 / (1 + exp(-x))``.

    Parameters
    ----------
    <<argument>>

    Returns
    -------
    <<elementwise>>

    Raises
    ------
    <<elementwise_raises>>

    Notes
    -----
    With ``z = exp(-|x|)`` it is ``1 / (1 + z)`` for positive and ``z / (1 + z)`` for negative `x`, so that nothing
    overflows and small results keep all their digits. -inf gives 0 and +inf gives 1.
    <<accuracy>>

    Examples
    --------
    The usual formula is 0 in float32 below about -88, where the true value is not:

    >>> import numpy as np
    >>> from bcekit import sigmoid
    >>> x = np.float32(-89)
    >>> with np.errstate(over="ignore"):
    ...     print(1 / (1 + np.exp(-x)), sigmoid(x))
    0.0 2.227364e-39
    >>> sigmoid([-1.0, 0.0, 2.0])
    array([0.26894142, 0.5       , 0.88079708])
    """
    return activation(_SIGMOID, x, out, "x")


@documented(name="x")
def sigmoid_grad(x: ArrayLike, *, out: NDArray[Any] | None = None) -> Any:
    """Derivative of the logistic function, ``s(x) s(-x)``.

    Parameters
    ----------
    <<argument>>

    Returns
    -------
    <<elementwise>>

    Raises
    ------
    <<elementwise_raises>>

    Notes
    -----
    Evaluated as a product of the two tails, never as ``s (1 - s)``, which is 0 for large `x`. Both infinities give 0.
    <<accuracy>>

    Examples
    --------
    >>> from bcekit import sigmoid, sigmoid_grad
    >>> s = sigmoid(40.0)
    >>> float(s * (1 - s)), float(sigmoid_grad(40.0))
    (0.0, 4.248354255291589e-18)
    """
    return activation(_SIGMOID_GRAD, x, out, "x")


@documented(name="x")
def log_sigmoid(x: ArrayLike, *, out: NDArray[Any] | None = None) -> Any:
    """Logarithm of the logistic function, ``log(s(x)) = -softplus(-x)``.

    Parameters
    ----------
    <<argument>>

    Returns
    -------
    <<elementwise>>

    Raises
    ------
    <<elementwise_raises>>

    Notes
    -----
    ``min(x, 0) - log1p(exp(-|x|))``: no overflow, and full relative accuracy where the result is near 0. -inf gives
    -inf and +inf gives 0.
    <<accuracy>>

    Examples
    --------
    >>> import numpy as np
    >>> from bcekit import log_sigmoid, sigmoid
    >>> float(np.log(sigmoid(40.0))), float(log_sigmoid(40.0))
    (0.0, -4.248354255291589e-18)
    """
    return activation(_LOG_SIGMOID, x, out, "x")


@documented(name="x")
def log_sigmoid_grad(x: ArrayLike, *, out: NDArray[Any] | None = None) -> Any:
    """Derivative of `log_sigmoid`, ``s(-x)``.

    Parameters
    ----------
    <<argument>>

    Returns
    -------
    <<elementwise>>

    Raises
    ------
    <<elementwise_raises>>

    Notes
    -----
    With ``z = exp(-|x|)`` it is ``z / (1 + z)`` for positive `x`, not ``1 - s(x)``, which cancels. -inf gives 1 and
    +inf gives 0.
    <<accuracy>>

    Examples
    --------
    >>> from bcekit import log_sigmoid_grad, sigmoid
    >>> float(1 - sigmoid(40.0)), float(log_sigmoid_grad(40.0))
    (0.0, 4.248354255291589e-18)
    """
    return activation(_LOG_SIGMOID_GRAD, x, out, "x")


@documented(name="x")
def softplus(x: ArrayLike, *, out: NDArray[Any] | None = None) -> Any:
    """Softplus, ``log(1 + exp(x))``, the loss of a negative label.

    Parameters
    ----------
    <<argument>>

    Returns
    -------
    <<elementwise>>

    Raises
    ------
    <<elementwise_raises>>

    Notes
    -----
    ``max(x, 0) + log1p(exp(-|x|))`` [1]_: no overflow, and full relative accuracy where the result is near 0. -inf
    gives 0 and +inf gives +inf.
    <<accuracy>>

    References
    ----------
    .. [1] M. Maechler, "Accurately computing ``log(1 - exp(-|a|))``", 2012, vignette of the R package Rmpfr.

    Examples
    --------
    >>> import numpy as np
    >>> from bcekit import softplus
    >>> float(np.log(1 + np.exp(-40.0))), float(softplus(-40.0))
    (0.0, 4.248354255291589e-18)
    >>> float(softplus(1e5))
    100000.0
    """
    return activation(_SOFTPLUS, x, out, "x")


@documented(name="p")
def logit(p: ArrayLike, *, out: NDArray[Any] | None = None) -> Any:
    """Log-odds, ``log(p / (1 - p))``, the inverse of `sigmoid`.

    Parameters
    ----------
    <<argument>>

    Returns
    -------
    <<elementwise>>

    Raises
    ------
    <<elementwise_raises>>

    Notes
    -----
    0 gives -inf, 1 gives +inf, anything outside [0, 1] gives nan. Near ``p = 1/2`` the result keeps its relative
    accuracy.
    <<accuracy>>

    Examples
    --------
    >>> from bcekit import logit, sigmoid
    >>> float(logit(0.5)), float(logit(1e-300))
    (0.0, -690.7755278982137)
    >>> float(sigmoid(logit(0.3)))
    0.3
    """
    return activation(_LOGIT, p, out, "p")
