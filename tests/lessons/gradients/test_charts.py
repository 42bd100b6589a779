"""The Gradients charts draw what the run holds."""

import numpy as np
import pytest

from core.engine.train import train
from core.experiment import Experiment
from core.lessons.gradients.charts import rescues, signals
from core.lessons.gradients.lesson import LESSON
from core.lessons.gradients.measured import rescues as measured
from core.sweep import Sweep
from core.theory import predict

SMALL = Experiment(depth=4, width=8, samples=64, steps=30)


def test_frames_cover_every_snapshot_until_the_run_diverged():
    [run] = train([LESSON.preset("Weights too large")], 12)
    figure = signals.signal_by_layer(run)
    assert run.diverged_at is not None
    assert [int(f.name) for f in figure.frames] == [s for s in run.at if s <= run.diverged_at]


def test_measured_dots_lie_over_the_line_of_theory():
    [run] = train([LESSON.start], 2)
    back = next(t for t in signals.signal_by_layer(run).data if t.name.startswith("error signal"))
    np.testing.assert_allclose(back.y, run.probes["delta_norm"][0], rtol=1e-6)


def test_the_spread_of_the_start_lies_on_the_dashed_line(the):
    figure = signals.signal_by_layer(train([LESSON.start], 2)[0])
    forward = the(figure, name="activations forward (spread over samples)")
    dashed = the(figure, name="predicted at the start")
    np.testing.assert_allclose(forward.y, dashed.y, rtol=0.3)


@pytest.mark.parametrize("changes", [{}, {"batchnorm": True}, {"residual": True}, {"init": "zeros"}], ids=str)
def test_the_mathematics_has_the_numbers_of_theory(changes):
    [run] = train([SMALL.but(**changes)], 2)
    formula, sentence = signals.why(run)
    chi = predict(run.experiment, run.input_mean_square).chi[-1]
    assert f"{chi:.3g}" in formula
    assert ("1 + χ" in sentence) == run.experiment.residual


def test_equal_weights_get_no_line_of_theory():
    [run] = train([SMALL.but(init="constant")], 2)
    lines = [t for t in signals.signal_by_layer(run).data if "predicted" in t.name]
    assert lines and not any(np.isfinite(t.y).any() for t in lines)
    formula, sentence = signals.why(run)
    assert "NaN" not in formula + sentence and "equal" in sentence


def test_a_bar_is_the_median_of_its_seeds_and_opens_its_change(the):
    sweep = Sweep.made(lambda change, seed: SMALL.but(seed=seed, steps=change), change=(1, 30), seed=range(3))
    runs = train(sweep.experiments, 2)
    bar = the(rescues.rescues(measured.rescues(sweep, runs)), type="bar")
    losses = np.array([run.train_loss[-1] for run in runs]).reshape(2, 3)
    np.testing.assert_allclose(bar.x, np.median(losses, axis=1), rtol=1e-6)
    assert list(bar.customdata) == [0, 1]
