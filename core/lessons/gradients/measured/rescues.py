"""What rescues a stuck network: the losses that every change leaves, over seeds."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.diagnosis.measures import final_loss
from core.run import Run
from core.sweep import Sweep

RESCUED, STUCK = 0.1, 0.65
"""Final losses below which a network is rescued, and above which it is where it was."""


@dataclass(frozen=True)
class Rescues:
    """Over changes and seeds: the final training loss, inf after a divergence, and the gradient of layer 1
    before the first step.

    names [changes]; loss, gradient [changes, seeds].
    """

    names: tuple[str, ...]
    loss: np.ndarray
    gradient: np.ndarray

    @property
    def saved(self) -> np.ndarray:
        """On how many seeds each change rescues the network [changes]."""
        return (self.loss < RESCUED).sum(axis=1)

    @property
    def always(self) -> list[str]:
        """The changes that rescue it on every seed."""
        seeds = self.loss.shape[1]
        return [name for name, saved in zip(self.names, self.saved, strict=True) if saved == seeds]


def rescues(sweep: Sweep, runs: Sequence[Run]) -> Rescues:
    """Of runs over change and seed."""
    return Rescues(
        sweep.axes["change"],
        sweep.of(runs, final_loss),
        sweep.of(runs, lambda run: run.probes["weight_grad_norm"][0, 0]),
    )
