"""What the page trains beside the run on the screen: every pipeline, a leak, the step of an overflow."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.diagnosis.measures import test_r2
from core.lessons.feature_scaling.lesson import MODELS
from core.lessons.feature_scaling.table import PIPELINES, TableExperiment
from core.run import Run
from core.sweep import Sweep
from core.theory import overflow_step

SEEDS, MODEL_SEEDS = 5, 3
OVERFLOW_AT = (1.5, 2, 3, 5, 10, 100, 1e4, 1e6)
"""Learning rates, in units of the largest that converges."""


def _seeds(e: TableExperiment, count: int) -> list[int]:
    return [(e.seed + i) % 2**32 for i in range(count)]


def ladder(e: TableExperiment, all_models: bool) -> Sweep:
    """Every pipeline, for this model or for all MODELS, over model, scaling and seed."""
    models = MODELS if all_models else {"this model": {}}
    return Sweep.made(
        lambda model, scaling, seed: e.but(seed=seed, **models[model]).everywhere(scaling),
        model=models,
        scaling=PIPELINES,
        seed=_seeds(e, MODEL_SEEDS if all_models else SEEDS),
    )


def middle(values: np.ndarray) -> np.ndarray:
    """The median over the last axis, of an even number the upper one: between 1 and -inf there is none."""
    return np.sort(values, axis=-1)[..., values.shape[-1] // 2]


@dataclass(frozen=True)
class Ladder:
    """Held-out R2 of every pipeline: scores, model -> [pipelines, seeds], -inf after a divergence."""

    pipelines: tuple[str, ...]
    scores: Mapping[str, np.ndarray]

    def medians(self, model: str) -> dict[str, float]:
        """Pipeline -> the median over the seeds."""
        return dict(zip(self.pipelines, middle(self.scores[model]), strict=True))

    @property
    def ends(self) -> tuple[str, str]:
        """The best and the worst pipeline of the first model."""
        scores = self.medians(next(iter(self.scores)))
        return max(scores, key=scores.get), min(scores, key=scores.get)

    @property
    def less_and_more(self) -> tuple[float, float] | None:
        """The best of the linear models, and the best network on z-scores; None unless both were trained."""
        linear, deep = (
            [self.medians(name) for name in self.scores if name.startswith("linear") == wanted]
            for wanted in (True, False)
        )
        if not linear or not deep:
            return None
        return max(max(scores.values()) for scores in linear), max(scores["zscore"] for scores in deep)


def compared(sweep: Sweep, runs: Sequence[Run]) -> Ladder:
    """Of the runs of a `ladder`."""
    scores = sweep.of(runs, test_r2)
    return Ladder(sweep.axes["scaling"], dict(zip(sweep.axes["model"], scores, strict=True)))


def leakage(e: TableExperiment) -> Sweep:
    """What fitting the scaling on all rows changes, over fit_on and seed."""
    e = e if e.scaling != "none" else e.everywhere("linear")
    return Sweep.over(e, fit_on=("training rows", "all rows"), seed=_seeds(e, SEEDS))


def leaked(sweep: Sweep, runs: Sequence[Run]) -> np.ndarray:
    """By how much held-out R2 is higher fitted on all rows, of runs of a `leakage`: of the seeds that end."""
    fair, leaked = sweep.of(runs, test_r2)
    with np.errstate(invalid="ignore"):
        gains = leaked - fair
    return gains[np.isfinite(gains)]


def raw(e: TableExperiment) -> list[TableExperiment]:
    """Linear models on the raw columns by plain gradient descent, one per seed."""
    plain = e.everywhere("none").but(impute=True, depth=0, optimizer="sgd", momentum=0, steps=100)
    return plain.vary(seed=_seeds(e, MODEL_SEEDS))


def overflow(
    raw: Sequence[TableExperiment], steep: Sequence[tuple[float, float]]
) -> tuple[Sweep, np.ndarray]:
    """These models over multiple (of the rate 2 / lambda_max) and seed, and when each should overflow.

    steep: lambda_max and the furthest error of every model, see measured.valley.steepest. A multiple whose
    learning rate is not allowed is left out; there may be none left.
    """
    models, numbers = {e.seed: e for e in raw}, {e.seed: n for e, n in zip(raw, steep, strict=True)}
    lowest, highest = TableExperiment.bounds("learning_rate")

    def rate(multiple, seed):
        return 2 * multiple / numbers[seed][0]

    possible = [m for m in OVERFLOW_AT if all(lowest <= rate(m, seed) <= highest for seed in models)]
    sweep = Sweep.made(
        lambda multiple, seed: models[seed].but(learning_rate=rate(multiple, seed)),
        multiple=possible,
        seed=models,
    )

    def expected(e):
        lambda_max, furthest = numbers[e.seed]
        return overflow_step(furthest**2, lambda_max, e.learning_rate)

    return sweep, np.reshape([expected(e) for e in sweep.experiments], sweep.shape)


@dataclass(frozen=True)
class Overflows:
    """The first step with a loss that is not finite, over multiples of 2 / lambda_max and seeds.

    measured: NaN in a run that stays finite; predicted: not rounded, inf where none is: [multiples, seeds].
    """

    multiples: tuple[float, ...]
    measured: np.ndarray
    predicted: np.ndarray

    @property
    def off(self) -> np.ndarray:
        """By how many steps the prediction is off, of the runs that have both [runs]."""
        off = np.abs(self.measured - np.ceil(self.predicted))
        return off[np.isfinite(off)]

    @property
    def within(self) -> float:
        """The share of them that is right to one step, 0 if there are none."""
        return float((self.off <= 1).mean()) if self.off.size else 0.0


def overflows(sweep: Sweep, runs: Sequence[Run], predicted: np.ndarray) -> Overflows:
    """Of the runs of `overflow`."""
    measured = sweep.of(runs, lambda run: np.nan if run.diverged_at is None else run.diverged_at)
    return Overflows(sweep.axes["multiple"], measured, predicted)
