"""The costs of core.lessons.backprop.cost, measured while PyTorch computes the gradients of real networks."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
import torch.nn.functional as F
from torch.utils.flop_counter import FlopCounterMode

from core.lessons.backprop.cost import BATCH, DEPTHS, MEMORY_WIDTH, WIDTHS, parameter_count, shape

TIMED = (2, 4, 8, 16, 24)
REPEATS = 3


@dataclass(frozen=True)
class Flops:
    """Operations counted by torch.utils.flop_counter, one entry per network.

    tangent: of one pass of forward mode, which finds the derivative along one direction.
    """

    widths: list[tuple[int, ...]]
    forward: np.ndarray
    backward: np.ndarray
    tangent: np.ndarray


def _layers(widths: Sequence[int], random: torch.Generator) -> list[torch.Tensor]:
    """Weights and biases of a tanh network, alternating, that ask for a gradient."""
    sizes = [size for i, o in pairwise(widths) for size in ((o, i), (o,))]
    return [
        (torch.randn(size, generator=random) / max(size[-1], 1) ** 0.5).requires_grad_() for size in sizes
    ]


def loss(layers: Sequence[torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    """Mean square of the output: weights and biases in turn, tanh between the layers."""
    for weight, bias in zip(layers[:-2:2], layers[1:-2:2], strict=True):
        x = torch.tanh(F.linear(x, weight, bias))
    return F.linear(x, *layers[-2:]).square().mean()


def network(widths: Sequence[int]) -> tuple[list[torch.Tensor], torch.Tensor]:
    random = torch.Generator().manual_seed(0)
    return _layers(widths, random), torch.randn(BATCH, widths[0], generator=random)


def _counted(work: Callable) -> int:
    with FlopCounterMode(display=False) as counter:
        work()
    return counter.get_total_flops()


def count_flops(tick: Callable = lambda: None) -> Flops:
    """Operations of the two passes and of one forward-mode pass, for two hidden layers of every width."""
    counts = []
    for width in WIDTHS:
        tick()
        layers, x = network(shape(width))
        losses = []
        forward = _counted(lambda layers=layers, x=x, losses=losses: losses.append(loss(layers, x)))
        backward = _counted(losses[0].backward)
        counts.append((forward, backward, _counted(lambda layers=layers, x=x: _tangent(layers, x, layers))))
    return Flops([shape(width) for width in WIDTHS], *np.array(counts).T)


def _tangent(layers: list[torch.Tensor], x: torch.Tensor, directions: list[torch.Tensor]) -> torch.Tensor:
    """The derivative of the loss along one direction, by forward mode."""
    values, directions = ([t.detach() for t in tensors] for tensors in (layers, directions))
    return torch.func.jvp(lambda *moved: loss(moved, x), tuple(values), tuple(directions))[1]


def count_bytes(width: int = MEMORY_WIDTH, tick: Callable = lambda: None) -> np.ndarray:
    """Bytes of the tensors, other than parameters, that autograd keeps for the backward pass, per depth."""
    counts = []
    for depth in DEPTHS:
        tick()
        layers, x = network(shape(width, depth))
        parameters, kept = {layer.data_ptr() for layer in layers}, {}

        def pack(tensor, parameters=parameters, kept=kept):
            if tensor.untyped_storage().data_ptr() not in parameters:
                kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
            output = loss(layers, x)
        counts.append(sum(kept.values()))
        del output
    return np.array(counts)


@dataclass(frozen=True)
class Seconds:
    """The time of one whole gradient in three ways, the best of a few, and the number of parameters."""

    parameters: np.ndarray
    reverse: np.ndarray
    forward_mode: np.ndarray
    differences: np.ndarray


def time_gradients(tick: Callable = lambda: None) -> Seconds:
    """Backpropagation, forward mode and central differences, each computing every entry of the gradient."""
    rows = []
    for width in TIMED:
        layers, x = network(shape(width))
        ways = (
            lambda layers=layers, x=x: torch.autograd.grad(loss(layers, x), layers),
            lambda layers=layers, x=x: forward_mode(layers, x, tick),
            lambda layers=layers, x=x: differences(layers, x, tick),
        )
        rows.append([parameter_count(shape(width)), *map(_best, ways)])
    return Seconds(*np.array(rows).T)


def _best(work: Callable) -> float:
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def forward_mode(layers: list[torch.Tensor], x: torch.Tensor, tick: Callable = lambda: None) -> torch.Tensor:
    """The whole gradient, flat, one pass for every parameter."""
    entries = []
    for i, layer in enumerate(layers):
        for j in range(layer.numel()):
            directions = [torch.zeros_like(other) for other in layers]
            directions[i].view(-1)[j] = 1
            entries.append(_tangent(layers, x, directions))
            tick()
    return torch.stack(entries)


@torch.no_grad()
def differences(
    layers: list[torch.Tensor], x: torch.Tensor, tick: Callable = lambda: None, h: float = 1e-2
) -> torch.Tensor:
    """The whole gradient, flat, by central differences, two passes for every parameter."""
    entries = []
    for layer in layers:
        flat = layer.view(-1)
        for j in range(len(flat)):
            value = flat[j].item()
            flat[j] = value + h
            above = loss(layers, x)
            flat[j] = value - h
            entries.append((above - loss(layers, x)) / (2 * h))
            flat[j] = value
            tick()
    return torch.stack(entries)
