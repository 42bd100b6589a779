"""Closed forms about dead units against networks that were drawn, and against each other."""

import numpy as np
import pytest

from core.engine.train import train
from core.lessons.dead_relus.lesson import CALM
from core.lessons.dead_relus.measured.born_dead import draw
from core.lessons.dead_relus.theory import born_dead, born_dead_everywhere, dead_at_start, dead_in_first_layer


def monte_carlo(bias, shift, inputs=10, samples=256, units=512, sets=20):
    rng = np.random.default_rng(0)
    dead = []
    for _ in range(sets):
        x = rng.normal(shift, 1, (samples, inputs))
        w = rng.normal(0, np.sqrt(2 / inputs), (inputs, units))
        dead.append((x @ w + bias <= 0).all(axis=0).mean())
    return np.mean(dead)


@pytest.mark.parametrize(
    ("bias", "shift"), [(-2, 0), (-4, 0), (-6, 0), (0, 2), (0, 5), (0, 30), (-1, 3), (1, 5)]
)
def test_units_dead_at_the_start_are_as_many_as_the_integral_says(bias, shift):
    assert dead_at_start(10, 256, np.sqrt(0.2), bias, shift) == pytest.approx(
        monte_carlo(bias, shift), abs=0.03
    )


def test_known_values_and_limits():
    assert dead_at_start(10, 512, 1.0) == pytest.approx(0.5**512)
    assert dead_at_start(10, 512, 1.0, shift=1e6) == pytest.approx(0.5, abs=1e-3)
    assert dead_at_start(10, 512, 1.0, bias=-1e6) == pytest.approx(1)
    assert dead_at_start(10, 512, 1.0, bias=-3, shift=2) == pytest.approx(
        dead_at_start(10, 512, 2.0, bias=-6, shift=2)
    )
    predicted = [dead_at_start(10, 512, np.sqrt(0.2), shift=c) for c in (2, 3, 5, 10, 30)]
    assert predicted == pytest.approx([0.070, 0.170, 0.286, 0.389, 0.463], abs=1e-3)


def test_the_formula_speaks_of_the_experiment_it_is_given():
    changes = [
        {"input_shift": 3},
        {"bias": -4},
        {"input_scale": 2, "input_shift": 3, "gain": 0.5, "noise": 0.5},
    ]
    for change in changes:
        runs = train(CALM.but(steps=1, width=128, **change).vary(seed=range(8)), snapshots=2)
        measured = np.mean([run.probes["dead_fraction"][0, 0] for run in runs])
        assert dead_in_first_layer(runs[0].experiment) == pytest.approx(measured, abs=0.05)


@pytest.mark.parametrize(
    "change", [{"dataset": "moons"}, {"scaling": "zscore"}, {"init": "pytorch"}, {"batchnorm": True}]
)
def test_where_the_formula_does_not_hold_there_is_none(change):
    assert dead_in_first_layer(CALM.but(**change)) is None


def test_networks_born_dead_at_a_point_and_on_a_line():
    drawn = draw((2, 4, 8), 12, 4000)
    for i, width in enumerate(drawn.widths):
        for j, depth in enumerate(map(int, drawn.depths)):
            p = born_dead(width, depth)
            spread = np.sqrt(p * (1 - p) / drawn.networks)
            assert abs(drawn.at_point[i, j] - p) < 4 * spread
            slack = 4 * drawn.error[i, j] + 2 / drawn.networks
            low = born_dead_everywhere(width, depth) if depth > 1 else 0
            assert low - slack <= drawn.everywhere[i, j] <= p + slack


def test_two_hidden_layers_on_a_line_are_exact():
    drawn = draw((2, 3), 2, 20_000)
    for i, width in enumerate(drawn.widths):
        assert drawn.everywhere[i, 0] == 0
        assert drawn.everywhere[i, 1] == pytest.approx(born_dead_everywhere(width, 2), abs=0.01)


def test_the_same_seed_draws_the_same_networks():
    first, second = draw((3,), 5, 100, seed=1), draw((3,), 5, 100, seed=1)
    assert np.array_equal(first.everywhere, second.everywhere)
    assert not np.array_equal(first.at_point, draw((3,), 5, 100, seed=2).at_point)
