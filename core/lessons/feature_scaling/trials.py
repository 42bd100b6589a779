"""What the page trains beside the run on the screen: every pipeline, a leak, the step of an overflow."""

from collections.abc import Sequence

import numpy as np

from core.lessons.feature_scaling.lesson import MODELS
from core.lessons.feature_scaling.table import PIPELINES, TableExperiment
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


def leakage(e: TableExperiment) -> Sweep:
    """What fitting the scaling on all rows changes, over fit_on and seed."""
    e = e if e.scaling != "none" else e.everywhere("linear")
    return Sweep.over(e, fit_on=("training rows", "all rows"), seed=_seeds(e, SEEDS))


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
