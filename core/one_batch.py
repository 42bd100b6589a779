"""One mini-batch through batch normalization, number by number (Ioffe & Szegedy 2015, algorithm 1)."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from pydantic import model_validator

from core.data import BATCHES, WEIGHTS, load, stream
from core.experiment import Experiment
from core.initial import INITS
from core.settings import Conflict, number

EPSILON, MOMENTUM = 1e-5, 0.1


class ByHand(Experiment):
    """An Experiment, and how the page takes one of its mini-batches apart."""

    rows: int = number("Batch size by hand", 8, 1, 64, "How many samples share one mean and deviation.")
    nudge: float = number("Move sample 1 by", 0, -100, 100, "Added to the first sample's pre-activation.")
    gamma: float = number("Scale γ", 1, -10, 10, "What the normalized values are multiplied by; 1 at first.")
    beta: float = number("Shift β", 0, -10, 10, "What is added then; 0 at first.")
    seen: int = number("Batches seen", 10, 0, 100, "Training batches the running statistics have averaged.")

    @model_validator(mode="after")
    def _rows_fit(self) -> Self:
        if self.rows > self.samples:
            raise Conflict("rows samples", f"allowed is at most the number of samples, {self.samples}")
        return self

    @property
    def experiment(self) -> Experiment:
        """The settings of the training alone."""
        return Experiment(**{name: getattr(self, name) for name in Experiment.model_fields})


@dataclass(frozen=True)
class OneBatch:
    """What happened to the pre-activations of one unit: all arrays [batch].

    variance is the biased one, divided by the batch size, as in the forward pass of PyTorch. `pull` is the
    gradient of every normalized value by the first pre-activation.
    """

    pre_activation: np.ndarray
    mean: float
    variance: float
    normalized: np.ndarray
    output: np.ndarray
    pull: np.ndarray


def normalize(z: np.ndarray, gamma: float = 1.0, beta: float = 0.0, epsilon: float = EPSILON) -> OneBatch:
    """gamma * (z - mean) / sqrt(variance + epsilon) + beta over a batch z [batch].

    Raises ValueError for a batch of one: its only value is its mean, and nothing is left of it.
    """
    if len(z) == 1:
        raise ValueError(
            "A batch of 1 cannot be normalized: its mean is the value itself and its variance is 0, so the "
            "output would be β whatever the input. Allowed are batches from 2."
        )
    mean, variance = float(z.mean()), float(z.var())
    std = np.sqrt(variance + epsilon)
    normalized = (z - mean) / std
    first = np.arange(len(z)) == 0
    pull = (first - 1 / len(z) - normalized * normalized[0] / len(z)) / std
    return OneBatch(z, mean, variance, normalized, gamma * normalized + beta, pull)


def mini_batches(experiment: Experiment, rows: int, count: int) -> np.ndarray:
    """Pre-activations of the first unit in layer 1 before training, in `count` mini-batches: [count, rows].

    Weights, data and the order of the samples are those of the experiment's run.
    """
    e, order = experiment, stream(experiment.seed, BATCHES)
    weight = e.gain * INITS[e.init](stream(e.seed, WEIGHTS, 0), e.width, e.inputs)[0]
    z = load(e).x_train @ weight + e.bias
    epochs = -(-count * rows // e.samples)
    chosen = np.concatenate([order.permutation(e.samples) for _ in range(epochs)])
    return z[chosen[: count * rows]].reshape(count, rows)


def running(batches: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """nn.BatchNorm1d's running mean and variance before and after every batch: [count + 1] each.

    They start at 0 and 1 and move a tenth of the way to each batch's mean and unbiased variance.
    """
    mean, variance = np.zeros(len(batches) + 1), np.ones(len(batches) + 1)
    for t, z in enumerate(batches):
        mean[t + 1] = (1 - MOMENTUM) * mean[t] + MOMENTUM * z.mean()
        variance[t + 1] = (1 - MOMENTUM) * variance[t] + MOMENTUM * z.var(ddof=1)
    return mean, variance


def left_of_start(batches: int | np.ndarray) -> float | np.ndarray:
    """The weight that the running statistics still give to their start values: 0.9 to the power of `batches`."""
    return (1 - MOMENTUM) ** batches


def evaluated(z: np.ndarray, mean: float, variance: float, gamma: float, beta: float) -> np.ndarray:
    """Batch normalization in evaluation mode: running statistics instead of the batch's own."""
    return gamma * (z - mean) / np.sqrt(variance + EPSILON) + beta
