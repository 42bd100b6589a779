"""The spread over samples that theory expects, against closed forms and against random networks."""

import math
import warnings
from typing import get_args

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from core.engine.train import train
from core.experiment import Activation, Experiment, Init
from core.spread import moments, spread
from core.theory import chi, fixed_point, length, sigma_b, sigma_w
from tests.reference import Network

SIGMOID = Experiment(activation="sigmoid", init="xavier", steps=1)


def pair(activation, q, other, correlation, bias=0.0):
    """E[(phi(u) - phi(v))^2] of one pair, once from the side of u and once from that of v."""
    distance = q + other - 2 * correlation * math.sqrt(q * other)
    return moments(activation, np.array([q, other]), np.full(2, distance), bias)[2]


# One layer


@pytest.mark.parametrize("correlation", [-1, -0.5, 0, 0.9, 0.999])
@pytest.mark.parametrize(("q", "other"), [(1, 1), (1e-8, 3e-8), (50, 20)])
def test_relu_is_the_arc_cosine_kernel(q, other, correlation):
    """Cho & Saul 2009, eq. 6 (n = 1): E[phi(u) phi(v)] = |u| |v| (sin t + (pi - t) cos t) / 2 pi."""
    t = math.acos(correlation)
    both = math.sqrt(q * other) * (math.sin(t) + (math.pi - t) * correlation) / (2 * math.pi)
    assert pair("relu", q, other, correlation) == pytest.approx((q + other) / 2 - 2 * both, rel=0.05)


@pytest.mark.parametrize("correlation", [-0.9, 0, 0.7, 0.9999])
def test_a_linear_layer_keeps_the_distance(correlation):
    distance = 3 - 2 * correlation * math.sqrt(2)
    assert pair("identity", 1, 2, correlation, bias=0.3) == pytest.approx(distance, rel=1e-3)


@pytest.mark.parametrize("bias", [0, 0.7])
@pytest.mark.parametrize("activation", ["relu", "selu", "gelu", "tanh", "sigmoid"])
def test_close_samples_keep_the_share_chi_of_their_distance(activation, bias):
    """Down to distances that no subtraction of the activations could still find."""
    q = np.full(2, 0.8)
    for distance in (1e-6, 1e-14, 1e-30, 1e-200):
        found = moments(activation, q, np.full(2, distance), bias)[2] / distance
        assert found == pytest.approx(chi(0.8, activation, 1, bias), rel=0.01)


@pytest.mark.parametrize("activation", ["relu", "selu", "gelu", "tanh", "sigmoid"])
def test_independent_samples_are_twice_the_variance_apart(activation):
    mean, square, distance = moments(activation, np.ones(2), np.full(2, 2.0), 0.4)
    assert square == pytest.approx(length(1, activation, 1, bias=0.4), rel=1e-3)
    assert distance == pytest.approx(2 * (square - mean**2), rel=0.02)


# Through the layers


@pytest.mark.parametrize("activation", ["sigmoid", "tanh"])
def test_ever_deeper_stacks_fall_on_by_the_root_of_chi(activation):
    e = SIGMOID.but(activation=activation, init="pytorch", depth=30)
    found = spread(e, e.load().x_train)
    w, b = sigma_w(e, e.width, e.width), sigma_b(e, e.width)
    factor = chi(fixed_point(activation, w, b), activation, w)
    np.testing.assert_allclose(found[16:] / found[15:-1], factor**0.5, rtol=2e-3)
    assert found[-1] < 1e-5


def test_a_sigmoid_stack_tells_its_inputs_no_longer_apart():
    run, expected = train([SIGMOID], 2)[0], spread(SIGMOID, SIGMOID.load().x_train)
    np.testing.assert_allclose(run.probes["activation_std"][0], expected, rtol=0.3)
    assert expected[-1] == pytest.approx(1e-7, rel=0.2)


@pytest.mark.parametrize("changes", [dict(init="zeros"), dict(gain=0), dict(batchnorm=True, init="zeros")])
def test_without_weights_there_is_no_spread(changes):
    e = SIGMOID.but(**changes)
    assert not spread(e, e.load().x_train).any()


def test_inputs_that_are_all_the_same_have_no_spread():
    assert not spread(SIGMOID.but(bias=0.5), np.ones((64, 2))).any()


def test_batch_normalization_restores_it():
    e = Experiment(batchnorm=True, gain=5)
    expected = math.sqrt((1 - 1 / math.pi) / 2)
    np.testing.assert_allclose(spread(e, e.load().x_train), expected, rtol=0.02)


@settings(max_examples=40)
@given(
    st.sampled_from(get_args(Activation)),
    st.sampled_from(get_args(Init)),
    st.booleans(),
    st.booleans(),
    st.sampled_from([0, 0.5, 0.999, 1]),
    st.sampled_from([0, 1e-6, 1, 100]),
    st.sampled_from([-100, 0, 0.1, 100]),
    st.sampled_from([1e-6, 1, 1e6]),
)
def test_any_experiment_has_a_spread(activation, init, batchnorm, residual, dropout, gain, bias, scale):
    kind = {"activation": activation, "init": init, "batchnorm": batchnorm, "residual": residual}
    e = Experiment(**kind, dropout=dropout, gain=gain, bias=bias, input_scale=scale, depth=60, samples=32)
    with warnings.catch_warnings(action="error"):
        found = spread(e, e.load().x_train)
    assert found.shape == (60,)
    if init == "constant":
        assert np.isnan(found).all()
    else:
        assert (found >= 0).all()
        assert np.isfinite(found).all()


def drawn(e, draws=5):
    """The probe [layers] of freshly drawn networks in training mode: root mean square over the draws."""
    x, square = torch.from_numpy(e.load().x_train), 0
    for seed in range(draws):
        network = Network(e.but(seed=seed, precision="float64"))
        network(x)
        square += torch.stack([a.detach().var(dim=0, correction=0).mean() for a in network.left])
    return (square / draws).sqrt().numpy()


CASES = {
    **{name: dict(activation=name, init="xavier") for name in ("relu", "tanh", "sigmoid", "gelu", "selu")},
    "he": dict(),
    "he, bias": dict(bias=0.5),
    "pytorch, relu": dict(init="pytorch"),
    "pytorch, tanh": dict(activation="tanh", init="pytorch"),
    "tanh, bias": dict(activation="tanh", init="xavier", bias=0.5),
    "tanh, chaotic": dict(activation="tanh", init="normal", gain=3),
    "sigmoid, chaotic": dict(activation="sigmoid", init="normal", gain=16),
    "dropout": dict(dropout=0.3),
    "dropout, sigmoid": dict(activation="sigmoid", init="xavier", dropout=0.3),
    "residual": dict(residual=True),
    "residual, sigmoid": dict(activation="sigmoid", init="xavier", residual=True),
    "residual, tanh, dropout": dict(activation="tanh", init="xavier", residual=True, dropout=0.3),
    "batch normalization": dict(batchnorm=True),
    "batch normalization, tanh": dict(activation="tanh", batchnorm=True),
    "batch normalization, residual": dict(batchnorm=True, residual=True),
}


@pytest.mark.parametrize("dataset", ["circles", "gaussians", "curve"])
@pytest.mark.parametrize("case", CASES)
def test_it_is_that_of_drawn_networks(case, dataset):
    e = Experiment(dataset=dataset, samples=256, depth=6, width=256, steps=1, **CASES[case])
    ratio = spread(e, e.load().x_train) / drawn(e)
    np.testing.assert_allclose(ratio, 1, atol=0.15)
