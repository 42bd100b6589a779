"""Signal and noise of gradients, against plain torch autograd in float64 and against closed forms."""

from itertools import islice

import numpy as np
import pytest
import torch
from torch import nn

from core.engine import autograd
from core.engine.network import Stack
from core.engine.noise import BATCH, Noise, batches_of, measure, pure_noise, signal_to_noise
from core.engine.train import batches, train
from core.experiment import Experiment
from core.lessons.feature_scaling.houses import Houses
from core.lessons.gradients.charts import noise as charts
from core.lessons.gradients.measured import noise as measured
from core.lessons.gradients.settings import START
from core.run import ENDS
from core.sweep import typical

SMALL = Experiment(depth=3, width=8, samples=64, steps=8, precision="float64")
COUNT = 16


def drawn(e, count=COUNT):
    """The network, and the batches it was measured on."""
    stack = Stack([e.but(samples=2 * count * BATCH, batch_size=BATCH)])
    return stack, list(islice(batches(stack), count))


def check(found, gradients):
    """gradients: [batches][layers]."""
    for layer, one in enumerate(zip(*gradients, strict=True)):
        g = torch.stack(one).flatten(1)
        signal, noise = g.mean(dim=0).norm(), g.var(dim=0, correction=0).sum().sqrt()
        assert found.signal[0, layer] == pytest.approx(signal.item(), rel=1e-9)
        assert found.noise[0, layer] == pytest.approx(noise.item(), rel=1e-9)


def test_signal_and_noise_are_those_of_a_plain_pytorch_network():
    e = SMALL.but(activation="tanh")
    stack, every = drawn(e)
    layers = [nn.Linear(8 if i else 2, 8 if i < 3 else 1, dtype=torch.float64) for i in range(4)]
    for layer, weight, bias in zip(layers, stack.weight, stack.bias, strict=True):
        layer.weight.data, layer.bias.data = weight[0].clone(), bias[0, :, 0].clone()
    net = nn.Sequential(layers[0], nn.Tanh(), layers[1], nn.Tanh(), layers[2], nn.Tanh(), layers[3])
    gradients = []
    for x, y in every:
        net.zero_grad()
        nn.functional.binary_cross_entropy_with_logits(net(x[0].T), y[0].T).backward()
        gradients.append([layer.weight.grad.clone() for layer in layers[:-1]])
    check(measure([e], count=COUNT), gradients)


@pytest.mark.parametrize(
    "changes",
    [{"batchnorm": True}, {"residual": True, "activation": "gelu"}, {"dataset": "blobs"}, {"dataset": "gap"}],
    ids=str,
)
def test_so_they_are_of_networks_that_autograd_differentiates(changes):
    e = SMALL.but(**changes)
    stack, every = drawn(e)
    values = [p[0].clone().requires_grad_() for p in stack.weight + stack.bias + stack.gamma + stack.beta]
    gradients = [
        torch.autograd.grad(autograd.loss(e, values, x[0], y[0]), values[: e.depth]) for x, y in every
    ]
    check(measure([e], count=COUNT), gradients)


def test_the_spread_over_batches_follows_from_that_of_single_samples():
    """The variance of a batch's mean is that of a sample, divided by the size of the batch."""
    e, count = SMALL, 64
    stack = Stack([e.but(samples=2 * count * BATCH)])
    stack.forward(stack.x_train, stack.y_train)
    stack.backward(stack.y_train, keep=True)
    n, found = 2 * count * BATCH, measure([e], count=count)
    for layer in range(e.depth):
        each = (n * stack.delta[layer, 0]).square().sum(dim=0) * stack.signal[layer][0].square().sum(dim=0)
        whole = stack.d_weight[layer][0].norm().item()
        noise = ((each.mean().item() - whole**2) / BATCH) ** 0.5
        assert found.noise[0, layer] == pytest.approx(noise, rel=0.15)
        assert abs(found.signal[0, layer] - whole) < 3 * noise / count**0.5


def test_the_floor_is_what_gradients_without_a_signal_show():
    g = np.random.default_rng(0).normal(size=(64, 20_000))
    mean = g.mean(axis=0)
    found = Noise(np.linalg.norm(mean), np.linalg.norm(g - mean) / 8, 64)
    assert found.ratio == pytest.approx(found.floor, rel=0.02)
    assert found.floor == pure_noise(64)


def test_networks_side_by_side_are_measured_as_if_alone():
    several = [SMALL.but(seed=seed, precision="float32") for seed in range(3)]
    together = measure(several, count=4)
    for k, e in enumerate(several):
        np.testing.assert_allclose(together.ratio[k], measure([e], count=4).ratio[0], rtol=1e-5)


