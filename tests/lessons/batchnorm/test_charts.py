"""Charts of the Batchnorm page: they stand whatever was trained, and their titles say what was measured."""

import numpy as np
import pytest

from core.data import load
from core.diagnosis.measures import steps_to_target
from core.engine.train import train
from core.lessons.batchnorm import lesson as lesson
from core.lessons.batchnorm.by_hand import take_apart
from core.lessons.batchnorm.charts import costs, gains, inside
from core.lessons.batchnorm.measured import along_gradient, rescaled

START = lesson.START.but(depth=3, width=8, samples=64, batch_size=32, steps=30)
EXTREMES = {
    "one layer": START.but(depth=1),
    "one unit": START.but(width=1),
    "one step": START.but(steps=1),
    "zero weights": START.but(init="zeros"),
    "everything dropped": START.but(dropout=1),
    "diverges": START.but(learning_rate=100, gain=100),
    "regression": START.but(dataset="curve"),
    "four classes": START.but(dataset="blobs", activation="tanh"),
    "huge features": START.but(input_scale=1e6, input_spread=1e6),
    "sixty layers": START.but(depth=60, steps=3),
}


@pytest.mark.parametrize("name", EXTREMES)
@pytest.mark.filterwarnings("error")
def test_every_experiment_can_be_drawn(name):
    settings, e = EXTREMES[name], EXTREMES[name].experiment
    plain, normed = train([e.but(batchnorm=False), e.but(batchnorm=True)], 12)
    figures = [
        inside.inside(plain, normed),
        inside.learned(normed),
        costs.evaluation_lag(normed),
        *gains.speed(train(lesson.both(e, learning_rate=[0.1, 100]), 2)).values(),
        gains.reach("gain", [0.1, 100], train(lesson.both(e, gain=[0.1, 100]), 2), e.gain),
    ]
    for rows, nudge, gamma, seen in ((2, 3, 1, 0), (8, 0, 0, 10), (64, -1, 2, 100)):
        by_hand = settings.but(rows=rows, nudge=nudge, gamma=gamma, seen=seen)
        apart = take_apart(by_hand)
        figures += [inside.by_hand(apart, nudge), inside.warm_up(apart, seen)]
        assert r"\hat z_1" in inside.formulas(apart.after, gamma, 0)
    for figure in figures:
        about = figure.layout.meta
        assert about["title"] in about["alt"]
        assert "nan" not in about["title"].lower()
        assert len(figure.to_json()) < 1_000_000


@pytest.mark.parametrize(
    ("dataset", "activation"), [("moons", "sigmoid"), ("gaussians", "identity"), ("curve", "gelu")]
)
def test_the_reasons_can_be_drawn_for_every_kind_of_network(dataset, activation):
    e = lesson.small(START.but(dataset=dataset, activation=activation)).but(width=8, depth=2)
    result = rescaled(e)
    assert result.output[0.0].max() < 1e-9
    for figure in (
        gains.invariance(result),
        gains.growth(result),
        gains.smoothness(*along_gradient(e)),
    ):
        assert figure.layout.meta["title"]


def test_the_race_says_at_which_median_step_both_arrive():
    e = lesson.SMALL.but(dataset="moons", width=16, samples=128)
    runs = train(lesson.both(e, learning_rate=[0.3]), 2)
    without, with_it = (np.median([steps_to_target(r) for r in half]) for half in (runs[:5], runs[5:]))
    title = gains.speed(runs)["rate 0.3"].layout.meta["title"]
    assert f"after {with_it:.0f} steps with batchnorm, after {without:.0f} steps without" in title


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
