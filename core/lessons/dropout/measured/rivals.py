"""What else helps a network without dropout: each rival at the strength that the other seeds choose."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.experiment import Experiment
from core.lessons.dropout.measured.paired import told
from core.run import Run
from core.sweep import Sweep, typical

NOTHING, STOPPING = "nothing", "early stopping"


@dataclass(frozen=True)
class Rivals:
    """Final held-out loss and error (percent; of a regression the unexplained variance) of every rival.

    losses, errors: name -> [seeds], inf after a divergence. strengths: what was chosen most often, in words.
    """

    experiment: Experiment
    losses: dict[str, np.ndarray]
    errors: dict[str, np.ndarray]
    strengths: dict[str, str]

    def against(self, other: str, word: str) -> list[str]:
        """The rivals of which `told` says this word of the loss, beside that of another."""
        without = self.losses[other]
        names = [name for name in self.losses if name not in (other, NOTHING)]
        return [name for name in names if told(without, self.losses[name]) == word]


def chosen(losses: np.ndarray) -> np.ndarray:
    """For every seed the strength whose median over all other seeds is lowest: [strengths, seeds] -> [seeds].

    So no rival is chosen by the very samples that it is judged on.
    """
    others = (np.delete(losses, seed, axis=1) for seed in range(losses.shape[1]))
    return np.array([typical(rest).argmin() for rest in others])


def rivals(sweeps: Mapping[str, Sweep], runs: Mapping[str, Sequence[Run]], alone: Sequence[Run]) -> Rivals:
    """Of the runs of every sweep over strength and seed, and of those without anything, over the same seeds.

    Early stopping: of the latter, at the snapshot that the other seeds choose.
    """
    e = alone[0].experiment

    def finite(values):
        values = np.asarray(values, dtype=float)
        return np.where(np.isfinite(values), values, np.inf)

    losses = {NOTHING: finite([run.test_loss[-1] for run in alone])}
    errors = {NOTHING: finite([100 * (1 - float(run.test_accuracy[-1])) for run in alone])}
    strengths = {NOTHING: ""}

    def add(name, loss, error, say):
        pick = chosen(loss)
        seeds = np.arange(len(pick))
        losses[name], errors[name] = loss[pick, seeds], error[pick, seeds]
        strengths[name] = say(int(np.bincount(pick).argmax()))

    on_the_way = finite([run.test_loss for run in alone]).T
    wrong = finite([100 * (1 - run.test_accuracy.astype(float)) for run in alone]).T
    add(STOPPING, on_the_way, wrong, lambda i: f"step {alone[0].at[i]}")
    for name, sweep in sweeps.items():
        loss = finite(sweep.of(runs[name], lambda run: run.test_loss[-1]))
        error = finite(sweep.of(runs[name], lambda run: 100 * (1 - float(run.test_accuracy[-1]))))
        tried = [next(iter(change.values())) for change in sweep.axes["strength"]]
        add(name, loss, error, lambda i, tried=tried: f"{tried[i]:g}")
    return Rivals(e, losses, errors, strengths)
