"""What the Batchnorm page says holds: against autograd, and as trainings over several seeds."""

import math

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from core.diagnosis.numbers import steps_to_target
from core.engine.network import Stack
from core.engine.train import batches, train
from core.experiment import BN_EPSILON, Experiment
from core.lessons.batchnorm import lesson
from core.lessons.batchnorm.lesson import SHIFTS
from core.lessons.batchnorm.measured import costs
from core.lessons.batchnorm.measured.batches import single_sample, small_batches
from core.lessons.batchnorm.measured.scale import _gradients, rescaled
from core.lessons.batchnorm.measured.shift import shift
from core.lessons.batchnorm.measured.surface import LENGTHS, along_gradient
from core.run import ENDS
from core.sweep import Sweep
from core.theory import variance_shift

SMALL = lesson.GOOD
BOTH = [False, True]


@pytest.fixture(scope="module")
def result():
    """The rescaled network of the page."""
    return rescaled(SMALL)


@pytest.mark.parametrize(
    ("dataset", "activation"),
    [("circles", "relu"), ("blobs", "tanh"), ("curve", "identity"), ("moons", "gelu")],
)
def test_the_gradients_are_those_of_the_engine(dataset, activation):
    e = Experiment(
        dataset=dataset,
        activation=activation,
        depth=3,
        width=8,
        samples=64,
        batchnorm=True,
        precision="float64",
    )
    stack = Stack([e])
    x, y = next(batches(stack))
    stack.forward(x, y)
    stack.backward(y)
    weights, biases = [w[0] for w in stack.weight], [b[0] for b in stack.bias]
    output, slopes, _ = _gradients(e, weights, biases, x[0], y[0], BN_EPSILON)
    assert torch.allclose(output, stack.output[0], atol=1e-10)
    for slope, expected in zip(slopes, stack.d_weight, strict=True):
        assert torch.allclose(slope, expected[0], atol=1e-10)


def test_without_epsilon_the_scale_of_the_weights_changes_nothing(result):
    assert result.output[0.0].max() < 1e-9
    assert result.gradient[0.0].max() < 1e-9


def test_epsilon_breaks_the_invariance_where_the_weights_are_small(result):
    change = dict(zip(result.factors.round(6), result.output[BN_EPSILON], strict=True))
    assert change[0.01] > 0.01 > change[1000]


def test_the_gradient_is_at_right_angles_and_the_weights_grow_as_pythagoras_says(result):
    assert result.radial < 1e-9
    assert (np.diff(result.norm) > 0).all()
    assert result.norm == pytest.approx(result.predicted, rel=1e-9)


def test_a_bias_before_batch_normalization_has_no_gradient(result):
    assert result.bias < 1e-12
    assert result.weight > 1e-3


def test_a_length_of_one_along_the_gradient_is_the_next_step_of_the_training():
    e = SMALL.but(batch_size=0, depth=2, width=16, precision="float64")
    found = along_gradient(e)
    assert found.lengths == pytest.approx(e.learning_rate * np.array(LENGTHS))
    taken = both(e, lambda run: run.loss[1:21], seed=range(2))
    losses = found.losses[:, :2]
    assert losses[:, :, :20, LENGTHS.index(1.0)] == pytest.approx(taken, abs=1e-9)


def test_the_loss_along_the_gradient_is_less_than_half_as_rough():
    plain, normed = along_gradient(SMALL).spans
    assert normed.max() < plain.min() / 2


@pytest.mark.slow
def test_batches_of_two_do_harm():
    found = small_batches(SMALL)
    assert found.sizes[0] == 2 and 2 in found.harmful and 64 not in found.harmful
    assert np.median(found.train_loss[1, -1]) < 0.1


def test_a_batch_of_one_is_no_setting_and_pytorch_refuses_it():
    with pytest.raises(ValidationError):
        Experiment(batch_size=1, batchnorm=True)
    assert single_sample().startswith("Expected more than 1 value per channel when training")


@pytest.mark.slow
def test_the_error_signal_explodes_by_the_same_constant_whatever_the_weights():
    e = Experiment(dataset="gaussians", depth=20, width=256, samples=256, batchnorm=True, steps=1)
    [plain] = train([e.but(batchnorm=False)], ENDS)
    found = [costs.explosion(train(e.vary(gain=[1, 10], seed=[seed]), ENDS), plain) for seed in range(2)]
    for gain in (1, 10):
        factor = np.mean([one.factors[gain] for one in found])
        assert factor == pytest.approx(math.pi / (math.pi - 1), rel=0.02)
    assert found[0].chi == pytest.approx(math.pi / (math.pi - 1))
    assert found[0].plain_factor == pytest.approx(1, rel=0.1)


def both(e, measure=lambda run: run, **axes):
    """Without and with batch normalization, over these axes."""
    sweep = Sweep.over(e, batchnorm=BOTH, **axes)
    return sweep.of(train(sweep.experiments, ENDS), measure)


@pytest.mark.slow
def test_the_first_weights_feel_it_the_more_the_deeper_the_network():
    sweep = lesson.deep(SMALL)
    found = costs.depths(sweep, train(sweep.experiments, ENDS))
    without, with_it = np.median(found.ratios, axis=2)
    expected = (math.pi / (math.pi - 1)) ** ((np.array(lesson.DEPTHS) - 2) / 2)
    assert found.predicted == pytest.approx(expected)
    assert ((expected / 2 < with_it) & (with_it < expected * 2)).all()
    assert ((without > 0.1) & (without < 2)).all()


@pytest.mark.slow
def test_it_trains_from_weights_400_times_apart():
    without, with_it = both(SMALL, gain=[0.05, 20], seed=range(3))
    assert max(run.train_accuracy[0] for run in without.flat) < 0.7
    assert not any(run.train_loss[-1] < 0.9 * run.chance for run in without.flat)
    assert min(run.train_accuracy[-1] for run in with_it.flat) > 0.9


def test_it_trains_at_a_learning_rate_that_breaks_the_plain_network():
    without, with_it = both(lesson.MOONS.but(learning_rate=3), seed=range(5))
    assert all(run.diverged_at is not None for run in without)
    assert max(run.train_loss[-1] for run in with_it) < 0.1


@pytest.mark.slow
def test_it_needs_a_third_of_the_steps_at_every_learning_rate():
    steps = both(lesson.SMALL, steps_to_target, learning_rate=lesson.RATES, seed=range(5))
    without, with_it = np.median(steps, axis=2)
    assert (without / with_it >= 3).all()


def test_evaluation_mode_lags_behind_until_the_running_statistics_are_warm():
    e = lesson.MOONS.but(depth=3, batch_size=0, batchnorm=True, steps=101)
    [run] = train([e], 1000)
    lag = run.train_loss[:-1] / run.loss - 1
    assert (lag[1:20] > 0).all()
    assert abs(lag[100]) < 0.15


@pytest.mark.slow
def test_the_variance_shift_in_networks_follows_its_formula_until_they_train():
    """Means over 64 units whose random features are not independent: within a few per cent."""
    half = Sweep.over(SHIFTS.experiments[0].but(steps=50), **SHIFTS.axes)
    found = shift(half, train(half.experiments, ENDS))
    for activation, formula in found.formula.items():
        np.testing.assert_allclose(formula, variance_shift(activation, found.rates))
        np.testing.assert_allclose(found.untrained[activation], formula, rtol=0.06)
        assert np.abs(found.trained[activation] / formula - 1).max() > 0.01
