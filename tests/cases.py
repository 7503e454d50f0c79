"""The public functions as tables, so that one test can ask the same of each."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import oracle

import bcekit

ACTIVATIONS = ("sigmoid", "sigmoid_grad", "log_sigmoid", "log_sigmoid_grad", "softplus", "logit")


@dataclass(frozen=True)
class Loss:
    """One of the two losses: its entry points, their exact values, and inputs in its domain."""

    name: str
    exact_value: object
    exact_grad: object
    exact_size: object
    exact_target_grad: object
    exact_hess: object = None

    def __repr__(self):
        return self.name

    def entry(self, suffix=""):
        return getattr(bcekit, self.name + suffix)

    @property
    def value(self):
        return self.entry()

    @property
    def grad(self):
        return self.entry("_grad")

    @property
    def value_and_grad(self):
        return self.entry("_value_and_grad")

    @property
    def grad_and_hess(self):
        return self.entry("_grad_and_hess")

    def entries(self, *, wrt_target=True):
        """Every entry point, each as a function that returns a tuple of arrays."""
        yield lambda *args, **kw: (self.value(*args, **kw),)
        yield lambda *args, **kw: (self.grad(*args, **kw),)
        if wrt_target:
            yield lambda *args, **kw: (self.grad(*args, wrt="target", **kw),)
        yield self.value_and_grad
        if self.exact_hess:
            yield self.grad_and_hess

    @property
    def of_logits(self):
        return self.exact_hess is not None

    def inputs(self, random, shape, dtype=np.float64):
        """Arbitrary inputs in the domain: logits of moderate size, or probabilities."""
        x = random.normal(0, 4, shape)
        return (x if self.of_logits else 1 / (1 + np.exp(-x))).astype(dtype)

    def strata(self, dtype):
        return (oracle.logits if self.of_logits else oracle.probabilities)(dtype)

    def few(self, dtype):
        return (oracle.few_logits if self.of_logits else oracle.few_probabilities)(dtype)

    def exact_grads(self, dtype):
        """The exact gradient and its size, which on probabilities depend on what the dtype can hold."""
        if self.of_logits:
            return self.exact_grad, self.exact_size
        limit = oracle.largest(dtype)
        return partial(self.exact_grad, limit=limit), partial(self.exact_size, limit=limit)


PROBABILITIES = Loss(
    "binary_cross_entropy",
    oracle.probability_loss,
    oracle.probability_grad,
    oracle.probability_grad_size,
    oracle.probability_target_grad,
)
LOGITS = Loss(
    "binary_cross_entropy_with_logits",
    oracle.logits_loss,
    oracle.logits_grad,
    oracle.logits_grad_size,
    oracle.logits_target_grad,
    oracle.logits_hess,
)
LOSSES = (PROBABILITIES, LOGITS)
REDUCTIONS = ("none", "mean", "sum", "weighted_mean", "batchmean")
