"""What batch normalization buys, over seeds: epochs, settings at which it learns, and scaled inputs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.diagnosis.claims import Claim, Outcome, outcome
from core.diagnosis.numbers import epochs_to, final_loss, test_loss
from core.experiment import Experiment
from core.lessons.batchnorm.settings import SCALED, TARGETS
from core.run import Run
from core.sweep import Sweep, typical


@dataclass(frozen=True)
class Epochs:
    """Training to the same held-out losses `targets` [n], without batch normalization and with it.

    reached [2, rates, seeds, n]: epochs until the held-out loss is down to the target, inf if it never is.
    losses [2, rates, seeds, s]: held out, at `epochs` [s].
    own: index of the experiment's own learning rate among `rates`.
    """

    rates: np.ndarray
    own: int
    targets: np.ndarray
    reached: np.ndarray
    epochs: np.ndarray
    losses: np.ndarray

    @property
    def best(self) -> np.ndarray:
        """Index of the learning rate with the fewest epochs in the median, by side and target: [2, n]."""
        return typical(self.reached.swapaxes(2, 3)).argmin(axis=1)

    def chosen(self, same: bool) -> np.ndarray:
        """Index of the rate of both sides by target: each side's `best`, or the same, the own, [2, n]."""
        return np.full_like(self.best, self.own) if same else self.best

    def counts(self, same: bool) -> np.ndarray:
        """Epochs at these rates: [2, n, seeds]."""
        sides, targets = np.indices(self.best.shape)
        return self.reached[sides, self.chosen(same), :, targets]


def epochs(sweep: Sweep, runs: Sequence[Run], own: float) -> Epochs:
    """Of runs over batchnorm, learning rate and seed, with snapshots on the way."""
    rates, e = np.array(sweep.axes["learning_rate"]), runs[0].experiment
    targets = np.array(TARGETS) * (runs[0].chance if e.loss == "mse" else 1)
    return Epochs(
        rates,
        int(np.flatnonzero(rates == own)[0]),
        targets,
        sweep.of(runs, lambda run: [epochs_to(run, target) for target in targets]),
        runs[0].at * e.batch / e.samples,
        sweep.of(runs, lambda run: run.test_loss),
    )


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


@dataclass(frozen=True)
class Scaled:
    """Held-out loss with nothing normalized, inputs, what is inside, both: every [4, rates, seeds]; losses,
    accuracy and rates [4, seeds] are those of every network at the learning rate that gives it the lowest.

    chance: the loss of guessing.
    """

    experiment: Experiment
    every: np.ndarray
    losses: np.ndarray
    accuracy: np.ndarray
    rates: np.ndarray
    chance: float

    def outcomes(self, claim: Claim) -> list[Outcome]:
        """What they say of the cases of settings.bridge."""
        by_setting = {tuple(changes.values()): i for i, changes in enumerate(SCALED.values())}

        def of(e):
            return self.losses[by_setting[e.scaling, e.batchnorm]]

        return [outcome(claim, case, of(case.without), of(case.helped)) for case in claim.cases]


def scaled(sweep: Sweep, runs: Sequence[Run]) -> Scaled:
    """Of runs over what is normalized, learning rate and seed."""
    every = sweep.of(runs, test_loss)
    best = every.argmin(axis=1, keepdims=True)
    rates = np.array(sweep.axes["learning_rate"])[best][:, 0]
    accuracy = sweep.of(runs, lambda run: run.test_accuracy[run.last])
    at_best = (np.take_along_axis(values, best, axis=1)[:, 0] for values in (every, accuracy))
    return Scaled(runs[0].experiment, every, *at_best, rates, runs[0].chance)
