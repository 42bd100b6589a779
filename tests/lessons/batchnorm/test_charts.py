"""Charts of the Batchnorm page draw what was measured."""

import numpy as np
import pytest

from core.data import load
from core.diagnosis.numbers import TARGET, steps_to_target
from core.engine.train import train
from core.lessons.batchnorm import lesson
from core.lessons.batchnorm.charts import costs, gains, inside
from core.lessons.batchnorm.measured.gains import races
from core.lessons.batchnorm.measured.shift import Shift
from core.run import ENDS

START = lesson.START.but(depth=3, width=8, samples=64, batch_size=32, steps=30)


def test_the_race_marks_the_median_step_at_which_both_arrive():
    e = lesson.SMALL.but(dataset="moons", width=16, samples=128)
    sweep = lesson.both(e, learning_rate=[0.3])
    runs = train(sweep.experiments, ENDS)
    [race] = races(sweep, runs)
    without, with_it = np.median(sweep.of(runs, steps_to_target), axis=2)[:, 0]
    marks = [t for t in gains.race(race).data if t.mode == "markers+text"]
    assert [(t.x[0], t.y[0]) for t in marks] == [(without, TARGET), (with_it, TARGET)]
    assert race.factor == without / with_it


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
