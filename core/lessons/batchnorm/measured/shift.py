"""The variance that batch normalization learns behind dropout is not that of evaluation mode: measured."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from core.data import load
from core.engine.forward import forward
from core.run import Run
from core.sweep import Sweep
from core.theory import variance_shift


@dataclass(frozen=True)
class Shift:
    """Variance of weighted sums in evaluation mode over that learned in training mode, behind dropout.

    rates [n]; untrained, trained, formula: activation -> [n].
    """

    rates: np.ndarray
    untrained: dict[str, np.ndarray]
    trained: dict[str, np.ndarray]
    formula: dict[str, np.ndarray]

    @property
    def off(self) -> float:
        """The largest difference of `untrained` from `formula`, relative to it."""
        return max(np.abs(self.untrained[name] / self.formula[name] - 1).max() for name in self.formula)


def shift(sweep: Sweep, runs: Sequence[Run], tick: Callable = lambda *_: None) -> Shift:
    """Means over the units of the second hidden layer (Li et al. 2019), over activation, rate and dropout."""

    def measured(run):
        tick()
        sums = forward(run.experiment, run.weights, load(run.experiment).x_train).sums[1]
        return float(sums.var(axis=0).mean() / run.weights["norm.1.running_var"].mean())

    rates, values = np.array(sweep.axes["dropout"]), sweep.of(runs, measured)
    names = sweep.axes["activation"]
    return Shift(
        rates,
        *(dict(zip(names, values[:, i], strict=True)) for i in (0, 1)),
        {name: variance_shift(name, rates) for name in names},
    )
