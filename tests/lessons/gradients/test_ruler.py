"""The experiment at many learning rates: its own among them, and never too much work."""

import pytest

from core.engine.train import train
from core.experiment import WORK_LIMIT, Experiment, work
from core.lessons.gradients.charts.learning_rate import ruler as chart
from core.lessons.gradients.ruler import RATES, SEEDS, networks

SMALL = Experiment(depth=2, width=8, samples=64, steps=30, learning_rate=0.05, seed=4)


def test_its_own_rate_and_seed_are_among_them():
    found = networks(SMALL)
    assert SMALL in found
    assert len(found) == (len(RATES) + 1) * SEEDS
    assert len(networks(SMALL.but(learning_rate=RATES[0]))) == len(RATES) * SEEDS


def test_the_highest_seed_has_no_one_after_it():
    assert {e.seed for e in networks(SMALL.but(seed=2**32 - 1))} == {2**32 - 3, 2**32 - 2, 2**32 - 1}


@pytest.mark.parametrize("changes", [{}, {"depth": 60, "width": 200, "samples": 4096, "batch_size": 64}])
def test_the_work_stays_within_what_is_allowed(changes):
    assert work(*networks(SMALL.but(**changes))) <= WORK_LIMIT


def test_the_chart_compares_with_the_curvature():
    runs = train(networks(SMALL), 2)
    figure = chart(SMALL, runs, 10.0)
    assert "After 30 steps" in figure.layout.meta["title"]
    assert "2(1 + 0.9) / λ_max = 0.38" in figure.layout.meta["how"]
    assert [shape.x0 for shape in figure.layout.shapes] == [0.05, pytest.approx(0.38)]


def test_adam_is_not_measured_with_the_parabola():
    e = SMALL.but(optimizer="adam")
    figure = chart(e, train(networks(e), 2), 10.0)
    assert "Adam rescales every step" in figure.layout.meta["how"]
    assert [shape.x0 for shape in figure.layout.shapes] == [0.05]
