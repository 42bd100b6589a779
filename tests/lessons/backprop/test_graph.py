"""Values, gradients and training of the scalar graph against torch.autograd and torch.optim in float64."""

from itertools import pairwise

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from core.lessons.backprop.expression import parse
from core.lessons.backprop.graph import backward, evaluate, forward, gradients, train
from core.lessons.backprop.networks import INITS, SHAPES, parameters, program, start_values

quick = settings(max_examples=200, suppress_health_check=list(HealthCheck))


def tensor(value):
    return torch.as_tensor(value, dtype=torch.float64)


def weighted_sum(*operands):
    *pairs, bias = operands
    return torch.stack(pairs[::2]) @ torch.stack(pairs[1::2]) + bias


UNARY = {name: getattr(torch, name) for name in ("sin", "cos", "tanh", "exp", "log", "relu", "sigmoid")}
UNARY["step"] = lambda a: (a > 0).double() + 0 * a
TORCH = {name: lambda a, function=function: function(tensor(a)) for name, function in UNARY.items()}
TORCH |= {
    "weighted_sum": lambda *operands: weighted_sum(*map(tensor, operands)),
    "mse_loss": lambda y, t: F.mse_loss(tensor(y), tensor(t)),
    "bce_with_logits": lambda z, t: F.binary_cross_entropy_with_logits(tensor(z), tensor(t)),
}


def autograd(text, leaves):
    """Every name of a program as a tensor with its gradient; Python itself runs the program, on tensors."""
    names = {name: tensor(value).requires_grad_() for name, value in leaves.items()}
    exec(text, dict(TORCH), names)
    varying = {name: value for name, value in names.items() if torch.is_tensor(value) and value.requires_grad}
    for value in varying.values():
        value.retain_grad()
    varying[list(names)[-1]].backward()
    return varying


FORMULAS = [
    "{} + {}",
    "{} - {}",
    "{} * {}",
    "{} / {}",
    "{} ** {}",
    "{} ** 2",
    "{} ** -1",
    "{} ** 0.5",
    "-{}",
    "3 * {}",
]
FORMULAS += [f"{name}({{}})" for name in UNARY] + ["mse_loss({}, {})", "bce_with_logits({}, 0.25)"]
FORMULAS += ["weighted_sum({}, {}, {}, x, y)"]


def steps(choices):
    """A program in which every step takes its operands from all names before it, and the last one adds up."""
    names, lines = ["x", "y"], []
    for formula, *picks in choices:
        operands = [names[pick % len(names)] for pick in picks]
        lines.append(f"a{len(lines)} = {formula.format(*operands)}")
        names.append(f"a{len(lines) - 1}")
    return "\n".join([*lines, f"f = {' + '.join(names)}"])


picks = st.integers(0, 11)
programs = st.lists(st.tuples(st.sampled_from(FORMULAS), picks, picks, picks), min_size=2, max_size=9).map(
    steps
)
numbers = st.floats(-2, 2).map(lambda x: round(x, 3))


@quick
@given(programs, st.fixed_dictionaries({"x": numbers, "y": numbers}))
def test_expressions_agree_with_autograd(text, leaves):
    graph = parse(text)
    try:
        values = forward(graph, leaves)
        edges = backward(graph, values)
    except ValueError:
        assume(False)
    largest = max(map(abs, values.values()))
    largest_share = max(abs(edge.product) for edge in edges)
    assume(largest < 1e3 and max(abs(edge.local) for edge in edges) < 1e3)
    found = gradients(graph, leaves)
    for name, reference in autograd(text, leaves).items():
        assert values[name] == pytest.approx(reference.item(), rel=1e-12, abs=1e-12 * largest), name
        assert found[name] == pytest.approx(reference.grad.item(), rel=1e-12, abs=1e-12 * largest_share), name


