"""Charts of the Batchnorm page draw what was measured."""

import numpy as np
import pytest

from core.charts.runs import outcome
from core.data import load
from core.engine.train import train
from core.lessons.batchnorm import settings
from core.lessons.batchnorm.by_hand import take_apart
from core.lessons.batchnorm.charts import by_hand, costs, inside
from core.lessons.batchnorm.measured.shift import Shift
from core.words import short

START = settings.START.but(depth=3, width=8, samples=64, batch_size=32, steps=30)


def test_a_network_that_evaluation_mode_does_not_show_yet_is_in_the_title():
    e = START.experiment.but(gain=0.05, width=32, samples=128, steps=25, learning_rate=0.3)
    plain, normed = train([e.but(batchnorm=False), e], 12)
    assert normed.loss[-10:].mean() < normed.chance / 2 < normed.train_loss[-1]
    title = inside.learning(plain, normed).layout.meta["title"]
    assert title.startswith("With batchnorm the network has learned in training mode only")
    assert "learned in training mode only" not in inside.learning(plain, plain).layout.meta["title"]


def test_both_modes_are_drawn_and_the_number_is_where_the_thick_line_ends():
    e = START.experiment
    plain, normed = train([e.but(batchnorm=False), e], 12)
    drawn = [trace for trace in inside.learning(plain, normed).data if trace.mode != "markers"]
    for run, (thin, thick) in zip((plain, normed), (drawn[:2], drawn[2:]), strict=True):
        assert thin.y == pytest.approx(run.loss, rel=1e-6)
        assert list(thick.x) == list(run.at) and thick.y == pytest.approx(run.train_loss, rel=1e-6)
        assert outcome(run) in thick.name and thin.showlegend is False


@pytest.mark.parametrize("seen", [0, 1, 10])
def test_what_the_start_makes_up_of_the_running_variance_is_its_weight_over_it(seen):
    apart = take_apart(settings.START)
    title = by_hand.warm_up(apart, seen).layout.meta["title"]
    share = 100 * 0.9**seen / apart.running_variance[seen]
    assert f"has a weight of {short(90 * 0.9 ** (seen - 1))} % and makes up {short(share)} %" in title


def test_the_shift_is_drawn_as_it_was_measured(the):
    rates = np.array([0.2, 0.5])
    found = Shift(rates, *({"identity": rates + i, "relu": rates + i + 1} for i in range(3)))
    figure = costs.variance_shift(found)
    for activation in ("identity", "relu"):
        for when, values in (("random weights", found.untrained), ("trained", found.trained)):
            dots = the(figure, name=f"{activation}, {when}")
            np.testing.assert_array_equal(dots["x"], rates)
            np.testing.assert_array_equal(dots["y"], values[activation])


def test_the_histograms_show_every_layer_of_both_runs_at_the_same_steps():
    e = START.experiment
    plain, normed = train([e.but(batchnorm=False), e.but(batchnorm=True)], 12)
    figure = inside.inside(plain, normed)
    assert [trace.z.shape[1] for trace in figure.data] == [3, 3]
    assert [int(frame.name) for frame in figure.frames] == list(plain.at[::2])


def test_learned_scales_end_where_the_network_ended():
    [run] = train([START.experiment], 12)
    for name, values in (("weight", run.gamma), ("bias", run.beta)):
        final = np.array([run.weights[f"norm.{layer}.{name}"] for layer in range(3)])
        assert np.array_equal(values[-1], final)
    assert (run.gamma[0] == 1).all() and (run.beta[0] == 0).all()
    [plain] = train([START.experiment.but(batchnorm=False)], 12)
    assert plain.gamma.shape == (len(plain.at), 0, 8)


def test_pre_activations_are_counted_completely():
    [run] = train([START.experiment], 12)
    assert run.pre_activation_histogram.sum(axis=2) == pytest.approx(1)


def test_feature_spread_scales_the_last_feature_by_it_and_the_first_by_one():
    e = START.experiment.but(dataset="gaussians", features=3)
    even, spread = load(e).x_train, load(e.but(input_spread=100)).x_train
    assert spread / even == pytest.approx(np.tile([1, 10, 100], (64, 1)))
