"""Binary cross-entropy on NumPy arrays: accurate, reproducible, fast."""

from bcekit._config import show_config
from bcekit._threads import get_num_threads, set_num_threads, threads
from bcekit._version import __version__
from bcekit.activations import log_sigmoid, log_sigmoid_grad, logit, sigmoid, sigmoid_grad, softplus
from bcekit.losses import (
    binary_cross_entropy,
    binary_cross_entropy_grad,
    binary_cross_entropy_value_and_grad,
    binary_cross_entropy_with_logits,
    binary_cross_entropy_with_logits_grad,
    binary_cross_entropy_with_logits_grad_and_hess,
    binary_cross_entropy_with_logits_value_and_grad,
    sigmoid_focal_loss,
    sigmoid_focal_loss_grad,
    sigmoid_focal_loss_grad_and_hess,
    sigmoid_focal_loss_value_and_grad,
)
from bcekit.modules import BCELoss, BCEWithLogitsLoss, SigmoidFocalLoss

__all__ = [
    "BCELoss",
    "BCEWithLogitsLoss",
    "SigmoidFocalLoss",
    "__version__",
    "binary_cross_entropy",
    "binary_cross_entropy_grad",
    "binary_cross_entropy_value_and_grad",
    "binary_cross_entropy_with_logits",
    "binary_cross_entropy_with_logits_grad",
    "binary_cross_entropy_with_logits_grad_and_hess",
    "binary_cross_entropy_with_logits_value_and_grad",
    "get_num_threads",
    "log_sigmoid",
    "log_sigmoid_grad",
    "logit",
    "set_num_threads",
    "show_config",
    "sigmoid",
    "sigmoid_focal_loss",
    "sigmoid_focal_loss_grad",
    "sigmoid_focal_loss_grad_and_hess",
    "sigmoid_focal_loss_value_and_grad",
    "sigmoid_grad",
    "softplus",
    "threads",
]
