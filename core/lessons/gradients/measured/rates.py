"""What learning rates a run bears: the losses of the ruler, beside the largest step a parabola bears."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.diagnosis.numbers import final_loss
from core.engine.optimizers import OPTIMIZERS, momentum
from core.experiment import Experiment
from core.run import LEARNED, Run
from core.sweep import Sweep
from core.theory import momentum_threshold


@dataclass(frozen=True)
class Ruler:
    """Final training losses over learning_rate and seed: loss [rates, seeds], inf after a divergence.

    experiment: the one on the screen; steps: of those trained. chance: the loss of guessing.
    """

    experiment: Experiment
    steps: int
    rates: np.ndarray
    loss: np.ndarray
    chance: float
    sharpness: float

    @property
    def median(self) -> np.ndarray:
        """Over the seeds [rates]."""
        return np.median(self.loss, axis=1)

    @property
    def best(self) -> float:
        """The rate with the lowest median."""
        return self.rates[int(np.argmin(self.median))]

    @property
    def lost(self) -> float | None:
        """The lowest rate at which most seeds diverge."""
        lost = self.rates[~np.isfinite(self.median)]
        return lost[0] if len(lost) else None

    @property
    def learns(self) -> bool:
        """Whether the median over the seeds counts as learned at any rate, by the rule of a Run."""
        return bool(self.median.min() < LEARNED * self.chance)

    @property
    def limit(self) -> float | None:
        """The largest step that a parabola as sharp as the start bears; None where that says nothing."""
        e = self.experiment
        applies = np.isfinite(self.sharpness) and self.sharpness > 0 and not OPTIMIZERS[e.optimizer].rescales
        return momentum_threshold(self.sharpness, momentum(e)) if applies else None


def ruler(experiment: Experiment, sweep: Sweep, runs: Sequence[Run], sharpness: float) -> Ruler:
    """Of the runs of `ruler.networks`; sharpness is lambda_max at the start."""
    return Ruler(
        experiment,
        len(runs[0].loss),
        np.array(sweep.axes["learning_rate"], dtype=float),
        sweep.of(runs, final_loss),
        runs[0].chance,
        sharpness,
    )
