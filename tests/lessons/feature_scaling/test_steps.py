"""Steps against PyTorch and closed forms: how far one goes, and how long one may be."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from core.diagnosis.claims import NOT_HERE, SEEDS, TRUE, UNDECIDED
from core.engine.initial import initial
from core.engine.train import train
from core.lessons.feature_scaling.charts import steps as charts
from core.lessons.feature_scaling.claims import BY_SGD
from core.lessons.feature_scaling.measured import steps
from core.quotes import KAGGLE, is_quote
from core.run import ENDS


@pytest.fixture(scope="module")
def shifts():
    return steps.shifts(3)


@pytest.fixture(scope="module")
def steady():
    return steps.steadiness((1, 100), 3)


def by_torch(e, divided):
    """RMS over units of -rate x gradient of the first layer's weights, for every column."""
    layers = []
    for layer in range(e.depth + 1):
        weight, bias = map(torch.tensor, initial(e, layer))
        linear = torch.nn.Linear(*weight.T.shape, dtype=torch.float64)
        linear.weight.data, linear.bias.data = weight, bias
        layers += [linear, torch.nn.ReLU()]
    if divided:
        layers[0].weight.data[:, 0] /= e.first
    data = e.load()
    answer = torch.nn.Sequential(*layers[:-1])(torch.tensor(data.x_train))
    torch.nn.functional.mse_loss(answer[:, 0], torch.tensor(data.y_train)).backward()
    return e.learning_rate * layers[0].weight.grad.square().mean(dim=0).sqrt().numpy()


@pytest.mark.parametrize("first", [1, 100])
@pytest.mark.parametrize("stack", [steps.Divided, steps.Stack])
def test_a_step_is_that_of_pytorch(first, stack):
    e, divided = steps.ONE.but(first=first, **BY_SGD), stack is steps.Divided
    [run] = train([e], ENDS, stack=stack)
    np.testing.assert_allclose(steps.step(run, divided), by_torch(e, divided), rtol=1e-3)


def test_a_step_is_in_proportion_while_the_error_signal_stays(shifts):
    np.testing.assert_allclose(shifts.divided.exponents, 1, atol=1e-3)
    assert shifts.divided.word == TRUE
    np.testing.assert_allclose(shifts.adam.exponents, 0, atol=1e-3)
    assert (shifts.kept.exponents > 1.5).all() and shifts.kept.word == NOT_HERE


def test_a_larger_column_makes_larger_errors_unless_its_weights_make_up_for_it():
    sizes = [
        steps.ONE.but(first=first, seed=seed, **BY_SGD) for seed in range(SEEDS) for first in steps.TIMES
    ]
    kept, divided = (
        np.reshape([run.loss[0] for run in train(sizes, ENDS, stack=stack)], (SEEDS, -1))
        for stack in (steps.Stack, steps.Divided)
    )
    assert (np.diff(kept) > 0).all()
    np.testing.assert_allclose(divided, divided[:, :1] * np.ones(len(steps.TIMES)), rtol=1e-3)


@pytest.mark.parametrize(
    ("exponents", "word"),
    [
        (SEEDS * [1.05], TRUE),
        (SEEDS * [0.8], NOT_HERE),
        (SEEDS * [1.2], NOT_HERE),
        (4 * [1.0] + 4 * [2.0], UNDECIDED),
    ],
)
def test_in_proportion_is_decided_by_the_rule_of_all_claims(exponents, word):
    sizes = np.array([[1.0], [10.0], [1000.0]]) * np.ones(SEEDS)
    found = steps.Shift("here", sizes, 3 * sizes ** np.array(exponents))
    np.testing.assert_allclose(found.exponents, exponents)
    assert found.word == word


def test_the_sentence_and_the_chart_have_the_numbers_of_the_steps(shifts):
    assert "the step is 10 times as large" in shifts.divided.sentence
    assert is_quote("SGD will shift the network weights in proportion to how large an activation", KAGGLE)
    title = charts.shifted(shifts).layout.meta["title"]
    assert title.startswith("A column 1,000 times as large moves its weights 1,000 times as far")
    assert title.endswith("under Adam just as far")
    assert shifts.adam not in shifts.verdict.outcomes


def test_a_linear_model_is_steady_below_2_over_lambda_max_and_not_far_above(steady):
    tried = np.array(steps.RATES)
    below = np.array([[tried[tried < limit].max() for limit in row] for row in steady.limit])
    assert (steady.rates[0] >= below * (1 - 1e-9)).all()
    assert (steady.rates[0] < 2 * steady.limit).all()
    assert steady.within == np.isclose(steady.rates[0], below).sum()


def test_rises_are_counted_at_the_rate_that_is_steady_with_equal_sizes(steady):
    assert (steady.rises[:, 0] == 0).all() and (steady.rises[0, 1] == 1).all()
    assert (steady.rises[1, 1] > 0).all()
    e = steps.SPREAD.but(steps=100, depth=0, spread=100, seed=1, learning_rate=steady.rates[0, 0, 1])
    [run] = train([e], ENDS)
    losses = [*run.loss, run.train_loss[-1]]
    rises = sum(not after <= 1.001 * before for before, after in pairwise(losses))
    assert steady.rises[0, 1, 1] == pytest.approx(rises / 100)
    linear, network = 100 * np.median(steady.rises[:, 1], axis=-1)
    title = charts.rising(steady).layout.meta["title"]
    assert f"in {linear:.0f} % of the steps of a linear model and in {network:.0f} %" in title


def test_different_sizes_leave_short_steps_and_little_progress(steady):
    equal, spread = steady.rates.swapaxes(0, 1)
    assert (spread < equal / 3).all()
    assert (steady.losses[1] > 2 * steady.losses[0]).all()
    about = charts.steady(steady).layout.meta
    assert f"for {steady.within} of 6 it is" in about["how"]
