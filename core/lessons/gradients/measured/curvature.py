"""The curvature of the training loss: its sharpest direction, by Lanczos on Hessian-vector products.

lambda_max of the Hessian H is the sharpness. On a parabola gradient descent converges where learning_rate <
2 / lambda_max, and with momentum where learning_rate < 2 (1 + momentum) / lambda_max (Polyak 1964).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from core.engine.autograd import loss
from core.engine.network import Stack
from core.engine.optimizers import momentum
from core.engine.train import snapshot_steps, train
from core.experiment import Experiment
from core.lessons.gradients.ruler import curvature_samples
from core.run import Run
from core.theory import momentum_threshold


@dataclass(frozen=True)
class Sharpness:
    """lambda_max of the training loss's Hessian, `values` [n], before the update of each step in `at` [n]."""

    run: Run
    at: np.ndarray
    values: np.ndarray

    @property
    def limit(self) -> float:
        """The largest curvature of a parabola on which this learning rate converges."""
        e = self.run.experiment
        return momentum_threshold(e.learning_rate, momentum(e))

    @property
    def relative(self) -> np.ndarray:
        """The values over the limit [n]."""
        return self.values / self.limit

    @property
    def rises(self) -> int:
        """The number of steps in which the loss rises."""
        return int((np.diff(self.run.loss) > 0).sum())


BASIS, TOLERANCE = 10, 1e-5


def parameters(stack: Stack) -> list[torch.Tensor]:
    """The parameters of a stack of one network in float64: weights, biases, then gamma and beta."""
    return [p[0].to(torch.float64, copy=True) for p in stack.weight + stack.bias + stack.gamma + stack.beta]


def hessian_vector(objective: Callable, values: list[torch.Tensor]) -> Callable[[torch.Tensor], torch.Tensor]:
    """v [P] -> H v [P] of `objective(values)`, by differentiating the gradient along v (Pearlmutter 1994)."""
    values = [v.requires_grad_() for v in values]
    first = torch.autograd.grad(objective(values), values, create_graph=True)
    gradient = torch.cat([g.flatten() for g in first])

    def product(v):
        second = torch.autograd.grad(gradient @ v, values, retain_graph=True, materialize_grads=True)
        return torch.cat([g.flatten() for g in second])

    return product


def largest_eigenvalue(product: Callable, size: int, tick: Callable = lambda *_: None) -> float:
    """That of a symmetric matrix [size, size], known by its products with vectors [size].

    Lanczos iterations (1950) as in ARPACK, until the eigenvalue is known to a relative 1e-5; NaN where a
    product is not finite or ARPACK gives up. The start vector is fixed. A basis of BASIS vectors is enough
    for the few large eigenvalues of a loss; ARPACK's own 20 would take twice the products.
    """
    from scipy.sparse.linalg import ArpackNoConvergence, LinearOperator, eigsh

    def finite(v):
        tick()
        w = product(torch.from_numpy(v)).numpy()
        if not np.isfinite(w).all():
            raise FloatingPointError
        return w

    matrix = LinearOperator((size, size), matvec=finite, dtype=np.float64)
    start = np.random.default_rng(0).normal(size=size)
    try:
        first = finite(start)
        if size == 1 or not first.any():
            return float(first[0] / start[0])
        basis = min(BASIS, size)
        return float(
            eigsh(matrix, 1, which="LA", v0=start, ncv=basis, tol=TOLERANCE, return_eigenvectors=False)[0]
        )
    except (FloatingPointError, ArpackNoConvergence):
        return np.nan


def of_stack(stack: Stack, tick: Callable = lambda *_: None) -> float:
    """lambda_max of the loss over the training set of the one network in a stack, as it stands.

    Where that would take long, over its first `curvature_samples` samples.
    """
    n = curvature_samples(stack.like)
    with torch.inference_mode(False):
        x, y = (t[0, :, :n].to(torch.float64, copy=True) for t in (stack.x_train, stack.y_train))
        values = parameters(stack)
        product = hessian_vector(lambda values: loss(stack.like, values, x, y), values)
        return largest_eigenvalue(product, sum(v.numel() for v in values), tick)


def at_start(experiment: Experiment, tick: Callable = lambda *_: None) -> float:
    """lambda_max before the first step; NaN where the loss is not finite."""
    torch.set_num_threads(1)
    return of_stack(Stack([experiment], tick), tick)


def over_steps(experiment: Experiment, points: int, tick: Callable = lambda *_: None) -> Sharpness:
    """Train the experiment and measure lambda_max about `points` times on the way."""
    measured, at = {}, snapshot_steps(experiment.steps, points)

    def watch(step, stack, loss):
        if step in at:
            measured[step] = of_stack(stack, tick)

    [run] = train([experiment], tick=tick, watch=watch)
    return Sharpness(run, np.array(list(measured)), np.array(list(measured.values())))
