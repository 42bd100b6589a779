"""Sweep: experiments over named axes, so that nobody has to know in which order they lie in a list."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Self

import numpy as np

from core.run import Run
from core.settings import Settings


@dataclass(frozen=True)
class Sweep:
    """One experiment for every combination of the axes' values, the last axis varying fastest.

    axes: name -> its values, in order. experiments: flat, as many as the product of the axes' lengths.
    """

    axes: Mapping[str, tuple]
    experiments: tuple[Settings, ...]

    @classmethod
    def made(cls, make: Callable[..., Settings], **axes: Iterable) -> Self:
        """`make(*values)` for every combination; raises what it raises."""
        axes = {name: tuple(values) for name, values in axes.items()}
        return cls(axes, tuple(make(*values) for values in product(*axes.values())))

    @classmethod
    def over(cls, start: Settings, **axes: Iterable) -> Self:
        """The start with the settings of these names varied. Raises pydantic.ValidationError."""
        return cls.made(lambda *values: start.but(**dict(zip(axes, values, strict=True))), **axes)

    def over_first(self, seeds: int) -> Self:
        """The same over the first of its seeds only; the seed is the last axis."""
        every = self.axes["seed"]
        kept = tuple(e for i, e in enumerate(self.experiments) if i % len(every) < seeds)
        return type(self)({**self.axes, "seed": every[:seeds]}, kept)

    @property
    def shape(self) -> tuple[int, ...]:
        """The number of values of every axis."""
        return tuple(map(len, self.axes.values()))

    def of(self, runs: Sequence[Run], measure: Callable[[Run], Any] = lambda run: run) -> np.ndarray:
        """`measure` of the Run of every experiment, in the order of the axes: [axis, axis, ...].

        A measure that gives an array adds its axes behind; without one the Runs themselves are the elements.
        Raises ValueError where the runs are not those of this sweep.
        """
        if tuple(run.experiment for run in runs) != self.experiments:
            raise ValueError("These runs are not those of this sweep, or come in another order.")
        values = np.array([measure(run) for run in runs])
        return values.reshape(self.shape + values.shape[1:])


def typical(values: np.ndarray) -> np.ndarray:
    """The median over the last axis, the seeds; what is not finite, as after a divergence, counts as inf."""
    values = np.asarray(values, dtype=float)
    return np.median(np.where(np.isfinite(values), values, np.inf), axis=-1)
