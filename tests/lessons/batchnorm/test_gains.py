"""Where networks learn with batch normalization and without it, and how much sooner."""

import numpy as np
import pytest

from core.diagnosis.numbers import steps_to_target
from core.engine.train import train
from core.lessons.batchnorm import lesson
from core.lessons.batchnorm.charts import costs as charts
from core.lessons.batchnorm.charts.gains import race as drawn
from core.lessons.batchnorm.measured.batches import SmallBatches
from core.lessons.batchnorm.measured.costs import lag
from core.lessons.batchnorm.measured.gains import Race, Reach, races
from core.run import ENDS

SMALL = lesson.SMALL.but(width=8, samples=64, batch_size=32, steps=40)


def test_a_race_has_the_mean_of_ten_losses_up_to_every_step():
    sweep = lesson.both(SMALL, learning_rate=(0.1, 100))
    runs = train(sweep.experiments, ENDS)
    found = races(sweep, runs)
    assert [race.learning_rate for race in found] == [0.1, 100]
    for race, column in zip(found, np.moveaxis(sweep.of(runs), 1, 0), strict=True):
        assert list(race.steps) == list(range(9, 40))
        for which, seed in np.ndindex(column.shape):
            loss = column[which, seed].loss.astype(float)
            means = np.array([loss[step - 9 : step + 1].mean() for step in race.steps])
            assert race.losses[which, seed] == pytest.approx(np.where(np.isfinite(means), means, np.inf))
        assert list(race.reached) == [np.median([steps_to_target(run) for run in runs]) for runs in column]


@pytest.mark.parametrize(
    ("reached", "factor", "said"), [((60, 20), 3, "a factor of 3"), ((np.inf, 20), np.inf, "never without")]
)
def test_a_race_has_a_factor_only_if_both_arrive(reached, factor, said):
    race = Race(0.1, np.arange(9, 40), np.ones((2, 3, 31)), np.array(reached))
    assert race.factor == factor
    assert said in drawn(race).layout.meta["title"]


def test_learned_is_half_of_guessing_in_the_median_over_seeds():
    losses = [[[0.1, 0.2, 0.9], [0.1, 0.9, np.nan]], [[0.1, 0.1, 0.1], [0.1, 0.34, np.inf]]]
    found = Reach("Learning rate", np.array([1.0, 3.0]), np.array(losses), 0.7)
    assert [list(values) for values in found.learned] == [[1], [1, 3]]


def test_a_batch_size_is_harmful_where_the_median_loss_more_than_doubles():
    losses = np.array([[[0.1] * 3, [0.1] * 3], [[0.3, 0.3, 0.1], [0.1, 0.1, 9]]])
    found = SmallBatches((2, 64), losses, losses)
    assert found.harmful == [2]
    assert "In batches of 2 batchnorm does harm" in charts.small_batches(found).layout.meta["title"]


def test_the_lag_is_taken_where_evaluation_mode_is_furthest_behind():
    [run] = train([SMALL.but(batchnorm=True)], 40)
    found = lag(run)
    behind = run.train_loss[:20] / run.loss[:20]
    assert found.step == behind.argmax()
    assert (found.training, found.evaluation) == (run.loss[found.step], run.train_loss[found.step])
