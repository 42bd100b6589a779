"""Train again and look inside between two updates: the same arithmetic, and so the same numbers, as core.train."""

import math
from collections.abc import Callable, Iterator

import numpy as np
import torch

from core.experiment import Experiment
from core.histories import LEVELS, Revival, UnitHistory, Weights
from core.network import Stack, objective_delta
from core.train import Interval, arithmetic, batches, updater

LOOKS = 400
Tick = Callable[[float], None] | None


def replay(stack: Stack) -> Iterator[tuple[int, torch.Tensor, bool]]:
    """Train a Stack; yields step, targets of its batch and whether to look, after backward and before the update.

    There are at most about 400 looks; the last comes after the last update. Training ends with the first
    loss that is not finite.
    """
    e, update = stack.like, updater(stack)
    every = math.ceil(e.steps / LOOKS)
    for step, (x, y) in zip(range(e.steps + 1), batches(stack), strict=False):
        if not stack.forward(x, y).isfinite().all():
            return
        stack.backward(y, keep=True)
        yield step, y, step % every == 0 or step == e.steps
        update()


@arithmetic()
def follow(experiment: Experiment, layer: int, unit: int, tick: Tick = None) -> UnitHistory:
    """The history of one unit of a hidden layer, both counted from 0. Raises IndexError if there is none."""
    e = experiment
    if not (0 <= layer < e.depth and 0 <= unit < e.width):
        raise IndexError(f"There is no unit {unit} in layer {layer} of {e.depth} layers of {e.width}.")
    stack, before = Stack([e], Interval(tick)), None
    looks = []
    for step, y, look in replay(stack):
        if not look:
            continue
        seen, before = _look(stack, layer, unit, y, before)
        looks.append({"at": step} | seen)
    history = {name: np.array([look[name] for look in looks]) for name in looks[0]}
    return UnitHistory(experiment=e, layer=layer, unit=unit, **history)


def _look(stack, layer, unit, y, before):
    """What there is to see of the unit now, and its inputs on the training set for the next look."""
    weight, bias = stack.weight[layer][0, unit].clone(), stack.bias[layer][0, unit, 0].clone()
    silent, inputs, values = [], None, None
    for i, (signal, z) in enumerate(stack.inference(stack.x_train)):
        if i == layer:
            inputs, values = signal[0].clone(), z[0, unit].clone()
        if i < stack.like.depth:
            silent.append(z[0].amax(dim=1) <= 0)
    silent = torch.stack(silent)
    asleep = (stack.pre_activation[:, 0].amax(dim=2) <= 0) & ~silent
    comparable = before is not None and not stack.like.batchnorm
    own = (weight @ before + bias).amax() if comparable else math.nan
    last = layer == stack.like.depth - 1
    above = objective_delta(stack.like.loss, stack.output, y)[0] if last else stack.delta[layer + 1, 0]
    gradient = torch.cat([stack.d_weight[layer][0, unit], stack.d_bias[layer][0, unit]])
    return {
        "pre_activation": np.percentile(values.numpy(), LEVELS),
        "active": float((values > 0).double().mean()),
        "active_batch": float((stack.pre_activation[layer, 0, unit] > 0).double().mean()),
        "received": float(torch.linalg.vector_norm(stack.weight[layer + 1][0, :, unit] @ above)),
        "passed": float(torch.linalg.vector_norm(stack.delta[layer, 0, unit])),
        "weight": weight.numpy(),
        "bias": float(bias),
        "gradient": float(torch.linalg.vector_norm(gradient)),
        "own_highest": float(own),
        "dead": silent.sum(dim=1).numpy(),
        "asleep": asleep.sum(dim=1).numpy(),
    }, inputs


def silence(stack: Stack, layer: int, units: int, margin: float) -> None:
    """Lower the biases of the first units of a hidden layer until they are silent on the training set.

    The highest pre-activation of each is then -margin.
    """
    z = _pre_activation(stack, layer, units)
    stack.bias[layer][:, :units] -= z.amax(dim=2, keepdim=True) + margin


def _pre_activation(stack, layer, units):
    """Those of the first units of a layer on the training set: [K, units, samples]."""
    return next(z[:, :units].clone() for i, (_, z) in enumerate(stack.inference(stack.x_train)) if i == layer)


def _parameters(stack, layer, units):
    return torch.cat([stack.weight[layer][:, :units], stack.bias[layer][:, :units]], dim=2)


@arithmetic()
def revive(
    experiment: Experiment, layer: int, margin: float, units: int = 16, seeds: int = 8, tick: Tick = None
) -> Revival:
    """Silence the first `units` of a layer by a margin, train, and count those that speak again."""
    e = experiment
    stack = Stack([e.but(seed=seed) for seed in range(seeds)], Interval(tick))
    silence(stack, layer, units, margin)
    start, at, alive = _parameters(stack, layer, units), [], []
    for step, _, _ in replay(stack):
        if step % math.ceil(e.steps / 60) == 0 or step == e.steps:
            at.append(step)
            alive.append((_pre_activation(stack, layer, units).amax(dim=2) > 0).sum(dim=1).numpy())
    moved = (_parameters(stack, layer, units) - start).abs().amax(dim=(1, 2)).numpy()
    return Revival(e, layer, units, margin, np.array(at), np.array(alive), moved)


@arithmetic()
def weights(experiment: Experiment, snapshots: int = 40, tick: Tick = None) -> Weights:
    """The parameters of a network with one hidden layer, one output and no batchnorm, over its training."""
    stack, every = Stack([experiment], Interval(tick)), math.ceil(experiment.steps / snapshots)
    states = []
    for step, _, _ in replay(stack):
        if step % every == 0 or step == experiment.steps:
            state = stack.state(0)
            state["at"] = step
            states.append(state)
    names = ("at", "linear.0.weight", "linear.0.bias", "linear.1.weight", "linear.1.bias")
    at, weight, bias, out, offset = (np.array([state[name] for state in states]) for name in names)
    return Weights(experiment, at, weight, bias, out[:, 0], offset[:, 0])
