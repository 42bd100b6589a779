"""How this page says accuracies, shares, and at which values of a setting something is so."""

from collections.abc import Sequence

import numpy as np

from core.experiment import Experiment
from core.lessons.dead_relus.settings import BETTER
from core.words import listed, short


def percent(share: float) -> str:
    """In whole percent: a chaotic run has no more digits to give. What is not none is never called 0 %, and
    what is not all never 100 %."""
    if 0 < share < 0.005:
        return "under 1 %"
    return "over 99 %" if 0.995 <= share < 1 else f"{100 * share:.0f} %"


def score(e: Experiment) -> str:
    """What is called accuracy, R² where the answer is a number."""
    return "held-out R²" if e.loss == "mse" else "held-out accuracy"


def scored(e: Experiment, value: float) -> str:
    """Such an accuracy in words."""
    if not np.isfinite(value):
        return "none, as at least half diverge"
    return short(round(value, 2)) if e.loss == "mse" else percent(value)


def better(e: Experiment) -> str:
    """The smallest change of it that matters."""
    return short(BETTER) if e.loss == "mse" else f"{100 * BETTER:g} points"


def where(values: Sequence[float], chosen: np.ndarray) -> str:
    """The chosen of these ascending values, neighbours as a range: 0.1 and 1 to 10."""
    groups = np.split(np.flatnonzero(chosen), np.flatnonzero(np.diff(np.flatnonzero(chosen)) > 1) + 1)
    ends = [(short(values[group[0]]), short(values[group[-1]])) for group in groups]
    return listed([low if low == high else f"{low} to {high}" for low, high in ends])
