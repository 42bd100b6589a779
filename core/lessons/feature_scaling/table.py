"""TableExperiment: a table of raw columns, how each is scaled, and the network that trains on it."""

from functools import lru_cache
from types import SimpleNamespace
from typing import Any, ClassVar, Literal, Self

import numpy as np
import pandas as pd
from pydantic import Field, model_validator

from core.experiment import LEARNING_RATES, MOMENTA, STEPS, Optimizer, without_momentum
from core.settings import Conflict, Settings, number
from core.work import WORK_LIMIT, work

PIPELINES = {
    "none": "raw",
    "linear": "linear to [-1, 1]",
    "unit": "linear to [0, 1]",
    "zscore": "z-score",
    "clip": "clip",
    "log": "log",
    "log_zscore": "log, z-score",
    "clip_zscore": "clip, z-score",
    "log_clip_zscore": "log, clip, z-score",
}
AFFINE = ("none", "linear", "unit", "zscore")
"""Pipelines that only shift and stretch a column; the others bend it."""
WITHOUT_LOG = {"log": "none", "log_zscore": "zscore", "log_clip_zscore": "clip_zscore"}
SKEWED = 0.3
Choice = Literal["as above", *PIPELINES]


def skewness(values: np.ndarray) -> float:
    """Kelley's: (P90 + P10 - 2 P50) / (P90 - P10), from -1 to 1, deaf to outliers. 0 for a constant."""
    low, middle, high = np.nanquantile(values, [0.1, 0.5, 0.9])
    return float((high + low - 2 * middle) / (high - low)) if high > low else 0.0


def farthest(values: np.ndarray) -> float:
    """How many robust standard deviations (IQR / 1.349) the value farthest from the median lies from it.

    Of 1,000 normal values that is mostly 3 to 4. NaN where the middle half is one value.
    """
    low, middle, high = np.nanquantile(values, [0.25, 0.5, 0.75])
    return float(np.nanmax(np.abs(values - middle)) * 1.349 / (high - low)) if high > low else np.nan


def column(title: str, description: str) -> Any:
    """A setting: what is done to this one column."""
    return Field("as above", title=title, description=description, json_schema_extra={"said": PIPELINES})


def always(value: Any) -> property:
    """A constant that cannot be set."""
    return property(lambda self: value)


