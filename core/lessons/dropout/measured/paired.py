"""The same trainings without dropout and with it, over seeds: every loss on the way."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.diagnosis.claims import SEEDS, interval
from core.run import Run
from core.sweep import Sweep, typical

BETTER, WORSE, UNTOLD = "better", "worse", "not told apart"


@dataclass(frozen=True)
class Paired:
    """One setting without dropout and at `rate`, side 0 and 1, over seeds.

    at [S]: the snapshot steps. training, held_out [2, seeds, S]: losses in evaluation mode. training_wrong,
    wrong [2, seeds, S]: the errors in percent, of a regression the unexplained variance. inf where a run
    diverged.
    """

    rate: float
    regression: bool
    at: np.ndarray
    training: np.ndarray
    held_out: np.ndarray
    training_wrong: np.ndarray
    wrong: np.ndarray

    @property
    def seeds(self) -> int:
        """How many pairs there are."""
        return self.held_out.shape[1]

    @property
    def lowest(self) -> np.ndarray:
        """The snapshot at which the median held-out loss is lowest: [2]."""
        return _median(self.held_out).argmin(axis=1)

    @property
    def at_lowest(self) -> np.ndarray:
        """Held-out losses of every seed at that snapshot: [2, seeds]."""
        return np.stack([side[:, i] for side, i in zip(self.held_out, self.lowest, strict=True)])


def _median(values: np.ndarray) -> np.ndarray:
    return typical(np.moveaxis(values, 1, -1))


def told(without: np.ndarray, helped: np.ndarray) -> str:
    """Whether `helped` is lower: BETTER or WORSE where the whole 93 % interval of 8 pairs says so.

    Of fewer pairs nothing is told.
    """
    with np.errstate(invalid="ignore"):
        low, _, high = interval(np.nan_to_num(without - helped, nan=0.0, posinf=np.inf, neginf=-np.inf))
    if len(without) < SEEDS or low <= 0 <= high:
        return UNTOLD
    return BETTER if low > 0 else WORSE


def paired(sweep: Sweep, runs: Sequence[Run]) -> Paired:
    """Of runs over dropout (0 first) and seed, all with the same snapshots."""

    def of(measure):
        values = sweep.of(runs, measure).astype(float)
        return np.where(np.isfinite(values), values, np.inf)

    return Paired(
        sweep.axes["dropout"][1],
        runs[0].experiment.loss == "mse",
        runs[0].at,
        of(lambda run: run.train_loss),
        of(lambda run: run.test_loss),
        of(lambda run: 100 * (1 - run.train_accuracy.astype(float))),
        of(lambda run: 100 * (1 - run.test_accuracy.astype(float))),
    )
