"""The Gradients charts draw what the run holds."""

import numpy as np
import pytest

from core.diagnosis.measures import MEASURES
from core.engine.forward import forward
from core.engine.train import train
from core.experiment import Experiment
from core.lessons.gradients.charts import moved, rescues, signals, why
from core.lessons.gradients.lesson import LESSON
from core.lessons.gradients.measured import rescues as measured
from core.lessons.gradients.settings import DIVERGING
from core.sweep import Sweep
from core.theory import predict, sigma_w
from core.words import short

SMALL = Experiment(depth=4, width=8, samples=64, steps=30)


def test_frames_cover_every_snapshot_until_the_run_diverged():
    [run] = train([LESSON.preset("Weights too large")], 12)
    figure = signals.signal_by_layer(run)
    assert run.diverged_at is not None
    assert [int(f.name) for f in figure.frames] == [s for s in run.at if s <= run.diverged_at]


def test_every_line_is_its_probe_over_that_of_the_layer_where_it_comes_in(the):
    [run] = train([LESSON.start], 2)
    figure = signals.signal_by_layer(run)
    for name, signal in signals.SIGNALS.items():
        values = run.probes[name][0].astype(float)
        line = the(figure, name=signal.title)
        np.testing.assert_allclose(line.y, values / values[signal.entry], rtol=1e-6)
        assert line.y[signal.entry] == 1


def test_the_start_lies_on_the_dashed_lines_of_theory(the):
    figure = signals.signal_by_layer(train([LESSON.start], 2)[0])
    dashed = [t for t in figure.data if t.name == "predicted at the start"]
    for name, theory in zip(("activation_std", "delta_norm"), dashed, strict=True):
        measured = the(figure, name=signals.SIGNALS[name].title)
        assert np.abs(np.log10(measured.y / theory.y)).max() < 0.1 * len(theory.y)


def test_the_axis_is_the_same_for_every_run_and_nothing_is_silently_missing():
    """Of every layer and signal there is a dot on its line or a mark at an edge, in every frame."""
    presets = [LESSON.preset(name) for name in ("Weights too large", "Sigmoid, 10 layers")]
    overflow, faint = DIVERGING["Overflow before the first step"], SMALL.but(gain=1e-3, depth=9)
    ranges = set()
    for run in train([*presets, SMALL.but(init="zeros"), overflow, faint], 6):
        figure, lines = signals.signal_by_layer(run), len(signals.SIGNALS)
        ranges.add(figure.layout.yaxis.range)
        for data in [figure.data, *(frame.data for frame in figure.frames)]:
            drawn = sum(int(np.isfinite(np.array(t.y, dtype=float)).sum()) for t in data[:lines])
            marked = sum(len(t.x) for t in data[lines : lines + len(signals.MARKS)])
            assert drawn + marked == lines * run.experiment.depth
        marks = [y for t in figure.data[lines : lines + len(signals.MARKS)] for y in t.y]
        assert all(10.0**-signals.DECADES < y < 10.0**signals.DECADES for y in marks)
    assert len(ranges) == 1


def test_without_an_error_signal_none_is_said_to_be_infinite():
    [run] = train([SMALL.but(init="zeros")], 2)
    assert signals.signal_sentence(run) == ("At step 0 the error signal is exactly 0 in all hidden layers")


@pytest.mark.parametrize("name", ["Sigmoid, 10 layers", "Xavier, 20 layers", "Weights too large"])
def test_the_headline_says_what_moved_how_far(name):
    [run] = train([LESSON.preset(name)], 12)
    final = [i for i, step in enumerate(run.at) if np.isfinite(run.probes["weight_moved"][i]).all()][-1]
    distance = run.probes["weight_moved"][final].astype(float)
    said = moved.moved_sentence(run)
    assert f"In {run.at[final]} steps" in said
    low, high = distance.min(), distance.max()
    if high < 0.01 and high < 10 * low:
        assert f"all {len(distance)} layers hardly move" in said
    elif high < 3 * low:
        assert f"all {len(distance)} layers move alike" in said
    else:
        times = short(distance.max() / distance.min())
        order = f"layer {distance.argmin() + 1} moves {times} times less than layer {distance.argmax() + 1}"
        assert order in said
    assert said in signals.signal_by_layer(run).layout.meta["title"]


