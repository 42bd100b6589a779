"""One batch by hand against nn.BatchNorm1d, autograd and closed forms, all in float64."""

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from core.engine.network import Stack
from core.engine.train import batches
from core.experiment import Experiment
from core.lessons.batchnorm.by_hand import (
    ByHand,
    evaluated,
    left_of_start,
    normalize,
    pre_activations,
    running,
    take_apart,
)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def batch_norm(gamma=1.0, beta=0.0):
    layer = torch.nn.BatchNorm1d(1, dtype=torch.float64)
    torch.nn.init.constant_(layer.weight, gamma)
    torch.nn.init.constant_(layer.bias, beta)
    return layer


def column(z):
    return torch.tensor(z, dtype=torch.float64)[:, None]


@pytest.mark.parametrize("rows", [2, 3, 16, 64])
def test_the_output_is_that_of_pytorch(rows, rng):
    z = rng.normal(2, 3, rows)
    expected = batch_norm(1.7, -0.4)(column(z))[:, 0].detach().numpy()
    assert np.abs(normalize(z, 1.7, -0.4).output - expected).max() < 1e-10


@pytest.mark.parametrize("rows", [2, 8, 64])
def test_the_pull_of_the_first_value_is_its_gradient(rows, rng):
    z = rng.normal(size=rows)
    jacobian = torch.autograd.functional.jacobian(batch_norm(), column(z))[:, 0, 0, 0]
    assert np.abs(normalize(z).pull - jacobian.numpy()).max() < 1e-10


def test_running_statistics_are_those_of_pytorch(rng):
    layer, data = batch_norm(), rng.normal(1, 2, (30, 16))
    mean, variance = running(data)
    assert (mean[0], variance[0]) == (0, 1)
    for t, z in enumerate(data, start=1):
        layer(column(z))
        assert abs(mean[t] - layer.running_mean.item()) < 1e-10
        assert abs(variance[t] - layer.running_var.item()) < 1e-10
    output = layer.eval()(column(data[0]))[:, 0].detach().numpy()
    assert np.abs(evaluated(data[0], mean[-1], variance[-1], 1, 0) - output).max() < 1e-10


def test_running_statistics_leave_their_start_as_powers_of_nine_tenths():
    batches_of_one_kind = np.tile([1.0, 3.0], (10, 1))
    mean, _ = running(batches_of_one_kind)
    assert mean[10] / 2 == pytest.approx(0.6513215599, abs=1e-10)
    assert 1 - left_of_start(10) == pytest.approx(0.6513215599, abs=1e-10)


def test_a_batch_of_two_keeps_nothing_but_the_order():
    batch = normalize(np.array([-0.3, 5.0]), epsilon=1e-30)
    assert np.abs(batch.normalized - [-1, 1]).max() < 1e-9
    assert np.abs(batch.pull).max() < 1e-9


def test_a_batch_of_one_is_refused_with_what_is_allowed():
    with pytest.raises(ValueError, match=r"A batch of 1 cannot be normalized.*Allowed are batches from 2"):
        normalize(np.array([0.5]))


@pytest.mark.parametrize("rows", [2, 4, 8, 64])
def test_the_variance_of_a_batch_is_too_small_by_one_in_its_size(rows, rng):
    variances = [normalize(z).variance for z in rng.normal(size=(100_000 // rows, rows))]
    assert np.mean(variances) == pytest.approx((rows - 1) / rows, rel=0.01)


@pytest.mark.parametrize("e", [ByHand(batch_size=64, rows=16), ByHand(samples=64, rows=16, init="lecun")])
def test_the_batch_is_the_first_of_the_run_on_its_way_into_the_first_unit(e):
    stack = Stack([e.experiment])
    x, y = next(batches(stack))
    stack.forward(x, y)
    expected = stack.pre_activation[0, 0, 0, :16].numpy()
    assert take_apart(e).before.pre_activation == pytest.approx(expected, abs=1e-6)
    assert len(pre_activations(e.experiment)) == e.samples


def test_moving_a_sample_moves_all_in_training_mode_and_only_itself_in_evaluation_mode():
    e = ByHand(nudge=0, rows=8, seen=20)
    still, moved = take_apart(e), take_apart(e.but(nudge=0.5))
    assert (moved.before.output == still.before.output).all()
    assert (np.abs(moved.after.output - still.after.output) > 1e-6).all()
    assert (moved.evaluated != still.evaluated).tolist() == [True, *7 * [False]]


def test_a_batch_cannot_have_more_rows_than_there_are_samples():
    with pytest.raises(ValidationError) as error:
        ByHand(samples=32, rows=64)
    assert ByHand.complaints(error.value) == [
        "rows cannot be 64 here: allowed is at most the number of samples, 32."
    ]


def test_the_training_is_described_without_the_batch_by_hand():
    settings = ByHand(depth=3, rows=4, nudge=1, gamma=2)
    assert type(settings.experiment) is Experiment
    assert settings.experiment == Experiment(depth=3)
