"""What the Batchnorm page says holds: against autograd, and as trainings over several seeds."""

import math

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from core.engine.network import Stack
from core.engine.train import batches, train
from core.experiment import BN_EPSILON, Experiment
from core.lessons.batchnorm import settings
from core.lessons.batchnorm.measured import costs
from core.lessons.batchnorm.measured.scale import _gradients, rescaled
from core.lessons.batchnorm.measured.shift import shift
from core.lessons.batchnorm.measured.single import single_sample
from core.lessons.batchnorm.measured.statistics import lag, orders
from core.lessons.batchnorm.measured.surface import LENGTHS, along_gradient
from core.lessons.batchnorm.settings import SHIFTS
from core.run import ENDS
from core.sweep import Sweep
from core.theory import variance_shift

SMALL = settings.GOOD
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


def test_a_single_feature_leaves_layer_1_without_a_gradient_and_rounding_is_not_taken_for_one():
    """z / σ is the feature over its own deviation, whatever the weight."""
    found = rescaled(SMALL.but(dataset="curve", depth=2, width=8, samples=64))
    assert found.changed < 1e-9 and found.radial < 1e-9


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
def test_batches_of_two_do_harm_and_of_64_do_not():
    sweep = settings.both(SMALL, batch_size=(2, 64), seeds=3)
    found = costs.small_batches(sweep, train(sweep.experiments, ENDS))
    assert found.harmful == [2]


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
        assert factor == pytest.approx(math.sqrt(math.pi / (math.pi - 1)), rel=0.01)
    assert found[0].expected == pytest.approx(math.sqrt(math.pi / (math.pi - 1)))
    assert found[0].plain_factor == pytest.approx(1, rel=0.05)


def both(e, measure=lambda run: run, **axes):
    """Without and with batch normalization, over these axes."""
    sweep = Sweep.over(e, batchnorm=BOTH, **axes)
    return sweep.of(train(sweep.experiments, ENDS), measure)


@pytest.mark.slow
def test_the_first_weights_feel_it_the_more_the_deeper_the_network():
    sweep = settings.deep(SMALL)
    found = costs.depths(sweep, train(sweep.experiments, ENDS))
    without, with_it = np.median(found.ratios, axis=2)
    expected = (math.pi / (math.pi - 1)) ** ((np.array(settings.DEPTHS) - 2) / 2)
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
    without, with_it = both(settings.MOONS.but(learning_rate=3), seed=range(5))
    assert all(run.diverged_at is not None for run in without)
    assert max(run.train_loss[-1] for run in with_it) < 0.1


def test_evaluation_mode_lags_by_its_statistics_alone_until_they_are_warm():
    found = lag(settings.MOONS.but(depth=3, batch_size=0))
    assert found.behind.max() > 1.2 and found.caught_up() is not None
    apart = np.abs(found.behind - 1) > 0.1
    assert apart[found.caught_up() - 1] and not apart[found.caught_up() :].any()


def test_the_lag_is_that_of_the_same_training_in_the_mode_of_evaluation():
    e = settings.GOOD.but(depth=2, width=8, samples=64, batch_size=32, steps=20, batchnorm=True)
    [run] = train([e], 1000)
    found = lag(e)
    assert found.running == pytest.approx(run.train_loss[found.steps], rel=1e-4)
    assert found.left == pytest.approx(0.9**found.steps)


@pytest.mark.slow
def test_dropout_between_the_layers_fails_by_statistics_and_behind_the_last_it_does_not():
    """Where training stops early, so that it stays quick: circles, dropout 0.5, three seeds."""
    between, behind = (
        Sweep.over(sweep.experiments[0].but(width=32, steps=150), dropout=(0.5,), seed=range(3))
        for sweep in settings.orders(SMALL)
    )
    found = orders(between, train(between.experiments, ENDS), behind, train(behind.experiments, ENDS))
    assert (found.between > 2 * found.between_settled).all()
    assert (found.between > 2 * found.behind).all()


@pytest.mark.slow
def test_the_variance_shift_in_networks_follows_its_formula_until_they_train():
    """Means over 64 units whose random features are not independent: within a few per cent."""
    half = Sweep.over(SHIFTS.experiments[0].but(steps=50), **SHIFTS.axes)
    found = shift(half, train(half.experiments, ENDS))
    for activation, formula in found.formula.items():
        np.testing.assert_allclose(formula, variance_shift(activation, found.rates))
        np.testing.assert_allclose(found.untrained[activation], formula, rtol=0.06)
        assert np.abs(found.trained[activation] / formula - 1).max() > 0.01
