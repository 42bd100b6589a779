"""Running statistics against those of the data: what evaluation mode loses by them, while weights stay."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from core.engine.forward import forward, score
from core.engine.train import train
from core.experiment import Experiment
from core.lessons.batchnorm.by_hand import left_of_start
from core.lessons.batchnorm.settings import LATEST
from core.run import ENDS, Run
from core.sweep import Sweep


def settled(e: Experiment, weights: dict[str, np.ndarray], x: np.ndarray) -> dict[str, np.ndarray]:
    """The weights with mean and variance of x [samples, inputs], nothing dropped, as running statistics."""
    sums = forward(e, weights, x, batch_statistics=True).sums
    means = {f"norm.{layer}.running_mean": z.mean(axis=0) for layer, z in enumerate(sums)}
    return weights | means | {f"norm.{layer}.running_var": z.var(axis=0) for layer, z in enumerate(sums)}


@dataclass(frozen=True)
class Lag:
    """One network on its training set in evaluation mode, before the updates of `steps` [n].

    running [n]: the loss with its running statistics; exact [n]: the same weights with the mean and variance
    of the whole training set; left [n]: the weight of the start values in the running statistics.
    """

    steps: np.ndarray
    running: np.ndarray
    exact: np.ndarray
    left: np.ndarray

    @property
    def behind(self) -> np.ndarray:
        """How many times the loss with exact statistics that with running ones is: [n]."""
        return self.running / np.maximum(self.exact, 1e-30)

    @property
    def furthest(self) -> int:
        """Index of the step at which running statistics cost most."""
        return int(np.argmax(np.nan_to_num(self.behind)))

    def caught_up(self, within: float = 0.1) -> int | None:
        """Index of the first step from which on the two losses stay this close, None if they never do."""
        apart = np.flatnonzero(~(np.abs(self.behind - 1) <= within))
        if not len(apart):
            return 0
        return int(apart[-1]) + 1 if apart[-1] + 1 < len(self.steps) else None


def lag(experiment: Experiment, tick: Callable[[float], None] | None = None) -> Lag:
    """Of the experiment with batch normalization, in its first 100 steps."""
    e = experiment.but(batchnorm=True, steps=min(experiment.steps, LATEST))
    steps = np.unique(np.geomspace(1, e.steps, min(e.steps, 30)).round().astype(int))
    weights, statistics = {}, {}

    def keep(step, stack, _):
        """The weights before the update of a step, and the statistics that its batch has moved already."""
        if {step, step + 1} & set(steps):
            weights[step] = state = stack.state(0)
            statistics[step + 1] = {name: value for name, value in state.items() if "running" in name}

    [run] = train([e], ENDS, tick, keep)
    weights[e.steps] = run.weights
    data, losses = e.load(), []
    for step in steps:
        now = weights.get(step, run.weights) | statistics.get(step, {})
        both = (forward(e, now, data.x_train, batch_statistics=exact).output for exact in (False, True))
        losses.append([score(e, output, data.y_train)[0] for output in both])
    return Lag(steps, *np.array(losses).T, left_of_start(steps))


@dataclass(frozen=True)
class Orders:
    """Held-out loss over dropout `rates` [n], all [n, seeds]: with dropout between the layers, where batch
    normalization follows it; the same networks with the statistics of the training set, nothing dropped; and
    with dropout behind the last batch normalization alone."""

    rates: np.ndarray
    between: np.ndarray
    between_settled: np.ndarray
    behind: np.ndarray


def orders(
    between: Sweep,
    between_runs: Sequence[Run],
    behind: Sweep,
    behind_runs: Sequence[Run],
    tick: Callable = lambda *_: None,
) -> Orders:
    """Of runs over dropout and seed, with dropout in either place."""

    def anew(run):
        tick()
        e, data = run.experiment, run.experiment.load()
        weights = settled(e, run.weights, data.x_train)
        return score(e, forward(e, weights, data.x_test).output, data.y_test)[0]

    def loss(run):
        return run.test_loss[-1]

    return Orders(
        np.array(between.axes["dropout"]),
        between.of(between_runs, loss),
        between.of(between_runs, anew),
        behind.of(behind_runs, loss),
    )
