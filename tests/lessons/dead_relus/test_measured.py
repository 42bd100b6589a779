"""A second look at a training sees the same numbers, and what it shows of a unit is what happened to it."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from core.diagnosis import census
from core.engine.network import Stack
from core.engine.train import train
from core.lessons.dead_relus.charts import hinges as hinge_charts
from core.lessons.dead_relus.charts import history as charts
from core.lessons.dead_relus.charts.revival import far
from core.lessons.dead_relus.measured.hinges import hinges
from core.lessons.dead_relus.measured.history import follow
from core.lessons.dead_relus.measured.revival import Revival, revive, silence
from core.lessons.dead_relus.settings import CALM, LINE, NEGATIVE, PLANE, REVIVAL, REVIVALS, START
from core.words import short


@pytest.fixture(scope="module")
def run():
    [run] = train([START])
    return run


@pytest.fixture(scope="module")
def history(run):
    return follow(START, *census.interesting(run))


def test_the_history_is_that_of_the_run_to_the_bit(run, history):
    layer, unit = history.layer, history.unit
    assert np.array_equal(history.active[run.at].astype(np.float32), run.active_fraction[:, layer, unit])
    assert np.array_equal(history.weight[-1], run.weights[f"linear.{layer}.weight"][unit])
    assert history.bias[-1] == run.weights[f"linear.{layer}.bias"][unit]
    assert np.array_equal(history.dead[run.at], census.counts(run)[..., 0])


def test_nothing_gets_through_a_dead_unit(history):
    dead = slice(history.died, None)
    assert history.active[history.died - 1] > 0
    assert not history.active[dead].any() and not history.active_batch[dead].any()
    assert (history.passed[dead] == 0).all() and (history.gradient[dead] == 0).all()
    assert (history.received[dead] > 0).all()


def test_what_gets_through_is_what_autograd_says():
    e = CALM.but(steps=1, batch_size=0, precision="float64", depth=3, width=8, samples=64)
    for layer in range(e.depth):
        h = follow(e, layer, 3)
        stack = Stack([e])
        signal, y = stack.x_train[0].T.clone().requires_grad_(), stack.y_train[0].T
        inputs, outputs = [], []
        for i in range(e.depth):
            z = signal @ stack.weight[i][0].T + stack.bias[i][0, :, 0]
            z.retain_grad()
            signal = torch.relu(z)
            signal.retain_grad()
            inputs.append(z)
            outputs.append(signal)
        answer = signal @ stack.weight[-1][0].T + stack.bias[-1][0, :, 0]
        torch.nn.functional.binary_cross_entropy_with_logits(answer, y).backward()
        assert h.received[0] == pytest.approx(float(outputs[layer].grad[:, 3].norm()), rel=1e-9)
        assert h.passed[0] == pytest.approx(float(inputs[layer].grad[:, 3].norm()), rel=1e-9)


def test_asleep_on_a_batch_is_not_dead(history):
    assert (history.dead + history.asleep <= START.width).all()
    assert history.asleep.sum() > 0


def title(chart, e, layer=0, unit=0):
    return chart(follow(e, layer, unit)).layout.meta["title"]


def test_what_moves_without_a_gradient_is_how_far_it_ends_from_where_it_died(history):
    ends = [np.append(history.weight[i], history.bias[i]) for i in (history.died, -1)]
    share = np.linalg.norm(ends[1] - ends[0]) / np.linalg.norm(ends[0])
    said = charts.parameters(history).layout.meta["title"]
    assert said.endswith(f"momentum alone still moves its weights and bias, by {short(100 * share)} % in all")


def test_where_the_batch_is_the_whole_training_set_there_is_no_gap():
    e = CALM.but(steps=1, width=4, samples=64, batch_size=0)
    assert "the lines are one" in charts.asleep(follow(e, 0, 0)).layout.meta["how"]
    how = charts.asleep(follow(e.but(batchnorm=True), 0, 0)).layout.meta["how"]
    assert "in evaluation mode, above 0 on some of all 64" in how


def test_with_batch_normalization_what_is_shown_is_normalized():
    e = CALM.but(steps=1, width=4, samples=64, batchnorm=True, bias=-5, learning_rate=1e-6)
    assert "its normalized weighted sum ends" in title(charts.pre_activation, e)
    assert title(charts.parameters, e) == "Its bias ends where it began, at -5"


def test_of_one_batch_and_of_none_it_is_said_so():
    one = NEGATIVE.but(steps=1, width=4, samples=64, bias=-60, activation="gelu", depth=1)
    h = follow(one, 0, 0)
    assert charts.gradient(replace(h, active=np.ones(2))).layout.meta["title"] == (
        "Exactly 0 gets through on the one batch looked at"
    )
    none = one.but(activation="identity", bias=0, depth=2, steps=2000, learning_rate=100)
    assert title(charts.gradient, none).startswith("The training diverged before")


def test_one_dead_hinge_is_one():
    found = hinges(LINE.but(steps=1))
    for dead, words in ((1, "1 of 24 units is dead"), (2, "2 of 24 units are dead")):
        silent = np.broadcast_to(np.arange(24) < dead, found.silent.shape)
        assert words in hinge_charts.line(replace(found, silent=silent)).layout.meta["title"]


def test_there_is_no_history_of_a_unit_that_is_not_there():
    with pytest.raises(IndexError, match="no unit 64 in layer 0"):
        follow(START, 0, 64)


@pytest.mark.parametrize(
    "change", [{"momentum": 0}, {"momentum": 0.9}, {"optimizer": "adam", "learning_rate": 0.01}]
)
def test_dead_units_of_layer_1_stay_what_they_were_to_the_bit(change):
    r = revive(REVIVAL.but(steps=500, depth=2, **change), layer=0, margin=30.0, seeds=2)
    assert (r.moved == 0).all()
    assert not r.alive.any()


@pytest.mark.slow
@pytest.mark.parametrize("margin", [0.01, 30.0])
@pytest.mark.parametrize("name", ["SGD", "Adam"])
def test_barely_dead_units_return_in_the_layers_above_only(name, margin):
    e = REVIVALS[name].but(steps=150)
    back = [revive(e, layer, margin).returned.mean() for layer in range(e.depth)]
    assert back[0] == 0
    if margin > 1:
        assert back == [0, 0, 0]
    else:
        assert 0.2 < back[1] < back[2]
        assert back[2] > 0.5


def test_weight_decay_moves_dead_units_and_wakes_none():
    r = revive(REVIVALS["SGD with weight decay"], layer=1, margin=30.0, seeds=4)
    assert (r.moved > 1).all()
    assert not r.alive.any()


def test_how_many_are_back_is_counted_over_layers_and_ways_to_train():
    at, alive = np.array([0, 9]), np.array([[0, 0], [0, 3]])
    some = [Revival(REVIVAL, layer, 16, 30.0, at, alive * layer, alive[0]) for layer in (0, 1)]
    said = far({"SGD": some, "Adam": some})
    assert said.startswith("Silenced by 30 instead, **6 of 128 units** are back")
    assert "**none of 64 units**" in far({"SGD": some[:1], "Adam": some[:1]})


def test_silenced_units_are_silent_by_the_margin_and_others_untouched():
    e = REVIVAL.but(steps=1)
    stack, before = Stack([e, e.but(seed=1)]), Stack([e, e.but(seed=1)])
    silence(stack, layer=1, units=16, margin=0.5)
    z = [z.clone() for _, z in stack.inference(stack.x_train)][1]
    assert z[:, :16].amax(dim=2).numpy() == pytest.approx(-0.5, abs=1e-5)
    assert torch.equal(stack.bias[1][:, 16:], before.bias[1][:, 16:])
    assert torch.equal(stack.weight[1], before.weight[1])


def test_hinges_over_time_end_where_the_run_ends():
    found = hinges(LINE)
    [run] = train([LINE])
    assert found.at[0] == 0 and found.at[-1] == LINE.steps
    assert np.array_equal(found.weight[-1], run.weights["linear.0.weight"])
    assert np.array_equal(found.silent[-1], run.active_fraction[-1, 0] == 0)


def test_between_two_hinges_the_answer_is_a_straight_line():
    x, y = hinges(LINE).fit[-1].astype(float)
    bends = np.isin(x[1:-1], hinges(LINE).hinge[-1, 0])
    step = np.diff(x)
    slope = np.divide(np.diff(y), step, out=np.full_like(step, np.nan), where=step > 1e-6)
    change = np.abs(np.diff(slope))
    assert np.nanmax(change[~bends]) < 1e-3 < np.nanmax(change[bends])


def test_on_a_plane_there_is_no_fit_to_draw():
    found = hinges(PLANE)
    assert found.fit is None and found.hinge is None
    assert found.silent.shape == found.bias.shape


def test_histories_end_with_the_last_finite_loss():
    e = START.but(activation="leaky_relu", learning_rate=30)
    [run] = train([e])
    h = follow(e, 0, 0)
    assert h.at[-1] == run.diverged_at - 1
    assert np.isfinite(h.weight).all()
