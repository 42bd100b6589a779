"""Units that were silenced before the first step: which speak again."""

from dataclasses import dataclass

import numpy as np
import torch

from core.engine.network import Stack
from core.engine.watch import Tick, watched
from core.experiment import Experiment


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


def _pre_activation(stack, layer, units):
    """Those of the first units of a layer on the training set: [K, units, samples]."""
    return next(z[:, :units].clone() for i, (_, z) in enumerate(stack.inference(stack.x_train)) if i == layer)


def silence(stack: Stack, layer: int, units: int, margin: float) -> None:
    """Lower the biases of the first units of a layer until their highest pre-activation is -margin.

    Meant for the first look: the step's gradients belong to the units as they were, and are set to zero.
    """
    z = _pre_activation(stack, layer, units)
    stack.bias[layer][:, :units] -= z.amax(dim=2, keepdim=True) + margin
    stack.gradients.zero_()


def revive(
    experiment: Experiment, layer: int, margin: float, units: int = 16, seeds: int = 8, tick: Tick = None
) -> Revival:
    """Silence the first `units` of a layer by a margin, train, and count those that speak again."""
    at, start, end = {}, [], {}

    def parameters(stack):
        return torch.cat([stack.weight[layer][:, :units], stack.bias[layer][:, :units]], dim=2).clone()

    def look(step, stack):
        if step == 0:
            silence(stack, layer, units, margin)
            start.append(parameters(stack))
        awake = (_pre_activation(stack, layer, units).amax(dim=2) > 0).sum(dim=1)
        at.setdefault(step, []).append(awake)
        end[stack.experiments[0].seed] = parameters(stack)

    watched([experiment.but(seed=seed) for seed in range(seeds)], look, 60, tick)
    alive = np.array([torch.cat(awake).numpy() for awake in at.values()])
    moved = (torch.cat(list(end.values())) - torch.cat(start)).abs().amax(dim=(1, 2)).numpy()
    return Revival(experiment, layer, units, margin, np.array(list(at)), alive, moved)
