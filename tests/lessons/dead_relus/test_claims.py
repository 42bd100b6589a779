"""What the claims say of their own cases and in their notes is so, counted on the runs."""

import numpy as np
import pytest

from core.diagnosis.measures import MEASURES
from core.engine.forward import forward
from core.engine.train import train
from core.lessons.dead_relus.claims import CLAIMS
from core.run import ENDS

COUNTED = (
    ("stuck_units", "when most units start below 0 on every sample"),
    ("stuck_units", "when all start below 0 on most samples only"),
    ("stuck_units", "when batch normalization follows the weighted sum"),
    ("shut_units", "for units below 0 on every sample"),
    ("shut_units", "for units below 0 on most samples only"),
    ("shut_units", "when units start far below 0"),
    ("shut_units", "at a learning rate of 3"),
    ("came_back", "in a single layer, whose inputs stay"),
    ("came_back", "in a second layer, whose inputs move"),
    ("dead_units", "when most are dead before the first step"),
)


@pytest.fixture(scope="module")
def sides():
    """(measure, condition) -> the Runs of both sides over two seeds."""
    cases = {(claim.measure, case.condition): case for claim in CLAIMS for case in claim.cases}
    wanted = {
        key: [e.but(seed=seed) for e in (case.without, case.helped) for seed in range(2)]
        for key, case in cases.items()
        if key in COUNTED
    }
    every = list(dict.fromkeys(e for group in wanted.values() for e in group))
    runs = dict(zip(every, train(every, ENDS), strict=True))
    return {
        key: ([runs[e] for e in group[:2]], [runs[e] for e in group[2:]]) for key, group in wanted.items()
    }


def silent(run):
    return (run.active_fraction[0] == 0).mean()


def below(run):
    """Share of units that start below 0 on most samples."""
    return (run.active_fraction[0] < 0.5).mean()


def of(name, runs):
    return np.array([MEASURES[name].of(run) for run in runs])


def test_units_start_where_the_conditions_say(sides):
    for key in (
        ("stuck_units", "when most units start below 0 on every sample"),
        ("dead_units", "when most are dead before the first step"),
        ("shut_units", "for units below 0 on every sample"),
    ):
        assert min(map(silent, sides[key][1])) > 0.8, key
    for key in (
        ("stuck_units", "when all start below 0 on most samples only"),
        ("shut_units", "for units below 0 on most samples only"),
    ):
        assert min(map(below, sides[key][1])) > 0.97 and max(map(silent, sides[key][1])) < 0.05, key


def test_batch_normalization_lifts_weighted_sums_that_are_below_0(sides):
    _, normed = sides["stuck_units", "when batch normalization follows the weighted sum"]
    for run in normed:
        e = run.experiment
        start = train([e.but(steps=1, learning_rate=1e-6)], ENDS)[0].weights
        seen = forward(e, start, e.load().x_train, batch_statistics=True)
        assert (np.array(seen.sums) < 0).mean() > 0.9 and 0.4 < (
            np.array(seen.pre_activations) > 0
        ).mean() < 0.6


def test_a_relu_is_shut_where_it_is_below_0_and_a_leaky_one_never(sides):
    leaky, relu = sides["shut_units", "for units below 0 on every sample"]
    assert list(of("shut_units", relu)) == pytest.approx(of("dead_units", relu))
    assert not of("shut_units", leaky).any()


def test_no_silent_unit_of_a_single_layer_comes_back_and_most_of_a_second_do(sides):
    elu, relu = sides["came_back", "in a single layer, whose inputs stay"]
    assert not of("came_back", relu).any() and of("came_back", elu).min() > 0.8
    _, second = sides["came_back", "in a second layer, whose inputs move"]
    assert of("came_back", second).min() > 0.2
    assert not any((run.active_fraction[0, 0] == 0).any() for run in second)


def test_leaky_units_that_start_far_below_0_stay_there_as_relu_units_do(sides):
    relu, leaky = sides["shut_units", "when units start far below 0"]
    assert of("dead_units", leaky) == pytest.approx(of("dead_units", relu), abs=0.02)


def test_at_a_learning_rate_of_3_leaky_networks_diverge_where_relu_units_die(sides):
    relu, leaky = sides["shut_units", "at a learning rate of 3"]
    assert all(run.diverged_at for run in leaky) and of("shut_units", relu).min() > 0.4
