"""The last steps of a run that became NaN: which tensor went first, in which layer, and what led to it."""

from collections import deque

import numpy as np
import torch

from core import curvature
from core.experiment import Experiment
from core.network import Stack
from core.records import Autopsy
from core.train import train

KEPT = 60


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


def examine(experiment: Experiment, tick=None) -> Autopsy | None:
    """Train again, up to the first tensor that is not finite; None if there is none.

    Weights are looked at before their step: where they are first, the update of the step before made them so.
    """
    at, history, first = deque(maxlen=KEPT), deque(maxlen=KEPT), []

    def watch(step, stack, loss):
        if first:
            return
        sizes = {}
        for kind, layer, tensor in tensors(stack, loss):
            size = float(tensor.abs().max())
            sizes[kind, layer] = size
            if not np.isfinite(size):
                wrong = tensor[~tensor.isfinite()]
                first.extend([kind, layer + 1, step, float(wrong[0]), len(wrong) / tensor.numel()])
                break
        at.append(step)
        history.append(sizes)

    [run] = train([experiment], tick=tick, watch=watch)
    if not first:
        return None
    largest = {}
    for kind in ("weight", "pre_activation", "activation", "delta", "weight_gradient"):
        rows = [
            [sizes.get((kind, layer), np.nan) for layer in range(experiment.depth + 1)] for sizes in history
        ]
        largest[kind] = np.array(rows)
    return Autopsy(run, np.array(at), largest, *first, sharpness=curvature.at_start(experiment))
