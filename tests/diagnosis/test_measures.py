"""Every measure on every kind of run, and against what can be worked out by hand."""

import warnings
from dataclasses import replace

import numpy as np
import pytest
import torch

from core.diagnosis.measures import MEASURES
from core.diagnosis.numbers import epochs_to, per_layer
from core.engine.train import train
from core.experiment import Experiment
from core.lessons.feature_scaling.houses import Houses
from tests.reference import PHI, Network

HEALTHY = Experiment(samples=64, depth=3, width=8, steps=30, learning_rate=0.02)
LINEAR = Houses(samples=64, steps=30, scaling="log_clip_zscore")
KINDS = {
    "healthy": HEALTHY,
    "diverged": HEALTHY.but(dataset="curve", learning_rate=100),
    "diverged at once": HEALTHY.but(gain=100, depth=20, input_scale=1e6),
    "weights of zero": HEALTHY.but(init="zeros"),
    "one step": HEALTHY.but(steps=1, depth=1),
    "linear": LINEAR,
    "linear, diverged": LINEAR.but(scaling="none", learning_rate=100),
    "linear, missing cells": LINEAR.but(missing=3),
    "table": LINEAR.but(depth=2, width=8),
}
MAY_NOT_ARRIVE = ("steps_to_", "epochs")
OF_HIDDEN_LAYERS = {
    "first_over_last",
    "per_layer",
    "first_layer_moved",
    "dead_units",
    "dead_first_layer",
    "dead_last_layer",
    "stuck_units",
    "shut_units",
    "came_back",
    "unequal_units",
    "hidden_moved",
    "signal_to_noise",
}


@pytest.fixture(scope="module")
def runs():
    return dict(zip(KINDS, train(KINDS.values(), snapshots=8), strict=True))


def of(name, run):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return MEASURES[name].of(run)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", MEASURES)
def test_it_is_one_number_of_any_run_or_says_that_there_is_none(name, kind, runs):
    value = of(name, runs[kind])
    assert isinstance(value, float)
    assert (MEASURES[name].text(value) == MEASURES[name].missing) == (not np.isfinite(value))


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.41279, "0.41"), (4.1279e-4, "4.1×10⁻⁴"), (123.4, "120"), (0, "0"), (-0.0312, "-0.031")],
)
@pytest.mark.parametrize("name", ["final_loss", "lowest_loss", "test_loss", "generalization_gap"])
def test_a_loss_that_training_led_to_has_two_digits(name, value, text):
    assert MEASURES[name].text(value) == text


@pytest.mark.parametrize(("value", "text"), [(-0.05, "-5.0 %"), (1, "100.0 %"), (-2.5e8, "-25 billion %")])
def test_a_share_that_is_none_stays_short(value, text):
    assert MEASURES["test_accuracy"].text(value) == text


@pytest.mark.parametrize("name", [name for name in MEASURES if not name.startswith(MAY_NOT_ARRIVE)])
def test_a_healthy_run_has_it(name, runs):
    assert np.isfinite(of(name, runs["healthy"]))


@pytest.mark.parametrize("name", MEASURES)
def test_a_linear_model_lacks_what_is_measured_in_hidden_layers(name, runs):
    if not name.startswith(MAY_NOT_ARRIVE):
        assert np.isfinite(of(name, runs["linear"])) == (name not in OF_HIDDEN_LAYERS)


def test_a_run_that_diverged_is_the_worst(runs):
    run = runs["diverged"]
    assert of("final_loss", run) == of("test_loss", run) == of("generalization_gap", run) == np.inf
    assert of("test_r2", run) == -np.inf
    assert of("survived", run) == run.diverged_at == np.isfinite(run.loss).sum()
    assert np.isfinite(of("lowest_loss", run)) == (run.diverged_at >= 10)


def test_the_error_signal_of_a_geometric_series(runs):
    delta = 3.0 * 2.0 ** -np.arange(3)[::-1]
    run = replace(runs["healthy"], probes=runs["healthy"].probes | {"delta_norm": delta[None]})
    assert of("first_over_last", run) == pytest.approx(1 / 4)
    assert of("per_layer", run) == pytest.approx(1 / 2)
    assert per_layer(runs["one step"]) == 1


def test_the_loss_of_a_straight_line(runs):
    loss = np.linspace(1, 0, 101)
    run = replace(runs["healthy"], loss=loss)
    assert of("lowest_loss", run) == pytest.approx(loss[-10:].mean())
    assert of("survived", run) == 101
    learned = int(of("steps_to_learned", run))
    assert loss[learned] < run.chance / 2 <= loss[learned - 1]
    assert of("steps_to_learned", replace(run, loss=loss + 1)) == np.inf


