"""What a second look at a training records, numpy only; core.replay fills them in.

T looks, the first before any update and the last after all of them.
"""

from dataclasses import dataclass

import numpy as np

from core.experiment import Experiment

LEVELS = (0, 5, 25, 50, 75, 95, 100)
"""Percentiles of a pre-activation over the training set."""


@dataclass(frozen=True)
class UnitHistory:
    """One unit of one training, step by step. Layers and units count from 0.

    at [T]: the steps looked at. Where not said otherwise a value is the one before that step's update.
    pre_activation [T, 7]: its percentiles `LEVELS` over the training set, in evaluation mode.
    active [T], active_batch [T]: share of the training set, and of the step's batch, with it above 0.
    received, passed [T]: norm over the batch of the error signal at the unit's output, and at its
        pre-activation: what its slope lets through.
    weight [T, fan_in], bias [T]: its parameters.
    gradient [T]: norm of the gradient of all of them together.
    own_highest [T]: highest pre-activation on the training set if, since the look before, only the unit's
        own parameters had changed and not its inputs; NaN at the first look and with batch normalization.
    dead, asleep [T, L]: how many units of every layer are silent on the whole training set, and how many
        others only on this step's batch.
    """

    experiment: Experiment
    layer: int
    unit: int
    at: np.ndarray
    pre_activation: np.ndarray
    active: np.ndarray
    active_batch: np.ndarray
    received: np.ndarray
    passed: np.ndarray
    weight: np.ndarray
    bias: np.ndarray
    gradient: np.ndarray
    own_highest: np.ndarray
    dead: np.ndarray
    asleep: np.ndarray

    @property
    def died(self) -> int | None:
        """Index of the look from which on the unit is silent on the whole training set until the end."""
        alive = np.flatnonzero(self.active > 0)
        first = int(alive[-1]) + 1 if len(alive) else 0
        return first if first < len(self.at) else None

    @property
    def size(self) -> np.ndarray:
        """Norm of the unit's weights and bias at every look [T], the smallest float where it is 0."""
        return np.maximum(np.hypot(np.linalg.norm(self.weight, axis=1), self.bias), np.finfo(float).tiny)

    @property
    def update(self) -> np.ndarray:
        """How far weights and bias moved from one look to the next [T - 1]."""
        return np.hypot(np.linalg.norm(np.diff(self.weight, axis=0), axis=1), np.diff(self.bias))


@dataclass(frozen=True)
class Revival:
    """Units of one layer, counted from 0, that were made silent before the first step: how many speak again.

    alive [T, seeds]: how many of the `units` are active on some training sample.
    moved [seeds]: the largest change of any of their weights or biases over the training.
    """

    experiment: Experiment
    layer: int
    units: int
    margin: float
    at: np.ndarray
    alive: np.ndarray
    moved: np.ndarray

    @property
    def returned(self) -> np.ndarray:
        """Share of the units that are alive at the end [seeds]."""
        return self.alive[-1] / self.units


@dataclass(frozen=True)
class Weights:
    """A network with one hidden layer and one output over time: out · relu(weight x + bias) + offset.

    weight [T, U, inputs], bias and out [T, U], offset [T].
    """

    experiment: Experiment
    at: np.ndarray
    weight: np.ndarray
    bias: np.ndarray
    out: np.ndarray
    offset: np.ndarray
