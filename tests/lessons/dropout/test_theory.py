"""Dropout where it can be computed: every formula against enumeration, PyTorch's own dropout, or training."""

import numpy as np
import pytest
import torch
from scipy.special import softmax

from core.data import load
from core.diagnosis.at_the_end import overfitting
from core.engine.train import train
from core.experiment import Experiment
from core.lessons.dropout.measured.ensemble import (
    all_masks,
    ensemble,
    geometric_mean,
    relative_gap,
    sampled_error,
    sampled_error_theory,
)
from core.lessons.dropout.measured.linear import descent, path, rate_errors
from core.lessons.dropout.settings import CLEAN, FAMILIES, MOONS, SMALL_NETWORKS, XOR
from core.lessons.dropout.theory import RATES, best_rate, dropout_loss, linear_data, ridge
from core.run import ENDS
from core.sweep import Sweep


@pytest.fixture(scope="module")
def small():
    return dict(zip(SMALL_NETWORKS, train(SMALL_NETWORKS.values(), snapshots=2), strict=True))


@pytest.mark.parametrize("p", [0.2, 0.5, 0.8])
def test_the_expected_loss_is_a_ridge_regression_s(p):
    """Every one of the masks on one row, weighted by its probability: rows are independent."""
    x, y, w = linear_data(20, 8, 1.0, seed=1)
    masks, chance = all_masks(8, p)
    enumerated = np.mean(
        [chance @ (masks @ (row * w) - target) ** 2 for row, target in zip(x, y, strict=True)]
    )
    assert dropout_loss(x, y, w, p) == pytest.approx(enumerated, rel=1e-10)


@pytest.mark.parametrize("p", [0.2, 0.5, 0.8])
def test_ridge_weights_have_no_gradient_left(p):
    x, y, _ = linear_data(20, 8, 1.0, seed=1)
    masks, chance = all_masks(8, p)
    w = torch.tensor(ridge(x, y, p), requires_grad=True)
    rows = torch.tensor(x)[:, None, :] * torch.tensor(masks)
    ((rows @ w - torch.tensor(y)[:, None]) ** 2 @ torch.tensor(chance)).mean().backward()
    assert w.grad.abs().max() < 1e-10


@pytest.mark.parametrize("p", [0.2, 0.5, 0.8])
def test_averaged_descent_with_dropout_is_ridge_regression(p):
    x, y, _ = linear_data(40, 8, 1.0, seed=0)
    exact = ridge(x, y, p)
    error = np.linalg.norm(descent(x, y, p).averaged - exact) / np.linalg.norm(exact)
    assert error < 0.03


def test_so_is_pytorch_s_own_dropout():
    x, y, _ = linear_data(40, 8, 1.0, seed=0)
    inputs, targets = torch.tensor(x), torch.tensor(y)[:, None]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        layer = torch.nn.Linear(8, 1, bias=False, dtype=torch.float64)
        network = torch.nn.Sequential(torch.nn.Dropout(0.5), layer)
        optimizer, total = torch.optim.SGD(network.parameters(), lr=0.02), torch.zeros(8, dtype=torch.float64)
        for step in range(4000):
            optimizer.zero_grad()
            torch.nn.functional.mse_loss(network(inputs), targets).backward()
            optimizer.step()
            if step >= 1000:
                total += layer.weight.detach()[0]
    exact = ridge(x, y, 0.5)
    assert np.linalg.norm(total.numpy() / 3000 - exact) < 0.03 * np.linalg.norm(exact)


def test_the_path_starts_at_least_squares_and_ends_at_zero():
    x, y, _ = linear_data(40, 8, 1.0, seed=0)
    found = path()
    np.testing.assert_allclose(found.closed_form[0], np.linalg.lstsq(x, y, rcond=None)[0], rtol=1e-8)
    assert np.linalg.norm(found.closed_form[-1]) < 0.1 * np.linalg.norm(found.closed_form[0])
    assert not ridge(x, y, 1).any()


@pytest.mark.parametrize("family", FAMILIES)
def test_the_best_rate_is_known_before_training(family):
    errors = rate_errors(*FAMILIES[family])
    assert RATES[errors.argmin()] == pytest.approx(best_rate(*FAMILIES[family]), abs=0.08)