def test_epochs_are_counted_where_the_held_out_loss_first_falls_to_the_target(runs):
    """Along exp(-step / 10) in batches of half of the samples, measured at every fifth step."""
    at = np.arange(0, 31, 5)
    run = replace(runs["healthy"], at=at, test_loss=np.exp(-at / 10))
    run = replace(run, experiment=run.experiment.but(batch_size=32))
    assert epochs_to(run, np.exp(-1.23)) == pytest.approx(12.3 / 2)
    assert epochs_to(run, 1) == 0
    assert epochs_to(run, 0.01) == np.inf
    assert of("epochs_to_0.1", run) == of("epochs", run) == pytest.approx(np.log(10) * 10 / 2)


def test_units_are_as_unequal_as_their_weighted_sums(runs):
    run = runs["healthy"]
    x = run.experiment.load().x_train
    spread = (x @ run.weights["linear.0.weight"].T.astype(float)).std(axis=0)
    assert of("unequal_units", run) == pytest.approx(spread.max() / spread.min())
    normed = train([HEALTHY.but(batchnorm=True)], 2)[0]
    assert of("unequal_units", normed) < 1.5 < of("unequal_units", run)


def test_the_highest_rate_counts_only_where_it_trained(runs):
    run = runs["healthy"]
    assert of("highest_rate", replace(run, train_loss=np.array([0.7, 0.1]))) == HEALTHY.learning_rate
    assert of("highest_rate", replace(run, train_loss=np.array([0.7, 0.6]))) == 0


@pytest.mark.parametrize(("rise", "steady"), [(0, True), (9e-4, True), (1.1e-3, False)])
def test_a_rate_is_steady_at_which_no_step_raises_the_loss(runs, rise, steady):
    run, rate = runs["healthy"], HEALTHY.learning_rate
    falling = replace(run, loss=np.linspace(2, 1, 30), train_loss=np.ones(2))
    assert of("steady_rate", falling) == rate
    risen = falling.loss.copy()
    risen[20] = risen[19] * (1 + rise)
    assert of("steady_rate", replace(falling, loss=risen)) == rate * steady
    assert of("steady_rate", replace(falling, train_loss=np.full(2, 1 + rise))) == rate * steady
    assert of("steady_rate", runs["diverged"]) == 0


def test_what_is_read_off_the_end(runs):
    run = runs["healthy"]
    assert of("final_loss", run) == run.train_loss[-1]
    assert of("generalization_gap", run) == pytest.approx(run.test_loss[-1] - run.train_loss[-1], rel=1e-6)
    assert of("test_accuracy", run) == run.test_accuracy[-1]
    start = train([HEALTHY.but(steps=1)], snapshots=2)[0].probes["weight_norm"][0]
    assert of("hidden_moved", run) <= (run.probes["weight_norm"][-1] / start + 1).max()
    assert of("hidden_moved", run) >= of("first_layer_moved", run) > 0


def test_units_that_are_counted_as_dead(runs):
    active = np.ones((2, 3, 4))
    active[:, 0, 0] = 0
    active[1, 2] = 0
    dead = (active == 0).mean(axis=2)
    base = runs["healthy"]
    run = replace(
        base,
        at=np.array([0, 30]),
        train_loss=np.ones(2),
        active_fraction=active,
        probes=base.probes | {"dead_fraction": dead},
    )
    assert of("dead_units", run) == pytest.approx(5 / 12)
    assert (of("dead_first_layer", run), of("dead_last_layer", run)) == (1 / 4, 1)
    assert of("stuck_units", run) == pytest.approx(1 / 12)


def test_a_unit_is_shut_where_autograd_and_the_next_layer_get_nothing_from_it(runs):
    e = HEALTHY.but(bias=-0.5, precision="float64")
    for one in (e, e.but(batchnorm=True), e.but(activation="leaky_relu")):
        [run] = train([one], snapshots=2)
        model, x = Network(one), torch.from_numpy(one.load().x_train)
        model.load_state_dict(
            {name: torch.from_numpy(value) for name, value in run.weights.items()}, strict=False
        )
        model.eval()
        z = [layer.detach().requires_grad_() for layer in (model(x), model.entered)[1]]
        left = [PHI[one.activation](values) for values in z]
        slopes = torch.autograd.grad(sum(values.sum() for values in left), z)
        shut = [((a == 0) & (g == 0)).all(dim=0) for a, g in zip(left, slopes, strict=True)]
        assert of("shut_units", run) == torch.stack(shut).double().mean()


def test_units_that_came_back_are_of_those_that_were_silent(runs):
    active = np.ones((2, 3, 4))
    active[0, :2] = 0
    active[1, 0, :2] = 0
    base = runs["healthy"]
    run = replace(base, active_fraction=active)
    assert of("came_back", run) == pytest.approx(6 / 8)
    assert np.isnan(of("came_back", replace(base, active_fraction=active + 1)))
    assert of("came_back", runs["diverged"]) == of("shut_units", runs["diverged"]) == np.inf
