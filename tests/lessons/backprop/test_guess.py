"""A reader's answer is checked against the number and explained with the numbers."""

import pytest

from core.lessons.backprop.expression import parse
from core.lessons.backprop.graph import backward, forward
from core.lessons.backprop.guess import close, gradient, local_derivative

GRAPH = parse("a = x*y; a*x + 3")
EDGES = {(e.node, e.operand): e for e in backward(GRAPH, forward(GRAPH, {"x": 2, "y": -5}))}
FIRST, SECOND = EDGES["v1", "x"], EDGES["a", "x"]  # x: -10, then (+ 2 * -5) = -20


@pytest.mark.parametrize(
    ("answer", "exact", "right"),
    [(2.01, 2, True), (2.03, 2, False), (0.0004, 0, True), (0.001, 0, False), (-100.9, -100, True)],
)
def test_three_digits_are_enough(answer, exact, right):
    assert close(answer, exact) == right


@pytest.mark.parametrize(
    ("answer", "right", "sentence"),
    [
        (-5, True, "Right: ∂a/∂x is -5."),
        (5, False, "The size is right, the sign is not: ∂a/∂x is -5."),
        (-10, False, "-10 is already multiplied by what comes in, 2: ∂a/∂x is -5."),
        (7, False, "Not 7: ∂a/∂x is -5."),
    ],
)
def test_local_derivatives_are_explained(answer, right, sentence):
    checked = local_derivative(SECOND, answer)
    assert (checked.right, checked.sentence) == (right, sentence)


SUM = "the gradient of x is then -10 + 2 × -5 = -20."


@pytest.mark.parametrize(
    ("answer", "right", "sentence"),
    [
        (-20, True, f"Right: {SUM}"),
        (-10, False, f"-10 is only this step's share; it is added to what came before: {SUM}"),
        (-5, False, f"-5 is the local derivative alone, without what comes in: {SUM}"),
        (20, False, f"The size is right, the sign is not: {SUM}"),
        (3, False, f"Not 3: {SUM}"),
    ],
)
def test_gradients_are_explained(answer, right, sentence):
    checked = gradient(SECOND, answer)
    assert (checked.right, checked.sentence) == (right, sentence)


def test_nothing_is_added_where_nothing_came_before_or_nobody_adds():
    assert (FIRST.before, FIRST.incoming, FIRST.local, FIRST.after) == (0, 1, -10, -10)
    reply = gradient(FIRST, -10)
    assert reply.right and "1 × -10 = -10" in reply.sentence and " + " not in reply.sentence
    overwritten = backward(GRAPH, forward(GRAPH, {"x": 2, "y": -5}), accumulate=False)
    last = next(edge for edge in overwritten if (edge.node, edge.operand) == ("a", "x"))
    assert (last.incoming, last.local, last.after) == (2, -5, -10)
    reply = gradient(last, -10, accumulate=False)
    assert reply.right and "2 × -5 = -10" in reply.sentence and " + " not in reply.sentence
