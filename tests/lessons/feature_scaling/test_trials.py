"""What is trained beside the run on the screen, and what is counted of it."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from core.diagnosis.claims import NOT_HERE, TRUE, UNDECIDED
from core.engine.train import train
from core.lessons.feature_scaling import trials
from core.lessons.feature_scaling.charts import ladder, outliers
from core.lessons.feature_scaling.houses import Houses
from core.lessons.feature_scaling.lesson import MODELS
from core.lessons.feature_scaling.measured.valley import steepest
from core.lessons.feature_scaling.table import PIPELINES
from core.lessons.feature_scaling.upload import Upload, Uploaded
from core.run import ENDS
from core.words import short

SMALL = Houses(samples=64, steps=20)


@pytest.mark.parametrize(("all_models", "shape"), [(False, (1, 9, 5)), (True, (4, 9, 3))])
def test_the_ladder_varies_model_scaling_and_seed_and_nothing_else(all_models, shape):
    sweep = trials.ladder(SMALL, all_models)
    assert sweep.shape == (*shape,) and len(PIPELINES) == shape[1]
    models = MODELS if all_models else {"this model": {}}
    for e, (model, scaling, seed) in zip(sweep.experiments, np.ndindex(sweep.shape), strict=True):
        name, pipeline = list(models)[model], list(PIPELINES)[scaling]
        assert pipeline in e.pipelines().values()
        assert e == SMALL.but(seed=seed, **models[name]).everywhere(pipeline)


def test_the_middle_of_an_even_number_is_one_of_them():
    assert trials.middle(np.array([[1, -np.inf, 3, 2], [4, 0, 0, -np.inf]])).tolist() == [2, 0]


def made(**scores):
    """A ladder of two pipelines and one seed."""
    return trials.Ladder(("none", "zscore"), {name: np.array([v]).T for name, v in scores.items()})


def test_the_ends_of_a_ladder_are_those_of_its_first_model():
    found = made(mine=[-np.inf, 0.5], other=[0.9, 0.1])
    assert found.ends == ("zscore", "none")
    assert found.less_and_more is None
    sentence = ladder.ladder_sentence(found)
    assert "0.5" in sentence and "diverged" in sentence


def test_the_best_linear_model_is_set_beside_the_best_network_on_z_scores():
    scores = {"linear, SGD": [0.1, 0.8], "linear, Adam": [0, 0], "deep": [0.95, 0.7], "wide": [0, -np.inf]}
    found = made(**scores)
    assert found.less_and_more == (0.8, 0.7)
    said = ladder.ladder_sentence(found)
    assert said.startswith("z-score (linear, SGD): median held-out R² 0.8; raw (linear, SGD): 0.1. ")
    assert said.endswith("Of all linear models the best: 0.8; of the networks on z-scores: 0.7")


def test_every_way_of_scaling_may_come_to_the_same():
    assert ladder.ladder_sentence(made(mine=[-np.inf, -np.inf])) == "Every way of scaling: diverged"
    assert ladder.ladder_sentence(made(mine=[0.5, 0.5])) == "Every way of scaling: median held-out R² 0.5"


def test_gaps_in_held_out_rows_are_no_divergence():
    table = pd.DataFrame(np.random.default_rng(0).normal(size=(60, 3)), columns=["a", "b", "y"])
    last = Uploaded.of(SMALL, Upload(table, "y"), {}).draw().index[-1]
    table.loc[last, "a"] = np.nan
    gap = Uploaded.of(SMALL.but(scaling="zscore", steps=5), Upload(table, "y"), {})
    [run] = train([gap], ENDS)
    assert trials.scoreless(run) and "has no held-out score after 5 steps" in trials.outcome(run)
    sweep = trials.Sweep.made(lambda model, scaling, seed: gap, model=["this"], scaling=["zscore"], seed=[0])
    found = trials.compared(sweep, [run])
    assert ladder.ladder_sentence(found) == "Every way of scaling: no score"
    assert "this, z-score: no score" in ladder.ladder(found).data[0].text
    assert not trials.scoreless(train([SMALL.but(steps=5)], ENDS)[0])


def test_the_lowest_score_is_told_with_the_row_that_makes_it():
    """A long tail: one row of the held-out ones is far beyond all training rows, at whatever seed."""
    sweep = trials.ladder(Houses(samples=64, steps=60), all_models=False)
    runs = train(sweep.experiments, ENDS)
    scores = [trials.test_r2(run) for run in runs]
    found = trials.lowest(runs)
    assert found.r2 == min(score for score in scores if np.isfinite(score)) < trials.WORST
    run = runs[scores.index(found.r2)]
    e, data = run.experiment, run.experiment.load()
    layer = [run.weights[f"linear.0.{name}"].astype(float) for name in ("weight", "bias")]
    errors = (data.x_test @ layer[0][0] + layer[1][0] - data.y_test) ** 2
    kept = errors < errors.max()
    assert (found.pipeline, found.seed, found.rows) == (e.scaling, e.seed, 64)
    assert found.share == pytest.approx(errors.max() / errors.sum(), rel=1e-5)
    assert found.without == pytest.approx(
        1 - errors[kept].mean() / data.y_test[kept].var(), rel=1e-4, abs=1e-5
    )
    assert found.value == e.draw()[found.column].iloc[64 + errors.argmax()]
    said = ladder.lowest_sentence(found)
    assert short(found.r2) in said and ("No single row" in said) == (found.share < 0.5)
    assert "No single row" in ladder.lowest_sentence(replace(found, share=0.3))
    assert "One of 64 held-out rows" in ladder.lowest_sentence(replace(found, share=0.9))


def test_nothing_is_told_of_scores_that_are_on_the_chart():
    assert trials.lowest(train([Houses(samples=64, scaling="log_clip_zscore")], ENDS)) is None


def test_outliers_are_the_only_thing_that_differs_in_what_they_cost():
    claim = trials.sticking(SMALL.but(depth=1, age="log"))
    assert [case.condition for case in claim.cases] == list(PIPELINES.values())
    for case in claim.cases:
        assert case.helped.changes(case.without) == {"outlier_share": 0}
        assert case.without.depth == 1


def cost(condition, gain, word, diverges=False):
    score = np.array([-np.inf if diverges else 0.5])
    return SimpleNamespace(condition=condition, gain=gain, word=word, without=score, helped=score)


def test_what_outliers_cost_is_said_by_the_rule_of_the_claims():
    found = [
        cost("raw", 0, NOT_HERE, diverges=True),
        cost("linear", 0.21, TRUE),
        cost("clip", 0.001, NOT_HERE),
        cost("log", 0.03, UNDECIDED),
        cost("unit", np.inf, TRUE),
    ]
    said = outliers.cost_sentence(found)
    assert said == (
        "The outliers of this table cost held-out R² behind linear (0.21) and unit (all: only with them it "
        f"diverges). They cost less than {trials.COST} of held-out R² behind clip. What they cost in "
        "held-out R² is not decided behind log. Whether they are there or not, training diverges behind raw"
    )
    alone = outliers.cost_sentence([cost("log, clip", 0, UNDECIDED), cost("log", 0, UNDECIDED)])
    assert (
        alone
        == "What the outliers of this table cost in held-out R² is not decided behind log, clip; and log"
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "All columns raw: a linear model trained by SGD diverges at step 2 of 20, where its loss is"),
        (
            {"scaling": "zscore", "depth": 1, "optimizer": "adam"},
            "with 1 hidden layer of 32 trained by Adam",
        ),
        ({"scaling": "zscore", "age": "unit"}, "Columns scaled one by one: a linear model"),
        (
            {"scaling": "log_clip_zscore", "steps": 1},
            "All columns log, clip, z-score (the log only of income and population): a linear model",
        ),
        ({"learning_rate": 1e-15}, "reaches a held-out R² of"),
    ],
)
def test_the_first_sentence_says_what_was_trained_and_how_it_ended(changes, said):
    [run] = train([SMALL.but(**changes)], ENDS)
    sentence = trials.outcome(run)
    assert said in sentence and ("worse than guessing" in sentence) == (-np.inf < trials.test_r2(run) < 0)


def test_overflows_come_at_the_step_that_was_predicted():
    raw = trials.raw(Houses())
    sweep, predicted = trials.overflow(raw, [steepest(e) for e in raw])
    found = trials.overflows(sweep, train(sweep.experiments, ENDS), predicted)
    assert found.measured.shape == sweep.shape
    assert found.off.size == found.measured.size and found.within >= 0.9


def test_a_run_that_stays_finite_counts_for_no_prediction():
    found = trials.Overflows((0.9, 2), np.array([[np.nan], [7.0]]), np.array([[np.inf], [4.2]]))
    assert found.off.tolist() == [2] and found.within == 0
