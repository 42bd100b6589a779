"""Linear regression with dropout on its inputs: the error over rates, and descent beside ridge."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from core.lessons.dropout.theory import RATES, linear_data, ridge

SETS = 150


def rate_errors(n: int, d: int, sigma: float, tick: Callable = lambda *_: None) -> np.ndarray:
    """|w_p - w|^2 at every rate of RATES, the held-out error without its noise: mean over 150 data sets."""
    total = np.zeros(len(RATES))
    for seed in range(SETS):
        data = linear_data(n, d, sigma, seed)
        total += [np.sum((ridge(data.x, data.y, p) - data.w) ** 2) for p in RATES]
        tick(seed / SETS)
    return total / SETS


class Iterates(NamedTuple):
    """Gradient descent with dropout: the last iterate, and the mean over the last three quarters."""

    last: np.ndarray
    averaged: np.ndarray


def descent(
    x: np.ndarray, y: np.ndarray, p: float, steps: int = 4000, rate: float = 0.02, seed: int = 0
) -> Iterates:
    """Full-batch gradient descent on the squared error with a new mask on every input at every step.

    Masks never stop, so that the last iterate keeps jittering around the minimum; its average does not
    (Polyak & Juditsky 1992).
    """
    rng, w, total = np.random.default_rng(seed), np.zeros(x.shape[1]), np.zeros(x.shape[1])
    for step in range(steps):
        dropped = x * (rng.random(x.shape) >= p) / (1 - p)
        w = w - rate * 2 / len(y) * dropped.T @ (dropped @ w - y)
        if step >= steps // 4:
            total += w
    return Iterates(w, total / (steps - steps // 4))


class Path(NamedTuple):
    """Ridge weights `closed_form` [rates, d]; at the rates `trained` also `exact` ones and both iterates."""

    rates: np.ndarray
    closed_form: np.ndarray
    trained: np.ndarray
    exact: np.ndarray
    averaged: np.ndarray
    last: np.ndarray

    @property
    def off(self) -> tuple[float, float]:
        """How far averaged and last iterates are from ridge, relatively: the most for rates 0.2 to 0.8."""
        middle = slice(*np.searchsorted(self.trained, (0.15, 0.85)))
        size = np.linalg.norm(self.exact, axis=1)
        return tuple(
            float((np.linalg.norm(found - self.exact, axis=1) / size)[middle].max())
            for found in (self.averaged, self.last)
        )


def path(
    n: int = 40, d: int = 8, sigma: float = 1.0, seed: int = 0, tick: Callable = lambda *_: None
) -> Path:
    """Dropout by gradient descent beside ridge regression, on one data set."""
    x, y, _ = linear_data(n, d, sigma, seed)
    rates, trained, found = np.linspace(0, 0.95, 96), np.arange(1, 10) / 10, []
    for p in trained:
        found.append(descent(x, y, p))
        tick(p)
    averaged, last = (np.array([getattr(one, name) for one in found]) for name in ("averaged", "last"))
    closed_form, exact = (np.array([ridge(x, y, p) for p in some]) for some in (rates, trained))
    return Path(rates, closed_form, trained, exact, averaged, last)
