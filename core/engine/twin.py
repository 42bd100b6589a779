"""Twins: the same training from first weights that differ by next to nothing."""

from collections.abc import Callable
from functools import partial

import numpy as np
import torch

from core.engine.network import Stack
from core.engine.train import train
from core.run import ENDS, Run
from core.trainable import Trainable


class Nudged(Stack):
    """A Stack in which every first weight, bias and scale is multiplied by 1 + size × N(0, 1)."""

    def __init__(self, size: float, rng: np.random.Generator, experiments, tick):
        self.size, self.rng = size, rng
        super().__init__(experiments, tick)

    def _draw_parameters(self):
        super()._draw_parameters()
        noise = torch.from_numpy(self.rng.normal(size=len(self.parameters)))
        self.parameters.copy_(self.parameters.double() * (1 + self.size * noise))


def twins(
    experiment: Trainable, size: float, count: int, tick: Callable[[float], None] | None = None
) -> list[Run]:
    """`count` Runs with the data, batches and dropout masks of the experiment, each with a nudge of its own.

    size: standard deviation of the relative change; what the precision cannot hold of it is rounded off.
    Raises ValueError when the whole takes too much work, as `train` does.
    """
    stack = partial(Nudged, size, np.random.default_rng(0))
    return train(count * [experiment], ENDS, tick, stack=stack)
