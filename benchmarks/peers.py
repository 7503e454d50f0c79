"""Who is compared, and what each is asked to do.

A peer's method is a *case*; all peers with a method of that name are compared on it. Each peer does it in the fastest
way known for it that a user might write, and says so where that is not the obvious one.
"""

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import Any

import numpy as np

# Read by the libraries once, when they start. Those that count threads can be told otherwise later; JAX cannot, and
# takes as many as there are CPUs whatever it is told, so all are held to one CPU. It has to be asked for 64-bit types.
SINGLE_THREAD = {
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "JAX_ENABLE_X64": "1",
    "JAX_PLATFORMS": "cpu",
}

Array = Any


class Peer:
    """One library and one way of using it. Making an instance imports the library."""

    name: str
    packages: Sequence[str]  # what has to be installed besides NumPy; the first one's version is shown
    counts_threads = False  # whether `use_threads` does anything

    def version(self) -> str:
        return version(self.packages[0])

    def use_threads(self, count: int) -> None:
        """Use so many threads from now on."""

    def native(self, array: np.ndarray) -> Array:
        """The array as this library wants it, without a copy where that is possible."""
        return array

    def bind(self, case: str, *arrays: np.ndarray) -> Callable[[], Any] | None:
        """A call of the case on these arrays, ready to be timed; None if this peer has no such case."""
        function = getattr(self, case, None)
        if function is None:
            return None
        arguments = [self.native(array) for array in arrays]
        return lambda: function(*arguments)


class Bcekit(Peer):
    name = "bcekit"
    packages = ("bcekit",)
    counts_threads = True

    def __init__(self) -> None:
        import bcekit

        self.bk = bcekit
        self.use_threads(1)

    def version(self) -> str:
        return self.bk.__version__

    def use_threads(self, count: int) -> None:
        self.bk.set_num_threads(count)

    def logits_mean(self, x: Array, t: Array) -> Any:
        return self.bk.binary_cross_entropy_with_logits(x, t)

    def logits_value_and_grad(self, x: Array, t: Array) -> Any:
        return self.bk.binary_cross_entropy_with_logits_value_and_grad(x, t)

    def sigmoid(self, x: Array, out: Array) -> Any:
        return self.bk.sigmoid(x, out=out)

    def probabilities_mean(self, q: Array, t: Array) -> Any:
        return self.bk.binary_cross_entropy(q, t)

    def pos_weight_mean(self, x: Array, t: Array, p: Array) -> Any:
        return self.bk.binary_cross_entropy_with_logits(x, t, pos_weight=p)

    def masked_mean(self, x: Array, t: Array, p: Array, where: Array) -> Any:
        return self.bk.binary_cross_entropy_with_logits(x, t, pos_weight=p, where=where)

    def losses(self, x: Array, t: Array) -> Any:
        return self.bk.binary_cross_entropy_with_logits(x, t, reduction="none")

    def gradients(self, x: Array, t: Array) -> Any:
        return self.bk.binary_cross_entropy_with_logits_grad(x, t, reduction="sum")


class NumPy(Peer):
    """The formula that everybody writes."""

    name = "NumPy"
    packages = ("numpy",)

    def losses(self, x: Array, t: Array) -> Any:
        return np.maximum(x, 0) - x * t + np.log1p(np.exp(-np.abs(x)))

    def gradients(self, x: Array, t: Array) -> Any:
        z = np.exp(-np.abs(x))
        return np.where(x >= 0, 1, z) / (1 + z) - t

    def logits_mean(self, x: Array, t: Array) -> Any:
        return self.losses(x, t).mean()

    def logits_value_and_grad(self, x: Array, t: Array) -> Any:
        z = np.exp(-np.abs(x))
        value = (np.maximum(x, 0) - x * t + np.log1p(z)).mean()
        return value, (np.where(x >= 0, 1, z) / (1 + z) - t) / x.size

    def sigmoid(self, x: Array, out: Array) -> Any:
        np.negative(x, out=out)
        np.exp(out, out=out)
        out += 1
        return np.reciprocal(out, out=out)

    def probabilities_mean(self, q: Array, t: Array) -> Any:
        return -(t * np.log(q) + (1 - t) * np.log1p(-q)).mean()

    def weighted(self, x: Array, t: Array, p: Array) -> Any:
        tail = np.log1p(np.exp(-np.abs(x)))
        return (1 - t) * (np.maximum(x, 0) + tail) + p * t * (np.maximum(-x, 0) + tail)

    def pos_weight_mean(self, x: Array, t: Array, p: Array) -> Any:
        return self.weighted(x, t, p).mean()

    def masked_mean(self, x: Array, t: Array, p: Array, where: Array) -> Any:
        return self.weighted(x, t, p).mean(where=where)


