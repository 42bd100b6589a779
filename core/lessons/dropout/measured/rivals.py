"""What else helps a network without dropout: each rival at the strength that other seeds choose."""

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

    losses, errors: name -> [seeds], inf after a divergence. strengths: what was chosen, in words.
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


def rivals(sweeps: Mapping[str, Sweep], runs: Mapping[str, Sequence[Run]]) -> Rivals:
    """Of the runs of every sweep over strength and seed, those of NOTHING measured on the way.

    On the last third of the seeds the strength is chosen, that with the lowest median of the held-out loss;
    on the others it is judged. Early stopping: NOTHING at the snapshot chosen so.
    """
    losses, errors, strengths = {}, {}, {}

    def add(name, loss, error, said):
        judged = 2 * loss.shape[1] // 3
        best = int(typical(loss[:, judged:]).argmin())
        losses[name], errors[name], strengths[name] = loss[best, :judged], error[best, :judged], said[best]

    for name, sweep in sweeps.items():
        loss = _finite(sweep.of(runs[name], lambda run: run.test_loss))
        error = _finite(sweep.of(runs[name], lambda run: 100 * (1 - run.test_accuracy.astype(float))))
        said = [f"{value:g}" for change in sweep.axes["strength"] for value in change.values()] or [""]
        add(name, loss[..., -1], error[..., -1], said)
        if name == NOTHING:
            steps = [f"step {step}" for step in runs[name][0].at]
            add(STOPPING, loss[0].T, error[0].T, steps)
    return Rivals(runs[NOTHING][0].experiment, losses, errors, strengths)


def _finite(values: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(values), values, np.inf)
