"""Where networks learn with batch normalization and without it, how much sooner, and on scaled inputs."""

import numpy as np
import pytest

from core.diagnosis.claims import NOT_HERE, SEEDS, TRUE
from core.diagnosis.numbers import epochs_to
from core.engine.train import train
from core.lessons.batchnorm import settings
from core.lessons.batchnorm.charts import costs as charts
from core.lessons.batchnorm.charts.gains import said
from core.lessons.batchnorm.measured.costs import SmallBatches
from core.lessons.batchnorm.measured.gains import Epochs, Reach, Scaled, epochs, scaled

SMALL = settings.SMALL.but(width=8, samples=64, batch_size=32, steps=40)


def test_epochs_are_counted_to_every_target_of_every_run():
    sweep = settings.both(SMALL, learning_rate=(0.1, 100), seeds=2)
    runs = train(sweep.experiments, 20)
    found = epochs(sweep, runs, 0.1)
    assert found.reached.shape == (2, 2, 2, len(settings.TARGETS))
    for (side, rate, seed), run in np.ndenumerate(sweep.of(runs)):
        assert list(found.reached[side, rate, seed]) == [epochs_to(run, t) for t in settings.TARGETS]
    assert found.epochs == pytest.approx(runs[0].at / 2)


REACHED = np.array([[[[6.0], [7], [8]], [[2], [np.inf], [np.inf]]], [[[3], [3], [3]], [[1], [1], [9]]]])
"""[2, rates, seeds, targets]: in the median at the first rate 7 and 3, at the second never and 1."""


@pytest.mark.parametrize(
    ("same", "expected"),
    [
        (
            False,
            "after 1 epoch (learning rate 1) with batchnorm, after 7 epochs (learning rate 0.1) without",
        ),
        (True, "At learning rate 1: down to a held-out loss of 0.1 after 1 epoch with batchnorm, never"),
    ],
)
def test_each_side_has_its_best_rate_or_both_the_same(same, expected):
    found = Epochs(np.array([0.1, 1]), 1, np.array([0.1]), REACHED, np.arange(3), np.ones((2, 2, 3, 3)))
    assert found.best.tolist() == [[0], [1]]
    assert expected in said(found, 0, same)
    assert ("a factor of 7" in said(found, 0, same)) is not same


def test_learned_is_half_of_guessing_in_the_median_over_seeds():
    losses = [[[0.1, 0.2, 0.9], [0.1, 0.9, np.nan]], [[0.1, 0.1, 0.1], [0.1, 0.34, np.inf]]]
    found = Reach("Learning rate", np.array([1.0, 3.0]), np.array(losses), 0.7)
    assert [list(values) for values in found.learned] == [[1], [1, 3]]


def test_a_batch_size_does_harm_where_the_median_loss_more_than_doubles():
    losses = np.array([[[0.1] * 3, [0.1] * 3, [0.1] * 3], [[0.3, 0.3, 0.1], [0.1, 0.1, 9], [0.01] * 3]])
    found = SmallBatches((2, 8, 64), losses, losses)
    assert (found.harmful, found.helpful) == ([2], [64])
    title = charts.small_batches(found, "accuracy").layout.meta["title"]
    assert "more than twice as high in batches of 2; less than half as high in batches of 64" in title


def test_of_four_ways_to_normalize_every_network_has_its_best_rate():
    sweep = settings.scaled(SMALL).over_first(2)
    runs = train(sweep.experiments, 2)
    found = scaled(sweep, runs)
    for (way, seed), loss in np.ndenumerate(found.losses):
        column = sweep.of(runs)[way, :, seed]
        best = min(column, key=lambda run: run.test_loss[-1] if np.isfinite(run.test_loss[-1]) else np.inf)
        assert loss == best.test_loss[-1]
        assert found.rates[way, seed] == best.experiment.learning_rate
        assert found.accuracy[way, seed] == best.test_accuracy[best.last]
    assert {e.input_spread for e in sweep.experiments} == {settings.SPREAD}


def test_the_bridge_compares_what_its_cases_say():
    """Neither, inputs, inside, both: medians of 8, 2, 4 and 1."""
    losses = np.outer([8, 2, 4, 1], np.ones(SEEDS))
    found = Scaled(SMALL, losses[:, None], losses, losses, losses, 0.7)
    outcomes = found.outcomes(settings.bridge(SMALL))
    assert [(o.gain, o.word) for o in outcomes] == [
        (pytest.approx(2), TRUE),
        (pytest.approx(0.5), NOT_HERE),
        (pytest.approx(2), TRUE),
    ]
