"""How far one step shifts the weights of a column, and how long a step columns of unlike sizes allow."""

from dataclasses import dataclass

import numpy as np

from core.diagnosis.claims import SEEDS, Verdict, decided, interval, sum_up
from core.diagnosis.numbers import final_loss, rises, steady_rate
from core.engine.initial import initial
from core.engine.network import Stack
from core.engine.train import train
from core.lessons.feature_scaling.claims import BY_ADAM, BY_SGD, CLEAN, SPREAD
from core.lessons.feature_scaling.houses import Houses
from core.lessons.feature_scaling.theory import with_bias
from core.run import ENDS, Run
from core.sweep import Sweep
from core.words import short

TIMES = (1, 10, 100, 1000)
OFF = 0.1
SPREADS = (1, 3, 10, 30, 100)
RATES = tuple(10 ** (k / 8) for k in range(-32, 5))
ONE = SPREAD.but(spread=1, steps=1)


class Divided(Stack):
    """The weights of the first column start divided by what it is multiplied by: the answers stay."""

    def _draw_parameters(self):
        super()._draw_parameters()
        for weight, e in zip(self.weight[0], self.experiments, strict=True):
            weight[:, 0] /= e.first


@dataclass(frozen=True)
class Shift:
    """How far one step moves the weights of columns, against the sizes of these columns.

    sizes, steps: root mean squares over rows and over units [columns, seeds]. `exponents` [seeds] are the
    slopes of the straight lines through their logarithms: 1 where the step is in proportion to the size.
    """

    condition: str
    sizes: np.ndarray
    steps: np.ndarray

    @property
    def exponents(self) -> np.ndarray:
        """One per seed."""
        x, y = np.log(self.sizes), np.log(self.steps)
        x = x - x.mean(axis=0)
        return (x * y).sum(axis=0) / (x**2).sum(axis=0)

    @property
    def word(self) -> str:
        """In proportion: the exponent is 1 to within 0.1, by the rule of all claims."""
        low, _, high = interval(OFF - np.abs(self.exponents - 1))
        return decided(low, high, 0)

    @property
    def sentence(self) -> str:
        """The numbers behind the word."""
        low, middle, high = interval(self.exponents)
        return (
            f"Where the size is 10 times as large, the step is {short(10**middle)} times as large (median of "
            f"{self.steps.shape[1]} seeds; 93 % interval: {short(10**low)} to {short(10**high)}); asked "
            f"for: from {short(10 ** (1 - OFF))} to {short(10 ** (1 + OFF))} times."
        )


def step(run: Run, divided: bool = False) -> np.ndarray:
    """By how much the one step of a Run moved the weights of every column: RMS over the units [columns]."""
    start, _ = initial(run.experiment, 0)
    if divided:
        start[:, 0] /= run.experiment.first
    return np.sqrt(np.mean((run.weights["linear.0.weight"] - start) ** 2, axis=0))


@dataclass(frozen=True)
class Shifts:
    """A network's first layer: one column made larger, its weights divided by as much or kept, or under Adam
    divided; and the columns of the raw table side by side."""

    divided: Shift
    kept: Shift
    adam: Shift
    table: Shift

    @property
    def verdict(self) -> Verdict:
        """On SGD, of which alone the sentence speaks."""
        return sum_up([self.divided, self.kept, self.table])


def _resized(condition: str, changes: dict, stack: type[Stack], seeds: int, tick) -> Shift:
    """One column at several sizes, all else equal."""
    sweep = Sweep.over(ONE.but(**changes), first=TIMES, seed=range(seeds))
    runs = train(sweep.experiments, ENDS, tick, stack=stack)
    steps = sweep.of(runs, lambda run: step(run, stack is Divided)[0])
    return Shift(condition, np.repeat(np.array(TIMES, dtype=float)[:, None], seeds, axis=1), steps)


def _side_by_side(condition: str, e: Houses, seeds: int, tick) -> Shift:
    """All columns of one table."""
    runs = train(e.vary(seed=range(seeds)), ENDS, tick)
    sizes = [np.sqrt(np.mean(run.experiment.load().x_train ** 2, axis=0)) for run in runs]
    return Shift(condition, np.transpose(sizes), np.transpose([step(run) for run in runs]))


def shifts(seeds: int = SEEDS, tick=lambda *_: None) -> Shifts:
    """What one step does to the first layer of a network under every condition."""
    raw = CLEAN.but(samples=ONE.samples, width=ONE.width, steps=1, **BY_SGD)
    return Shifts(
        _resized("for a column that grows while its weights shrink as much", BY_SGD, Divided, seeds, tick),
        _resized("for a column that grows while its weights stay", BY_SGD, Stack, seeds, tick),
        _resized("under Adam", BY_ADAM, Divided, seeds, tick),
        _side_by_side("from column to column of the raw table", raw, seeds, tick),
    )


@dataclass(frozen=True)
class Steadiness:
    """The largest learning rate of RATES at which no step raises the loss, against the spread of the sizes.

    rates: of a linear model and of a network [2, spreads, seeds]; rises: the share of their steps that raise
    the loss, at the rate that is steady with equal sizes [2, spreads, seeds]; limit: 2 / lambda_max of the
    linear model [spreads, seeds]; losses: of the linear model after the last step at its rate [spreads,
    seeds].
    """

    spreads: tuple[float, ...]
    rates: np.ndarray
    rises: np.ndarray
    limit: np.ndarray
    losses: np.ndarray

    @property
    def within(self) -> int:
        """How many linear models have no rate of RATES between theirs and the limit."""
        next_rate = RATES[1] / RATES[0]
        return int(((self.rates[0] <= self.limit) & (self.limit < self.rates[0] * next_rate)).sum())


def steadiness(spreads=SPREADS, seeds: int = SEEDS, tick=lambda *_: None) -> Steadiness:
    """Columns of the same rows, their sizes spread around the same middle: only the sizes change.

    The first spread is 1: equal sizes.
    """
    start = SPREAD.but(steps=100)
    sweep = Sweep.over(start, depth=(0, 2), spread=spreads, seed=range(seeds), learning_rate=RATES)
    runs = train(sweep.experiments, ENDS, tick)
    rates = sweep.of(runs, steady_rate)
    best = rates.argmax(axis=-1)[0, :, :, None]
    equal = rates[:, :1].argmax(axis=-1)[..., None]
    risen = np.take_along_axis(sweep.of(runs, rises), equal, axis=-1)[..., 0]
    losses = np.take_along_axis(sweep.of(runs, final_loss)[0], best, axis=-1)[..., 0]
    tables = [start.but(spread=s, seed=seed).load().x_train for s in spreads for seed in range(seeds)]
    limit = [len(x) / np.linalg.norm(with_bias(x), 2) ** 2 for x in tables]
    return Steadiness(spreads, rates.max(axis=-1), risen, np.reshape(limit, losses.shape), losses)
