"""torch.optim.SGD on two functions whose course is known in closed form: least squares and the catapult."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from core.data import WEIGHTS, stream
from core.lessons.gradients import theory
from core.theory import momentum_threshold


@dataclass(frozen=True)
class Descent:
    """Steps of torch.optim.SGD on a function with a known course, in float64.

    ratio: the learning rate, as a multiple of what the case compares it with. loss [steps + 1] as PyTorch
    measured it, predicted [steps + 1] in closed form; so too the curvature, constant for a parabola.
    """

    ratio: float
    learning_rate: float
    momentum: float
    loss: np.ndarray
    predicted: np.ndarray
    curvature: np.ndarray
    predicted_curvature: np.ndarray

    @property
    def off(self) -> float:
        """The largest relative difference of the losses, up to where they have fallen to 1e-12."""
        good = (self.predicted > 1e-12 * self.predicted[0]) & np.isfinite(self.loss)
        return np.abs(self.loss[good] / self.predicted[good] - 1).max()


FEATURES, SAMPLES, UNITS = 5, 200, 512


def _steps(parameters, loss: Callable, learning_rate: float, momentum: float, steps: int, look: Callable):
    """Run SGD and return [steps + 1] of (loss, look()), NaN after a loss that is not finite."""
    optimizer = torch.optim.SGD(parameters, lr=learning_rate, momentum=momentum)
    path = np.full((steps + 1, 2), np.nan)
    for step in range(steps + 1):
        optimizer.zero_grad()
        value = loss()
        path[step] = value.item(), look()
        if not np.isfinite(path[step, 0]):
            break
        value.backward()
        optimizer.step()
    return path.T


def least_squares(
    ratio: float, momentum: float, precision: str = "float64", seed: int = 0, steps: int = 400
) -> Descent:
    """Descent on |X w - y|^2 / 2 with 5 features of different size and 200 samples, y without noise.

    `ratio` is the learning rate over the largest at which theory expects it to converge.
    """
    rng = stream(seed, WEIGHTS)
    x = rng.normal(size=(SAMPLES, FEATURES)) * np.geomspace(1, 0.3, FEATURES) / np.sqrt(SAMPLES)
    curvatures, directions = np.linalg.eigh(x.T @ x)
    target = rng.normal(size=FEATURES)
    learning_rate = ratio * momentum_threshold(curvatures[-1], momentum)
    error = theory.errors(-directions.T @ target, curvatures, learning_rate, momentum, steps)
    dtype = getattr(torch, precision)
    inputs, answers = torch.tensor(x, dtype=dtype), torch.tensor(x @ target, dtype=dtype)
    w = torch.zeros(FEATURES, dtype=dtype, requires_grad=True)
    measured, curvature = _steps(
        [w],
        lambda: ((inputs @ w - answers).square() / 2).sum(),
        learning_rate,
        momentum,
        steps,
        lambda: curvatures[-1],
    )
    with np.errstate(over="ignore"):
        predicted = (error**2 @ curvatures) / 2
    return Descent(ratio, learning_rate, momentum, measured, predicted, curvature, curvature)


def in_both(ratio: float, momentum: float, tick=None) -> tuple[Descent, Descent]:
    """`least_squares` in float64 and in float32."""
    return tuple(least_squares(ratio, momentum, precision) for precision in ("float64", "float32"))


def catapults(seed: int, tick=None) -> list[Descent]:
    """`catapult` at learning rates below, between and above 2 and 4 over the curvature."""
    return [catapult(ratio, seed) for ratio in (1, 2.5, 3.5, 3.9, 4.2)]


def catapult(ratio: float, seed: int, steps: int = 100) -> Descent:
    """Descent on f^2 / 2 with f = u v / sqrt(512); `ratio` is the learning rate times the first curvature.

    The curvature is (|u|^2 + |v|^2) / 512, the square of the gradient of f (Lewkowycz et al. 2020).
    """
    rng = stream(seed, WEIGHTS)
    u, v = (torch.tensor(rng.normal(size=UNITS), requires_grad=True) for _ in range(2))

    def curvature():
        return float(u.detach() @ u.detach() + v.detach() @ v.detach()) / UNITS

    def output():
        return u @ v / UNITS**0.5

    first, learning_rate = curvature(), ratio / curvature()
    f, predicted = theory.catapult(output().item(), first, UNITS, learning_rate, steps)
    measured, curvatures = _steps([u, v], lambda: output() ** 2 / 2, learning_rate, 0, steps, curvature)
    with np.errstate(over="ignore"):
        return Descent(ratio, learning_rate, 0, measured, f**2 / 2, curvatures, predicted)
