"""What rescues a stuck network: the losses that every change leaves, over seeds."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.diagnosis.numbers import final_loss
from core.diagnosis.wording import words
from core.experiment import Experiment
from core.run import Run
from core.sweep import Sweep

UNCHANGED = "as it is"


@dataclass(frozen=True)
class Rescues:
    """Over changes and seeds: the final training loss, inf after a divergence, whether the network learned,
    and the gradient of layer 1 before the first step.

    experiment: the network as it is; chance: what guessing loses on it. names [changes]: every setting that a
    change sets, in words. loss, learned, gradient [changes, seeds].
    """

    experiment: Experiment
    names: tuple[str, ...]
    loss: np.ndarray
    learned: np.ndarray
    gradient: np.ndarray
    chance: float

    @property
    def saved(self) -> np.ndarray:
        """On how many seeds the network learns with each change [changes]."""
        return self.learned.sum(axis=1)

    @property
    def always(self) -> list[str]:
        """The changes with which it learns on every seed."""
        return self._changes(self.learned.shape[1])

    @property
    def never(self) -> list[str]:
        """The changes with which it learns on none."""
        return self._changes(0)

    def _changes(self, seeds: int) -> list[str]:
        each = zip(self.names, self.saved, strict=True)
        return [name for name, saved in each if saved == seeds and name != UNCHANGED]


def said(changes: dict) -> str:
    """All settings that are changed, in words."""
    return " with ".join(words(Experiment, *one) for one in changes.items()) or UNCHANGED


def rescues(sweep: Sweep, runs: Sequence[Run]) -> Rescues:
    """Of runs over change and seed; the first change is none."""
    start, *_ = sweep.experiments
    each = sweep.experiments[:: sweep.shape[1]]
    return Rescues(
        start,
        tuple(said(e.changes(start)) for e in each),
        sweep.of(runs, final_loss),
        sweep.of(runs, lambda run: run.learned),
        sweep.of(runs, lambda run: run.probes["weight_grad_norm"][0, 0]),
        runs[0].chance,
    )