class TableExperiment(Settings):
    """Every setting that decides a training on a table, whatever the table.

    A subclass gives `target`, `samples` (training rows) and `draw()`. What else makes it Trainable and does
    not vary here is constant.
    """

    target: ClassVar[str]
    activation = always("relu")
    init = always("he")
    loss = always("mse")
    precision = always("float32")
    outputs = always(1)
    gain = always(1.0)
    bias = always(0.0)
    weight_decay = always(0.0)
    clip_norm = always(0.0)
    dropout = always(0.0)
    batch_size = always(0)
    batchnorm = always(False)
    residual = always(False)

    scaling: Literal[*PIPELINES] = Field(
        "none",
        title="All columns",
        description="What is done to every column that has no choice of its own. Pipelines with a log take "
        "it only where the training rows are positive and skewed (Kelley skewness above 0.3).",
        json_schema_extra={"said": PIPELINES},
    )
    clip: float = number(
        "Clip at",
        3,
        0.5,
        20,
        "Bound in robust standard deviations (IQR / 1.349) either side of the median.",
        (0.5, 1, 1.5, 2, 2.5, 3, 4, 5, 10, 20),
    )
    impute: bool = Field(
        False,
        title="Fill gaps",
        description="Missing values become the median of the rows that the scaling is fitted on.",
    )
    fit_on: Literal["training rows", "all rows"] = Field(
        "training rows",
        title="Scaling fitted on",
        description="The rows whose ranges, means, medians and bounds are used. Taken from all rows, they "
        "know of those held out; what that changes is measured further down.",
    )
    depth: int = number("Hidden layers", 0, 0, 4, "0 is a linear model; more make a ReLU network.")
    width: int = number("Width", 32, 1, 128, "Units per hidden layer.", (1, 2, 4, 8, 16, 32, 64, 128))
    optimizer: Optimizer = Field(
        "sgd", title="Optimizer", description="Adam gives every weight a step of its own size."
    )
    learning_rate: float = number(
        "Learning rate", 0.1, 1e-15, 100, "How far one step follows the gradient.", LEARNING_RATES
    )
    momentum: float = number(
        "Momentum", 0, 0, 0.999, "Heavy-ball momentum of SGD; Adam has its own 0.9.", MOMENTA
    )
    steps: int = number("Steps", 200, 1, 2000, "Gradient steps over all training rows.", STEPS)
    seed: int = number("Seed", 0, 0, 2**32 - 1, "Draws or splits the table and the first weights.")

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if work(self) > WORK_LIMIT:
            most = int(self.steps * WORK_LIMIT / work(self))
            raise Conflict(
                "steps width depth samples",
                f"{self.steps} steps at depth {self.depth} and width {self.width} over {self.samples} rows "
                f"take too long; allowed are at most {most} steps, or lower depth, width or rows",
            )
        return self

    @property
    def unused(self) -> dict[str, str]:
        """See Settings."""
        done, off = set(self.pipelines().values()), without_momentum(self)
        if not self.depth:
            off["width"] = "there is no hidden layer"
        if not any("clip" in name for name in done):
            off["clip"] = "no column is clipped"
        gaps = bool(self.draw()[self.features].isna().any(axis=None))
        if not gaps:
            off["impute"] = "no cell is missing"
        if done <= {"none", "log"} and not (gaps and self.impute):
            off["fit_on"] = "no column is fitted"
        if all(self.choice(name) != "as above" for name in self.features):
            off["scaling"] = "every column has its own"
        return off

    @property
    def features(self) -> list[str]:
        """The names of the input columns."""
        return [name for name in self.draw().columns if name != self.target]

    @property
    def inputs(self) -> int:
        """The number of input columns."""
        return len(self.features)

    @property
    def batch(self) -> int:
        """Every step sees all training rows."""
        return self.samples

    def dropout_after(self, layer: int) -> float:
        """No unit is dropped."""
        return 0.0

    def draw(self) -> pd.DataFrame:
        """The raw table, the `samples` training rows first, the target among its columns."""
        raise NotImplementedError

    def choice(self, name: str) -> str:
        """What was chosen for a column: a pipeline, or "as above" for what all columns get."""
        raise NotImplementedError

    def everywhere(self, scaling: str) -> Self:
        """The same experiment with one pipeline for all columns."""
        raise NotImplementedError

    def pipelines(self) -> dict[str, str]:
        """What is really done to every column: no log where it was not asked for and would not help."""
        train = self.draw()[: self.samples]
        done = {}
        for name in self.features:
            chosen, values = self.choice(name), train[name].to_numpy()
            if chosen == "as above":
                chosen = self.scaling
                if not np.nanmin(values) > 0 or skewness(values) <= SKEWED:
                    chosen = WITHOUT_LOG.get(chosen, chosen)
            done[name] = chosen
        return done

    def load(self):
        """Scaled features and standardized target of both sets, see `pipelines`; none can be written to."""
        return _prepared(self.model_copy(update=UNTRAINED))


UNTRAINED = {
    name: TableExperiment.model_fields[name].default
    for name in ("depth", "width", "optimizer", "learning_rate", "momentum", "steps")
}
"""The settings that no table depends on: experiments that differ in them alone share what is prepared."""


@lru_cache(maxsize=64)
def _prepared(e: TableExperiment) -> SimpleNamespace:
    from core.lessons.feature_scaling.pipelines import prepare

    data = prepare(e)
    for values in vars(data).values():
        values.flags.writeable = False
    return data


def summary(e: TableExperiment, before: np.ndarray, after: np.ndarray) -> pd.DataFrame:
    """One row per column: what the training rows hold before and after scaling, with small histograms.

    What is after scaling is left out where scaling changes no number.
    """
    rows, changed = [], not np.array_equal(before, after, equal_nan=True)
    for i, (name, done) in enumerate(e.pipelines().items()):
        raw, scaled = before[: e.samples, i], after[: e.samples, i]
        raw_known, known = raw[np.isfinite(raw)], scaled[np.isfinite(scaled)]
        rows.append(
            {
                "column": name,
                "values": np.histogram(raw_known, 24)[0].tolist(),
                "smallest": raw_known.min(),
                "median": np.median(raw_known),
                "largest": raw_known.max(),
                "skewness": skewness(raw),
                "farthest": farthest(raw),
                "missing": int(np.isnan(before[:, i]).sum()),
                "scaling": PIPELINES[done],
            }
        )
        if changed:
            rows[-1] |= {
                "scaled": np.histogram(known, 24)[0].tolist() if len(known) else [],
                "from": known.min() if len(known) else np.nan,
                "to": known.max() if len(known) else np.nan,
            }
    return pd.DataFrame(rows)
