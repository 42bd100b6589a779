"""The parameters of a network with one hidden layer, over its training."""

from dataclasses import dataclass

import numpy as np

from core.engine.watch import Tick, watched
from core.experiment import Experiment


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


def weights(experiment: Experiment, snapshots: int = 40, tick: Tick = None) -> Weights:
    """The parameters of a network with one hidden layer, one output and no batchnorm, over its training."""
    states = []
    watched([experiment], lambda step, stack: states.append({"at": step} | stack.state(0)), snapshots, tick)
    names = ("at", "linear.0.weight", "linear.0.bias", "linear.1.weight", "linear.1.bias")
    at, weight, bias, out, offset = (np.array([state[name] for state in states]) for name in names)
    return Weights(experiment, at, weight, bias, out[:, 0], offset[:, 0])
