"""Train again and look inside before every update: the same arithmetic, so the same numbers as the Run's."""

from dataclasses import dataclass

import numpy as np
import torch

from core.engine.watch import LOOKS, Tick, watched
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
    dead, asleep [T, L]: how many units of every layer are silent on the whole training set, and how many
        others only on this step's batch.
    flat [T, L]: how many of those silent on the whole set have a slope of exactly 0 on all of it.
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
    dead: np.ndarray
    asleep: np.ndarray
    flat: np.ndarray

    @property
    def died(self) -> int | None:
        """Index of the look from which on the unit is silent on the whole training set until the end."""
        alive = np.flatnonzero(self.active > 0)
        first = int(alive[-1]) + 1 if len(alive) else 0
        return first if first < len(self.at) else None

    @property
    def every(self) -> int:
        """Steps from one look to the next."""
        return int(self.at[1] - self.at[0]) if len(self.at) > 1 else 1

    @property
    def size(self) -> np.ndarray:
        """Norm of the unit's weights and bias at every look [T], the smallest float where it is 0."""
        return np.maximum(np.hypot(np.linalg.norm(self.weight, axis=1), self.bias), np.finfo(float).tiny)

    @property
    def update(self) -> np.ndarray:
        """How far weights and bias moved from one look to the next [T - 1]."""
        return np.hypot(np.linalg.norm(np.diff(self.weight, axis=0), axis=1), np.diff(self.bias))


def follow(experiment: Experiment, layer: int, unit: int, tick: Tick = None) -> UnitHistory:
    """The history of one unit of a hidden layer, both counted from 0. Raises IndexError if there is none."""
    e, looks = experiment, []
    if not (0 <= layer < e.depth and 0 <= unit < e.width):
        raise IndexError(f"There is no unit {unit} in layer {layer} of {e.depth} layers of {e.width}.")

    def look(step, stack):
        looks.append({"at": step} | _look(stack, layer, unit))

    watched([e], look, LOOKS, tick)
    history = {name: np.array([seen[name] for seen in looks]) for name in looks[0]}
    return UnitHistory(experiment=e, layer=layer, unit=unit, **history)


def _look(stack, layer, unit):
    """What there is to see of the unit now."""
    e = stack.like
    weight, bias = stack.weight[layer][0, unit].clone(), stack.bias[layer][0, unit, 0].clone()
    highest, steepest, z = [], [], None
    for i, (_, values) in enumerate(stack.inference(stack.x_train)):
        if i == layer:
            z = values[0, unit].clone()
        highest.append(values[0].amax(dim=1))
        steepest.append(_slope(stack.activation, values)[0].abs().amax(dim=1))
    dead = torch.stack(highest[: e.depth]) <= 0
    flat = dead & (torch.stack(steepest[: e.depth]) == 0)
    asleep = (stack.pre_activation[:, 0].amax(dim=2) <= 0) & ~dead
    above = stack.output_delta[0] if layer == e.depth - 1 else stack.delta[layer + 1, 0]
    gradient = torch.cat([stack.d_weight[layer][0, unit], stack.d_bias[layer][0, unit]])
    return {
        "pre_activation": np.percentile(z.numpy(), LEVELS),
        "active": float((z > 0).double().mean()),
        "active_batch": float((stack.pre_activation[layer, 0, unit] > 0).double().mean()),
        "received": float(torch.linalg.vector_norm(stack.weight[layer + 1][0, :, unit] @ above)),
        "passed": float(torch.linalg.vector_norm(stack.delta[layer, 0, unit])),
        "weight": weight.numpy(),
        "bias": float(bias),
        "gradient": float(torch.linalg.vector_norm(gradient)),
        "dead": dead.sum(dim=1).numpy(),
        "asleep": asleep.sum(dim=1).numpy(),
        "flat": flat.sum(dim=1).numpy(),
    }


def _slope(activation, z):
    """The slope of the activation function at every pre-activation."""
    activated, slope = torch.empty_like(z), torch.empty_like(z)
    activation.forward(z, activated)
    activation.backward(torch.ones_like(z), z, activated, slope)
    return slope
