"""Graph and formulas are drawn with the numbers of the passes, in frames small enough for a phone."""

import numpy as np
import pytest

from core.lessons.backprop.charts import cost, graph, learning
from core.lessons.backprop.charts.drawing import COLOURS, kinds
from core.lessons.backprop.charts.latex import LINE, html, lines
from core.lessons.backprop.check import gradient_check, taylor_test
from core.lessons.backprop.claims import trained, tried
from core.lessons.backprop.cost import DEPTHS, recorded_bytes, shape
from core.lessons.backprop.graph import gradients
from core.lessons.backprop.moments import walk
from core.lessons.backprop.paths import ladder_costs, paths
from core.lessons.backprop.settings import Passes
from core.words import short

LONG = Passes(shape="expression", expression="+".join(["sin(x*w)"] * 20))
SETTINGS = [Passes(), Passes(shape="2-3-3-1"), Passes(shape="single neuron"), LONG]


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"\frac{\partial L}{\partial w^{(2)}_{13}} \mathrel{+}= 2 \cdot x_{1}",
         "∂L/∂w<sup>(2)</sup><sub>13</sub> += 2 · x<sub>1</sub>"),
        (r"y = \operatorname{relu} (-0.5) \approx 1 \times 10^{-7}",
         "y = relu (-0.5) ≈ 1 × 10<sup>-7</sup>"),
        (r"{x}^{2} + \log \mathrm{my\_rate}", "x<sup>2</sup> + log my_rate"),
        (r"-\frac{v_{1}}{3}", "-v<sub>1</sub>/3"),
    ],
)  # fmt: skip
def test_formulas_become_text(latex, text):
    assert html(latex) == text


def test_long_formulas_are_broken_before_a_sign():
    formula = " + ".join([r"0.12345 \cdot 6.789"] * 6)
    broken = lines(formula).split("<br>")
    assert all(len(line) <= LINE + 10 for line in broken)
    assert " ".join("".join(broken).split()) == html(formula)


@pytest.mark.parametrize("settings", SETTINGS)
def test_every_moment_has_a_frame_and_all_of_them_are_small(settings):
    moments = walk(settings)
    figure = graph.passes(settings, moments, 3)
    assert [frame.name for frame in figure.frames] == [str(i) for i in range(len(moments))]
    assert figure.layout.sliders[0].active == 3
    assert figure.layout.updatemenus[0].buttons[0].args[0][0] == "3"
    assert len(figure.to_json()) < 1_000_000


def test_a_frame_shows_the_values_and_gradients_of_its_moment():
    settings = Passes()
    moments = walk(settings)
    last = graph.passes(settings, moments, len(moments) - 1)
    numbers = next(t for t in last.data if t.text and any("∂" in text for text in t.text))
    found = gradients(settings.graph, settings.leaves)
    assert len([text for text in numbers.text if "∂" in text]) == sum(
        name in found for name in settings.graph.varying if name not in settings.parameters
    )
    first = graph.passes(settings, moments, 0)
    assert sum("-0.608" in str(t.text) for t in first.data) == 0


def test_the_symbols_have_the_colours_of_the_nodes():
    settings = Passes()
    paint = graph.paint(settings)
    assert paint("w1_11", "w") == rf"\textcolor{{{COLOURS['weight']}}}{{w}}"
    assert paint("gradient", "2") == rf"\textcolor{{{COLOURS['gradient']}}}{{2}}"
    assert [kinds(settings)[name] for name in ("x1", "t", "b1_1", "h1_1", "L")] == [
        "data", "data", "weight", "value", "value",
    ]  # fmt: skip
    assert len(set(COLOURS.values())) == len(COLOURS)


def test_every_path_has_a_frame_and_the_title_has_the_sum(the):
    settings = Passes(shape="2-3-3-1")
    found = gradients(settings.graph, settings.leaves)["x1"]
    ways = paths(settings.graph, settings.leaves, "x1")
    figure = graph.paths(settings, walk(settings)[-1].values, "x1", ways, found)
    assert len(figure.frames) == len(ways) == 9
    assert figure.layout.meta["title"].startswith(
        f"The 9 paths from x1 sum to {short(found)}; backpropagation found"
    )
    added = learning.path_sum("x1", ways, found)
    assert sum(the(added, type="bar").y) == pytest.approx(found, rel=1e-12)
    assert the(added, name="sum so far").y[-1] == pytest.approx(found, rel=1e-12)


