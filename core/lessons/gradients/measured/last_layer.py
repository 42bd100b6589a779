"""Is it because all inputs look alike to it that the last layer does not learn? That alone is changed.

The last hidden layer and the output are trained by themselves, on what the layers below make of the data
before the first step: as it comes, and pulled apart. Everything else is the same.
"""

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np

from core.diagnosis.numbers import final_loss
from core.engine.forward import forward
from core.engine.initial import initial
from core.engine.train import train
from core.experiment import Experiment
from core.run import ENDS

SEEDS, BETTER = 4, 0.95


@dataclass(frozen=True)
class LastLayer:
    """A Trainable: the last hidden layer of `whole`, on the signal that enters it.

    apart: of that signal each unit's mean over the training set is taken off, and all units are divided by
        one number, so that their mean square is 1.
    """

    whole: Experiment
    apart: bool
    depth: int = 1

    def __getattr__(self, name: str) -> Any:
        return getattr(object.__getattribute__(self, "whole"), name)

    @property
    def inputs(self) -> int:
        """The units of the layer below."""
        return self.whole.width

    def dropout_after(self, layer: int) -> float:
        """As after the last layer of the whole."""
        return self.whole.dropout_after(self.whole.depth - 1)

    def load(self) -> SimpleNamespace:
        """As of the whole, but x_train and x_test [rows, width] are what enters its last hidden layer."""
        data = self.whole.load()
        seen, held_out = (signal_below(self.whole, x) for x in (data.x_train, data.x_test))
        if self.apart:
            mean = seen.mean(axis=0)
            size = np.sqrt(np.mean((seen - mean) ** 2)) or 1.0
            seen, held_out = (seen - mean) / size, (held_out - mean) / size
        return SimpleNamespace(**vars(data) | dict(x_train=seen, x_test=held_out))


def signal_below(e: Experiment, x: np.ndarray) -> np.ndarray:
    """What enters the last hidden layer [rows, width] before the first step, in float64."""
    below, weights = e.but(depth=e.depth - 1, dropout_last=True), {}
    for layer in range(below.depth):
        weights[f"linear.{layer}.weight"], weights[f"linear.{layer}.bias"] = initial(e, layer)
        for name, start in dict(weight=1, bias=0, running_mean=0, running_var=1).items():
            weights[f"norm.{layer}.{name}"] = np.full(e.width, float(start))
    weights |= {
        f"linear.{below.depth}.weight": np.eye(e.width),
        f"linear.{below.depth}.bias": np.zeros(e.width),
    }
    return forward(below, weights, x, batch_statistics=True).output


@dataclass(frozen=True)
class PulledApart:
    """Final training losses [seeds] of the last layer alone, on its inputs in both ways."""

    as_it_comes: np.ndarray
    pulled_apart: np.ndarray

    @property
    def better(self) -> np.ndarray:
        """Of every seed, whether the loss is clearly lower on what was pulled apart."""
        return self.pulled_apart < BETTER * self.as_it_comes


def networks(experiment: Experiment) -> list[LastLayer]:
    """The last layer alone in both ways, as it comes first, over SEEDS seeds from the experiment's own on."""
    seeds = [experiment.but(seed=(experiment.seed + i) % 2**32) for i in range(SEEDS)]
    return [LastLayer(e, apart) for apart in (False, True) for e in seeds]


def pulled_apart(experiment: Experiment, tick: Callable | None = None) -> PulledApart:
    """Train `networks`."""
    runs = train(networks(experiment), ENDS, tick)
    losses = np.array([final_loss(run) for run in runs]).reshape(2, SEEDS)
    return PulledApart(*losses)
