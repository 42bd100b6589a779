"""One mini-batch through batch normalization, number by number (Ioffe & Szegedy 2015, algorithm 1)."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from pydantic import model_validator

from core.data import BATCHES, load, stream
from core.engine.initial import initial
from core.experiment import BN_EPSILON, BN_MOMENTUM, Experiment
from core.settings import Conflict, number

BATCHES_SEEN = 100


class ByHand(Experiment):
    """An Experiment, and how the page takes one of its mini-batches apart."""

    rows: int = number(
        "Batch size by hand",
        8,
        1,
        64,
        "How many samples share one mean and deviation.",
        (1, 2, 4, 8, 16, 32, 64),
    )
    nudge: float = number(
        "Move sample 1 by",
        0,
        -100,
        100,
        "Added to the first sample's pre-activation.",
        (-10, -3, -1, -0.3, -0.1, 0, 0.1, 0.3, 1, 3, 10),
    )
    gamma: float = number(
        "Scale γ",
        1,
        -10,
        10,
        "What the normalized values are multiplied by; 1 at first.",
        (-2, -1, 0, 0.5, 1, 2, 3),
    )
    beta: float = number("Shift β", 0, -10, 10, "What is added then; 0 at first.", (-3, -2, -1, 0, 1, 2, 3))
    seen: int = number(
        "Batches seen",
        10,
        0,
        BATCHES_SEEN,
        "Training batches the running statistics have averaged.",
        (0, 1, 2, 5, 10, 20, 50, 100),
    )

    @model_validator(mode="after")
    def _rows_fit(self) -> Self:
        if self.rows > self.samples:
            raise Conflict("rows samples", f"allowed is at most the number of samples, {self.samples}")
        return self

    @property
    def unused(self) -> dict[str, str]:
        """A batch of one cannot be normalized."""
        alone = dict.fromkeys(("nudge", "gamma", "beta", "seen"), "a batch of 1 cannot be normalized")
        return super().unused | (alone if self.rows == 1 else {})

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


def normalize(z: np.ndarray, gamma: float = 1.0, beta: float = 0.0, epsilon: float = BN_EPSILON) -> OneBatch:
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


def pre_activations(experiment: Experiment) -> np.ndarray:
    """w . x of the first unit in layer 1 on the training set, before training: [samples].

    Without the bias, which batch normalization would take away again. The order is that of the
    first epoch.
    """
    e = experiment
    weight, _ = initial(e, 0)
    z = load(e).x_train @ weight[0]
    return z[stream(e.seed, BATCHES).permutation(e.samples)] if e.batch_size else z


def mini_batches(z: np.ndarray, rows: int, count: int) -> np.ndarray:
    """`count` mini-batches of `rows` values, over and over in the same order: [count, rows]."""
    return np.resize(z, (count, rows))


def running(batches: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """nn.BatchNorm1d's running mean and variance before and after every batch: [count + 1] each.

    They start at 0 and 1 and move a tenth of the way to each batch's mean and unbiased variance.
    """
    mean, variance = np.zeros(len(batches) + 1), np.ones(len(batches) + 1)
    for t, z in enumerate(batches):
        mean[t + 1] = (1 - BN_MOMENTUM) * mean[t] + BN_MOMENTUM * z.mean()
        variance[t + 1] = (1 - BN_MOMENTUM) * variance[t] + BN_MOMENTUM * z.var(ddof=1)
    return mean, variance


def left_of_start(batches: int | np.ndarray) -> float | np.ndarray:
    """The weight that the start values still have in the running statistics: 0.9 ** batches."""
    return (1 - BN_MOMENTUM) ** batches


def evaluated(z: np.ndarray, mean: float, variance: float, gamma: float, beta: float) -> np.ndarray:
    """Batch normalization in evaluation mode: running statistics instead of the batch's own."""
    return gamma * (z - mean) / np.sqrt(variance + BN_EPSILON) + beta


@dataclass(frozen=True)
class Apart:
    """One mini-batch before and after its first value moved, and in evaluation mode.

    running_mean, running_variance [101]: over the batches seen; goal: mean and unbiased variance of the set.
    """

    before: OneBatch
    after: OneBatch
    evaluated: np.ndarray
    running_mean: np.ndarray
    running_variance: np.ndarray
    goal: tuple[float, float]


def take_apart(settings: ByHand) -> Apart:
    """The first mini-batch of `rows` samples. Raises ValueError for a batch of one."""
    s = settings
    z = pre_activations(s.experiment)
    batches = mini_batches(z, s.rows, BATCHES_SEEN)
    moved = batches[0] + s.nudge * (np.arange(s.rows) == 0)
    after = normalize(moved, s.gamma, s.beta)
    mean, variance = running(batches)
    return Apart(
        normalize(batches[0], s.gamma, s.beta),
        after,
        evaluated(moved, mean[s.seen], variance[s.seen], s.gamma, s.beta),
        mean,
        variance,
        (float(z.mean()), float(z.var(ddof=1))),
    )