ACTIVATION = {"tanh": torch.nn.Tanh, "sigmoid": torch.nn.Sigmoid, "relu": torch.nn.ReLU}
LOSS = {"mse": F.mse_loss, "cross-entropy": F.binary_cross_entropy_with_logits}
KINDS = [(activation, "mse") for activation in ACTIVATION] + [("sigmoid", "cross-entropy")]


def parameter_names(shape):
    """The graph's names for the entries of the weight and bias of each torch.nn.Linear."""
    for layer, (fan_in, fan_out) in enumerate(pairwise(SHAPES[shape]), 1):
        units = ["" if shape == "single neuron" else f"{layer}_{unit + 1}" for unit in range(fan_out)]
        yield np.array([[f"w{unit}{i + 1}" for i in range(fan_in)] for unit in units])
        yield np.array([f"b{unit}" for unit in units])


def torch_network(shape, activation, loss, leaves):
    layers = []
    for fan_in, fan_out in pairwise(SHAPES[shape]):
        layers += [torch.nn.Linear(fan_in, fan_out, dtype=torch.float64), ACTIVATION[activation]()]
    if shape != "single neuron" or loss == "cross-entropy":
        layers.pop()
    model = torch.nn.Sequential(*layers)
    for parameter, names in zip(model.parameters(), parameter_names(shape), strict=True):
        parameter.data = tensor([leaves[name] for name in names.flat]).reshape(names.shape)
    return model


@quick
@given(
    st.sampled_from(list(SHAPES)),
    st.sampled_from(KINDS),
    st.sampled_from(INITS),
    st.integers(0, 1000),
    st.tuples(numbers, numbers),
    st.sampled_from([0.0, 0.3, 1.0]),
)
def test_networks_agree_with_torch(shape, kind, init, seed, inputs, target):
    graph = parse(program(shape, *kind))
    leaves = start_values(graph, init, seed) | {"x1": inputs[0], "x2": inputs[1], "t": target}
    model = torch_network(shape, *kind, leaves)
    x = tensor(inputs).requires_grad_()
    loss = LOSS[kind[1]](model(x), tensor([target]))
    loss.backward()
    assert forward(graph, leaves)["L"] == pytest.approx(loss.item(), rel=1e-12, abs=1e-15)
    expected = {"x1": x.grad[0].item(), "x2": x.grad[1].item()}
    for parameter, names in zip(model.parameters(), parameter_names(shape), strict=True):
        expected |= zip(names.flat, parameter.grad.flatten().tolist(), strict=True)
    found = gradients(graph, leaves)
    assert {name: found[name] for name in expected} == pytest.approx(expected, rel=1e-12, abs=1e-15)


