"""The first tensor that is not finite: in which layer and at which step, and what led to it."""

from dataclasses import replace

import numpy as np
import pytest

from core.engine.train import train
from core.experiment import Experiment
from core.lessons.gradients.charts import autopsy as charts
from core.lessons.gradients.measured.autopsy import KEPT, examine
from core.lessons.gradients.settings import DIVERGING, LARGE
from core.run import ENDS
from core.theory import overflow_depth

LIMIT = float(np.finfo(np.float32).max)


@pytest.mark.slow
@pytest.mark.parametrize("name", DIVERGING)
def test_every_run_that_is_offered_diverges_and_has_an_autopsy(name):
    e = DIVERGING[name]
    found = examine(e)
    [run] = train([e], ENDS)
    assert found.run.diverged_at == run.diverged_at is not None
    assert found.step <= run.diverged_at
    assert not np.isfinite(found.value)
    assert 0 < found.share <= 1
    assert found.at[-1] == found.step
    for figure in (charts.over_steps(found), charts.over_layers(found)):
        assert str(found.step) in figure.layout.meta["title"]
    assert charts.prediction(found)


def test_the_layer_is_the_first_without_finite_pre_activations():
    found = examine(LARGE)
    last = found.largest["pre_activation"][-1]
    assert found.kind == "pre_activation"
    assert np.isfinite(last[: found.layer - 1]).all()
    assert not np.isfinite(last[found.layer - 1])
    assert np.isnan(last[found.layer :]).all()
    before = found.largest["pre_activation"][:-1]
    assert np.isfinite(before).all()
    assert (np.diff(before.max(axis=1)) > 0).all()


@pytest.mark.parametrize("gain", [8.0, 12.0])
def test_a_forward_pass_overflows_in_the_predicted_layer(gain):
    """Science EG7 within 2 %, and the features start below a root mean square of 1."""
    e = Experiment(activation="relu", init="normal", gain=gain, depth=60, width=64, samples=32, steps=1)
    found = examine(e)
    assert found.step == 0
    assert found.layer == pytest.approx(overflow_depth(gain), abs=3)
    assert "overflow after" in charts.prediction(found)


def test_a_loss_can_overflow_where_the_output_does_not():
    e = Experiment(dataset="curve", depth=1, width=32, activation="identity", learning_rate=3, momentum=0)
    found = examine(e)
    assert found.kind == "loss"
    assert found.layer == 2
    assert np.isfinite(found.largest["pre_activation"]).any()
    assert charts.sentence(found).startswith(f"At step {found.step}, the loss is ∞; everything")
    assert "of all layers are finite" in charts.over_layers(found).layout.meta["title"]
    assert "parabola" in charts.prediction(found)


def test_batch_normalization_leaves_it_to_the_gradients():
    found = examine(LARGE.but(batchnorm=True, init="he", gain=1, learning_rate=100, width=32))
    assert found.kind in ("weight_gradient", "delta", "weight")
    assert charts.sentence(found).startswith(f"At step {found.step}, ")
    assert "not finite, the first is" in charts.sentence(found)


@pytest.mark.parametrize(("share", "words"), [(1.0, "all pre-activations"), (0.0118, "1.18 % of the pre-")])
def test_how_much_of_a_tensor_was_lost_is_said_without_powers(share, words):
    found = replace(examine(LARGE.but(steps=5)), share=share)
    assert words in charts.sentence(found) and "e+" not in charts.sentence(found)


def test_only_the_last_steps_are_kept():
    e = Experiment(
        dataset="curve", depth=1, width=8, activation="identity", momentum=0, samples=32, steps=2000
    )
    found = examine(e.but(learning_rate=0.5, gain=3))
    assert found is not None
    assert len(found.at) <= KEPT
    assert all(len(sizes) == len(found.at) for sizes in found.largest.values())


def test_a_run_that_stays_finite_has_none():
    assert examine(LARGE.but(clip_norm=1, steps=10)) is None
