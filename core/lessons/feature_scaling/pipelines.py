"""Scaling with scikit-learn: every pipeline is a list of its transformers, fitted on the training rows."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, StandardScaler

if TYPE_CHECKING:
    from core.lessons.feature_scaling.table import TableExperiment


class Clip(TransformerMixin, BaseEstimator):
    """Clips every column `bound` robust standard deviations either side of its median.

    The robust standard deviation is the interquartile range / 1.349, that of a normal distribution; outliers
    cannot move it. A column whose middle half is one value is left as it is.
    """

    def __init__(self, bound=3.0):
        self.bound = bound

    def fit(self, x, y=None):
        low, middle, high = np.nanquantile(x, [0.25, 0.5, 0.75], axis=0)
        reach = np.where(high > low, self.bound * (high - low) / 1.349, np.inf)
        self.low_, self.high_ = middle - reach, middle + reach
        return self

    def transform(self, x):
        return np.clip(x, self.low_, self.high_)


def transformers(name: str, clip: float, impute: bool = False) -> list:
    """The steps of a pipeline, in order."""
    log = FunctionTransformer(np.log)
    steps = {
        "none": [FunctionTransformer()],
        "linear": [MinMaxScaler((-1, 1))],
        "unit": [MinMaxScaler((0, 1))],
        "zscore": [StandardScaler()],
        "clip": [Clip(clip)],
        "log": [log],
        "log_zscore": [log, StandardScaler()],
        "clip_zscore": [Clip(clip), StandardScaler()],
        "log_clip_zscore": [log, Clip(clip), StandardScaler()],
    }
    return [SimpleImputer(strategy="median")] * impute + steps[name]


def scaler(e: TableExperiment) -> ColumnTransformer:
    """What scales the columns of an experiment, not fitted yet: every column has a pipeline of its own."""
    columns = []
    for i, (name, done) in enumerate(e.pipelines().items()):
        allowed = f"column {i}" if "__" in name else name
        columns.append((allowed, make_pipeline(*transformers(done, e.clip, e.impute)), [i]))
    return ColumnTransformer(columns)


def scaled(e: TableExperiment) -> np.ndarray:
    """All rows after scaling [rows, features]: as `scaler` does it, columns of the same pipeline at once."""
    x, done = e.draw()[e.features].to_numpy(), np.array(list(e.pipelines().values()))
    result = np.empty(x.shape)
    with np.errstate(all="ignore"):
        for name in np.unique(done):
            columns = x[:, done == name]
            fitted = make_pipeline(*transformers(name, e.clip, e.impute)).fit(
                columns if e.fit_on == "all rows" else columns[: e.samples]
            )
            result[:, done == name] = fitted.transform(columns)
    return result


def prepare(e: TableExperiment) -> SimpleNamespace:
    """Both sets, ready to train on, in float64: x_train, x_test [rows, features], y_train, y_test [rows].

    The target gets mean 0 and standard deviation 1 on the training rows, so that only the features differ.
    """
    n, x, y = e.samples, scaled(e), e.draw()[e.target].to_numpy(dtype=float)
    y = (y - y[:n].mean()) / y[:n].std()
    return SimpleNamespace(x_train=x[:n], x_test=x[n:], y_train=y[:n], y_test=y[n:])


def before_and_after(e: TableExperiment, tick=lambda *_: None) -> tuple[np.ndarray, np.ndarray]:
    """The raw and the scaled features of all rows, training rows first: [rows, features] each."""
    tick()
    return e.draw()[e.features].to_numpy(), scaled(e)
