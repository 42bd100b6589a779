"""A Run: what is kept of it, where it ended, whether it learned, and the bins of its histograms."""

import pickle
from dataclasses import FrozenInstanceError, replace
from functools import cache
from typing import get_args

import numpy as np
import pytest

from core.engine.train import train
from core.experiment import Activation, Experiment
from core.run import DELTA_EDGES, PRE_ACTIVATION_EDGES, activation_edges

FINE = Experiment(depth=2, width=3, samples=32, steps=6, batchnorm=True)
BROKEN = FINE.but(batchnorm=False, activation="identity", learning_rate=100, dataset="curve")
RANGES = {"tanh": (-1, 1), "sigmoid": (0, 1)}


@cache
def run(e):
    return train([e])[0]


def ended(*losses):
    """A run with these training losses at its snapshots, where the best constant answer has loss 1."""
    return replace(run(FINE), train_loss=np.array(losses), chance=1.0)


def test_its_size_is_that_of_its_numbers():
    buffers = []
    pickle.dumps(run(FINE), protocol=5, buffer_callback=buffers.append)
    assert run(FINE).nbytes == sum(buffer.raw().nbytes for buffer in buffers)


def test_every_snapshot_of_a_run_that_ends_well_is_kept():
    assert run(FINE).diverged_at is None
    assert [run(FINE).at[i] for i in run(FINE).kept] == list(range(FINE.steps + 1))
    assert run(FINE).at[run(FINE).last] == FINE.steps


def test_a_run_that_diverged_is_kept_up_to_there_and_was_finite_before():
    broken = run(BROKEN)
    assert broken.diverged_at == 2 < BROKEN.steps
    assert [broken.at[i] for i in broken.kept] == [0, 1, 2]
    assert broken.at[broken.last] == 1


def test_a_run_that_breaks_in_its_last_update_has_diverged_too():
    longer, ends = run(BROKEN), run(BROKEN.but(steps=2))
    assert (ends.diverged_at, ends.last) == (longer.diverged_at, longer.last)
    assert np.isfinite(ends.loss).all()
    assert not np.isfinite(ends.diverged_to)
    assert not np.isfinite(longer.diverged_to)


def test_what_it_says_of_features_and_target_is_that_of_the_data():
    for e in (FINE.but(input_shift=3), BROKEN.but(steps=1)):
        data, r = e.load(), run(e)
        np.testing.assert_allclose(r.input_mean, data.x_train.mean(axis=0), rtol=1e-5)
        np.testing.assert_allclose(r.input_std, data.x_train.std(axis=0), rtol=1e-5)
        reach = np.abs(data.x_train - data.x_train.mean(axis=0)).max(axis=0)
        np.testing.assert_allclose(r.input_reach, reach, rtol=1e-5)
        assert r.input_mean_square == pytest.approx((data.x_train**2).mean(), rel=1e-5)
        target = (data.y_train.mean(), data.y_train.std()) if e.loss == "mse" else (np.nan, np.nan)
        np.testing.assert_allclose((r.target_mean, r.target_std), target, rtol=1e-5)


@pytest.mark.parametrize(
    ("losses", "last"),
    [
        ((3, 2, 1), 2),
        ((3, 2, np.nan), 1),
        ((3, np.inf, np.nan), 0),
        ((3, np.inf, 1), 2),
        ((np.nan, np.inf), 0),
    ],
)
def test_the_last_snapshot_is_the_last_with_a_finite_loss(losses, last):
    assert ended(*losses).last == last


@pytest.mark.parametrize(
    ("losses", "learned"),
    [
        ((2, 0.49), True),
        ((2, 0.51), False),
        ((0.1, 2), False),
        ((0.1, np.nan), False),
        ((0.1, np.inf), False),
    ],
)
def test_it_has_learned_when_its_final_loss_is_below_half_of_chance(losses, learned):
    assert ended(*losses).learned is learned


def test_it_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        run(FINE).diverged_at = 3


@pytest.mark.parametrize("activation", RANGES)
def test_bins_of_a_bounded_activation_share_out_its_range_evenly(activation):
    low, high = RANGES[activation]
    widths = np.diff([low, *activation_edges(activation), high])
    np.testing.assert_allclose(widths, (high - low) / len(widths))


@pytest.mark.parametrize("activation", sorted({*get_args(Activation)} - RANGES.keys()))
def test_bins_of_any_other_are_alike_on_both_sides_of_0_and_grow_with_the_distance(activation):
    edges = activation_edges(activation)
    np.testing.assert_array_equal(edges, -edges[::-1])
    outward = edges[edges > 0]
    assert (outward[0], outward[-1]) == pytest.approx((1e-3, 1e6))
    np.testing.assert_allclose(outward[1:] / outward[:-1], 10 ** (1 / 5))


def test_bins_of_error_signals_are_two_to_a_decade_and_hold_what_vanishes_and_explodes():
    assert (DELTA_EDGES[0], DELTA_EDGES[-1]) == pytest.approx((1e-30, 1e10))
    np.testing.assert_allclose(DELTA_EDGES[2:] / DELTA_EDGES[:-2], 10)


def test_bins_of_pre_activations_are_even_around_0_and_logarithmic_far_out():
    np.testing.assert_allclose(np.diff(np.arcsinh(PRE_ACTIVATION_EDGES)), 0.2)
    np.testing.assert_allclose(PRE_ACTIVATION_EDGES, -PRE_ACTIVATION_EDGES[::-1], atol=1e-9)
