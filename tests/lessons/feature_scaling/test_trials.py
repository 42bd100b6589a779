"""What is trained beside the run on the screen, and what is counted of it."""

import numpy as np
import pytest

from core.engine.train import train
from core.lessons.feature_scaling import trials
from core.lessons.feature_scaling.charts import columns
from core.lessons.feature_scaling.houses import Houses
from core.lessons.feature_scaling.lesson import MODELS
from core.lessons.feature_scaling.measured.valley import steepest
from core.lessons.feature_scaling.table import PIPELINES
from core.run import ENDS

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
    sentence = columns.ladder_sentence(found)
    assert "0.5" in sentence and "diverged" in sentence


@pytest.mark.parametrize(("network", "said"), [(0.7, " beats "), (0.9, "does not beat")])
def test_the_best_linear_model_is_set_beside_the_best_network_on_z_scores(network, said):
    scores = {"linear, SGD": [0.1, 0.8], "linear, Adam": [0, 0], "deep": [0.95, network]}
    found = made(**scores)
    assert found.less_and_more == (0.8, network)
    assert said in columns.ladder_sentence(found)


def test_every_way_of_scaling_may_diverge():
    assert columns.ladder_sentence(made(mine=[-np.inf, -np.inf])) == "Every way of scaling diverges"


def test_what_leaks_is_the_difference_of_the_pairs_that_both_end():
    sweep = trials.leakage(SMALL.everywhere("linear"))
    runs = train(sweep.experiments, ENDS)
    fair, leaked = np.array([run.test_accuracy[-1] for run in runs]).reshape(2, -1)
    assert trials.leaked(sweep, runs) == pytest.approx(leaked - fair)
    raw = trials.leakage(SMALL.everywhere("clip"))
    assert not trials.leaked(raw, train(raw.experiments, ENDS)).size
    assert "nothing to compare" in columns.leak(np.array([]), "clip")


def test_a_table_that_is_not_scaled_leaks_by_a_linear_scaling():
    assert {e.scaling for e in trials.leakage(SMALL).experiments} == {"linear"}


def test_overflows_come_at_the_step_that_was_predicted():
    raw = trials.raw(Houses())
    sweep, predicted = trials.overflow(raw, [steepest(e) for e in raw])
    found = trials.overflows(sweep, train(sweep.experiments, ENDS), predicted)
    assert found.measured.shape == sweep.shape
    assert found.off.size == found.measured.size and found.within >= 0.9


def test_a_run_that_stays_finite_counts_for_no_prediction():
    found = trials.Overflows((0.9, 2), np.array([[np.nan], [7.0]]), np.array([[np.inf], [4.2]]))
    assert found.off.tolist() == [2] and found.within == 0


def test_what_leaks_is_told_with_its_sign_and_no_power_as_computers_write_it():
    said = columns.leak(np.array([-0.043, -0.014, -3.4e-6]), "linear")
    assert "changes by -0.014" in said and "from -0.043 to -3.4×10⁻⁶" in said
    assert "changes by +0.02," in columns.leak(np.array([0.01, 0.02, 0.03]), "linear")
