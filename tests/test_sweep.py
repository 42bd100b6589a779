"""Experiments over named axes: in the order of the axes, and nothing but their own runs."""

from types import SimpleNamespace

import numpy as np
import pytest
from pydantic import ValidationError

from core.engine.train import train
from core.experiment import Experiment
from core.run import ENDS, Run
from core.sweep import Sweep, typical

START = Experiment(depth=1, width=2, samples=32, steps=1)
SWEEP = Sweep.over(START, gain=(1, 2, 3), seed=range(2))


@pytest.fixture(scope="module")
def runs():
    return train(SWEEP.experiments, ENDS)


def test_the_axes_are_the_settings_in_their_order():
    assert SWEEP.axes == {"gain": (1, 2, 3), "seed": (0, 1)}
    assert SWEEP.shape == (3, 2)
    assert [(e.gain, e.seed) for e in SWEEP.experiments] == [(g, s) for g in (1, 2, 3) for s in (0, 1)]


def test_a_number_of_every_run_lies_where_its_settings_are(runs):
    gains = SWEEP.of(runs, lambda run: run.experiment.gain)
    seeds = SWEEP.of(runs, lambda run: run.experiment.seed)
    np.testing.assert_array_equal(gains, [[1, 1], [2, 2], [3, 3]])
    np.testing.assert_array_equal(seeds, [[0, 1]] * 3)


def test_an_array_of_every_run_adds_its_axes_behind(runs):
    loss = SWEEP.of(runs, lambda run: run.train_loss)
    assert loss.shape == (3, 2, 2)
    np.testing.assert_array_equal(loss[1, 0], runs[2].train_loss)


def test_without_a_measure_the_elements_are_the_runs(runs):
    grid = SWEEP.of(runs)
    assert isinstance(grid[2, 1], Run) and grid[2, 1] is runs[5]


@pytest.mark.parametrize("others", [lambda runs: runs[::-1], lambda runs: runs[:-1], lambda runs: []])
def test_other_runs_or_another_order_are_refused(runs, others):
    with pytest.raises(ValueError, match="not those of this sweep"):
        SWEEP.of(others(runs), lambda run: 0)


def test_axes_need_not_be_settings():
    changes = {"as it is": {}, "wider": {"width": 4}}
    sweep = Sweep.made(lambda change, seed: START.but(**changes[change], seed=seed), change=changes, seed=[7])
    assert sweep.axes == {"change": ("as it is", "wider"), "seed": (7,)}
    assert [e.width for e in sweep.experiments] == [2, 4]


def test_an_axis_without_values_gives_no_experiments():
    sweep = Sweep.over(START, gain=(), seed=range(2))
    assert (sweep.shape, sweep.experiments) == ((0, 2), ())
    assert sweep.of([], lambda run: 0).shape == (0, 2)


def test_settings_are_checked():
    with pytest.raises(ValidationError):
        Sweep.over(START, gain=(1, -1))


def test_it_cannot_be_changed():
    with pytest.raises(AttributeError):
        SWEEP.experiments = ()
    assert (
        SWEEP.of(
            [SimpleNamespace(experiment=e, n=i) for i, e in enumerate(SWEEP.experiments)], lambda r: r.n
        )[2, 1]
        == 5
    )


def test_the_first_seeds_are_those_of_every_value_in_the_same_order():
    first = SWEEP.over_first(1)
    assert first.axes == {"gain": (1, 2, 3), "seed": (0,)}
    assert [(e.gain, e.seed) for e in first.experiments] == [(1, 0), (2, 0), (3, 0)]
    assert SWEEP.over_first(2) == SWEEP


def test_the_median_of_two_numbers_is_between_them_however_large():
    largest = np.finfo(np.float32).max
    assert typical(np.array([largest, largest], dtype=np.float32)) == largest
