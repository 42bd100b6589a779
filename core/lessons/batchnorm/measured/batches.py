"""Batches too small for batch normalization, and the one that PyTorch refuses."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from core.engine.train import train
from core.experiment import Experiment
from core.lessons.batchnorm.lesson import SEEDS
from core.run import ENDS
from core.sweep import Sweep

SIZES = (2, 4, 8, 16, 32, 64)


@dataclass(frozen=True)
class SmallBatches:
    """After equally many steps in batches of `sizes` [n], in evaluation mode.

    train_loss, test_accuracy [2, n, seeds]: without and with batch normalization.
    """

    sizes: tuple[int, ...]
    train_loss: np.ndarray
    test_accuracy: np.ndarray

    @property
    def harmful(self) -> list[int]:
        """Sizes at which batch normalization more than doubles the median loss."""
        plain, normed = np.median(self.train_loss, axis=2)
        return [size for size, worse in zip(self.sizes, normed > 2 * plain, strict=True) if worse]


def small_batches(experiment: Experiment, tick: Callable[[float], None] | None = None) -> SmallBatches:
    """Train with batches of SIZES, without and with batch normalization, equally many steps each."""
    start = experiment.but(init="he", gain=1, bias=0)
    sweep = Sweep.over(start, batchnorm=(False, True), batch_size=SIZES, seed=range(SEEDS))
    runs = train(sweep.experiments, ENDS, tick)
    return SmallBatches(
        SIZES,
        sweep.of(runs, lambda run: run.train_loss[-1]),
        sweep.of(runs, lambda run: run.test_accuracy[-1]),
    )


def single_sample(tick: Callable[[float], None] | None = None) -> str:
    """What PyTorch says to a batch of one."""
    try:
        torch.nn.BatchNorm1d(1)(torch.zeros(1, 1))
    except ValueError as error:
        return str(error)
    raise RuntimeError("this version of PyTorch accepts a batch of one")
