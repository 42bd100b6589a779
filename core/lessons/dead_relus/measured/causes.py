"""What kills units, over seeds: one setting varied, and one remedy at a time."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.diagnosis import census
from core.diagnosis.claims import decided, interval
from core.diagnosis.measures import MEASURES
from core.experiment import Experiment
from core.lessons.dead_relus.theory import dead_in_first_layer
from core.run import Run
from core.sweep import Sweep

GAIN = 0.03
"""Held-out accuracy from which a remedy counts as one."""


@dataclass(frozen=True)
class Kills:
    """What one setting does, over its values and the seeds.

    experiment: one of those trained. first, last: share of dead units in the first and the last hidden layer
    after training; born: in the first before it; accuracy: held out: [values, seeds]. predicted: `born` in
    closed form, over finer `values` [n] and at those trained [values]; None where there is none, and for the
    learning rate. diverged: how many of the runs.
    """

    experiment: Experiment
    setting: str
    values: np.ndarray
    first: np.ndarray
    last: np.ndarray
    born: np.ndarray
    accuracy: np.ndarray
    predicted: tuple[np.ndarray, np.ndarray, np.ndarray] | None
    diverged: int

    @property
    def deadly(self) -> float | None:
        """The lowest value at which, in the median, more than half of the last layer is dead."""
        above = self.values[np.median(self.last, axis=1) > 0.5]
        return above[0] if len(above) else None

    @property
    def off(self) -> float:
        """The largest difference between the mean over the seeds of `born` and its closed form."""
        return np.abs(self.born.mean(axis=1) - self.predicted[2]).max()


def kills(sweep: Sweep, runs: Sequence[Run]) -> Kills:
    """Of runs over one setting and the seed."""
    setting, _ = sweep.axes
    values, e = np.array(sweep.axes[setting], dtype=float), runs[0].experiment

    def closed(over):
        return [dead_in_first_layer(e.but(**{setting: value})) for value in over]

    predicted = None
    if setting != "learning_rate" and None not in closed(values):
        fine = np.unique(np.concatenate([values, np.linspace(values.min(), values.max(), 25)]))
        predicted = fine, np.array(closed(fine)), np.array(closed(values))
    return Kills(
        e,
        setting,
        values,
        *(sweep.of(runs, lambda run, layer=layer: census.dead_share(run)[layer]) for layer in (0, -1)),
        sweep.of(runs, lambda run: census.dead_share(run, 0)[0]),
        sweep.of(runs, MEASURES["test_accuracy"].of),
        predicted,
        sum(run.diverged_at is not None for run in runs),
    )


@dataclass(frozen=True)
class Remedies:
    """Variants of one run, the first of them as it is: dead share and held-out accuracy [variants, seeds].

    diverged [variants]: how many of the seeds.
    """

    names: tuple[str, ...]
    dead: np.ndarray
    accuracy: np.ndarray
    diverged: np.ndarray

    def of(self, word: str) -> list[str]:
        """Those of which the claims' rule says this word: that they are better by GAIN or more."""
        gains = (interval(gain) for gain in self.accuracy[1:] - self.accuracy[0])
        words = (decided(low, high, GAIN) for low, _, high in gains)
        return [name for name, found in zip(self.names[1:], words, strict=True) if found == word]


def remedies(sweep: Sweep, runs: Sequence[Run]) -> Remedies:
    """Of runs over variant and seed."""
    return Remedies(
        sweep.axes["variant"],
        sweep.of(runs, lambda run: census.dead_share(run).mean()),
        sweep.of(runs, MEASURES["test_accuracy"].of),
        sweep.of(runs, lambda run: run.diverged_at is not None).sum(axis=1),
    )
