"""How deep can it train? Networks over depth and sigma_w, to be compared with the depth scale of theory."""

from functools import cache

import numpy as np

from core.experiment import Experiment
from core.run import Run
from core.theory import critical_sigma_w

MAP = Experiment(
    dataset="blobs",
    features=20,
    noise=0.5,
    init="normal",
    width=48,
    batch_size=64,
    learning_rate=0.05,
    momentum=0,
    steps=100,
)
COARSE, FINE = (4, 8, 14, 22, 32, 44), (4, 6, 8, 11, 14, 18, 22, 27, 32, 38, 44)
SEEDS = 2
TRAINED = 0.6
"""Accuracy from which a network counts as trained; guessing among four classes gives 0.25."""


def depths(fine: bool) -> tuple[int, ...]:
    """Numbers of hidden layers."""
    return FINE if fine else COARSE


@cache
def gains(activation: str, fine: bool) -> tuple[float, ...]:
    """sigma_w on both sides of the edge of chaos, even on a log scale; the fine ones hold the coarse."""
    edge = critical_sigma_w(activation) or 1.6
    return tuple(float(f"{edge * 2**power:.4g}") for power in np.linspace(-1.25, 1.25, 17 if fine else 9))


def grid(activation: str, fine: bool) -> list[Experiment]:
    """The networks of the map, [depth][sigma_w][seed], flat."""
    return MAP.but(activation=activation).vary(
        depth=depths(fine), gain=gains(activation, fine), seed=range(SEEDS)
    )


def names(activation: str, fine: bool) -> list[str]:
    """What tells the cells of the map apart, [depth][sigma_w]."""
    return [f"{depth} layers, σ_w = {gain:g}" for depth in depths(fine) for gain in gains(activation, fine)]


def accuracies(fine: bool, runs: list[Run]) -> np.ndarray:
    """Held-out accuracy of every run of `grid`: [depth, sigma_w, seed], NaN where it diverged."""
    values = np.array([run.test_accuracy[-1] for run in runs])
    return values.reshape(len(depths(fine)), -1, SEEDS)


def trained_depth(accuracy: np.ndarray, depths: tuple[int, ...]) -> np.ndarray:
    """For every sigma_w the largest depth up to which all networks train, 0 if none does.

    accuracy [depth, sigma_w, seed]; a network trains if it gets above 0.6 on the mean over its seeds.
    """
    good = np.cumprod(np.nan_to_num(accuracy).mean(axis=2) > TRAINED, axis=0)
    return np.array([0, *depths])[good.sum(axis=0)]
