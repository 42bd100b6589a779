"""Nodes are drawn left to right, apart from each other, and few enough columns for a phone."""

from itertools import combinations

import pytest

from core.lessons.backprop.expression import parse
from core.lessons.backprop.layout import layout
from core.lessons.backprop.networks import SHAPES, parameters, program

TEXTS = [program(shape) for shape in SHAPES] + ["a = x*y; b = a + sin(a); b**2 / (x - 3)", "2**3 * x", "-x"]


@pytest.mark.parametrize("text", TEXTS)
def test_operands_are_left_of_results_and_nodes_apart(text):
    graph = parse(text)
    drawn = layout(graph)
    places = drawn.positions
    assert set(places) == {node.name for node in graph.nodes if node.operation != "number"}
    for node in graph.operations:
        for operand in node.operands:
            assert operand not in places or places[operand][0] < places[node.name][0]
    for (column, row), (other_column, other_row) in combinations(places.values(), 2):
        assert column != other_column or abs(row - other_row) >= 1
    assert {column for column, _ in places.values()} == set(range(drawn.columns))
    assert all(0 <= row <= drawn.rows - 1 for _, row in places.values())


@pytest.mark.parametrize("shape", SHAPES)
def test_networks_fit_a_phone(shape):
    graph = parse(program(shape))
    assert layout(graph).columns <= 7
    without_weights = layout(graph, hide=parameters(graph))
    assert without_weights.rows == max(SHAPES[shape])
    assert not set(without_weights.positions) & set(parameters(graph))


def test_operations_stand_at_their_longest_path_and_leaves_beside_their_first_use():
    places = layout(parse("a = sin(x); b = exp(a); a + b*y")).positions
    assert [places[name][0] for name in ("x", "a", "b", "v1", "f", "y")] == [0, 1, 2, 3, 4, 2]


def test_units_stay_in_order_so_that_no_edge_crosses_without_need():
    graph = parse(program("2-3-3-1"))
    places = layout(graph).positions
    for name in ("z1_{}", "h1_{}", "z2_{}", "h2_{}"):
        assert places[name.format(1)][1] < places[name.format(2)][1] < places[name.format(3)][1]
