"""Small networks as programs, and the values they start from; test_graph tests that they compute."""

from itertools import pairwise

import numpy as np
import pytest

from core.lessons.backprop.expression import parse
from core.lessons.backprop.graph import forward, gradients
from core.lessons.backprop.networks import ACTIVATIONS, INITS, SHAPES, parameters, program, start_values


def test_programs_read_like_the_network():
    assert program("single neuron", "tanh") == (
        "z = weighted_sum(w1, x1, w2, x2, b)\ny = tanh(z)\nL = mse_loss(y, t)"
    )
    assert program("2-2-1", "relu", "cross-entropy").splitlines() == [
        "z1_1 = weighted_sum(w1_11, x1, w1_12, x2, b1_1)",
        "z1_2 = weighted_sum(w1_21, x1, w1_22, x2, b1_2)",
        "h1_1 = relu(z1_1)",
        "h1_2 = relu(z1_2)",
        "z = weighted_sum(w2_11, h1_1, w2_12, h1_2, b2_1)",
        "L = bce_with_logits(z, t)",
    ]


@pytest.mark.parametrize("shape", SHAPES)
def test_parameters_are_the_weights_and_biases(shape):
    graph = parse(program(shape))
    count = sum((fan_in + 1) * fan_out for fan_in, fan_out in pairwise(SHAPES[shape]))
    assert len(parameters(graph)) == count
    assert set(graph.leaves) - set(parameters(graph)) == {"x1", "x2", "t"}


def test_only_leaves_count_as_parameters():
    assert parameters(parse("weighted_sum(2, x, w*w, y, b)")) == ("b",)


def test_start_values_are_the_same_for_the_same_seed_only():
    graph = parse(program("2-3-3-1"))
    assert start_values(graph, seed=3) == start_values(graph, seed=3)
    assert start_values(graph, seed=3) != start_values(graph, seed=4)
    assert list(start_values(graph)) == list(graph.leaves)


def test_random_weights_fill_the_range_of_torch_linear():
    graph = parse(program("2-3-3-1"))
    for layer, fan_in in ((1, 2), (2, 3)):
        drawn = [
            value
            for seed in range(200)
            for name, value in start_values(graph, seed=seed).items()
            if name.startswith((f"w{layer}_", f"b{layer}_"))
        ]
        assert np.abs(drawn).max() == pytest.approx(1 / np.sqrt(fan_in), abs=0.01)
        assert np.std(drawn) == pytest.approx(1 / np.sqrt(3 * fan_in), rel=0.05)
    inputs = [start_values(graph, seed=seed)["x1"] for seed in range(200)]
    assert min(inputs) >= 0.5 and max(inputs) <= 2


@pytest.mark.parametrize("init, value", [("zero", 0), ("equal", 0.5)])
def test_constant_starts_change_only_weights_and_biases(init, value):
    graph = parse(program("2-2-1"))
    start, random = start_values(graph, init), start_values(graph, "random")
    assert {start[name] for name in parameters(graph)} == {value}
    assert [start[name] for name in ("x1", "x2", "t")] == [random[name] for name in ("x1", "x2", "t")]


def test_typed_formulas_get_start_values_too():
    graph = parse("log(x) / y")
    assert forward(graph, start_values(graph))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_network_starts_with_a_gradient(shape, activation):
    graph = parse(program(shape, activation))
    assert any(gradients(graph, start_values(graph))[name] for name in parameters(graph))


@pytest.mark.parametrize(
    "settings, sentence",
    [
        (("3-1",), "shape is '3-1'; allowed: single neuron, 2-2-1, 2-3-3-1."),
        (("2-2-1", "gelu"), "activation is 'gelu'; allowed: tanh, sigmoid, relu."),
        (("2-2-1", "tanh", "hinge"), "loss is 'hinge'; allowed: mse, cross-entropy."),
        (
            ("single neuron", "tanh", "cross-entropy"),
            "activation of a single neuron with cross-entropy is 'tanh'; allowed: sigmoid.",
        ),
    ],
)
def test_unknown_settings_get_a_sentence(settings, sentence):
    with pytest.raises(ValueError) as error:
        program(*settings)
    assert str(error.value) == sentence


def test_an_unknown_init_gets_a_sentence():
    with pytest.raises(ValueError, match=f"init is 'he'; allowed: {', '.join(INITS)}"):
        start_values(parse("x*y"), "he")
