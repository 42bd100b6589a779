"""Sums over paths against backpropagation, and the counts that show why nobody takes that way."""

import pytest

from core.lessons.backprop.expression import parse
from core.lessons.backprop.graph import backward, forward, gradients
from core.lessons.backprop.lesson import LESSON
from core.lessons.backprop.networks import ACTIVATIONS, SHAPES, program, start_values
from core.lessons.backprop.paths import (
    ladder,
    ladder_with_recording,
    ladder_without_recording,
    multiplications,
    network_multiplications,
    path_counts,
    paths,
)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("seed", range(5))
def test_the_sum_over_all_paths_is_the_gradient(activation, seed):
    graph = parse(program("2-3-3-1", activation))
    leaves = start_values(graph, seed=seed)
    found, counts = gradients(graph, leaves), path_counts(graph)
    for leaf in graph.leaves:
        ways = paths(graph, leaves, leaf)
        assert len(ways) == counts[leaf]
        assert ways[-1].running_sum == pytest.approx(found[leaf], rel=1e-12, abs=1e-15)


def test_a_network_has_the_product_of_its_widths_in_paths():
    counts = path_counts(parse(program("2-3-3-1")))
    assert counts["x1"] == counts["x2"] == 3 * 3
    assert counts["x1"] + counts["x2"] == 18
    assert counts["w2_13"] == 3 * 0 + 1
    assert counts["w1_11"] == 3


def test_a_path_names_its_nodes_and_factors():
    first, second = paths(parse("a = x*y; a + 3*a"), {"x": 2, "y": 5}, "x")
    assert {first.nodes, second.nodes} == {("x", "a", "f"), ("x", "a", "v1", "f")}
    assert sorted([first.factors, second.factors]) == [(5, 1), (5, 3, 1)]
    assert first.running_sum == first.product
    assert second.running_sum == 20


def test_parallel_edges_are_paths_of_their_own():
    ways = paths(parse("x*x"), {"x": 3}, "x")
    assert [way.product for way in ways] == [3, 3]
    assert ways[-1].running_sum == 6


def test_paths_are_listed_only_while_they_are_few():
    doubling = ["y0 = x + x"] + [f"y{i} = y{i - 1} + y{i - 1}" for i in range(1, 14)]
    graph = parse("\n".join(doubling))
    assert path_counts(graph)["x"] == 2**14
    with pytest.raises(ValueError, match="x reaches y13 by 16,384 paths; up to 10,000 can be listed"):
        paths(graph, {"x": 1}, "x")
    with pytest.raises(ValueError, match="y0 is not a leaf of the graph; its leaves are x"):
        paths(graph, {"x": 1}, "y0")


@pytest.mark.parametrize("levels", [0, 1, 5, 10, 15])
def test_recording_turns_doubling_calls_into_one_per_level(levels):
    values = ladder(levels, start=0.7)
    slow, slow_calls = ladder_without_recording(values)
    fast, fast_calls = ladder_with_recording(values)
    assert (slow_calls, fast_calls) == (2 ** (levels + 1) - 1, levels)
    assert slow == pytest.approx(fast, rel=1e-14)


def test_the_ladder_is_the_graph_it_says():
    values = ladder(8, start=0.7)
    graph = parse("\n".join(f"y{i + 1} = sin(y{i}) + y{i} / 2" for i in range(8)))
    assert path_counts(graph)["y0"] == 2**8
    assert gradients(graph, {"y0": 0.7})["y0"] == pytest.approx(ladder_with_recording(values)[0], rel=1e-14)


@pytest.mark.parametrize("levels", [-1, 23])
def test_the_ladder_has_bounds(levels):
    with pytest.raises(ValueError, match=f"levels is {levels}; allowed are 0 to 22"):
        ladder(levels)


def counted(graph, leaves):
    """Every path and every edge written out: how many local derivatives are multiplied."""
    every = [way for leaf in graph.leaves for way in paths(graph, leaves, leaf)]
    return sum(len(way.factors) for way in every), len(backward(graph, forward(graph, leaves))[1:])


TYPED = [
    "x*y",
    "x*x",
    "a = x*x; a*a",
    "2**3*x + 1",
    "a = x*w; b = a*a; b + sin(a)",
    "+".join(["sin(x*w)"] * 9),
]


@pytest.mark.parametrize("text", [*TYPED, *(program(shape) for shape in SHAPES)])
def test_multiplications_are_those_of_all_paths_and_of_all_edges(text):
    graph = parse(text)
    assert multiplications(graph) == counted(graph, dict.fromkeys(graph.leaves, 0.7))


@pytest.mark.parametrize("preset", LESSON.presets)
def test_every_preset_is_counted_as_it_is_drawn(preset):
    settings = LESSON.preset(preset)
    by_path, by_edge = multiplications(settings.graph)
    assert (by_path, by_edge) == counted(settings.graph, settings.leaves)
    assert by_path > by_edge


@pytest.mark.parametrize(("shape", "numbers"), [("2-2-1", (47, 19)), ("2-3-3-1", (327, 51))])
def test_the_multiplications_of_a_network_in_closed_form(shape, numbers):
    assert network_multiplications(SHAPES[shape]) == multiplications(parse(program(shape))) == numbers


def test_the_closed_form_holds_in_deep_networks_too(monkeypatch):
    for widths in ((3, 1, 1), (2, 2, 2, 2, 1), (4, 2, 3, 1)):
        monkeypatch.setitem(SHAPES, "2-2-1", widths)
        assert multiplications(parse(program("2-2-1"))) == network_multiplications(widths)


def test_where_no_paths_share_an_edge_there_is_nothing_to_save():
    assert multiplications(parse("x*y")) == (2, 2)
    assert multiplications(parse("x*x")) == (2, 2)
