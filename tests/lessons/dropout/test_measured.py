"""What is measured on trained networks with dropout: both modes, all thinned networks, surfaces."""

import numpy as np
import pytest

from core.engine.forward import answers, forward
from core.engine.train import train
from core.experiment import Experiment
from core.lessons.dropout.measured.answers import asked, spread, surface
from core.lessons.dropout.measured.ensemble import gaps, sampled
from core.lessons.dropout.measured.linear import path
from core.lessons.dropout.settings import GAP, SMALL_NETWORKS

SMALL = Experiment(dataset="xor", depth=2, width=8, samples=64, steps=30, dropout=0.5)


@pytest.fixture(scope="module")
def small():
    return dict(zip(SMALL_NETWORKS, train(SMALL_NETWORKS.values(), snapshots=2), strict=True))


def test_answers_scatter_only_in_training_mode():
    [run, undropped] = train([SMALL, SMALL.but(dropout=0)], 2)
    found = asked(run)
    assert found.spread(found.training) == found.training.std(axis=0).mean() > 0
    assert found.spread(found.evaluation) == 0
    assert (np.diff(found.evaluation[0]) >= 0).all()
    assert np.ptp(asked(undropped).training, axis=0).max() == 0


def test_the_scaled_network_is_exact_where_theory_says_so(small):
    found = gaps(small).by_network
    assert {name for name, values in found.items() if values.max() < 1e-10} == {
        "linear output",
        "softmax output, geometric mean",
    }
    assert found["two ReLU layers"].max() > 0.01


def test_sampled_masks_come_closer_with_the_root_of_their_number(small):
    assert sampled(small["two ReLU layers"]).slope == pytest.approx(-0.5, abs=0.1)


def test_averaged_descent_with_dropout_is_ridge_regression():
    averaged, last = path().off
    assert averaged < 0.03 < last


def test_the_surface_is_what_the_network_answers_there():
    [run] = train([SMALL.but(features=4)], 2)
    found = surface(run)
    point = np.array([[found.across[7], found.up[3], 0, 0]])
    expected = answers(run.experiment, forward(run.experiment, run.weights, point).output)[0]
    np.testing.assert_allclose(found.answer[3, 7], expected, rtol=1e-12)


def test_thinned_networks_disagree_most_where_nothing_is_known():
    [run] = train([GAP], 2)
    found = spread(run)
    assert found.known < found.unknown
    assert len(found.x) == len(found.mean) == len(found.deviation) == len(found.evaluation)