class SciPy(Peer):
    name = "SciPy"
    packages = ("scipy",)

    def __init__(self) -> None:
        from scipy import special

        self.special = special

    def losses(self, x: Array, t: Array) -> Any:
        return (t - 1) * self.special.log_expit(-x) - t * self.special.log_expit(x)

    def gradients(self, x: Array, t: Array) -> Any:
        return self.special.expit(x) - t

    def logits_mean(self, x: Array, t: Array) -> Any:
        return ((1 - t) * x - self.special.log_expit(x)).mean()

    def logits_value_and_grad(self, x: Array, t: Array) -> Any:
        return self.logits_mean(x, t), (self.special.expit(x) - t) / x.size

    def sigmoid(self, x: Array, out: Array) -> Any:
        return self.special.expit(x, out=out)

    def probabilities_mean(self, q: Array, t: Array) -> Any:
        return -(self.special.xlogy(t, q) + self.special.xlog1py(1 - t, -q)).mean()

    def pos_weight_mean(self, x: Array, t: Array, p: Array) -> Any:
        return ((t - 1) * self.special.log_expit(-x) - p * t * self.special.log_expit(x)).mean()

    def masked_mean(self, x: Array, t: Array, p: Array, where: Array) -> Any:
        return ((t - 1) * self.special.log_expit(-x) - p * t * self.special.log_expit(x)).mean(where=where)


class ScikitLearn(Peer):
    """Its private loss for logits, which gives values and gradients per sample, and `log_loss` for probabilities."""

    name = "scikit-learn"
    packages = ("scikit-learn", "scipy", "joblib", "threadpoolctl")
    counts_threads = True

    def __init__(self) -> None:
        from sklearn._loss import HalfBinomialLoss
        from sklearn.metrics import log_loss

        self.loss, self.log_loss, self.threads = HalfBinomialLoss(), log_loss, 1

    def use_threads(self, count: int) -> None:
        self.threads = count

    def native(self, array: np.ndarray) -> Array:
        return array.reshape(-1)

    def losses(self, x: Array, t: Array) -> Any:
        return self.loss.loss(t, x, n_threads=self.threads)

    def gradients(self, x: Array, t: Array) -> Any:
        return self.loss.gradient(t, x, n_threads=self.threads)

    def logits_mean(self, x: Array, t: Array) -> Any:
        return self.losses(x, t).mean()

    def logits_value_and_grad(self, x: Array, t: Array) -> Any:
        losses, gradient = self.loss.loss_gradient(t, x, n_threads=self.threads)
        gradient /= x.size
        return losses.mean(), gradient

    def probabilities_mean(self, q: Array, t: Array) -> Any:
        return self.log_loss(t, q)

    def masked_mean(self, x: Array, t: Array, p: Array, where: Array) -> Any:
        weight = np.where(t.reshape(-1, p.size), p, 1).astype(x.dtype).reshape(-1) * where
        losses = self.loss.loss(t.astype(x.dtype), x, sample_weight=weight, n_threads=self.threads)
        return losses.sum() / where.sum()


class Torch(Peer):
    name = "PyTorch"
    packages = ("torch",)
    counts_threads = True

    def __init__(self) -> None:
        import torch

        self.torch, self.functional = torch, torch.nn.functional
        torch.set_num_threads(1)

    def use_threads(self, count: int) -> None:
        self.torch.set_num_threads(count)

    def native(self, array: np.ndarray) -> Array:
        return self.torch.from_numpy(array)

    def bind(self, case: str, *arrays: np.ndarray) -> Callable[[], Any] | None:
        function = getattr(self, case, None)
        if function is None:
            return None
        arguments = [self.native(array) for array in arrays]
        if case in {"logits_value_and_grad", "gradients"}:
            arguments[0].requires_grad_()
        return lambda: function(*arguments)

    def losses(self, x: Array, t: Array) -> Any:
        return self.functional.binary_cross_entropy_with_logits(x, t, reduction="none")

    def gradients(self, x: Array, t: Array) -> Any:
        loss = self.functional.binary_cross_entropy_with_logits(x, t, reduction="sum")
        return self.torch.autograd.grad(loss, x)[0]

    def logits_mean(self, x: Array, t: Array) -> Any:
        return self.functional.binary_cross_entropy_with_logits(x, t)

    def logits_value_and_grad(self, x: Array, t: Array) -> Any:
        loss = self.functional.binary_cross_entropy_with_logits(x, t)
        return loss.detach(), self.torch.autograd.grad(loss, x)[0]

    def sigmoid(self, x: Array, out: Array) -> Any:
        return self.torch.sigmoid(x, out=out)

    def probabilities_mean(self, q: Array, t: Array) -> Any:
        return self.functional.binary_cross_entropy(q, t)

    def pos_weight_mean(self, x: Array, t: Array, p: Array) -> Any:
        return self.functional.binary_cross_entropy_with_logits(x, t, pos_weight=p)

    def masked_mean(self, x: Array, t: Array, p: Array, where: Array) -> Any:
        total = self.functional.binary_cross_entropy_with_logits(
            x, t.to(x.dtype), weight=where.to(x.dtype), pos_weight=p, reduction="sum"
        )
        return total / where.sum()


