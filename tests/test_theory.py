"""Theory against closed forms, and against real random networks drawn here in plain PyTorch."""

import math
import warnings
from types import SimpleNamespace
from typing import get_args

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from core import theory
from core.experiment import Activation, Experiment, Init
from core.spread import spread
from core.theory import chi, expect, fixed_point, length, predict

TORCH = {
    "relu": torch.relu,
    "leaky_relu": F.leaky_relu,
    "elu": F.elu,
    "selu": F.selu,
    "gelu": F.gelu,
    "silu": F.silu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "identity": lambda z: 1.0 * z,
}
NAMES = get_args(Activation)
RANDOM = [init for init in get_args(Init) if init != "constant"]
WIDE = Experiment(dataset="xor", features=64, width=128, depth=20, init="normal")


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(autouse=True)
def no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


# Expectations


@pytest.mark.parametrize("q", [0, 1e-12, 0.3, 1, 77, 1e12, 1e200])
@pytest.mark.parametrize(("name", "leak"), [("relu", 0), ("leaky_relu", 0.01), ("identity", 1)])
def test_kinked_activations_have_closed_forms(q, name, leak):
    half = (1 + leak**2) / 2
    assert length(q, name, 1.7, 0.4) == pytest.approx(1.7**2 * q * half + 0.4**2, rel=1e-10)
    assert chi(q, name, 1.7) == pytest.approx(1.7**2 * half, rel=1e-10)


@pytest.mark.parametrize("q", [1e-9, 0.5, 40])
@pytest.mark.parametrize("bias", [-3, 0.5, 20])
def test_relu_with_bias_has_a_closed_form(q, bias):
    t = bias / math.sqrt(q)
    above, density = math.erfc(-t / math.sqrt(2)) / 2, math.exp(-t * t / 2) / math.sqrt(2 * math.pi)
    square = (bias**2 + q) * above + bias * math.sqrt(q) * density
    assert length(q, "relu", 1, bias=bias) == pytest.approx(square, rel=1e-9, abs=1e-30)
    assert chi(q, "relu", 1, bias) == pytest.approx(above, rel=1e-9, abs=1e-30)


@pytest.mark.parametrize("q", [0.01, 1, 30])
@pytest.mark.parametrize("name", NAMES)
def test_expectations_agree_with_a_brute_force_sum(name, q):
    z = np.linspace(-12, 12, 400_001)
    p = np.exp(-z * z / 2) / math.sqrt(2 * math.pi) * (z[1] - z[0])
    phi, slope = theory.ACTIVATIONS[name]
    x = math.sqrt(q) * z + 0.7
    assert length(q, name, 1, bias=0.7) == pytest.approx(p @ phi(x) ** 2, rel=1e-8)
    assert chi(q, name, 1, bias=0.7) == pytest.approx(p @ slope(x) ** 2, rel=1e-4 if "elu" in name else 1e-8)


def test_a_narrow_slope_under_a_wide_gaussian_is_resolved():
    """integral of sigmoid'^2 = 1/6, of tanh'^2 = 4/3."""
    for q in (1e8, 1e16):
        assert chi(q, "sigmoid", 1) == pytest.approx(1 / 6 / math.sqrt(2 * math.pi * q), rel=1e-7)
        assert chi(q, "tanh", 1) == pytest.approx(4 / 3 / math.sqrt(2 * math.pi * q), rel=1e-7)


@pytest.mark.parametrize("name", NAMES)
def test_the_ends_of_the_scale_give_numbers(name):
    for q in (0, 5e-324, 1e308, math.inf):
        assert length(q, name, 2, 1, 0.5) >= 0
        assert 0 <= chi(q, name, 2) < 10
    for q in (-1, math.nan):
        with pytest.raises(ValueError, match=f"q cannot be {q}: allowed is a number from 0"):
            expect(np.abs, q)


# Length map, gain, depth


@pytest.mark.parametrize(
    ("name", "expected"), [("sigmoid", 1 / 16), ("gelu", 1 / 4), ("silu", 1 / 4), ("tanh", 1), ("elu", 1)]
)
def test_chi_of_a_small_signal_is_the_slope_at_zero_squared(name, expected):
    assert chi(0, name, 1) == pytest.approx(expected, rel=1e-12)
    assert chi(1e-6, name, 1) == pytest.approx(expected, rel=1e-3)


def test_selu_normalizes_itself():
    assert fixed_point("selu", 1) == pytest.approx(1, rel=1e-6)
    assert chi(1, "selu", 1) == pytest.approx(1.0716, abs=1e-4)


