"""BN(aWx) = BN(Wx): what the scale of the weights changes below batch normalization, measured."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from core.engine.autograd import output
from core.engine.network import Stack
from core.engine.objectives import objective
from core.engine.train import Interval
from core.experiment import BN_EPSILON, Experiment

FACTORS, STEPS = np.logspace(-3, 3, 13), 60
ROUNDING = 1e-9
"""A gradient that is so small beside that of another layer is what rounding left of 0."""


@dataclass(frozen=True)
class Rescaled:
    """One network in float64 whose hidden weights are multiplied by each of `factors` [F].

    output, gradient: epsilon -> the largest change of the output, and of the weight gradients times the
        factor, relative to the largest value at factor 1: [F].
    radial: |<w, gradient>| / (|w| |gradient|), the largest over the hidden layers that have a gradient, with
        epsilon 0.
    bias, weight: the largest gradient of a bias before batch normalization, and of a weight there.
    norm, predicted [steps + 1]: the squared norm of the hidden weights while they train with epsilon 0, and
        its start plus learning_rate^2 times all squared gradients so far.
    """

    factors: np.ndarray
    output: dict[float, np.ndarray]
    gradient: dict[float, np.ndarray]
    radial: float
    bias: float
    weight: float
    norm: np.ndarray
    predicted: np.ndarray

    @property
    def changed(self) -> float:
        """The largest change, of output or gradients, that is not the work of epsilon."""
        exact = min(self.output)
        return max(self.output[exact].max(), self.gradient[exact].max())

    @property
    def off(self) -> float:
        """The largest difference of `norm` from `predicted`, relative to it."""
        return float(np.abs(self.norm / self.predicted - 1).max())


def _gradients(e: Experiment, weights, biases, x, y, epsilon):
    """Output, and the loss's gradients by weights and biases, with gamma 1 and beta 0."""
    weights, biases = ([p.detach().requires_grad_() for p in group] for group in (weights, biases))
    scales = [torch.full_like(b, value) for value in (1, 0) for b in biases[:-1]]
    answer = output(e, [*weights, *biases, *scales], x, epsilon)
    mean_loss = objective(e.loss, answer[None], y[None]).mean()
    gradients = torch.autograd.grad(mean_loss, [*weights, *biases])
    return answer.detach(), gradients[: len(weights)], gradients[len(weights) :]


def _off(values, reference) -> float:
    """The largest difference, relative to the largest reference value."""
    differences = (float((v - r).abs().max()) for v, r in zip(values, reference, strict=True))
    return max(differences) / max(float(r.abs().max()) for r in reference)


def _square(tensors) -> float:
    return sum(float(t.square().sum()) for t in tensors)


def rescaled(experiment: Experiment, tick: Callable[[float], None] | None = None) -> Rescaled:
    """BN(aWx) = BN(Wx) and what follows (Ioffe & Szegedy 2015, sec. 3.3; Arora, Li & Lyu 2019).

    The experiment's data and network with He's initial weights, float64, full batch, plain gradient descent.
    """
    e = experiment.but(init="he", gain=1, bias=0, precision="float64", batchnorm=True, batch_size=0)
    torch.set_num_threads(1)
    interval, stack = Interval(tick), Stack([e])
    x, y = stack.x_train[0], stack.y_train[0]
    weights, biases = [w[0] for w in stack.weight], [b[0] for b in stack.bias]

    def at(factor, epsilon):
        interval()
        return _gradients(e, [*(factor * w for w in weights[:-1]), weights[-1]], biases, x, y, epsilon)

    changed, gradient = {}, {}
    for epsilon in (0.0, BN_EPSILON):
        here, slopes, _ = at(1.0, epsilon)
        scaled = [(a, *at(a, epsilon)) for a in FACTORS]
        changed[epsilon] = np.array([_off([out], [here]) for _, out, _, _ in scaled])
        gradient[epsilon] = np.array(
            [_off([a * g for g in grads[:-1]], slopes[:-1]) for a, _, grads, _ in scaled]
        )
    _, slopes, bias_slopes = at(1.0, 0.0)
    hidden = list(zip(weights[:-1], slopes[:-1], strict=True))
    felt = ROUNDING * max(float(g.norm()) for _, g in hidden)
    radial = max(float((w * g).sum().abs() / w.norm() / g.norm()) for w, g in hidden if g.norm() > felt)
    norm, predicted = [_square(weights[:-1])], [_square(weights[:-1])]
    for _ in range(STEPS):
        interval()
        _, slopes, _ = _gradients(e, weights, biases, x, y, 0.0)
        weights = [w - e.learning_rate * g for w, g in zip(weights, slopes, strict=True)]
        norm.append(_square(weights[:-1]))
        predicted.append(predicted[-1] + e.learning_rate**2 * _square(slopes[:-1]))
    return Rescaled(
        FACTORS,
        changed,
        gradient,
        radial,
        max(float(g.abs().max()) for g in bias_slopes[:-1]),
        max(float(g.abs().max()) for _, g in hidden),
        np.array(norm),
        np.array(predicted),
    )
