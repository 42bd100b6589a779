"""Houses: the synthetic table with realistic columns."""

from functools import lru_cache
from typing import ClassVar, Self

import numpy as np
import pandas as pd

from core.data import DATA, stream
from core.experiment import NOISES
from core.lessons.feature_scaling.table import Choice, TableExperiment, column
from core.settings import number
from core.words import short

MISSING = 1


@lru_cache(maxsize=16)
def _drawn(seed: int, samples: int, missing: int, *shape: float) -> pd.DataFrame:
    table = houses(stream(seed, DATA), 2 * samples, *shape)
    gaps = stream(seed, DATA, MISSING).permutation(samples)[:missing]
    table.loc[gaps, "income"] = np.nan
    return table


def houses(
    rng, rows: int, noise: float, income_spread: float, outlier: float, outlier_share: float
) -> pd.DataFrame:
    """A table of houses; the price is the sum of what five columns mean, plus noise.

    age is uniform, rooms whole numbers, income and population log-normal, and the sensor, which tells of the
    price while it works, sticks at `outlier` in a share of the rows. What rooms mean has variance 1/4, what
    each of the others means 1.
    """
    age, rooms = rng.uniform(0, 90, rows), rng.integers(1, 11, rows)
    wealth, crowd, quiet = rng.normal(size=(3, rows))
    price = (age - 45) / 26 + (rooms - 5.5) / 5.74 + wealth + crowd + quiet + noise * rng.normal(size=rows)
    stuck = rng.random(rows) < outlier_share
    return pd.DataFrame(
        {
            "age": age,
            "rooms": rooms.astype(float),
            "income": 30_000 * np.exp(income_spread * wealth),
            "population": 1_000 * np.exp(2.5 * crowd),
            "sensor": np.where(stuck, outlier, 50 + 5 * quiet),
            "price": price,
        }
    )


def variance(noise: float) -> float:
    """Of the price; the sensor's part of it is 1."""
    return 4.25 + noise**2


def recipe(noise: float) -> str:
    """How `houses` makes the price, in words."""
    rest = f"noise of standard deviation {short(noise)}, which no column explains" if noise else "no noise"
    return (
        "**How the price is made.** It is a sum: of age, rooms, the logarithm of income, the logarithm of "
        "population and what the sensor would show if it never stuck, each with a variance of 1, but rooms "
        f"with 1/4; and {rest}. What income and population say a linear model can therefore learn from their "
        "logarithms, and only in part from the raw columns: in this table the log is right by construction. "
        "On another table another pipeline may be."
    )


class Houses(TableExperiment):
    """The synthetic table with realistic columns."""

    target: ClassVar[str] = "price"
    features: ClassVar[list[str]] = ["age", "rooms", "income", "population", "sensor"]

    age: Choice = column("age", "Uniform from 0 to 90 years.")
    rooms: Choice = column("rooms", "Whole numbers from 1 to 10.")
    income: Choice = column("income", "Log-normal: most earn little, few very much.")
    population: Choice = column("population", "Log-normal with a heavy tail, over many powers of ten.")
    sensor: Choice = column("sensor", "Around 50, but in some rows it sticks at the outlier's value.")
    samples: int = number(
        "Training rows",
        1000,
        32,
        4000,
        "As many again are held out.",
        (32, 64, 128, 256, 512, 1000, 2000, 4000),
    )
    outlier: float = number(
        "Outlier",
        500,
        50,
        1e6,
        "The value at which the sensor sticks; it should be near 50.",
        (50, 75, 100, 200, 500, 1000, 10_000, 100_000),
    )
    outlier_share: float = number(
        "Share of outliers",
        0.01,
        0,
        0.2,
        "Share of rows in which the sensor sticks.",
        (0, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2),
    )
    income_spread: float = number(
        "Spread of income",
        1,
        0.1,
        2,
        "Standard deviation of the log of the income.",
        (0.1, 0.25, 0.5, 0.75, 1, 1.5, 2),
    )
    missing: int = number(
        "Missing cells", 0, 0, 30, "How many cells of income have no value, in training rows."
    )
    noise: float = number(
        "Noise", 0.5, 0, 2, "Standard deviation of what no column can explain of the price.", NOISES
    )

    @property
    def unused(self) -> dict[str, str]:
        """See Settings."""
        off = super().unused
        if not (self.draw()["sensor"] == self.outlier).any():
            off["outlier"] = "no row has one"
        if self.income in ("log_zscore", "log_clip_zscore"):
            off["income_spread"] = "logarithm and z-score take it away again"
        return off

    def draw(self) -> pd.DataFrame:
        """Twice `samples` rows; the same rows whatever is done to them."""
        shape = (self.noise, self.income_spread, self.outlier, self.outlier_share)
        return _drawn(self.seed, self.samples, self.missing, *shape)

    def choice(self, name: str) -> str:
        """The setting of the same name."""
        return getattr(self, name)

    def everywhere(self, scaling: str) -> Self:
        """One pipeline for all columns."""
        return self.but(scaling=scaling, **dict.fromkeys(self.features, "as above"))