def test_fixed_points():
    assert fixed_point("relu", 1, 0.5) == pytest.approx(0.25 / (1 - 1 / 2), rel=1e-10)
    assert fixed_point("relu", math.sqrt(2)) == 1
    assert fixed_point("relu", 1.3) == 0
    assert fixed_point("relu", 1.5) == math.inf
    assert fixed_point("tanh", 0.9) == 0
    for name, w, b in [
        ("tanh", 1.5, 0),
        ("tanh", 1, 0.2),
        ("sigmoid", 12, 0),
        ("elu", 1.1, 0.3),
        ("gelu", 1, 1),
    ]:
        q = fixed_point(name, w, b)
        assert 0 < q < math.inf
        assert length(q, name, w, b) == pytest.approx(q, rel=1e-9)


@pytest.mark.parametrize(("w", "expected"), [(4, 0.399), (8, 0.795), (12, 1.176), (16, 1.55), (24, 2.31)])
def test_sigmoid_explodes_when_the_weights_are_large(w, expected):
    assert chi(fixed_point("sigmoid", w), "sigmoid", w) == pytest.approx(expected, rel=3e-3)


def test_edge_of_chaos():
    assert theory.critical_sigma_w("relu") == pytest.approx(math.sqrt(2), rel=1e-8)
    assert theory.critical_sigma_w("leaky_relu") == pytest.approx(math.sqrt(2 / 1.0001), rel=1e-8)
    assert theory.critical_sigma_w("tanh") == pytest.approx(1, rel=1e-8)
    assert theory.critical_sigma_w("tanh", math.sqrt(0.05)) ** 2 == pytest.approx(1.76, abs=0.005)
    assert theory.critical_sigma_w("sigmoid") == pytest.approx(10.15, abs=0.005)
    assert theory.critical_sigma_w("gelu") is None


@pytest.mark.parametrize(
    ("square", "depth"), [(0.3, 4.5), (0.5, 7.1), (0.7, 11), (1, 21.8), (4, 20), (6, 13)]
)
def test_trainable_depth_of_tanh(square, depth):
    assert theory.trainable_depth("tanh", math.sqrt(square), math.sqrt(0.05)) == pytest.approx(
        depth, rel=0.03
    )


def test_depth_scale_ends():
    assert theory.depth_scale("relu", math.sqrt(2)) == math.inf
    assert theory.depth_scale("relu", 0) == 0
    assert theory.depth_scale("relu", 1) == pytest.approx(1 / math.log(2))


@pytest.mark.parametrize(("square", "depth"), [(4, 256), (6, 161.5), (10, 110.3)])
def test_overflow_depth(square, depth):
    assert theory.overflow_depth(math.sqrt(square)) == pytest.approx(depth, rel=1e-3)
    assert theory.overflow_depth(1) == math.inf


def test_a_relu_network_overflows_at_the_predicted_depth():
    generator = torch.Generator().manual_seed(0)
    h, depth = torch.ones(256), 0
    while h.isfinite().all():
        h = torch.relu(torch.randn(256, 256, generator=generator) * math.sqrt(10 / 256) @ h)
        depth += 1
    assert depth == pytest.approx(theory.overflow_depth(math.sqrt(10)), rel=0.03)


# Initial weights


def weights(e, fan_in, fan_out, nets, generator):
    """Weights [nets, fan_out, fan_in] and biases [nets, fan_out, 1] of one layer in float64."""
    w = torch.empty(nets, fan_out, fan_in, dtype=torch.float64)
    b = torch.zeros(nets, fan_out, 1, dtype=torch.float64)
    if e.init == "pytorch":
        bound = 1 / math.sqrt(fan_in)
        w.uniform_(-bound, bound, generator=generator)
        b.uniform_(-bound, bound, generator=generator)
    elif e.init == "orthogonal":
        for one in w:
            torch.nn.init.orthogonal_(one, generator=generator)
    elif e.init == "constant":
        w.fill_(1 / fan_in)
    else:
        variance = {"he": 2 / fan_in, "xavier": 2 / (fan_in + fan_out), "zeros": 0}.get(e.init, 1 / fan_in)
        w.normal_(0, math.sqrt(variance), generator=generator)
    return e.gain * w, b


