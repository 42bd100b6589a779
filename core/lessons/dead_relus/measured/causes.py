"""What kills units, over seeds: one setting varied, and one remedy at a time."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.diagnosis import census
from core.diagnosis.claims import decided, gains_of, interval
from core.diagnosis.measures import MEASURES
from core.experiment import Experiment
from core.lessons.dead_relus.settings import BETTER, FEWER
from core.lessons.dead_relus.theory import dead_in_first_layer
from core.run import Run
from core.sweep import Sweep


@dataclass(frozen=True)
class Kills:
    """What one setting does, over its values and the seeds.

    experiment: one of those trained. first, last: share of dead units in the first and the last hidden layer
    after training; born: in the first before it; accuracy: held out: [values, seeds], all but `born` NaN for
    runs that diverged. predicted: `born` in closed form, over finer `values` [n] and at those trained
    [values]; None where there is none, and for the learning rate.
    """

    experiment: Experiment
    setting: str
    values: np.ndarray
    first: np.ndarray
    last: np.ndarray
    born: np.ndarray
    accuracy: np.ndarray
    predicted: tuple[np.ndarray, np.ndarray, np.ndarray] | None

    @property
    def off(self) -> float:
        """The largest difference between the mean over the seeds of `born` and its closed form."""
        return np.abs(self.born.mean(axis=1) - self.predicted[2]).max()

    def here(self, experiment: Experiment) -> float | None:
        """Where this experiment is among those trained; None if it differs from them in anything else."""
        value = getattr(experiment, self.setting)
        same = self.experiment.but(**{self.setting: value}, seed=experiment.seed) == experiment
        return value if same else None


def kills(sweep: Sweep, runs: Sequence[Run]) -> Kills:
    """Of runs over one setting and the seed."""
    setting, _ = sweep.axes
    values, e = np.array(sweep.axes[setting], dtype=float), runs[0].experiment

    def closed(over):
        return [dead_in_first_layer(e.but(**{setting: value})) for value in over]

    def at_the_end(measure):
        return sweep.of(runs, lambda run: measure(run) if run.diverged_at is None else np.nan)

    predicted = None
    if setting != "learning_rate" and None not in closed(values):
        fine = np.unique(np.concatenate([values, np.linspace(values.min(), values.max(), 25)]))
        predicted = fine, np.array(closed(fine)), np.array(closed(values))
    return Kills(
        e,
        setting,
        values,
        *(at_the_end(lambda run, layer=layer: census.dead_share(run)[layer]) for layer in (0, -1)),
        sweep.of(runs, lambda run: census.dead_share(run, 0)[0]),
        at_the_end(MEASURES["test_accuracy"].of),
        predicted,
    )


@dataclass(frozen=True)
class Remedies:
    """Variants of one experiment, the first of them as it is.

    dead [variants, seeds]: share of units that pass nothing at the end, inf after a divergence.
    accuracy [variants, seeds]: held out, -inf after a divergence.
    """

    experiment: Experiment
    names: tuple[str, ...]
    dead: np.ndarray
    accuracy: np.ndarray

    @property
    def diverged(self) -> np.ndarray:
        """How many of the seeds, for every variant."""
        return np.isinf(self.accuracy).sum(axis=1)

    def fewer(self, word: str) -> list[str]:
        """Those of which the claims' rule says this word: that they leave FEWER dead, or yet fewer.

        Of a training that diverges as it is nobody knows how many would be dead: there none counts as fewer.
        """
        gains = gains_of(MEASURES["shut_units"], "lower", self.dead[0], self.dead[1:])
        return self._said(np.where(np.isinf(self.dead[0]), -np.inf, gains), FEWER, word)

    def better(self, word: str) -> list[str]:
        """The same of the accuracy: that it is higher by BETTER or more."""
        gains = gains_of(MEASURES["test_r2"], "higher", self.accuracy[0], self.accuracy[1:])
        return self._said(gains, BETTER, word)

    def _said(self, gains, at_least, word):
        words = (decided(low, high, at_least) for low, _, high in map(interval, gains))
        return [name for name, found in zip(self.names[1:], words, strict=True) if found == word]


def remedies(sweep: Sweep, runs: Sequence[Run]) -> Remedies:
    """Of runs over variant and seed."""
    return Remedies(
        runs[0].experiment,
        sweep.axes["variant"],
        sweep.of(runs, MEASURES["shut_units"].of),
        sweep.of(runs, held_out),
    )


def held_out(run: Run) -> float:
    """Accuracy on held-out data, R2 for regression; -inf after a divergence."""
    return float(run.test_accuracy[-1]) if run.diverged_at is None else -np.inf