class TorchCompiled(Torch):
    """The same through `torch.compile`; the gradient written out, which is faster than its autograd."""

    name = "torch.compile"

    def bind(self, case: str, *arrays: np.ndarray) -> Callable[[], Any] | None:
        function = getattr(self, case, None)
        if function is None:
            return None
        self.torch.compiler.reset()  # one specialisation at a time, or the search for the right one would be timed
        compiled = self.torch.compile(function)
        arguments = [self.native(array) for array in arrays]
        return lambda: compiled(*arguments)

    def gradients(self, x: Array, t: Array) -> Any:
        return self.torch.sigmoid(x) - t

    def logits_value_and_grad(self, x: Array, t: Array) -> Any:
        return self.logits_mean(x, t), (self.torch.sigmoid(x) - t) / x.numel()


class OnJax(Peer, ABC):
    """Losses on logits under `jax.jit`."""

    packages: Sequence[str] = ("jax", "jaxlib", "ml_dtypes", "opt_einsum", "scipy")

    def __init__(self) -> None:
        import jax
        import jax.numpy as jnp

        self.jax, self.jnp = jax, jnp

    def native(self, array: np.ndarray) -> Array:
        return self.jnp.asarray(array)

    def bind(self, case: str, *arrays: np.ndarray) -> Callable[[], Any] | None:
        function = getattr(self, case, None)
        if function is None:
            return None
        compiled, wait = self.jax.jit(function), self.jax.block_until_ready
        arguments = [self.native(array) for array in arrays]
        return lambda: wait(compiled(*arguments))

    @abstractmethod
    def losses(self, x: Array, t: Array) -> Any:
        """The loss of every element, of which JAX makes the rest."""

    def gradients(self, x: Array, t: Array) -> Any:
        return self.jax.grad(lambda x: self.losses(x, t).sum())(x)

    def logits_mean(self, x: Array, t: Array) -> Any:
        return self.losses(x, t).mean()

    def logits_value_and_grad(self, x: Array, t: Array) -> Any:
        return self.jax.value_and_grad(self.logits_mean)(x, t)


class Jax(OnJax):
    """NumPy's formula, which XLA compiles to faster code than its own softplus."""

    name = "JAX jit"

    def losses(self, x: Array, t: Array) -> Any:
        jnp = self.jnp
        return jnp.maximum(x, 0) - x * t + jnp.log1p(jnp.exp(-jnp.abs(x)))

    def sigmoid(self, x: Array, _out: Array) -> Any:
        """A new array: JAX cannot write into one that is given."""
        return self.jax.nn.sigmoid(x)

    def probabilities_mean(self, q: Array, t: Array) -> Any:
        return -(t * self.jnp.log(q) + (1 - t) * self.jnp.log1p(-q)).mean()

    def weighted(self, x: Array, t: Array, p: Array) -> Any:
        jnp = self.jnp
        tail = jnp.log1p(jnp.exp(-jnp.abs(x)))
        return (1 - t) * (jnp.maximum(x, 0) + tail) + p * t * (jnp.maximum(-x, 0) + tail)

    def pos_weight_mean(self, x: Array, t: Array, p: Array) -> Any:
        return self.weighted(x, t, p).mean()

    def masked_mean(self, x: Array, t: Array, p: Array, where: Array) -> Any:
        return self.weighted(x, t, p).mean(where=where)


class Optax(OnJax):
    """JAX's optimiser library. It has logits only."""

    name = "optax jit"
    packages = ("optax", *OnJax.packages)

    def __init__(self) -> None:
        super().__init__()
        import optax

        self.optax = optax

    def losses(self, x: Array, t: Array) -> Any:
        return self.optax.sigmoid_binary_cross_entropy(x, t)


KINDS = (Bcekit, NumPy, SciPy, ScikitLearn, Torch, TorchCompiled, Jax, Optax)
NAMES = tuple(kind.name for kind in KINDS)


def load(wanted: Sequence[str] = NAMES) -> tuple[list[Peer], list[str]]:
    """Import bcekit and the wanted peers; return them, told to use one thread, and the names of the missing ones."""
    os.environ.update(SINGLE_THREAD)
    present: list[Peer] = []
    missing = []
    for kind in KINDS:
        if kind is Bcekit or kind.name in wanted:
            try:
                present.append(kind())
            except ImportError:
                missing.append(kind.name)
    return present, missing
