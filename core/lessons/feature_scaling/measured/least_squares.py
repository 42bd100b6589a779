"""Linear models trained to the end: what least squares reaches, and what it seems to reach by a leak."""

from collections.abc import Sequence

import numpy as np

from core.data import DATA, stream
from core.lessons.feature_scaling.table import PIPELINES, TableExperiment
from core.lessons.feature_scaling.theory import CHOSEN, COLUMNS, NEW, SEEN, with_bias


def r2(x_train: np.ndarray, y_train: np.ndarray, x: np.ndarray, y: np.ndarray) -> float:
    """R2 on x, y of the least-squares model with a bias on the training rows; NaN where a cell has no number.

    The columns are standardized first, which changes no prediction and keeps rounding out of it.
    """
    if not (np.isfinite(x_train).all() and np.isfinite(x).all()):
        return np.nan
    mean, size = x_train.mean(axis=0), x_train.std(axis=0)
    size = np.where(size > 0, size, 1)
    weights = np.linalg.lstsq(with_bias((x_train - mean) / size), y_train, rcond=1e-10)[0]
    return float(1 - np.mean((with_bias((x - mean) / size) @ weights - y) ** 2) / np.var(y))


def limits(e: TableExperiment, seeds: Sequence[int], tick=lambda *_: None) -> np.ndarray:
    """Held-out R2 of the least-squares model behind every pipeline: [pipelines, seeds], NaN with gaps."""
    found = []
    for pipeline in PIPELINES:
        for seed in seeds:
            data = e.but(seed=seed).everywhere(pipeline).load()
            found.append(r2(data.x_train, data.y_train, data.x_test, data.y_test))
            tick()
    return np.reshape(found, (len(PIPELINES), len(seeds)))


def best_columns(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Indices of the CHOSEN columns of x [rows, columns] that go best with y, by their correlation."""
    dx, dy = x - x.mean(axis=0), y - y.mean()
    return np.argsort(-np.abs(dy @ dx) / np.linalg.norm(dx, axis=0))[:CHOSEN]


def selection(seeds: int, tick=lambda *_: None) -> np.ndarray:
    """R2 of least squares on a few of many columns of pure noise: [chosen on, scored on, seeds].

    Half of SEEN train, the other half is held out. The columns are chosen on all rows or on the training
    rows, and the model is scored on the rows held out or on NEW ones that nobody has seen.
    """
    found = np.empty((2, 2, seeds))
    for seed in range(seeds):
        rng = stream(seed, DATA)
        x, y = rng.normal(size=(SEEN + NEW, COLUMNS)), rng.normal(size=SEEN + NEW)
        train, held_out, new = np.split(np.arange(SEEN + NEW), [SEEN // 2, SEEN])
        for i, rows in enumerate((np.append(train, held_out), train)):
            chosen = x[:, best_columns(x[rows], y[rows])]
            for j, scored in enumerate((held_out, new)):
                found[i, j, seed] = r2(chosen[train], y[train], chosen[scored], y[scored])
        tick()
    return found
