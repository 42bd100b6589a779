"""How much dropout, over rates and seeds, and whether its two ends do what they should."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.diagnosis.numbers import hidden_moved
from core.engine.initial import initial_weight
from core.run import Run
from core.sweep import Sweep, typical


@dataclass(frozen=True)
class Rates:
    """Final loss, or error in percent, over `rates` [n], no dropout first, and the seeds: [n, seeds].

    unit: what is measured, "loss", "error" or, where the answer is a number, "unexplained variance".
    """

    rates: np.ndarray
    unit: str
    held_out: np.ndarray
    training: np.ndarray

    @property
    def best(self) -> int:
        """Index of the rate whose held-out values have the lowest median."""
        return int(typical(self.held_out).argmin())

    @property
    def wins(self) -> int:
        """On how many seeds the best rate is below no dropout, held out."""
        return int(np.sum(self.held_out[self.best] < self.held_out[0]))


def losses(sweep: Sweep, runs: Sequence[Run]) -> Rates:
    """Of runs over dropout and seed."""
    return Rates(
        np.array(sweep.axes["dropout"]),
        "loss",
        sweep.of(runs, lambda run: run.test_loss[-1]),
        sweep.of(runs, lambda run: run.train_loss[-1]),
    )


def errors(sweep: Sweep, runs: Sequence[Run]) -> Rates:
    """What is missing to an accuracy, or an R2, of 1, of runs over dropout and seed."""
    return Rates(
        np.array(sweep.axes["dropout"]),
        "unexplained variance" if runs[0].experiment.loss == "mse" else "error",
        sweep.of(runs, lambda run: 100 * (1 - run.test_accuracy[-1])),
        sweep.of(runs, lambda run: 100 * (1 - run.train_accuracy[-1])),
    )


def identical(one: Run, other: Run) -> bool:
    """Whether two runs have the same losses and final weights, bit by bit."""
    return np.array_equal(one.loss, other.loss, equal_nan=True) and all(
        np.array_equal(one.weights[name], other.weights[name], equal_nan=True) for name in one.weights
    )


@dataclass(frozen=True)
class Nothing:
    """A run at rate 1. still: whether all its weights, biases left aside, are those it was drawn with.

    loss: of the last step, in training mode, where guessing the mean gives `chance`; evaluated: in evaluation
    mode, where nothing is dropped.
    """

    still: bool
    steps: int
    loss: float
    chance: float
    evaluated: float

    @property
    def learned_the_mean(self) -> bool:
        """Whether the output bias alone learned, to within 1 % of the loss of guessing."""
        return bool(self.still and abs(self.loss / self.chance - 1) < 0.01)


def nothing(run: Run) -> Nothing:
    """What is left of a run whose hidden layers are all dropped."""
    e = run.experiment
    output = np.array_equal(initial_weight(e, e.depth), run.weights[f"linear.{e.depth}.weight"])
    return Nothing(
        output and hidden_moved(run) == 0,
        len(run.loss),
        float(run.loss[-1]),
        run.chance,
        float(run.train_loss[-1]),
    )
