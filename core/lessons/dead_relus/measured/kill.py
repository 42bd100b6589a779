"""Units killed before the first step and nothing else changed: what the network can still learn."""

from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np

from core.diagnosis.claims import (
    NOT_HERE,
    SEEDS,
    TRUE,
    UNDECIDED,
    Verdict,
    decided,
    gains_of,
    interval,
    sum_up,
)
from core.diagnosis.measures import MEASURES
from core.engine.network import Stack
from core.engine.train import train
from core.engine.watch import Tick
from core.experiment import Experiment
from core.lessons.dead_relus.measured.causes import held_out
from core.lessons.dead_relus.settings import BETTER, numbers_killed
from core.run import ENDS
from core.words import listed


class Killed(Stack):
    """A Stack in which the first units of one hidden layer, counted from 0, start with zero weights and bias.

    Such a ReLU is at 0 on every input, so that it passes nothing on and gets no gradient: no step of whatever
    optimizer, and no weight decay, ever moves it.
    """

    def __init__(self, layer: int, units: int, experiments, tick):
        self.layer, self.units = layer, units
        super().__init__(experiments, tick)

    def _draw_parameters(self):
        super()._draw_parameters()
        for parameters in (self.weight, self.bias):
            parameters[self.layer][:, : self.units] = 0


class Outcome(NamedTuple):
    """What the claims' rule says of some numbers of killed units."""

    condition: str
    word: str


@dataclass(frozen=True)
class Kill:
    """How trainings end of which some units of one layer, counted from 0, were killed before the first step.

    killed [N]: how many, from 0 to all. accuracy [N, seeds]: held out, R2 for regression, -inf after a
    divergence. dead [N, seeds]: units of the layer that are dead at the end. returned: how many of those
    killed were not, in all trainings together.
    """

    experiment: Experiment
    layer: int
    killed: np.ndarray
    accuracy: np.ndarray
    dead: np.ndarray
    returned: int

    @property
    def alone(self) -> int:
        """How many units of the layer die with none killed: the median over the seeds."""
        return int(np.median(self.dead[0]))

    @property
    def falls(self) -> np.ndarray:
        """By how much killing lowers the accuracy, seed by seed: [N - 1, seeds]."""
        return gains_of(MEASURES["test_r2"], "lower", self.accuracy[0], self.accuracy[1:])

    def at(self, word: str) -> list[int]:
        """The numbers of killed units at which, by the claims' rule, the accuracy falls by BETTER or more
        (TRUE), by less (NOT_HERE), or neither is decided."""
        ends = [interval(fall) for fall in self.falls]
        words = [decided(low, high, BETTER) for low, _, high in ends]
        return [int(k) for k, found in zip(self.killed[1:], words, strict=True) if found == word]

    @property
    def verdict(self) -> Verdict:
        """Whether dead units make this network worse."""
        units = f"of {self.experiment.width} units of layer {self.layer + 1} dead"
        found = {word: self.at(word) for word in (TRUE, NOT_HERE, UNDECIDED)}
        return sum_up(
            [Outcome(f"with {listed([*map(str, some)])} {units}", w) for w, some in found.items() if some]
        )


def kill(experiment: Experiment, layer: int, tick: Tick = None) -> Kill:
    """Kill ever more units of one layer of this ReLU network, over eight seeds, and train."""
    e, killed = experiment, numbers_killed(experiment.width)
    seeds = e.vary(seed=range(SEEDS))
    runs = [train(seeds, ENDS, tick, stack=partial(Killed, layer, units)) for units in killed]
    ended = np.array([[run.active_fraction[run.last, layer] == 0 for run in group] for group in runs])
    return Kill(
        e,
        layer,
        np.array(killed),
        np.array([[held_out(run) for run in group] for group in runs]),
        ended.sum(axis=2),
        sum(int((~silent[:, :units]).sum()) for units, silent in zip(killed, ended, strict=True)),
    )
