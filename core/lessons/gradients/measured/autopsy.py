"""The last steps of a run that became NaN: which tensor went first, in which layer, and what led to it."""

from collections import deque
from dataclasses import dataclass

import numpy as np

from core.engine.train import train
from core.engine.watch import tensors
from core.experiment import Experiment
from core.lessons.gradients.measured import curvature
from core.run import Run


@dataclass(frozen=True)
class Autopsy:
    """How a run became non-finite, over its last steps `at` [S], of which the last is the fatal one.

    largest: kind of tensor -> [S, layers] of its largest magnitude, NaN for what is not a number and for
        what was not computed any more. Layers are those with weights: the last of them is the output.
    kind, layer, step: the first tensor that was not finite, in the order in which a step computes them;
        layer counts from 1. value: the first such number in it; share: how much of it was not finite.
    sharpness: lambda_max before the first step, NaN if that is not finite.
    """

    run: Run
    at: np.ndarray
    largest: dict[str, np.ndarray]
    kind: str
    layer: int
    step: int
    value: float
    share: float
    sharpness: float


KEPT = 60


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