def test_why_the_last_layer_does_not_learn_is_said_where_all_samples_look_alike():
    stuck, learns, blocked = train([LESSON.start, SMALL, LESSON.start.but(dataset="xor")], 4)
    said = why.alike_sentence(stuck)
    first, last = stuck.probes["activation_std"][0][[0, -1]]
    assert short(first) in said and short(last) in said
    output = forward(stuck.experiment, stuck.weights, stuck.experiment.load().x_train).output
    assert np.ptp(output) < 1e-4
    assert not why.alike_sentence(learns)
    assert why.alike_sentence(blocked)


def test_the_variants_change_one_setting_each():
    for name in LESSON.presets:
        e = LESSON.preset(name)
        for variant in LESSON.variants:
            assert len(LESSON.variant(variant, e).changes(e)) <= 1, (name, variant)
        he = LESSON.variant("weights as large as He's", e)
        assert sigma_w(he, he.width, he.width) == pytest.approx(2**0.5)


@pytest.mark.parametrize("changes", [{}, {"batchnorm": True}, {"residual": True}, {"init": "zeros"}], ids=str)
def test_the_mathematics_has_the_numbers_of_theory(changes):
    [run] = train([SMALL.but(**changes)], 2)
    formula, sentence = why.why(run)
    chi = predict(run.experiment, run.input_mean_square).chi[-1]
    assert f"{chi:.3g}" in formula
    assert ("1 + χ" in sentence) == run.experiment.residual


def test_equal_weights_get_no_line_of_theory():
    [run] = train([SMALL.but(init="constant")], 2)
    lines = [t for t in signals.signal_by_layer(run).data if "predicted" in t.name]
    assert lines and not any(np.isfinite(t.y).any() for t in lines)
    formula, sentence = why.why(run)
    assert "NaN" not in formula + sentence and "equal" in sentence


def test_a_bar_is_the_median_of_its_seeds_and_opens_its_change(the):
    sweep = Sweep.made(lambda change, seed: SMALL.but(seed=seed, steps=change), change=(1, 30), seed=range(3))
    runs = train(sweep.experiments, 2)
    bar = the(rescues.rescues(measured.rescues(sweep, runs)), type="bar")
    losses = np.array([run.train_loss[-1] for run in runs]).reshape(2, 3)
    np.testing.assert_allclose(bar.x, np.median(losses, axis=1), rtol=1e-6)
    assert list(bar.customdata) == [0, 1]


DEAD = dict(width=1, activation="relu", init="he", depth=5)


@pytest.mark.parametrize("changes", [dict(steps=1), DEAD, dict(init="zeros")], ids=str)
def test_of_the_last_layer_nothing_is_said_in_a_short_run_or_where_it_hears_nothing(changes):
    [run] = train([LESSON.start.but(**changes)], 4)
    spread, last = run.probes["activation_std"], run.probes["delta_norm"][:, -1]
    assert (spread[:, -1] <= 0.01 * spread[:, 0]).all()
    assert run.experiment.steps == 1 or not last.all()
    assert not why.alike_sentence(run)


def test_a_network_that_is_learning_is_not_said_to_see_no_difference():
    """Its last layer spreads less than a hundredth of its first, which sees features of 100,000."""
    e = LESSON.preset("ReLU, default init").but(input_scale=1e5, steps=100)
    [run] = train([e], 4)
    assert run.train_loss[-1] < 0.9 * run.chance
    assert not why.alike_sentence(run)


def test_what_has_no_ratio_is_neither_a_number_nor_a_divergence():
    [run] = train([SMALL.but(bias=-5)], 2)
    formula, sentence = why.why(run)
    assert "NaN" not in formula + sentence and "no ratio can be measured" in sentence
    for name in ("per_layer", "first_over_last"):
        assert MEASURES[name].text(MEASURES[name].of(run)) == "undefined"


def test_with_one_hidden_layer_nothing_is_multiplied():
    [run] = train([SMALL.but(depth=1)], 2)
    assert "no way from layer to layer" in why.why(run)[1]
