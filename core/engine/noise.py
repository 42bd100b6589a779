"""Signal and noise of a layer's gradient: its mean over batches, and how far single batches lie from that.

(noise / signal)^2 times the batch size is the simple noise scale of McCandlish et al. 2018, "An Empirical
Model of Large-Batch Training": the batch at which both are equal.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

import numpy as np
import torch

from core.engine.network import Stack
from core.engine.train import Interval, batches
from core.experiment import Experiment
from core.run import Run

BATCH, FEWEST, MOST = 32, 16, 64
PRODUCT = 5e8
"""Weights times samples that one network may take: about a quarter of a second."""


def pure_noise(batches: int) -> float:
    """Signal over noise expected of gradients without any signal: their mean is never quite 0."""
    return (batches - 1) ** -0.5


@dataclass(frozen=True)
class Noise:
    """Of networks at fixed weights: signal and noise [networks, hidden layers] of the gradients of weights.

    signal: the norm of the mean gradient over `batches` batches of BATCH samples. noise: the root of the mean
    squared distance of a batch's gradient from it. Both are 0 where no gradient arrives.
    """

    signal: np.ndarray
    noise: np.ndarray
    batches: int

    @property
    def ratio(self) -> np.ndarray:
        """Signal over noise [networks, hidden layers]; 0 where there is neither."""
        with np.errstate(all="ignore"):
            return np.where(self.signal == 0, 0.0, self.signal / self.noise)

    @property
    def floor(self) -> float:
        """What the ratio would be without any signal."""
        return pure_noise(self.batches)


def batches_of(e: Experiment) -> int:
    """How many batches are drawn: fewer for the largest networks."""
    affordable = PRODUCT / BATCH / ((e.depth - 1) * e.width**2 + e.inputs * e.width)
    return int(2 ** np.floor(np.log2(np.clip(affordable, FEWEST, MOST))))


def measure(
    experiments: Sequence[Experiment],
    weights: Sequence[dict[str, np.ndarray]] = (),
    count: int = 0,
    tick: Callable | None = None,
) -> Noise:
    """Signal and noise of networks of one shape, at their first weights or at these, as in Run.weights.

    All `count` batches, by default as many as are affordable, are different samples, drawn as the training
    set is: half of a set, as in a whole one the classes would be exactly balanced, more than chance allows.
    They pass in training mode: with dropout and the batch's own statistics.
    """
    count = count or batches_of(experiments[0])
    fresh = [e.but(samples=2 * count * BATCH, batch_size=BATCH, steps=1) for e in experiments]
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    try:
        with torch.inference_mode():
            stack = Stack(fresh, Interval(tick))
            for k, state in enumerate(weights):
                _put(stack, k, state)
            return _over_batches(stack, count)
    finally:
        torch.set_flush_denormal(False)


def _over_batches(stack: Stack, count: int) -> Noise:
    gradients = stack.d_weight[:-1]
    mean = [torch.zeros_like(g, dtype=torch.float64) for g in gradients]
    square = torch.zeros(stack.count, len(gradients), dtype=torch.float64)
    for x, y in islice(batches(stack), count):
        stack.forward(x, y)
        stack.backward(y)
        for layer, gradient in enumerate(gradients):
            gradient = gradient.double()
            mean[layer] += gradient / count
            square[:, layer] += gradient.square().sum(dim=(1, 2)) / count
    signal = torch.stack([m.square().sum(dim=(1, 2)) for m in mean], dim=1).numpy()
    return Noise(np.sqrt(signal), np.sqrt(np.maximum(square.numpy() - signal, 0)), count)


def _put(stack: Stack, k: int, state: dict[str, np.ndarray]) -> None:
    """The reverse of Stack.state, without running statistics: training mode has no use for them."""
    for layer in range(len(stack.weight)):
        stack.weight[layer][k] = torch.from_numpy(state[f"linear.{layer}.weight"])
        stack.bias[layer][k, :, 0] = torch.from_numpy(state[f"linear.{layer}.bias"])
    for layer in range(len(stack.gamma)):
        stack.gamma[layer][k, :, 0] = torch.from_numpy(state[f"norm.{layer}.weight"])
        stack.beta[layer][k, :, 0] = torch.from_numpy(state[f"norm.{layer}.bias"])


def signal_to_noise(run: Run) -> float:
    """Signal over noise of layer 1 before the first step; NaN where its gradient is not finite, or where a
    table gives no more samples."""
    return _of_first_layer(run.experiment) if isinstance(run.experiment, Experiment) else np.nan


@lru_cache(maxsize=1024)
def _of_first_layer(experiment: Experiment) -> float:
    return float(measure([experiment]).ratio[0, 0])