@pytest.mark.parametrize("changes", [{}, {"batchnorm": True}], ids=str)
def test_given_weights_take_the_place_of_the_first(changes):
    e = SMALL.but(**changes)
    [run] = train([e], ENDS)
    start = Stack([e]).state(0)
    first, last = measure([e], [start], COUNT), measure([e], [run.weights], COUNT)
    np.testing.assert_array_equal(first.ratio, measure([e], count=COUNT).ratio)
    _, every = drawn(e)
    values = [torch.from_numpy(v.reshape(len(v), -1)) for v in run.weights.values()]
    linear, norm = values[: 2 * e.depth + 2], values[2 * e.depth + 2 :]
    ordered = [*linear[::2], *linear[1::2], *norm[::4], *norm[1::4]]
    ordered = [v.clone().requires_grad_() for v in ordered]
    check(
        last,
        [torch.autograd.grad(autograd.loss(e, ordered, x[0], y[0]), ordered[: e.depth]) for x, y in every],
    )


def test_no_gradient_is_no_signal():
    assert (measure([SMALL.but(init="zeros")], count=4).ratio == 0).all()
    assert (measure([SMALL.but(dropout=1)], count=4).ratio == 0).all()


def test_the_number_of_a_run_is_that_of_layer_one():
    [run] = train([SMALL], ENDS)
    assert signal_to_noise(run) == measure([SMALL]).ratio[0, 0]
    assert np.isnan(signal_to_noise(train([Houses(samples=64, steps=2)], ENDS)[0]))


def test_the_largest_networks_are_measured_on_fewer_batches():
    assert batches_of(START) == 64
    assert batches_of(START.but(width=256, depth=60, steps=1)) == 16


CHAOTIC = START.but(activation="tanh", init="normal", gain=3)


def test_constant_answers_to_balanced_classes_leave_noise_and_nothing_else():
    """In a whole set the mean of p - y is 0 once the output's bias is trained, less than chance leaves."""
    [run] = train([START.but(steps=100)], ENDS)
    found = measure([run.experiment], [run.weights])
    assert found.floor / 5 < found.ratio[0, 0] < 3 * found.floor


@pytest.mark.slow
def test_depth_drowns_the_signal_where_training_is_chaotic_and_not_on_the_edge_or_beside_shortcuts():
    """Medians over 8 seeds: tanh, sigma_w 3: 1.4 to 0.1; ReLU, He: 0.7 to 0.5; residual 1.1 to 2."""

    def first_layer(e, depth):
        return np.median(measure([e.but(depth=depth, seed=seed) for seed in range(8)]).ratio[:, 0])

    he = START.but(activation="relu", init="he")
    assert first_layer(CHAOTIC, 2) > 6 * first_layer(CHAOTIC, 20)
    assert first_layer(CHAOTIC, 20) < 1.5 * pure_noise(64)
    assert first_layer(he, 2) < 2 * first_layer(he, 20)
    assert first_layer(he.but(residual=True), 2) < first_layer(he.but(residual=True), 20)


def test_titles_say_what_was_measured():
    found = measured.over_depth(CHAOTIC.but(width=16), (2, 20))
    assert set(found.ratios) == {"this network", "ReLU, He init"}
    few, many = typical(found.ratios["this network"])
    assert many < few / 2
    title = charts.over_depth(found).layout.meta["title"]
    assert title.startswith("From 2 to 20 layers")
    assert f"half with this network ({charts.short(few)} to {charts.short(many)})" in title
    [run] = train([CHAOTIC.but(depth=20, width=16, steps=2)], ENDS)
    found = measured.by_layer(run)
    title = charts.ratios(found).layout.meta["title"]
    assert f"in layer 1 is {charts.short(found.start.ratio[0, 0])} times its noise" in title
    assert ("pure noise" in title) == (found.start.ratio[0, 0] < charts.NEAR * found.start.floor)
    times = charts.short(found.start.noise[0, 0] / found.start.noise[0, -1])
    assert f"and {times} times its noise" in charts.sizes(found).layout.meta["title"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"init": "zeros"}, "no gradient arrives at layer 1"),
        ({"input_scale": 1e6, "gain": 100, "depth": 20}, "not finite"),
        ({"depth": 1}, "times its noise"),
    ],
)
def test_where_there_is_no_number_none_is_said(changes, said):
    [run] = train([SMALL.but(precision="float32", **changes)], ENDS)
    found = measured.by_layer(run)
    title = charts.ratios(found).layout.meta["title"]
    assert said in title and "NaN" not in title + charts.sizes(found).layout.meta["title"]
