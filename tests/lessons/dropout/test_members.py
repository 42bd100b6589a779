"""Thinned networks and networks trained apart: the same data, other weights, and means that lose no more."""

import numpy as np
import pytest

from core.data import load
from core.diagnosis.claims import NOT_HERE, TRUE, UNDECIDED
from core.engine.train import train
from core.experiment import Experiment
from core.lessons.dropout.measured.members import SAMPLED, Members, Redrawn, members, thin

TINY = Experiment(dataset="moons", depth=2, width=3, samples=32, steps=10, dropout=0.2, seed=3)


@pytest.fixture(scope="module")
def counted():
    return members(TINY, seeds=2)


def test_means_lose_no_more_than_their_members(counted):
    of = counted.losses
    assert counted.counted and counted.thinned == 2**6 and counted.sampling == 0
    assert (of["their mean"] <= of["one thinned network"]).all()
    for size in ("full size", "thinned size"):
        assert (of[f"the mean of 8 trained apart, {size}"] <= of[f"one network alone, {size}"]).all()


def test_evaluation_mode_is_that_of_the_training(counted):
    runs = train([TINY, TINY.but(seed=4)], 2)
    np.testing.assert_allclose(counted.losses["evaluation mode"], [r.test_loss[-1] for r in runs], rtol=1e-4)


def test_too_many_masks_are_sampled_and_the_error_is_that_of_another_sample():
    found = members(TINY.but(width=8, steps=5), seeds=2)
    assert not found.counted and found.thinned == SAMPLED
    assert 0 < found.sampling < 0.1


def test_networks_trained_apart_share_the_data_and_nothing_else():
    one, other = (Redrawn(draw, [TINY], lambda: None) for draw in (1, 2))
    assert (one.x_train == other.x_train).all() and (one.y_train == other.y_train).all()
    assert (one.weight[0] != other.weight[0]).all()
    np.testing.assert_allclose(one.x_train[0].T, load(TINY).x_train, rtol=1e-6)
    assert one.experiments == [TINY]


def test_a_thinned_network_has_the_units_that_stay_on_average():
    assert [thin(TINY.but(width=64, dropout=p)).width for p in (0.2, 0.5, 0.95)] == [51, 32, 3]
    assert thin(TINY.but(dropout=1)).width == 1


def test_verdicts_follow_the_losses():
    of = {name: np.full(8, value) for name, value in (("one thinned network", 0.3), ("their mean", 0.2))}
    of |= {"evaluation mode": np.full(8, 0.2), "the mean of 8 trained apart, full size": np.full(8, 0.1)}
    found = Members(TINY, of, 64, True, 0.0)
    assert [o.word for o in found.outcomes] == [TRUE, TRUE, NOT_HERE]
    few = Members(TINY, {name: values[:3] for name, values in of.items()}, 64, True, 0.0)
    assert {o.word for o in few.outcomes} == {UNDECIDED}