@pytest.mark.parametrize("p", [0.2, 0.5, 0.8])
def test_one_pass_is_the_mean_of_all_thinned_linear_networks(small, p):
    run = small["linear output"]
    found = ensemble(run, load(run.experiment).x_test, p)
    assert len(found.outputs) == 2**10
    assert found.chance.sum() == pytest.approx(1)
    np.testing.assert_allclose(found.mean(), found.scaled, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("p", [0.2, 0.5, 0.8])
def test_one_pass_is_the_geometric_mean_of_softmax_networks_not_the_arithmetic(small, p):
    run = small["softmax output"]
    found = ensemble(run, load(run.experiment).x_test, p)
    scaled = softmax(found.scaled, axis=-1)
    np.testing.assert_allclose(geometric_mean(found), scaled, atol=1e-10)
    assert np.abs(np.tensordot(found.chance, softmax(found.outputs, axis=-1), 1) - scaled).max() > 0.01


def test_for_two_relu_layers_one_pass_is_close_and_closer_at_low_rates(small):
    run = small["two ReLU layers"]
    x = load(run.experiment).x_test
    low, high = (relative_gap((f := ensemble(run, x, p)).mean(), f.scaled) for p in (0.2, 0.5))
    assert 0.001 < low < high < 0.5


def test_too_many_thinned_networks_are_refused():
    [run] = train([Experiment(depth=2, width=8, samples=32, steps=1)], snapshots=2)
    with pytest.raises(
        ValueError, match="16 hidden units have 2\\^16 thinned networks: allowed are at most 14"
    ):
        ensemble(run, np.zeros((1, 2)), 0.5)


def test_sampled_masks_converge_with_the_root_of_their_number(small):
    run = small["two ReLU layers"]
    found = ensemble(run, load(run.experiment).x_test, 0.5)
    counts = np.array([1, 10, 100, 1000])
    errors = sampled_error(found, counts)
    assert np.polyfit(np.log(counts), np.log(errors), 1)[0] == pytest.approx(-0.5, abs=0.1)
    np.testing.assert_allclose(errors, sampled_error_theory(found, counts), rtol=0.1)


def test_rate_0_among_others_is_no_dropout_to_the_bit():
    e = XOR.but(steps=30, width=32)
    [alone] = train([e.but(dropout=0)])
    among, *_ = train([e.but(dropout=0), e.but(dropout=0.5), e.but(dropout=1)], snapshots=2)
    np.testing.assert_array_equal(alone.loss, among.loss)
    for name, values in alone.weights.items():
        np.testing.assert_array_equal(values, among.weights[name])


def test_rate_1_moves_no_weight_and_learns_the_mean():
    e = XOR.but(
        dataset="curve", features=0, label_noise=0, dropout=1, width=16, optimizer="sgd", learning_rate=0.05
    )
    long, short = train([e, e.but(steps=1)], snapshots=2)
    moved = {n for n, values in long.weights.items() if not np.array_equal(values, short.weights[n])}
    assert moved == {"linear.2.bias"}
    y = load(e).y_train
    assert long.weights["linear.2.bias"][0] == pytest.approx(y.mean(), rel=1e-4)
    assert long.loss[-1] == pytest.approx(y.var(), rel=1e-4)


@pytest.mark.slow
def test_on_noisy_labels_the_best_rate_is_in_between():
    """8 paired seeds: loss far lower at 0.7 than at 0, and error lowest in between on at least 6 of them."""
    sweep = Sweep.over(XOR, dropout=(0, 0.7, 0.95), seed=range(8))
    none, some, most = sweep.of(train(sweep.experiments, ENDS))
    assert all(a.test_loss[-1] > 1.5 * b.test_loss[-1] for a, b in zip(none, some, strict=True))
    ordered = [
        b.test_accuracy[-1] > a.test_accuracy[-1] > c.test_accuracy[-1]
        for a, b, c in zip(none, some, most, strict=True)
    ]
    assert sum(ordered) >= 6


@pytest.mark.slow
def test_the_symptom_s_preset_overfits_and_every_remedy_cures_it_over_eight_seeds():
    seeds = MOONS.but(dropout=0).vary(seed=range(8))
    before = train(seeds)
    found = [finding for run in before if (finding := overfitting(run)) and finding.severity == "warning"]
    assert len(found) >= 5
    remedies = max((finding.remedies for finding in found), key=len)
    assert [set(remedy.change) for remedy in remedies] == [{"weight_decay"}, {"dropout"}]
    for remedy in remedies:
        after = train([remedy.applied(e) for e in seeds])
        assert not any(overfitting(run) for run in after)
        assert all(b.test_loss[-1] < a.test_loss[-1] for a, b in zip(before, after, strict=True))
        assert sum(b.test_accuracy[-1] > a.test_accuracy[-1] for a, b in zip(before, after, strict=True)) >= 6


@pytest.mark.slow
def test_on_clean_spirals_dropout_hurts():
    sweep = Sweep.over(CLEAN, dropout=(0, 0.5), seed=range(3))
    without, with_it = sweep.of(train(sweep.experiments, ENDS), lambda run: run.test_loss[-1])
    assert without.max() < with_it.min()
