"""The experiment at many learning rates: its own among them, and never too much work."""

import numpy as np
import pytest

from core.engine.train import train
from core.experiment import Experiment
from core.lessons.gradients.charts.learning_rate import ruler as chart
from core.lessons.gradients.measured import rates
from core.lessons.gradients.ruler import RATES, SEEDS, networks
from core.run import ENDS
from core.work import WORK_LIMIT, work

SMALL = Experiment(depth=2, width=8, samples=64, steps=30, learning_rate=0.05, seed=4)


def test_its_own_rate_and_seed_are_among_them():
    found = networks(SMALL)
    assert SMALL in found.experiments
    assert found.shape == (len(RATES) + 1, SEEDS)
    assert networks(SMALL.but(learning_rate=RATES[0])).shape == (len(RATES), SEEDS)


def test_the_highest_seed_has_no_one_after_it():
    assert networks(SMALL.but(seed=2**32 - 1)).axes["seed"] == (2**32 - 3, 2**32 - 2, 2**32 - 1)


@pytest.mark.parametrize("changes", [{}, {"depth": 60, "width": 200, "samples": 4096, "batch_size": 64}])
def test_the_work_stays_within_what_is_allowed(changes):
    assert work(*networks(SMALL.but(**changes)).experiments) <= WORK_LIMIT


def measured(**changes):
    """SMALL with these changes, at every rate, with lambda_max 10."""
    e = SMALL.but(**changes)
    sweep = networks(e)
    return rates.ruler(e, sweep, train(sweep.experiments, ENDS), 10.0)


def upright(figure):
    """Where the vertical lines of a chart are."""
    return [shape.x0 for shape in figure.layout.shapes if shape.x0 == shape.x1]


def test_the_chart_marks_the_rate_in_use_and_the_limit_of_a_parabola():
    assert upright(chart(measured())) == [0.05, pytest.approx(2 * 1.9 / 10)]


def test_the_chart_marks_what_counts_as_learned():
    found = measured()
    level, *_ = [shape for shape in chart(found).layout.shapes if shape.y0 == shape.y1]
    assert level.y0 == found.chance / 2
    assert "learned: below" in level.label.text


def test_adam_is_not_measured_with_the_parabola():
    assert upright(chart(measured(optimizer="adam"))) == [0.05]


def test_the_best_rate_has_the_lowest_loss_and_the_highest_are_lost():
    found = measured(momentum=0)
    assert found.loss[found.rates == found.best].mean() == found.loss.mean(axis=1).min() < found.chance
    assert found.learns and found.lost is None
    lost = measured(dataset="curve", momentum=0)
    assert not np.isfinite(np.median(lost.loss[lost.rates >= lost.lost], axis=1)).any()
