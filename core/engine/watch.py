"""Look inside a training: the same arithmetic as every run, so the same numbers as the Run's."""

import math
from collections.abc import Callable

import torch

from core.engine.network import Stack
from core.engine.train import train
from core.run import ENDS
from core.trainable import Trainable


def tensors(stack: Stack, loss: torch.Tensor) -> list[tuple[str, int, torch.Tensor]]:
    """(kind, layer, tensor) of one step in the order in which it computes them; layer counts from 0."""
    depth = stack.like.depth
    found = [("weight", layer, weight) for layer, weight in enumerate(stack.weight)]
    for layer in range(depth):
        found.append(("pre_activation", layer, stack.pre_activation[layer]))
        found.append(("activation", layer, stack.activated[layer]))
    found += [("pre_activation", depth, stack.output), ("loss", depth, loss)]
    if loss.isfinite().all():
        found.append(("weight_gradient", depth, stack.d_weight[depth]))
        for layer in reversed(range(depth)):
            found.append(("delta", layer, stack.delta[layer]))
            found.append(("weight_gradient", layer, stack.d_weight[layer]))
    return found


LOOKS = 400
Tick = Callable[[float], None] | None


def watched(experiments: list[Trainable], look: Callable[[int, Stack], None], looks: int, tick: Tick) -> None:
    """Train; call `look(step, stack)` before the updates of at most `looks` + 2 steps, and after the last.

    A look finds the step's batch, gradients and error signals in the stack. Once a loss is not finite there
    is none.
    """
    every = math.ceil(experiments[0].steps / looks)

    def watch(step, stack, loss):
        if (step % every == 0 or step == stack.like.steps) and loss.isfinite().all():
            look(step, stack)

    train(experiments, ENDS, tick, watch)
