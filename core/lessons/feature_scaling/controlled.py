"""Tables in which a single thing differs: the sizes of the columns, or what the target follows."""

from types import SimpleNamespace
from typing import ClassVar, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from core.data import DATA, stream
from core.lessons.feature_scaling.houses import Houses
from core.lessons.feature_scaling.table import TableExperiment
from core.settings import number


class Resized(Houses):
    """The table of houses after scaling, its columns multiplied: the rows are the same whatever the sizes."""

    spread: float = number("Spread of column sizes", 1, 1, 1e6, "The largest size over the smallest.")
    held: Literal["middle", "largest"] = Field("middle", description="The size that stays 1 at any spread.")
    first: float = number("Size of the first column", 1, 1e-6, 1e6, "It is multiplied by this besides.")

    @property
    def sizes(self) -> np.ndarray:
        """What every column is multiplied by: even steps on a log scale, the last is the largest."""
        highest = 0.5 if self.held == "middle" else 0.0
        sizes = self.spread ** np.linspace(highest - 1, highest, self.inputs)
        return sizes * np.where(np.arange(self.inputs), 1, self.first)

    def load(self) -> SimpleNamespace:
        """See TableExperiment."""
        data = super().load()
        resized = {name: getattr(data, name) * self.sizes for name in ("x_train", "x_test")}
        return SimpleNamespace(**vars(data) | resized)


class PowerLaw(TableExperiment):
    """One column with P(x > v) = v^-3, and a target that follows it, or its logarithm, and noise."""

    target: ClassVar[str] = "target"
    samples: ClassVar[int] = 500
    follows: Literal["logarithm", "feature"] = Field("logarithm", description="What the target follows.")

    def draw(self) -> pd.DataFrame:
        """See TableExperiment."""
        rng = stream(self.seed, DATA)
        x = (1 - rng.random(2 * self.samples)) ** (-1 / 3)
        signal = np.log(x) if self.follows == "logarithm" else x
        noise = 0.5 * rng.normal(size=len(x))
        return pd.DataFrame({"x": x, self.target: (signal - signal.mean()) / signal.std() + noise})

    def choice(self, name: str) -> str:
        """No column has one of its own."""
        return "as above"