def test_the_counts_mark_the_chosen_graph(the):
    figure = learning.counts(Passes(shape="2-3-3-1"))
    ways, edges = (the(figure, name=name) for name in ("paths: widths multiplied", "edges: products added"))
    way, edge = the(figure, name="paths here"), the(figure, name="edges here")
    assert (way.x[0], way.y[0], edge.y[0]) == (2, 18, 18)
    assert ways.y[1] == way.y[0] and edges.y[1] == edge.y[0]
    typed = learning.counts(Passes(shape="expression", expression="a = x*x; a*a"))
    assert "This graph has 4 paths and 4 edges" in typed.layout.meta["title"]


def test_the_ladder_is_drawn_as_it_was_climbed(the):
    costs = ladder_costs(5)
    assert costs.calls_without == [3, 7, 15, 31, 63]
    assert learning.ladder(costs).layout.meta["title"].endswith("takes 63 calls, with recording 5")
    assert np.isfinite(the(learning.ladder_time(costs), name="without recording").y).all()


def test_differences_and_taylor_say_what_they_measure():
    settings = Passes()
    together = dict.fromkeys(settings.parameters, 1.0)
    check = gradient_check(settings.graph, settings.leaves, together)
    figure = cost.differences(check)
    assert "forward 1 (predicted 1), central 2 (predicted 2)" in figure.layout.meta["how"]
    test = taylor_test(settings.graph, settings.leaves, together)
    assert test.orders == pytest.approx((1, 2), abs=0.03) and not test.straight
    assert "the gradient is right" in cost.taylor(test).layout.meta["title"]
    straight = Passes(shape="expression", expression="x + y")
    test = taylor_test(straight.graph, straight.leaves, {"x": 1.0, "y": 1.0})
    assert test.straight and "straight" in cost.taylor(test).layout.meta["title"]


def test_memory_says_what_a_layer_adds():
    figure = cost.memory(np.array([recorded_bytes(shape(64, depth), 32) for depth in DEPTHS]))
    assert figure.layout.meta["title"].startswith("Every layer adds 8,192 bytes")


@pytest.mark.parametrize(
    "settings",
    [
        Passes(),
        Passes(init="zero"),
        Passes(learning_rate=100, steps=500),
        Passes(shape="expression", expression="x*y", steps=500, learning_rate=10),
    ],
)
def test_every_training_can_be_drawn(settings):
    training = trained(settings)
    assert "The loss goes from" in learning.learning(training).layout.meta["title"]
    assert "moves furthest" in learning.weights(settings, training).layout.meta["title"]


def test_what_is_learned_is_named():
    runs = tried()
    learned = {name for name, run in runs.items() if run.loss[-1] < 0.01 * run.loss[0]}
    figure = learning.functions(runs)
    title = figure.layout.meta["title"]
    assert 0 < len(learned) < len(runs)
    assert title.startswith(f"{len(learned)} of {len(runs)} ")
    assert {name for name in runs if name in title} == learned
    assert {line.name for line in figure.data if line.line.dash == "solid"} == learned


def test_the_small_picture_has_no_frames():
    assert not graph.still(Passes()).frames


@pytest.mark.parametrize(
    ("expression", "values"),
    [
        ("relu(x)*w", "x:0,w:1"),
        ("exp(x)*w", "x:700,w:1"),
        ("step(x) + w", "x:0.5,w:0"),
        ("log(x) + x**w", "x:1e-6,w:0.5"),
        ("1e200*x*w", "x:1e-150,w:1e-50"),
    ],
)
def test_what_is_steep_flat_or_huge_can_be_drawn_too(expression, values):
    settings = Passes(shape="expression", expression=expression, values=values, steps=500, learning_rate=10)
    graph_, leaves, together = settings.graph, settings.leaves, dict.fromkeys(settings.parameters, 1.0)
    training = trained(settings)
    figures = [
        graph.passes(settings, walk(settings), 1),
        learning.counts(settings),
        cost.differences(gradient_check(graph_, leaves, together)),
        cost.taylor(taylor_test(graph_, leaves, together)),
        learning.learning(training),
        learning.weights(settings, training),
    ]
    assert all(figure.layout.meta["title"] for figure in figures)
