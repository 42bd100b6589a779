"""The steps carry the numbers of the two passes, and formulas that say the same."""

import pytest

from core.lessons.backprop.expression import parse
from core.lessons.backprop.graph import backward, forward
from core.lessons.backprop.networks import program, start_values
from core.lessons.backprop.notation import apart, equals, factor, number, symbol, written
from core.lessons.backprop.steps import backward_steps, forward_steps


def test_forward_steps_show_every_operation():
    steps = forward_steps(parse("a = x*y; a + sin(a)/3"), {"x": 1.5, "y": -2})
    assert [(step.node, step.operands, step.formula, step.numbers) for step in steps] == [
        ("a", ("x", "y"), r"a = x \cdot y", r"a = 1.5 \cdot (-2) = -3"),
        ("v1", ("a",), r"v_{1} = \sin a", r"v_{1} = \sin (-3) \approx -0.1411"),
        ("v2", ("v1", "3"), r"v_{2} = \frac{v_{1}}{3}", r"v_{2} = \frac{(-0.1411)}{3} \approx -0.04704"),
        ("f", ("a", "v2"), "f = a + v_{2}", r"f = (-3) + (-0.04704) \approx -3.047"),
    ]


def test_backward_steps_show_the_sum():
    steps = backward_steps(parse("tanh(x) * x"), {"x": 0.5})
    *_, last = steps
    assert steps[0].chain_formula == r"\frac{\partial f}{\partial f} = 1"
    assert last.local_formula == r"\frac{\partial v_{1}}{\partial x} = 1 - {v_{1}}^{2}"
    assert last.local_numbers == r"\frac{\partial v_{1}}{\partial x} = 1 - {0.4621}^{2} \approx 0.7864"
    assert last.chain_formula == (
        r"\frac{\partial f}{\partial x} \mathrel{+}= "
        r"\frac{\partial f}{\partial v_{1}} \cdot \frac{\partial v_{1}}{\partial x}"
    )
    assert last.chain_numbers == r"\frac{\partial f}{\partial x} = 0.4621 + 0.5 \cdot 0.7864 \approx 0.8553"


def test_a_slope_that_is_one_number_is_said_once():
    steps = backward_steps(parse("x*y + 2"), {"x": 1.5, "y": -2})
    assert [step.local_numbers.split(" = ", 1)[1] for step in steps[1:]] == ["1", "-2", "1.5"]


def test_a_sum_has_no_0_a_product_no_1_and_no_number_is_said_twice():
    steps = backward_steps(parse("3*x + y - x"), {"x": 2, "y": -1})
    assert [step.chain_numbers.split(" = ", 1)[1] for step in steps[1:]] == [
        "1", "-1", "1", "1", "(-1) + 3 = 2",
    ]  # fmt: skip


def test_no_step_shows_a_negative_zero():
    graph, leaves = parse("a = -z; bce_with_logits(a, t) - -z"), {"z": 0.0, "t": 1.0}
    told = [step.numbers for step in forward_steps(graph, leaves)]
    for step in backward_steps(graph, leaves):
        told += [step.local_numbers, step.chain_numbers]
    assert "a = 0" in told and r"\frac{\partial v_{1}}{\partial t} = 0" in told
    assert not [text for text in told if "-0 " in f"{text} " or "0 = 0" in text]


def test_the_mistake_of_overwriting_is_written_as_such():
    last = backward_steps(parse("x*x"), {"x": 3}, accumulate=False)[-1]
    assert "+" not in last.chain_formula
    assert last.chain_numbers == r"\frac{\partial f}{\partial x} = 3"


def test_steps_repeat_the_numbers_of_the_passes():
    graph = parse(program("2-3-3-1", "sigmoid", "cross-entropy"))
    leaves = start_values(graph)
    values = forward(graph, leaves)
    assert {step.node: step.value for step in forward_steps(graph, leaves)} == {
        node.name: values[node.name] for node in graph.operations
    }
    start = {"w1_11": 2.0}
    assert [step.edge for step in backward_steps(graph, leaves, start=start)] == backward(
        graph, values, start=start
    )


def test_paint_reaches_every_symbol_and_number_of_a_node():
    def paint(name, latex):
        return rf"\textcolor{{{name}}}{{{latex}}}"

    graph = parse("sin(x) * y")
    leaves = {"x": 1, "y": 2}
    (first, second), steps = forward_steps(graph, leaves, paint), backward_steps(graph, leaves, paint=paint)
    assert first.formula == r"\textcolor{v1}{v_{1}} = \sin \textcolor{x}{x}"
    assert second.numbers == r"\textcolor{f}{f} = \textcolor{v1}{0.8415} \cdot \textcolor{y}{2} \approx 1.683"
    assert steps[-1].local_numbers.endswith(r"= \cos \textcolor{x}{1} \approx 0.5403")
    assert steps[1].local_numbers.endswith(r"= \textcolor{y}{2}")


@pytest.mark.parametrize(
    "name, latex",
    [
        ("x", "x"),
        ("x1", "x_{1}"),
        ("x_1", "x_{1}"),
        ("w2_13", "w_{13}^{(2)}"),
        ("speed", r"\mathrm{speed}"),
        ("my_rate", r"\mathrm{my\_rate}"),
        ("2.50", "2.5"),
        ("-3", "(-3)"),
    ],
)
def test_names_become_symbols(name, latex):
    assert symbol(name) == latex


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("x", "x"),
        ("x1", "x₁"),
        ("w2_13", "w₁₃⁽²⁾"),
        ("my_rate", "my_rate"),
        ("1e+200", "10²⁰⁰"),
        ("0.5", "0.5"),
    ],
)
def test_names_are_written_in_sentences_as_in_formulas(name, text):
    assert written(name) == text


@pytest.mark.parametrize(
    ("numbers", "texts"),
    [
        ((1.125, 1.116), ("1.125", "1.116")),
        ((1.5, 3), ("1.5", "3")),
        ((2.0, 2.0), ("2", "2")),
        ((1e6, 1_000_500.0), ("10⁶", "1.0005×10⁶")),
        ((1.0, 1 + 1e-12), ("1", "1.000000000001")),
    ],
)
def test_two_numbers_are_told_apart(numbers, texts):
    assert apart(*numbers) == texts


def test_numbers_have_four_digits_and_brackets_where_needed():
    assert [number(value) for value in (0.0, -0.0, 2.0, 1 / 3, 123456, -1.5e-7)] == [
        "0", "0", "2", "0.3333", r"1.235 \times 10^{5}", r"-1.5 \times 10^{-7}",
    ]  # fmt: skip
    assert [factor(value) for value in (2.0, -2.0, 1e9)] == ["2", "(-2)", r"(1 \times 10^{9})"]
    assert [equals(value) for value in (0.25, 1 / 3)] == ["= 0.25", r"\approx 0.3333"]
