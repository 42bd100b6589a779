"""How smooth the loss is along its gradient, without batch normalization and with it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from core.engine.network import Stack
from core.engine.train import Interval, batches
from core.experiment import Experiment
from core.lessons.batchnorm.settings import SWEPT

STEPS, LENGTHS = 60, (0.5, 1.0, 2.0, 3.0, 4.0)


@dataclass(frozen=True)
class Surface:
    """The loss of each step's batch at `lengths` [n] along its gradient.

    losses [2, seeds, steps, n]: without and with batch normalization.
    """

    lengths: np.ndarray
    losses: np.ndarray

    @property
    def lowest(self) -> np.ndarray:
        """The lowest loss along the gradient, what is not finite counting as 1e30: [2, seeds, steps]."""
        return self._bounded.min(axis=3)

    @property
    def highest(self) -> np.ndarray:
        """The highest, likewise."""
        return self._bounded.max(axis=3)

    @property
    def spans(self) -> np.ndarray:
        """Highest minus lowest, the mean over the steps: [2, seeds]."""
        return (self.highest - self.lowest).mean(axis=2)

    @property
    def _bounded(self) -> np.ndarray:
        return np.minimum(np.where(np.isfinite(self.losses), self.losses, np.inf), 1e30)


def along_gradient(experiment: Experiment, tick: Callable[[float], None] | None = None) -> Surface:
    """The loss of each step's batch after steps of LENGTHS times the learning rate along its gradient.

    Santurkar et al. 2018, fig. 4a; He's initial weights, plain gradient steps.
    """
    interval, e = Interval(tick), experiment.but(init="he", gain=1, bias=0, batchnorm=False)
    losses = np.full((2, SWEPT, STEPS, len(LENGTHS)), np.nan)
    torch.set_num_threads(1)
    with torch.inference_mode():
        for which in (False, True):
            stack = Stack(e.vary(batchnorm=[which], seed=range(SWEPT)), interval)
            for step, (x, y) in zip(range(STEPS), batches(stack), strict=False):
                stack.forward(x, y)
                stack.backward(y)
                here = stack.parameters.clone()
                for i, length in enumerate(LENGTHS):
                    torch.sub(here, stack.gradients, alpha=length * e.learning_rate, out=stack.parameters)
                    losses[int(which), :, step, i] = stack.forward(x, y)
                torch.sub(here, stack.gradients, alpha=e.learning_rate, out=stack.parameters)
                interval.done = (int(which) + step / STEPS) / 2
    return Surface(e.learning_rate * np.array(LENGTHS), losses)