@pytest.mark.parametrize("init", RANDOM)
@pytest.mark.parametrize(("fan_in", "fan_out"), [(64, 128), (128, 128), (128, 32)])
def test_sigma_is_that_of_the_drawn_weights(init, fan_in, fan_out):
    e = Experiment(init=init, gain=1.5)
    w, b = weights(e, fan_in, fan_out, 8, torch.Generator().manual_seed(1))
    assert theory.sigma_w(e, fan_in, fan_out) == pytest.approx(
        (fan_in * w.square().mean()).sqrt().item(), rel=0.02
    )
    assert theory.sigma_b(e, fan_in) == pytest.approx(b.square().mean().sqrt().item(), rel=0.1)


def test_pytorch_init_is_the_default_of_nn_linear():
    torch.manual_seed(0)
    layer, e = torch.nn.Linear(200, 400), Experiment(init="pytorch")
    assert theory.sigma_w(e, 200, 400) == pytest.approx(math.sqrt(200) * layer.weight.std().item(), rel=0.02)
    assert theory.sigma_b(e, 200) == pytest.approx(layer.bias.std().item(), rel=0.1)


# Predictions without a measurement


@pytest.mark.parametrize(
    ("name", "w", "decades"),
    [
        ("sigmoid", 1, -23.9),
        ("tanh", 1, -1.42),
        ("tanh", math.sqrt(2), 0.46),
        ("tanh", 5 / 3, 1.32),
        ("relu", math.sqrt(1 / 3), -14.8),
        ("relu", 1, -5.72),
        ("relu", math.sqrt(2), 0),
        ("relu", math.sqrt(3), 3.34),
        ("gelu", 1, -10.8),
        ("selu", 1, 0.57),
        ("elu", 1, -1.65),
    ],
)
def test_delta_through_twenty_layers(name, w, decades):
    p = predict(WIDE.but(activation=name, gain=w), 1.0)
    assert 2 * math.log10(p.delta_ratio[0]) == pytest.approx(decades, abs=0.05)
    np.testing.assert_allclose(p.delta_ratio[:-1], np.sqrt(np.cumprod(p.chi[-2::-1])[::-1]), rtol=1e-12)
    assert p.delta_ratio[-1] == 1


def test_batch_normalization_constant():
    p = predict(WIDE.but(batchnorm=True, gain=7, bias=3), 50.0)
    np.testing.assert_allclose(p.chi, math.pi / (math.pi - 1), rtol=1e-9)
    np.testing.assert_allclose(p.activation_mean, 1 / math.sqrt(2 * math.pi), rtol=1e-9)
    np.testing.assert_allclose(p.pre_activation_square, 1)


def test_residual_stream():
    """He: the gradient on the stream doubles per layer, and with no mean to add up, so does the signal."""
    p = predict(WIDE.but(init="he", residual=True), 1.0)
    np.testing.assert_allclose(p.delta_ratio, 2.0 ** (np.arange(19, -1, -1) / 2), rtol=1e-10)
    p = predict(WIDE.but(activation="identity", residual=True), 3.0)
    np.testing.assert_allclose(p.pre_activation_square[1:], 3 * 2.0 ** np.arange(19), rtol=1e-10)


def test_a_dead_last_layer_has_no_finite_ratio():
    p = predict(WIDE.but(activation="relu", gain=1e-6, bias=-0.5, residual=True), 1e12)
    assert p.delta_ratio[0] == math.inf


@pytest.mark.parametrize("changes", [{"init": "zeros"}, {"gain": 0}, {"dropout": 1}])
@pytest.mark.parametrize("batchnorm", [False, True])
def test_where_nothing_comes_back_there_is_no_ratio(changes, batchnorm):
    p = predict(WIDE.but(activation="sigmoid", batchnorm=batchnorm, **changes), 1.0)
    assert np.isnan(p.delta_ratio).all()
    assert (p.chi == 0).all()
    np.testing.assert_allclose(p.activation_mean[1:], 0.5)


@settings(max_examples=40)
@given(
    st.sampled_from(NAMES),
    st.sampled_from(RANDOM),
    st.booleans(),
    st.booleans(),
    st.sampled_from([0, 0.5, 0.999, 1]),
    st.sampled_from([0, 1e-6, 1, 100]),
    st.sampled_from([-100, 0, 0.1, 100]),
    st.integers(1, 60),
)
def test_any_experiment_is_predicted(activation, init, batchnorm, residual, dropout, gain, bias, depth):
    kind = {"activation": activation, "init": init, "batchnorm": batchnorm, "residual": residual}
    e = Experiment(**kind, dropout=dropout, gain=gain, bias=bias, depth=depth, steps=1)
    for name, values in vars(predict(e, 1e12)).items():
        assert values.shape == (depth,)
        assert (values[np.isfinite(values)] >= 0).all() or name == "activation_mean"
        assert name == "delta_ratio" or np.isfinite(values).all()