@settings(quick, max_examples=50)
@given(programs, st.fixed_dictionaries({"x": numbers, "y": numbers}))
def test_expressions_agree_with_finite_differences(text, leaves):
    graph = parse(text)
    try:
        found = gradients(graph, leaves)
    except ValueError:
        assume(False)
    assume(max(map(abs, found.values())) < 1e2)
    for name in leaves:
        points = [leaves | {name: leaves[name] + h} for h in (-2e-5, -1e-5, 1e-5, 2e-5)]
        far_left, left, right, far_right = (evaluate(graph, point)[graph.output] for point in points)
        assume(abs((far_right - right) - (left - far_left)) < 1e-8)
        assert found[name] == pytest.approx((right - left) / 2e-5, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("zero_grad", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_training_follows_torch(kind, zero_grad):
    graph = parse(program("2-3-3-1", *kind))
    leaves = start_values(graph, seed=2)
    run = train(graph, leaves, parameters(graph), learning_rate=0.05, steps=20, zero_grad=zero_grad)
    model = torch_network("2-3-3-1", *kind, leaves)
    losses = []
    for _ in range(21):
        loss = LOSS[kind[1]](model(tensor([leaves["x1"], leaves["x2"]])), tensor([leaves["t"]]))
        losses.append(loss.item())
        if zero_grad:
            model.zero_grad()
        loss.backward()
        for parameter in model.parameters():
            parameter.data -= 0.05 * parameter.grad
    assert run.loss.tolist() == pytest.approx(losses, rel=1e-10, abs=1e-14)
    assert run.stopped == ""
    assert all(len(path) == 21 for path in run.paths.values())
    assert run.paths["x1"].tolist() == [leaves["x1"]] * 21


def test_the_first_step_follows_the_gradients_of_a_pass_before_too():
    graph, leaves = parse("(w*x - 1)**2"), {"w": 2, "x": 3}
    before = gradients(graph, leaves)
    run = train(graph, leaves, ["w"], learning_rate=0.01, steps=1, zero_grad=False, start=before)
    assert run.paths["w"] == pytest.approx([2, 2 - 0.01 * 2 * before["w"]])


def test_projected_loss_is_the_tangent_of_the_loss():
    graph = parse("(x - 3)**2")
    run = train(graph, {"x": 1}, ["x"], learning_rate=0.1, steps=2)
    assert run.loss == pytest.approx([4, 2.56, 1.6384])
    assert run.projected_loss == pytest.approx([4 - 0.1 * 4**2, 2.56 - 0.1 * 3.2**2])
    assert run.paths["x"] == pytest.approx([1, 1.4, 1.72])


def test_training_that_overflows_says_where_it_stopped():
    run = train(parse("exp(x) * y"), {"x": 5, "y": -1}, ["x"], learning_rate=1, steps=50)
    assert "step 2" in run.stopped and "v₁ = exp(x) overflows" in run.stopped
    assert len(run.loss) == len(run.paths["x"]) == 2
    assert len(run.projected_loss) == 1


def test_a_step_function_cannot_be_learned_from():
    run = train(parse("(step(w) - 1)**2"), {"w": -0.5}, ["w"], learning_rate=10, steps=5)
    assert run.loss.tolist() == [1.0] * 6


def test_only_leaves_can_be_trained():
    with pytest.raises(ValueError, match="v1 cannot be trained: the leaves are x, y"):
        train(parse("sin(x) * y"), {"x": 1, "y": 1}, ["v1"], learning_rate=1, steps=1)


def test_forgetting_zero_grad_doubles_every_weight_gradient_exactly():
    graph = parse(program("2-3-3-1"))
    leaves = start_values(graph, seed=2)
    once = gradients(graph, leaves)
    twice = gradients(graph, leaves, start=once)
    assert all(twice[name] == 2 * once[name] != 0 for name in parameters(graph))
    assert twice["x1"] == pytest.approx(2 * once["x1"], rel=1e-14)
    assert {name: twice[name] for name in ("h1_1", "z2_1", "L")} == {
        name: once[name] for name in ("h1_1", "z2_1", "L")
    }


def test_overwriting_instead_of_accumulating_keeps_only_the_last_share():
    graph = parse("x*x")
    assert gradients(graph, {"x": 3})["x"] == 6
    assert gradients(graph, {"x": 3}, accumulate=False)["x"] == 3
    tree = parse("sin(x) * exp(y)")
    leaves = {"x": 0.4, "y": 0.2}
    assert gradients(tree, leaves, accumulate=False) == gradients(tree, leaves)


@pytest.mark.parametrize("kind", KINDS[:2])
def test_zero_start_gives_no_gradient_but_to_the_last_bias(kind):
    graph = parse(program("2-3-3-1", *kind))
    leaves = start_values(graph, "zero")
    assert [name for name in parameters(graph) if gradients(graph, leaves)[name] != 0] == (
        ["b3_1"] if kind[0] == "tanh" else ["w3_11", "w3_12", "w3_13", "b3_1"]
    )


@pytest.mark.parametrize("init", ["zero", "equal"])
@pytest.mark.parametrize("kind", KINDS)
def test_symmetry_never_breaks(kind, init):
    graph = parse(program("2-3-3-1", *kind))
    run = train(graph, start_values(graph, init), parameters(graph), learning_rate=0.5, steps=100)
    for unit in (2, 3):
        for name in ("w1_{}1", "w1_{}2", "b1_{}", "w2_{}1", "w2_{}2", "b2_{}"):
            assert (run.paths[name.format(unit)] == run.paths[name.format(1)]).all()


POWER = "a whole exponent where the base is negative, no negative one where it is 0"


@pytest.mark.parametrize(
    "text, leaves, sentence",
    [
        ("log(x)", {"x": -2}, "f = log(x) needs a number above 0, and here x = -2."),
        ("1 / (x - y)", {"x": 2, "y": 2}, "f = 1 / v₁ needs a denominator other than 0, and here v₁ = 0."),
        ("x ** 0.5", {"x": -1}, f"f = x ** 0.5 needs {POWER}, and here x = -1."),
        ("x ** y", {"x": 0, "y": -1}, f"f = x ** y needs {POWER}, and here x = 0 and y = -1."),
        (
            "y * exp(x)",
            {"x": 800, "y": 1},
            "v₁ = exp(x) overflows the largest number, 1.8×10³⁰⁸, and here x = 800.",
        ),
        (
            "bce_with_logits(z, t)",
            {"z": 1, "t": 2},
            "f = bce_with_logits(z, t) needs a target between 0 and 1, and here z = 1 and t = 2.",
        ),
        ("x + y", {"x": 1}, "y must be a finite number, not None."),
        ("x + y", {"x": 1, "y": float("nan")}, "y must be a finite number, not nan."),
        ("x + y", {"x": 1, "y": "2"}, "y must be a finite number, not '2'."),
        ("x + y", {"x": 1, "y": True}, "y must be a finite number, not True."),
        ("x + y", {"x": 1, "y": 1, "q": 1}, "q has no place in the graph, whose leaves are x, y."),
    ],
)
def test_forward_errors_name_the_node(text, leaves, sentence):
    with pytest.raises(ValueError) as error:
        forward(parse(text), leaves)
    assert str(error.value) == sentence


@pytest.mark.parametrize(
    "text, leaves, sentence",
    [
        ("y * x ** 0.5", {"x": 0, "y": 1}, "v₁ = x ** 0.5 sends x no finite gradient, and here x = 0."),
        ("x ** y", {"x": -2, "y": 3}, "f = x ** y sends y no finite gradient, and here x = -2 and y = 3."),
        ("1e200 * (1e200 * x)", {"x": 0}, "v₁ = 10²⁰⁰ * x sends x no finite gradient, and here x = 0."),
    ],
)
def test_backward_errors_name_the_node(text, leaves, sentence):
    graph = parse(text)
    with pytest.raises(ValueError) as error:
        backward(graph, forward(graph, leaves))
    assert str(error.value) == sentence


def test_edges_tell_the_whole_story_in_order():
    graph = parse("a = x*y; a + a*x")
    edges = backward(graph, forward(graph, {"x": 2, "y": 3}))
    assert [(edge.node, edge.operand, edge.local, edge.before, edge.after) for edge in edges] == [
        ("f", "f", 1, 0, 1),
        ("f", "a", 1, 0, 1),
        ("f", "v1", 1, 0, 1),
        ("v1", "a", 2, 1, 3),
        ("v1", "x", 6, 0, 6),
        ("a", "x", 3, 6, 15),
        ("a", "y", 2, 0, 6),
    ]
    assert all(edge.product == edge.incoming * edge.local for edge in edges)


def test_constants_have_no_gradient():
    graph = parse("2**3 * x + 1")
    assert graph.varying == ("x", "v2", "f")
    assert set(gradients(graph, {"x": 1})) == {"x", "v2", "f"}


def test_large_logits_keep_their_precision():
    graph = parse("bce_with_logits(z, t)")
    assert forward(graph, {"z": -800, "t": 1})["f"] == 800
    assert forward(graph, {"z": 800, "t": 0})["f"] == 800
    assert forward(graph, {"z": 40, "t": 1})["f"] == pytest.approx(np.exp(-40), rel=1e-14, abs=0)
    assert gradients(graph, {"z": -800, "t": 1})["z"] == -1
