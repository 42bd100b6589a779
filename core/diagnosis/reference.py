"""What can be learned from some data at all: a model without steps or seeds, as a yardstick for networks.

Kernel ridge regression (Saunders, Gammerman & Vovk 1998) over several kernels, the best by leave-one-out
(Allen 1974): its residuals have the closed form (y - fit) / (1 - H_ii), so that nothing is fitted twice.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy.special import entr, log_softmax, ndtri
from threadpoolctl import threadpool_limits

from core.diagnosis.numbers import ratio
from core.trainable import Trainable

ROWS = 512
WIDTHS = (0.1, 0.3, 1.0, 3.0)
RIDGES = np.logspace(-4, 2, 13)


class Reference(NamedTuple):
    """Shares of `chance`, the loss of the best constant answer to the training rows, that are left: of
    training rows that the model did not see (leave-one-out), and of held-out rows."""

    train: float
    held_out: float
    chance: float


def _kernels(x: np.ndarray, rows: np.ndarray) -> list[np.ndarray]:
    """[len(x), len(rows)] each: Gaussians of several widths, and (1 + xy / d)^2, d the number of features."""
    square = np.maximum((x**2).sum(1)[:, None] + (rows**2).sum(1) - 2 * x @ rows.T, 0) / (2 * x.shape[1])
    return [*(np.exp(-square / width**2) for width in WIDTHS), (1 + x @ rows.T / x.shape[1]) ** 2]


def _loss(output: np.ndarray, y: np.ndarray) -> float:
    """Mean loss of answers: squared error, or the cross-entropy of log-probabilities."""
    if y.dtype.kind == "f":
        return float(np.mean((output[:, 0] - y) ** 2))
    return float(-output[np.arange(len(y)), y].mean())


def _calibrated(output: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Slope and offsets that make outputs logits, with targets a little off 0 and 1 (Platt 1999)."""
    from scipy.optimize import minimize

    count, classes = output.shape
    targets = np.full((count, classes), 1 / (count + classes))
    targets[np.arange(count), y] = 1 - (classes - 1) / (count + classes)

    def loss(parameters):
        return -(targets * log_softmax(output * parameters[0] + parameters[1:], axis=1)).sum(axis=1).mean()

    return minimize(loss, [4.0, *np.zeros(classes)], method="BFGS").x


@lru_cache(maxsize=64)
def reference(e: Trainable) -> Reference | None:
    """What it reaches on up to 512 rows of the same data; None if a number in them is not finite."""
    data = e.load()
    arrays = (data.x_train, data.y_train, data.x_test, data.y_test)
    rows = [np.ascontiguousarray(values[:ROWS], dtype=float) for values in arrays]
    if not all(np.isfinite(values).all() for values in rows):
        return None
    return _reached(e.loss, e.inputs, *(values.tobytes() for values in rows))


@lru_cache(maxsize=64)
def _reached(loss: str, inputs: int, *rows: bytes) -> Reference:
    x, y, x_test, y_test = map(np.frombuffer, rows)
    x, x_test = x.reshape(-1, inputs), x_test.reshape(-1, inputs)
    if loss == "mse":
        targets, chance = y[:, None], y.var()
    else:
        y, y_test = y.astype(int), y_test.astype(int)
        targets = np.eye(y.max() + 1)[y]
        chance = entr(targets.mean(axis=0)).sum()
    centre, kernels, across = targets.mean(axis=0), [], []
    for scaled, scaled_test in (_standardized(x, x_test), _normal(x, x_test)):
        kernels += _kernels(scaled, scaled)
        across += _kernels(scaled_test, scaled)
    with threadpool_limits(1, "blas"):
        unseen, held_out = (answers + centre for answers in _best(kernels, across, targets - centre))
    if loss != "mse":
        slope, *offsets = _calibrated(unseen, y)
        unseen, held_out = (log_softmax(answers * slope + offsets, axis=1) for answers in (unseen, held_out))
    shares = (ratio(_loss(answers, truth), chance) for answers, truth in ((unseen, y), (held_out, y_test)))
    return Reference(*shares, float(chance))


def _standardized(x: np.ndarray, x_test: np.ndarray) -> list[np.ndarray]:
    """Every feature with mean 0 and standard deviation 1."""
    std = x.std(axis=0)
    return [(values - x.mean(axis=0)) / np.where(std > 0, std, 1) for values in (x, x_test)]


def _normal(x: np.ndarray, x_test: np.ndarray) -> list[np.ndarray]:
    """Every feature by the rank of its value, as in a normal distribution: deaf to outliers."""
    ranks = ndtri((np.arange(len(x)) + 0.5) / len(x))
    order = np.sort(x, axis=0)
    return [
        np.column_stack(
            [np.interp(column, known, ranks) for column, known in zip(values.T, order.T, strict=True)]
        )
        for values in (x, x_test)
    ]


def _best(kernels: list, across: list, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Answers to every row as if it had not been seen, and to held-out rows, of the best kernel and ridge."""
    lowest, found = np.inf, None
    for kernel, other in zip(kernels, across, strict=True):
        values, vectors = np.linalg.eigh(kernel)
        projected = vectors.T @ targets
        for ridge in RIDGES:
            shrink = values / (values + ridge)
            seen = ((vectors**2) @ shrink)[:, None]
            unseen = (vectors @ (shrink[:, None] * projected) - seen * targets) / (1 - seen)
            if (error := np.mean((unseen - targets) ** 2)) < lowest:
                lowest, found = error, (unseen, other @ (vectors @ (projected / (values + ridge)[:, None])))
    return found
