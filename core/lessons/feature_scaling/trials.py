"""What the page trains beside the run on the screen: every pipeline, outliers, the step of an overflow."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.diagnosis.claims import Case, Claim
from core.diagnosis.numbers import test_r2
from core.engine.forward import forward
from core.engine.optimizers import OPTIMIZERS
from core.lessons.feature_scaling.houses import Houses
from core.lessons.feature_scaling.lesson import MODELS
from core.lessons.feature_scaling.table import PIPELINES, TableExperiment
from core.run import Run
from core.sweep import Sweep
from core.theory import overflow_step
from core.words import listed, short

SEEDS, MODEL_SEEDS = 5, 3
WORST, COST = -0.25, 0.02
"""R2 below which a mark is at the edge of its chart, and what an outlier has to take from it to count."""
OVERFLOW_AT = (1.5, 2, 3, 5, 10, 100, 1e4, 1e6)
"""Learning rates, in units of the largest that converges."""


def seeds(e: TableExperiment, count: int = SEEDS) -> tuple[int, ...]:
    """The experiment's own and those that follow it."""
    return tuple((e.seed + i) % 2**32 for i in range(count))


def ladder(e: TableExperiment, all_models: bool) -> Sweep:
    """Every pipeline, for this model or for all MODELS, over model, scaling and seed."""
    models = MODELS if all_models else {"this model": {}}
    return Sweep.made(
        lambda model, scaling, seed: e.but(seed=seed, **models[model]).everywhere(scaling),
        model=models,
        scaling=PIPELINES,
        seed=seeds(e, MODEL_SEEDS if all_models else SEEDS),
    )


def middle(values: np.ndarray) -> np.ndarray:
    """The median over the last axis, of an even number the upper one: between 1 and -inf there is none."""
    return np.sort(values, axis=-1)[..., values.shape[-1] // 2]


@dataclass(frozen=True)
class Ladder:
    """Held-out R2 of every pipeline: scores, model -> [pipelines, seeds], -inf where there is none.

    no_score: why there is none, in words.
    """

    pipelines: tuple[str, ...]
    scores: Mapping[str, np.ndarray]
    no_score: str = "diverged"

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


def scoreless(run: Run) -> bool:
    """Whether training ended and held-out cells without a number leave no score."""
    return run.diverged_at is None and not np.isfinite(test_r2(run))


def compared(sweep: Sweep, runs: Sequence[Run]) -> Ladder:
    """Of the runs of a `ladder`."""
    scores = sweep.of(runs, test_r2)
    by_model = dict(zip(sweep.axes["model"], scores, strict=True))
    return Ladder(sweep.axes["scaling"], by_model, "no score" if any(map(scoreless, runs)) else "diverged")


@dataclass(frozen=True)
class Lowest:
    """The lowest score of a ladder, and the held-out row with the largest error in it.

    share: of all squared errors, the row's. without: R2 on the other rows. column: where the row lies
    farthest out; value: raw, distance: in standard deviations of the scaled training rows.
    """

    model: str
    pipeline: str
    seed: int
    r2: float
    rows: int
    share: float
    without: float
    column: str
    value: float
    distance: float


def lowest(runs: Sequence[Run]) -> Lowest | None:
    """Of the runs that did not diverge; None if none of them is below WORST."""
    scores = {i: score for i, run in enumerate(runs) if np.isfinite(score := test_r2(run))}
    if not scores or min(scores.values()) >= WORST:
        return None
    run = runs[min(scores, key=scores.get)]
    e, data = run.experiment, run.experiment.load()
    errors = (forward(e, run.weights, data.x_test).output[:, 0] - data.y_test) ** 2
    row = int(errors.argmax())
    others = np.arange(len(errors)) != row
    size = data.x_train.std(axis=0)
    away = np.abs(data.x_test[row] - data.x_train.mean(axis=0)) / np.where(size > 0, size, 1)
    column = e.features[int(away.argmax())]
    return Lowest(
        model=model(e),
        pipeline=e.scaling,
        seed=e.seed,
        r2=test_r2(run),
        rows=len(errors),
        share=float(errors[row] / errors.sum()),
        without=float(1 - errors[others].mean() / data.y_test[others].var()),
        column=column,
        value=float(e.draw()[column].iloc[e.samples + row]),
        distance=float(away.max()),
    )


def sticking(e: Houses) -> Claim:
    """What it costs that the sensor sticks, behind every pipeline: with outliers and without."""
    return Claim(
        sentence="Outliers cost held-out R².",
        source="this page",
        measure="test_r2",
        goal="higher",
        at_least=COST,
        cases=tuple(
            Case(title, e.everywhere(name), e.everywhere(name).but(outlier_share=0))
            for name, title in PIPELINES.items()
        ),
    )


def raw(e: TableExperiment) -> list[TableExperiment]:
    """Linear models on the raw columns by plain gradient descent, one per seed."""
    plain = e.everywhere("none").but(impute=True, depth=0, optimizer="sgd", momentum=0, steps=100)
    return plain.vary(seed=seeds(e, MODEL_SEEDS))


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


def model(e: TableExperiment) -> str:
    """What is trained, in words."""
    layers = f"{e.depth} hidden layer{'s' * (e.depth > 1)} of {e.width}"
    kind = f"a network with {layers}" if e.depth else "a linear model"
    return f"{kind} trained by {OPTIMIZERS[e.optimizer].__name__}"


def outcome(run: Run) -> str:
    """What was trained on what, and how it ended, in a sentence."""
    e, done = run.experiment, set(run.experiment.pipelines().values())
    columns = "Columns scaled one by one"
    if done == {"none"} or e.everywhere(e.scaling) == e:
        columns = f"All columns {PIPELINES[e.scaling if done != {'none'} else 'none']}"
        logs = [name for name, pipeline in run.experiment.pipelines().items() if "log" in pipeline]
        if "log" in e.scaling and 0 < len(logs) < e.inputs:
            columns += f" (the log only of {listed(logs)})"
    start = f"{columns}: {model(e)}"
    if run.diverged_at is not None:
        at = f"at step {run.diverged_at:,} of {e.steps:,}"
        return f"{start} diverges {at}, where its loss is {short(run.diverged_to)}."
    score, steps = test_r2(run), f"after {e.steps:,} step{'s' * (e.steps > 1)}"
    if scoreless(run):
        return f"{start} has no held-out score {steps}: some held-out cells have no number."
    worse = ", worse than guessing the mean" * (score < 0)
    return f"{start} reaches a held-out R² of {short(score)} {steps}{worse}."
