"""What a trained network answers at any points: its weights, forward in numpy, in either mode.

Networks are described by their Experiment and by weights as in Run.weights; x is [samples, inputs] as
core.data.load gives it, scaled already. Everything is computed in float64.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import log_softmax, softmax

from core.data import DROPOUT, load, stream
from core.experiment import BN_EPSILON, Experiment
from core.run import Run
from core.slopes import ACTIVATIONS

DRAWS = 20


class Forward(NamedTuple):
    """Every hidden layer's weighted sums [samples, units], and what enters its activation function: the same
    but after batch normalization; output [samples, outputs]."""

    sums: list[np.ndarray]
    pre_activations: list[np.ndarray]
    output: np.ndarray


def forward(
    e: Experiment,
    weights: dict[str, np.ndarray],
    x: np.ndarray,
    masks: Sequence[np.ndarray] | None = None,
    batch_statistics: bool = False,
) -> Forward:
    """One pass through the network, in evaluation mode unless told otherwise.

    masks: one per hidden layer, [units] or [samples, units], which multiplies what the layer's activation
        function returns; None drops nothing.
    batch_statistics: batch normalization by the mean and variance of x itself, as in training.
    """
    phi, signal = ACTIVATIONS[e.activation][0], np.asarray(x, dtype=float)
    sums, pre_activations = [], []
    w = {name: value.astype(float) for name, value in weights.items()}
    with np.errstate(all="ignore"):
        for layer in range(e.depth):
            z = signal @ w[f"linear.{layer}.weight"].T + w[f"linear.{layer}.bias"]
            sums.append(z)
            if e.batchnorm:
                mean, variance = w[f"norm.{layer}.running_mean"], w[f"norm.{layer}.running_var"]
                if batch_statistics:
                    mean, variance = z.mean(axis=0), z.var(axis=0)
                z = (z - mean) / np.sqrt(variance + BN_EPSILON)
                z = z * w[f"norm.{layer}.weight"] + w[f"norm.{layer}.bias"]
            pre_activations.append(z)
            h = phi(z) if masks is None else phi(z) * masks[layer]
            signal = h + signal if e.residual and layer else h
        output = signal @ w[f"linear.{e.depth}.weight"].T + w[f"linear.{e.depth}.bias"]
        return Forward(sums, pre_activations, output)


def answers(e: Experiment, output: np.ndarray) -> np.ndarray:
    """What the output means: a probability for every class [samples, classes], or the regression itself."""
    with np.errstate(all="ignore"):
        if e.loss == "bce":
            p = 1 / (1 + np.exp(-output))
            return np.concatenate([1 - p, p], axis=1)
        if e.loss == "cross_entropy":
            return softmax(output, axis=1)
    return output


def score(e: Experiment, output: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Loss and accuracy (explained variance for regression) of an output against targets [samples]."""
    with np.errstate(all="ignore"):
        if e.loss == "mse":
            loss = np.mean((output[:, 0] - y) ** 2)
            return float(loss), float(1 - loss / np.var(y))
        if e.loss == "bce":
            z = output[:, 0]
            return float(np.mean(np.logaddexp(0, z) - z * y)), float(np.mean((z > 0) == (y > 0)))
        loss = -log_softmax(output, axis=1)[np.arange(len(y)), y].mean()
        return float(loss), float(np.mean(output.argmax(axis=1) == y))


def draw_masks(
    e: Experiment, rng: np.random.Generator, samples: int, rate: float | None = None
) -> list[np.ndarray]:
    """A mask [samples, units] per layer: 0 at the `rate`, by default the experiment's, else 1/(1 - rate)."""
    masks = []
    for layer in range(e.depth):
        p = e.dropout_after(layer) if rate is None else rate
        masks.append((rng.random((samples, e.width)) >= p) / (1 - p if p < 1 else 1.0))
    return masks


def used_masks(e: Experiment, layer: int) -> Iterator[np.ndarray]:
    """The masks [units, batch] that a layer of this run used at its gradient steps, one after another."""
    rng, p = stream(e.seed, DROPOUT, layer), np.float32(e.dropout_after(layer))
    while True:
        yield rng.random((e.width, e.batch), dtype=np.float32) >= p


class Reliability(NamedTuple):
    """Held-out answers in bins: mean `confidence`, share `right` and `count` of every bin that has any.

    ece: expected calibration error, the mean of |right - confidence| over samples (Guo et al. 2017, eq. 3).
    """

    confidence: np.ndarray
    right: np.ndarray
    count: np.ndarray
    ece: float


def reliability(run: Run, bins: int = 10, tick: Callable = lambda *_: None) -> Reliability:
    """How sure a classifier is of its held-out answers, and how often right. ValueError for regression."""
    tick()
    e, data = run.experiment, load(run.experiment)
    if e.loss == "mse":
        raise ValueError(f"{e.dataset} is a regression: its answers have no confidence.")
    p = answers(e, forward(e, run.weights, data.x_test).output)
    confidence, right = p.max(axis=1), p.argmax(axis=1) == data.y_test
    where = np.clip(((confidence - 1 / p.shape[1]) / (1 - 1 / p.shape[1]) * bins).astype(int), 0, bins - 1)
    count = np.bincount(where, minlength=bins)
    some = count > 0
    mean_confidence = np.bincount(where, confidence, bins)[some] / count[some]
    mean_right = np.bincount(where, right, bins)[some] / count[some]
    ece = float(np.abs(mean_right - mean_confidence) @ count[some] / len(right))
    return Reliability(mean_confidence, mean_right, count[some], ece)
