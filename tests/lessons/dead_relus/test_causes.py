"""What kills units and what helps, counted from runs."""

import numpy as np
import pytest

from core.diagnosis.claims import NOT_HERE, TRUE, UNDECIDED
from core.engine.train import train
from core.lessons.dead_relus.charts import causes as charts
from core.lessons.dead_relus.lesson import CALM, START
from core.lessons.dead_relus.measured.causes import Kills, Remedies, kills, remedies
from core.lessons.dead_relus.theory import dead_in_first_layer
from core.run import ENDS
from core.sweep import Sweep

SMALL = CALM.but(width=16, samples=64, steps=20)


def counted(e, **axes):
    sweep = Sweep.over(e, **axes, seed=range(3))
    return sweep, train(sweep.experiments, ENDS)


def test_units_are_counted_before_and_after_training_in_both_layers():
    sweep, runs = counted(SMALL, bias=(-5, 0))
    found = kills(sweep, runs)
    for (i, j), run in np.ndenumerate(sweep.of(runs)):
        before, after = run.active_fraction[0], run.active_fraction[-1]
        assert found.born[i, j] == np.float32((before[0] == 0).mean())
        assert (found.first[i, j], found.last[i, j]) == tuple(np.float32((after[[0, -1]] == 0).mean(axis=1)))
        assert found.accuracy[i, j] == run.test_accuracy[-1]
    assert found.diverged == 0


def test_theory_predicts_the_units_that_are_born_dead_at_every_value():
    found = kills(*counted(SMALL.but(width=256), bias=(-3, -1, 0)))
    fine, over, at = found.predicted
    assert list(at) == [dead_in_first_layer(SMALL.but(width=256, bias=bias)) for bias in (-3, -1, 0)]
    assert set(found.values) <= set(fine) and over[fine == -1] == at[1]
    assert found.off == np.abs(found.born.mean(axis=1) - at).max() < 0.05


def test_a_learning_rate_changes_nothing_before_training():
    assert kills(*counted(SMALL, learning_rate=(0.1, 1))).predicted is None


def test_the_deadly_rate_is_the_first_at_which_the_median_of_the_last_layer_is_over_half():
    last = np.array([[0.6, 0.1, 0.2], [0.9, 0.6, 0.1], [1, 1, 1]])
    found = Kills(START, "learning_rate", np.array([0.1, 0.3, 1]), last, last, last, last, None, 0)
    assert found.deadly == 0.3
    assert "From a learning rate of 0.3 on" in charts.killed(found, 1).layout.meta["title"]
    calm = Kills(START, "learning_rate", np.array([0.1, 0.3, 1]), *[last / 2] * 4, None, 0)
    assert calm.deadly is None
    assert "At no learning rate" in charts.killed(calm, 1).layout.meta["title"]


def test_a_remedy_helps_where_the_rule_of_the_claims_says_so():
    """All pairs but one better by 4 points; some; all below 3 points."""
    before = np.linspace(0.5, 0.9, 8)
    gains = {
        "better": [-0.3, *[0.04] * 7],
        "some better": [0, 0, *[0.04] * 6],
        "hardly better": [0.02] * 8,
    }
    accuracy = np.stack([before, *(before + gain for gain in gains.values())])
    found = Remedies(("this run", *gains), accuracy, accuracy, np.zeros(4, dtype=int))
    assert [found.of(word) for word in (TRUE, UNDECIDED, NOT_HERE)] == [[name] for name in gains]


def test_runs_that_diverge_are_counted():
    e = SMALL.but(dataset="curve")
    rates = {"this run": 0.01, "far too fast": 100}
    sweep = Sweep.made(
        lambda name, seed: e.but(learning_rate=rates[name], seed=seed), variant=rates, seed=range(2)
    )
    found = remedies(sweep, train(sweep.experiments, ENDS))
    assert list(found.diverged) == [0, 2] and not found.of(TRUE)
    assert found.dead.shape == found.accuracy.shape == pytest.approx((2, 2))