@pytest.mark.parametrize("changes", [{}, {"batchnorm": True}, {"residual": True}, {"gain": 0}], ids=str)
def test_of_equal_weights_nothing_is_predicted(changes):
    e = WIDE.but(init="constant", **changes)
    assert math.isnan(theory.sigma_w(e, 64, 128))
    for values in vars(predict(e, 1.0)).values():
        assert values.shape == (e.depth,) and np.isnan(values).all()


# Predictions against drawn networks


def measure(e, samples=16, nets=10):
    """Probes [layers] of freshly drawn networks: means over nets, of the logarithm for delta."""
    generator = torch.Generator().manual_seed(e.seed)
    x = torch.randn(samples, e.inputs, generator=generator, dtype=torch.float64)
    h, zs, activations = x.T.expand(nets, -1, -1), [], []
    for layer in range(e.depth):
        w, b = weights(e, h.shape[1], e.width, nets, generator)
        z = w @ h + b + e.bias
        if e.batchnorm:
            z = (z - z.mean(2, keepdim=True)) / (z.var(2, keepdim=True, correction=0) + 1e-5).sqrt()
        zs.append(z.requires_grad_())
        activations.append(TORCH[e.activation](z))
        a = activations[-1]
        if e.dropout:
            a = a * (torch.rand(a.shape, generator=generator) >= e.dropout) / (1 - e.dropout)
        h = h + a if e.residual and layer else a
    w, b = weights(e, e.width, e.outputs, nets, generator)
    signs = torch.randint(0, 2, (nets, e.outputs, samples), generator=generator) * 2 - 1
    delta = torch.stack(torch.autograd.grad((signs * (w @ h + b)).sum() / samples, zs)).flatten(2)
    a, z = torch.stack(activations).detach(), torch.stack(zs).detach().flatten(2)
    log_delta = delta.square().mean(2).log10()
    return SimpleNamespace(
        x=x.numpy(),
        input_mean_square=x.square().mean().item(),
        log_delta_square=(log_delta - log_delta[-1]).mean(1).numpy(),
        pre_activation_square=z.square().mean(2).mean(1).numpy(),
        activation_std=a.var(3).mean(2).sqrt().mean(1).numpy(),
        activation_size=a.square().mean((1, 2, 3)).sqrt().numpy(),
        activation_mean=a.mean((1, 2, 3)).numpy(),
    )


def check(e, decades=0.5, share=0.2, **how):
    """The spread in the first half of the layers: ReLU's is 20 % more 20 layers up, as wide as these are."""
    m, half = measure(e, **how), e.depth // 2
    p = predict(e, m.input_mean_square)
    np.testing.assert_allclose(m.log_delta_square, 2 * np.log10(p.delta_ratio), rtol=0, atol=decades)
    np.testing.assert_allclose(m.pre_activation_square, p.pre_activation_square, rtol=2 * share)
    np.testing.assert_allclose(m.activation_std[:half], spread(e, m.x)[:half], rtol=0.15)
    assert (abs(m.activation_mean - p.activation_mean) < share / 2 * m.activation_size).all()


@pytest.mark.parametrize("name", NAMES)
def test_every_activation(name):
    """sigma_w = 1: at sigma_w^2 = 2 GELU and SiLU sit on an unstable fixed point, and single nets scatter."""
    check(WIDE.but(activation=name))


@pytest.mark.parametrize(
    "changes",
    [
        {"init": "he"},
        {"init": "xavier", "activation": "tanh"},
        {"init": "pytorch", "activation": "tanh"},
        {"init": "pytorch", "activation": "relu"},
        {"init": "pytorch", "activation": "gelu"},
        {"init": "orthogonal", "activation": "tanh"},
        {"init": "orthogonal", "activation": "sigmoid"},
        {"gain": 3, "activation": "tanh"},
        {"gain": 16, "activation": "sigmoid"},
        {"gain": 1.5, "bias": 0.5, "activation": "relu"},
        {"gain": 1.5, "bias": -0.5, "activation": "sigmoid"},
        {"dropout": 0.5, "activation": "relu"},
        {"dropout": 0.5, "activation": "sigmoid"},
        {"residual": True, "activation": "tanh"},
        {"residual": True, "activation": "sigmoid"},
        {"residual": True, "init": "he", "depth": 10},
        {"residual": True, "activation": "tanh", "dropout": 0.3},
    ],
    ids=str,
)
def test_every_setting(changes):
    check(WIDE.but(**changes))


