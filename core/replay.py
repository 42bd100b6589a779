"""Train again and look inside before every update: the same arithmetic, so the same numbers as the Run's."""

import math
from collections.abc import Callable

import numpy as np
import torch

from core.experiment import Experiment
from core.histories import LEVELS, Revival, UnitHistory, Weights
from core.network import Stack
from core.train import train

LOOKS = 400
Tick = Callable[[float], None] | None


def watched(
    experiments: list[Experiment], look: Callable[[int, Stack], None], looks: int, tick: Tick
) -> None:
    """Train; call `look(step, stack)` before the updates of at most `looks` + 2 steps, and after the last.

    A look finds the step's batch, gradients and error signals in the stack. Once a loss is not finite there
    is none.
    """
    every = math.ceil(experiments[0].steps / looks)

    def watch(step, stack, loss):
        if (step % every == 0 or step == stack.like.steps) and loss.isfinite().all():
            look(step, stack)

    train(experiments, 2, tick, watch)


def follow(experiment: Experiment, layer: int, unit: int, tick: Tick = None) -> UnitHistory:
    """The history of one unit of a hidden layer, both counted from 0. Raises IndexError if there is none."""
    e, looks, inputs = experiment, [], None
    if not (0 <= layer < e.depth and 0 <= unit < e.width):
        raise IndexError(f"There is no unit {unit} in layer {layer} of {e.depth} layers of {e.width}.")

    def look(step, stack):
        nonlocal inputs
        seen, inputs = _look(stack, layer, unit, inputs)
        looks.append({"at": step} | seen)

    watched([e], look, LOOKS, tick)
    history = {name: np.array([seen[name] for seen in looks]) for name in looks[0]}
    return UnitHistory(experiment=e, layer=layer, unit=unit, **history)


def _look(stack, layer, unit, before):
    """What there is to see of the unit now, and its inputs on the training set for the next look."""
    e = stack.like
    weight, bias = stack.weight[layer][0, unit].clone(), stack.bias[layer][0, unit, 0].clone()
    highest, inputs, z = [], None, None
    for i, (signal, values) in enumerate(stack.inference(stack.x_train)):
        if i == layer:
            inputs, z = signal[0].clone(), values[0, unit].clone()
        highest.append(values[0].amax(dim=1))
    dead = torch.stack(highest[: e.depth]) <= 0
    asleep = (stack.pre_activation[:, 0].amax(dim=2) <= 0) & ~dead
    own = (weight @ before + bias).amax() if before is not None and not e.batchnorm else math.nan
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
        "own_highest": float(own),
        "dead": dead.sum(dim=1).numpy(),
        "asleep": asleep.sum(dim=1).numpy(),
    }, inputs


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


def weights(experiment: Experiment, snapshots: int = 40, tick: Tick = None) -> Weights:
    """The parameters of a network with one hidden layer, one output and no batchnorm, over its training."""
    states = []
    watched([experiment], lambda step, stack: states.append({"at": step} | stack.state(0)), snapshots, tick)
    names = ("at", "linear.0.weight", "linear.0.bias", "linear.1.weight", "linear.1.bias")
    at, weight, bias, out, offset = (np.array([state[name] for state in states]) for name in names)
    return Weights(experiment, at, weight, bias, out[:, 0], offset[:, 0])
