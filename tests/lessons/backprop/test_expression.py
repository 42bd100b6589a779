"""Typed formulas: the graph they become, and one clear sentence for everything that cannot become one."""

import math

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from core.lessons.backprop.expression import MAX_LENGTH, MAX_OPERATIONS, parse
from core.lessons.backprop.graph import Node, forward

quick = settings(max_examples=100)


def test_a_formula_becomes_nodes_with_operands_first():
    assert parse("x*y + sin(x)").nodes == (
        Node("x", "leaf"),
        Node("y", "leaf"),
        Node("v1", "*", ("x", "y")),
        Node("v2", "sin", ("x",)),
        Node("f", "+", ("v1", "v2")),
    )


def test_steps_name_their_nodes_and_may_be_used_twice():
    assert parse("a = x*y\n  b = a + 2.5;  a*b").nodes == (
        Node("x", "leaf"),
        Node("y", "leaf"),
        Node("a", "*", ("x", "y")),
        Node("2.5", "number"),
        Node("b", "+", ("a", "2.5")),
        Node("f", "*", ("a", "b")),
    )


def test_the_output_keeps_its_name_and_new_names_avoid_those_in_use():
    assert parse("L = x*x").output == "L"
    assert parse("f*f").output == "v1"
    assert [node.name for node in parse("sin(v1) + v2*v2").operations] == ["v3", "v4", "f"]


operands = st.sampled_from(
    ["x", "y", "2", "0.5", "-x", "-2", "(x - y)", "-(y + 1)", "sin(x)", "exp(-y)", "-tanh(y)"]
)
chains = st.lists(
    st.tuples(st.sampled_from(["+", "-", "*", "/", "**", " - -"]), operands), min_size=1, max_size=6
)


@quick
@given(operands, chains)
def test_signs_bind_as_in_python(first, rest):
    text = first + "".join(sign + operand for sign, operand in rest)
    leaves = {"x": 1.3, "y": 0.4}
    names = leaves | {"sin": math.sin, "exp": math.exp, "tanh": math.tanh}
    try:
        expected = eval(text, names)
    except (OverflowError, ZeroDivisionError):
        assume(False)
    assume(isinstance(expected, float))
    try:
        graph = parse(text)
    except ValueError as error:
        assert "has only numbers" in str(error)
        return
    assert forward(graph, {name: leaves[name] for name in graph.leaves})[graph.output] == pytest.approx(
        expected
    )


@quick
@given(st.text("xyab12.+-*/()=; \n,_", max_size=25) | st.text(max_size=12))
def test_any_text_is_a_graph_or_one_sentence(text):
    try:
        assert parse(text).leaves
    except ValueError as error:
        assert str(error).endswith(".") and "\n" not in str(error)


FUNCTIONS = "sin, cos, tanh, exp, log, relu, sigmoid, step, weighted_sum, mse_loss, bce_with_logits"
NO_NAME = "is not a name; it takes a letter, then up to 11 letters, digits or _."
ALLOWED = f"allowed are names, numbers, + - * / **, brackets and {FUNCTIONS}"


@pytest.mark.parametrize(
    "text, sentence",
    [
        ("", "The expression is empty; type a formula such as x*y + sin(x)."),
        ("x ^ 2", f"The sign ^ is not known; {ALLOWED}, where ** is a power."),
        ("x × y", f"The sign × is not known; {ALLOWED}, where ** is a power."),
        ("__import__('os')", f"The sign ' is not known; {ALLOWED}, where ** is a power."),
        ("2x", f"The expression cannot be read at '2x'; {ALLOWED}, * between factors."),
        ("x y", f"The expression cannot be read at 'y'; {ALLOWED}, * between factors."),
        ("x*y +", f"The expression cannot be read after 'x*y +'; {ALLOWED}, * between factors."),
        ("sin(x", f"The expression cannot be read at '(x'; {ALLOWED}, * between factors."),
        ("sqrt(x)", f"sqrt is no function that is known; {ALLOWED}."),
        ("x.real + 1", f"'x.real' is not possible here; {ALLOWED}."),
        ("x // 2", f"'x // 2' is not possible here; {ALLOWED}."),
        ("+x", f"'+x' is not possible here; {ALLOWED}."),
        ("(x, y)", f"'(x, y)' is not possible here; {ALLOWED}."),
        ("x if y else 2", f"'x if y else 2' is not possible here; {ALLOWED}."),
        ("sin(x, y)", "'sin(x, y)' has 2 operands; sin takes 1."),
        ("weighted_sum(x, y)", "'weighted_sum(x, y)' has 2 operands; weighted_sum takes 3 or 5 or 7 or 9."),
        ("sin(a=x)", f"'sin(a=x)' is not possible here; {ALLOWED}."),
        ("sin + x", "sin is a function and cannot be a name; write it with brackets, sin(x)."),
        ("_x * 2", f"'_x' {NO_NAME}"),
        ("verylongname1*2", f"'verylongname1' {NO_NAME}"),
        ("True * x", "'True' is not allowed; numbers are plain and at most 1.8×10³⁰⁸."),
        ("2j * x", "'2j' is not allowed; numbers are plain and at most 1.8×10³⁰⁸."),
        ("1e999 * x", "'1e999' is not allowed; numbers are plain and at most 1.8×10³⁰⁸."),
        ("x", "'x' computes nothing; use an operation, such as x*y."),
        ("a = 2; a*x", "'a = 2' computes nothing; use an operation, such as x*y."),
        ("(x\n)", "'(x )' computes nothing; use an operation, such as x*y."),
        ("2 + 3", "The expression has only numbers in it; use at least one name, such as x."),
        ("x*y; x + y", "'x*y' is not a step; write it as name = formula."),
        ("x += 1", "'x += 1' is not a step; write it as name = formula."),
        ("import os", "'import os' is not a step; write it as name = formula."),
        ("a = x*y; a = a*x", "a has a value before the step that computes it; give that step a new name."),
        ("x = x + 1", "x has a value before the step that computes it; give that step a new name."),
        ("a = x*y; x + y", "a is computed but not used; each step must lead to the last, f."),
    ],
)  # fmt: skip
def test_errors_say_which_part_and_what_is_allowed(text, sentence):
    with pytest.raises(ValueError) as error:
        parse(text)
    assert str(error.value) == sentence


def test_length_and_operations_are_bounded():
    assert len(parse("+".join(["x"] * (MAX_OPERATIONS + 1))).operations) == MAX_OPERATIONS
    with pytest.raises(
        ValueError, match=f"has {MAX_OPERATIONS + 1} operations; allowed are up to {MAX_OPERATIONS}"
    ):
        parse("+".join(["x"] * (MAX_OPERATIONS + 2)))
    with pytest.raises(ValueError, match=f"has {MAX_LENGTH + 1} characters; allowed are up to {MAX_LENGTH}"):
        parse("x" * (MAX_LENGTH + 1))


@pytest.mark.parametrize(
    "text", ["-" * 990 + "x", "(" * 400 + "x" + ")" * 400, "(" * 190 + "x*y" + ")" * 190]
)
def test_deep_nesting_is_refused_or_read(text):
    try:
        assert parse(text).operations
    except ValueError as error:
        assert str(error).startswith("The expression ")