@pytest.mark.parametrize(
    "changes", [{}, {"residual": True}, {"dropout": 0.3}, {"activation": "tanh"}], ids=str
)
def test_batch_normalization(changes):
    check(WIDE.but(batchnorm=True, **changes), samples=256, nets=3)


def test_batch_normalization_makes_relu_gradients_explode():
    m = measure(WIDE.but(init="he", batchnorm=True), samples=256, nets=6)
    factor = 10 ** ((m.log_delta_square[2] - m.log_delta_square[12]) / 10)
    assert factor == pytest.approx(math.pi / (math.pi - 1), rel=0.02)


@pytest.mark.parametrize(
    ("name", "low", "high"), [("relu", 0.15, 0.18), ("tanh", 0.29, 0.36), ("sigmoid", 0.018, 0.022)]
)
def test_the_default_of_nn_linear_lets_gradients_vanish(name, low, high):
    e = WIDE.but(init="pytorch", activation=name, depth=12)
    m = measure(e)
    p = predict(e, m.input_mean_square)
    measured = 10 ** (m.log_delta_square[1] / 10)
    predicted = p.delta_ratio[1] ** (2 / 10)
    assert low < predicted < high
    assert measured == pytest.approx(predicted, rel=0.1)


@pytest.mark.parametrize("w", [4, 12, 24])
def test_sigmoid_gain_is_measured_on_both_sides_of_the_edge(w):
    e = WIDE.but(activation="sigmoid", gain=w, depth=15, width=256)
    m = measure(e, samples=32, nets=6)
    factor = 10 ** ((m.log_delta_square[4] - m.log_delta_square[14]) / 10)
    assert factor == pytest.approx(chi(fixed_point("sigmoid", w), "sigmoid", w), rel=0.1)


def test_residual_gradients_grow_mildly():
    """A linear residual network doubles E[delta^2] per layer, where the plain one keeps it."""
    m = measure(WIDE.but(activation="identity", residual=True))
    assert 10 ** (m.log_delta_square[0] / 19) == pytest.approx(2, rel=0.02)


@pytest.mark.parametrize(("activation", "p"), [(a, p) for a in ("identity", "relu") for p in (0.2, 0.5, 0.8)])
def test_the_variance_shift_of_one_unit(activation, p):
    rng = np.random.default_rng(0)
    h = rng.normal(size=400_000)
    h = np.maximum(h, 0) if activation == "relu" else h
    dropped = h * (rng.random(len(h)) >= p) / (1 - p)
    assert h.var() / dropped.var() == pytest.approx(float(theory.variance_shift(activation, p)), rel=0.02)


def test_other_activations_have_no_formula():
    with pytest.raises(ValueError, match="activation cannot be tanh: allowed is one of identity, relu"):
        theory.variance_shift("tanh", 0.5)


# Descent on a parabola


@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("rate", [0.0, 0.01, 0.3, 1.5, 3.9, 10.0])
def test_the_roots_are_the_eigenvalues_of_a_step(rate, momentum):
    step = np.array([[1 + momentum - rate, -momentum], [1, 0]])
    found = np.sort_complex(np.array(theory.roots(rate, momentum)))
    np.testing.assert_allclose(found, np.sort_complex(np.linalg.eigvals(step)), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.9])
def test_the_threshold_is_where_a_root_leaves_the_unit_circle(momentum):
    threshold = theory.momentum_threshold(4.0, momentum)
    below, above = (max(map(abs, theory.roots(4 * r * threshold, momentum))) for r in (0.999, 1.001))
    assert below < 1 < above


def test_without_momentum_the_threshold_is_two_over_the_curvature():
    assert theory.momentum_threshold(8.0) == 0.25


def test_a_parabola_below_the_threshold_never_overflows():
    limit = theory.FLOAT32_MAX
    assert theory.overflow_step(1.0, 1.0, 1.99, 0.0, limit) == np.inf
    assert theory.overflow_step(1.0, 1.0, 3.79, 0.9, limit) == np.inf
    assert np.isfinite(theory.overflow_step(1.0, 1.0, 3.81, 0.9, limit))


@pytest.mark.parametrize("rate", [2.1, 3, 10, 1e4])
def test_a_parabola_passes_the_limit_at_the_step_that_is_predicted(rate):
    w, steps, limit = 1.0, 0, 1e30
    while w * w / 2 <= limit:
        w, steps = w - rate * w, steps + 1
    assert 0 <= steps - theory.overflow_step(0.5, 1.0, rate, limit=limit) <= 1
