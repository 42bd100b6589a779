"""Clipping against PyTorch's own functions, on real gradients and on impossible ones."""

import numpy as np
import pytest
import torch

from core.engine.network import Stack
from core.engine.train import train
from core.experiment import Experiment
from core.lessons.gradients.charts import clipping as charts
from core.lessons.gradients.measured import clipping
from core.lessons.gradients.settings import LARGE
from core.words import short

SMALL = Experiment(depth=3, width=8, samples=64, steps=12, clip_norm=0.05, learning_rate=0.1)


@pytest.mark.parametrize("changes", [{}, {"batch_size": 32}, {"batchnorm": True}, {"learning_rate": 50}])
def test_watching_does_not_change_a_bit(changes):
    e, seen = SMALL.but(**changes), []
    [alone] = train([e])
    [watched] = train([e], watch=lambda step, stack, loss: seen.append(step))
    np.testing.assert_array_equal(alone.loss, watched.loss)
    for name, values in alone.weights.items():
        np.testing.assert_array_equal(values, watched.weights[name])
    assert seen == list(range(len(seen)))


def test_the_norms_are_those_of_pytorch():
    record = clipping.record(SMALL, SMALL.clip_norm)
    stack = Stack([SMALL])
    with torch.no_grad():
        stack.forward(stack.x_train, stack.y_train)
        stack.backward(stack.y_train)
    w = torch.zeros_like(stack.gradients, requires_grad=True)
    w.grad = stack.gradients.clone()
    norm = torch.nn.utils.clip_grad_norm_([w], SMALL.clip_norm)
    assert record.before[0] == pytest.approx(norm.item(), rel=1e-6)
    assert record.after[0] == pytest.approx(w.grad.norm().item(), rel=1e-5)


def test_a_norm_keeps_the_direction_and_single_values_do_not():
    record = clipping.record(LARGE.but(clip_norm=1, steps=20), 1.0)
    n = record.norm[0]
    assert record.cosine[:2] == pytest.approx([1, 1], abs=1e-9)
    assert record.norm[1] == pytest.approx(n / (n + 1e-6), abs=1e-9)
    assert record.cosine[2] < 0.95
    assert record.norm[2] > 1
    np.testing.assert_allclose(record.arrows[1] * n, record.arrows[0], rtol=1e-6)
    assert (np.abs(record.arrows[2]) <= 1).all()
    assert record.before[record.step] == np.nanmax(record.before)


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_the_largest_gradient_stays_as_it_was_when_training_goes_on(precision):
    """With float64 there is nothing to convert, and nothing may be shared with the network."""
    record = clipping.record(SMALL.but(precision=precision), SMALL.clip_norm)
    assert record.norm[0] == pytest.approx(np.nanmax(record.before), rel=1e-9)
    assert record.cosine[:2] == pytest.approx([1, 1], abs=1e-9)


def test_what_clipping_does_to_the_largest_gradient_is_said():
    def title(e, limit=1.0):
        return charts.arrows(clipping.record(e.but(clip_norm=limit), limit)).layout.meta["title"]

    assert "neither way of clipping changes it" in title(SMALL, 100.0)
    record = clipping.record(LARGE.but(clip_norm=1, steps=5), 1.0)
    angle = np.degrees(np.arccos(record.cosine[2]))
    assert title(LARGE.but(steps=5)) == (
        f"Clipping the norm turns the gradient by 0°, clipping every value turns it by {short(angle)}°"
    )
    assert "nothing to clip" in title(LARGE.but(gain=8, depth=60, width=16, steps=2))


def test_a_regression_has_no_accuracy_and_a_run_that_ends_a_cross():
    e = SMALL.but(dataset="curve", steps=20)
    records = [clipping.record(e.but(clip_norm=limit), 0.05) for limit in (0, 0.05)]
    title = charts.norms(*records).layout.meta["title"]
    assert "R² is" in title and "accuracy" not in title
    lost = clipping.record(LARGE.but(clip_norm=0, steps=10), 1.0)
    figure = charts.norms(lost, clipping.record(LARGE.but(clip_norm=1, steps=10), 1.0))
    [cross] = [trace for trace in figure.data if trace.marker.symbol == "x"]
    assert cross.x[0] == np.isfinite(lost.before).sum() < 10
    low, high = figure.layout.yaxis.range
    assert low < np.log10(cross.y[0]) < high


@pytest.mark.parametrize("seed", range(3))
def test_large_weights_end_in_nan_without_clipping_and_learn_with_it(seed):
    """Science: NaN at step 3 or 4 without, loss 0 and accuracy 1 with the norm clipped to 1."""
    e = LARGE.but(seed=seed, steps=200, samples=128)
    without, helped = (clipping.record(e.but(clip_norm=c), 1.0) for c in (0, 1))
    assert without.run.diverged_at in (2, 3, 4)
    assert np.isfinite(without.before).sum() <= without.run.diverged_at
    assert helped.run.train_accuracy[-1] == 1
    assert helped.run.train_loss[-1] < 0.01
    assert np.nanmax(helped.after) <= 1 + 1e-5


def test_a_run_without_a_finite_gradient_is_recorded_too():
    record = clipping.record(LARGE.but(gain=8, depth=60, width=16, steps=5), 1.0)
    assert record.run.diverged_at == 0
    assert np.isnan(record.before).all()
    assert (record.arrows == 0).all()


def test_what_clipping_cannot_do():
    table = clipping.hard_cases()
    assert table["gradient"]["usual"] == "(3, 4)"
    assert table["clip_grad_norm_"]["usual"] == "(0.6, 0.8)"
    assert table["clip_grad_norm_"]["its norm overflows"] == "(0, 0)"
    assert "NaN" in table["clip_grad_norm_"]["one value is inf"]
    assert table["clip_grad_value_"]["one value is inf"] == "(1, 1)"
    assert "NaN" in table["clip_grad_value_"]["one value is NaN"]
