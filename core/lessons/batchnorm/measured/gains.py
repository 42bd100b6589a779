"""What batch normalization buys, over seeds: steps, and settings at which a network learns."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.diagnosis.numbers import final_loss, steps_to_target
from core.run import Run
from core.sweep import Sweep, typical

SMOOTHED = 10
"""Steps over which the losses of a race are averaged."""


@dataclass(frozen=True)
class Race:
    """Training at one learning rate, without batch normalization and with it.

    steps [n], losses [2, seeds, n]: the mean of each step's loss and those of the nine before it, inf where
    it is not finite. reached [2]: the median step at which the loss is down to numbers.TARGET, inf if never.
    """

    learning_rate: float
    steps: np.ndarray
    losses: np.ndarray
    reached: np.ndarray

    @property
    def factor(self) -> float:
        """How many times as many steps it takes without; not finite unless both arrive."""
        return self.reached[0] / self.reached[1] if np.isfinite(self.reached).all() else np.inf


def races(sweep: Sweep, runs: Sequence[Run]) -> list[Race]:
    """One per learning rate, of runs over batchnorm, learning_rate and seed."""
    steps = len(runs[0].loss)
    width = min(SMOOTHED, steps)

    def smooth(run):
        means = np.convolve(run.loss.astype(float), np.ones(width) / width, "valid")
        return np.where(np.isfinite(means), means, np.inf)

    losses, reached = sweep.of(runs, smooth), np.median(sweep.of(runs, steps_to_target), axis=2)
    return [
        Race(rate, np.arange(width - 1, steps), losses[:, i], reached[:, i])
        for i, rate in enumerate(sweep.axes["learning_rate"])
    ]


@dataclass(frozen=True)
class Reach:
    """Final training loss over the values [n] of one setting: losses [2, n, seeds], without and with.

    title: the setting's. chance: the loss of guessing.
    """

    title: str
    values: np.ndarray
    losses: np.ndarray
    chance: float

    @property
    def learned(self) -> list[np.ndarray]:
        """The values at which the median loss is below half of guessing, without and with."""
        return [self.values[good] for good in typical(self.losses) < self.chance / 2]


def reach(sweep: Sweep, runs: Sequence[Run]) -> Reach:
    """Of runs over batchnorm, one setting and seed."""
    _, setting, _ = sweep.axes
    title = type(runs[0].experiment).model_fields[setting].title
    return Reach(title, np.array(sweep.axes[setting]), sweep.of(runs, final_loss), runs[0].chance)
