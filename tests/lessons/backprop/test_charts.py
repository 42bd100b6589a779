"""Graph and formulas are drawn with the numbers of the passes, in frames small enough for a phone."""

import re

import numpy as np
import pytest

from core.lessons.backprop.charts import cost, graph, learning, sharing
from core.lessons.backprop.charts.drawing import COLOURS, kinds
from core.lessons.backprop.charts.latex import LINE, html, lines
from core.lessons.backprop.claims import trained, tried
from core.lessons.backprop.cost import DEPTHS, recorded_bytes, shape
from core.lessons.backprop.examine import try_gradient
from core.lessons.backprop.graph import gradients
from core.lessons.backprop.lesson import LESSON
from core.lessons.backprop.moments import walk
from core.lessons.backprop.notation import written
from core.lessons.backprop.paths import ladder_costs, multiplications, paths
from core.lessons.backprop.settings import Passes
from core.words import short

TYPED = Passes(shape="expression", steps=5)
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
    found = gradients(settings.graph, settings.leaves)
    on_edges = next(t for t in last.data if t.mode == "markers+text")
    assert [text.strip("</b>") for text in on_edges.text] == [
        f"∂ {short(found[name])}" for name in settings.parameters
    ]
    numbers = next(t for t in last.data if t.mode == "text" and t.text and "<br>∂" in t.text[0])
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
    assert figure.layout.meta["title"] == (
        f"The 9 paths from x₁ sum to {short(found)}, the gradient that backpropagation found"
    )
    added = sharing.path_sum("x1", ways, found)
    assert sum(the(added, type="bar").y) == pytest.approx(found, rel=1e-12)
    assert the(added, name="sum so far").y[-1] == pytest.approx(found, rel=1e-12)


def test_a_wrong_gradient_is_not_the_sum_of_its_paths():
    settings = LESSON.preset("No +=")
    ways, found = paths(settings.graph, settings.leaves, "w"), settings.gradients["w"]
    right = gradients(settings.graph, settings.leaves)["w"]
    values = walk(settings)[-1].values
    assert graph.paths(settings, values, "w", ways, found).layout.meta["title"] == (
        f"The 3 paths from w sum to {short(right)}; the page's gradient is {short(found)}"
    )
    assert f"{short(right)}, not to {short(found)}" in sharing.path_sum("w", ways, found).layout.meta["title"]


@pytest.mark.parametrize("preset", LESSON.presets)
def test_the_counts_are_those_of_the_graph_above(preset, the):
    settings = LESSON.preset(preset)
    figure, (by_path, by_edge) = sharing.counts(settings), multiplications(settings.graph)
    title = figure.layout.meta["title"]
    assert f"takes {by_path:,} multiplications path by path and {by_edge:,} edge by edge; with" in title
    assert the(figure, name="path by path, above").y[0] == by_path
    assert the(figure, name="edge by edge, above").y[0] == by_edge
    if settings.shape in ("2-2-1", "2-3-3-1"):
        at = the(figure, name="path by path, above").x[0]
        assert the(figure, name="path by path").y[at - 1] == by_path
        assert the(figure, name="edge by edge").y[at - 1] == by_edge


def test_where_nothing_is_saved_the_title_says_so():
    title = sharing.counts(TYPED.but(expression="x*y")).layout.meta["title"]
    assert "2 multiplications path by path and 2 edge by edge: no two paths share an edge" in title
    title = sharing.counts(TYPED.but(expression="sin(x)")).layout.meta["title"]
    assert "takes 1 multiplication path by path and 1 edge by edge" in title


def test_the_ladder_is_drawn_as_it_was_climbed(the):
    costs = ladder_costs(5)
    assert costs.calls_without == [3, 7, 15, 31, 63]
    assert sharing.ladder(costs).layout.meta["title"].endswith("takes 63 calls, with recording 5")
    assert np.isfinite(the(sharing.ladder_time(costs), name="without recording").y).all()


def titles(settings):
    trial = try_gradient(settings.graph, settings.leaves, settings.gradients, settings.parameters)
    return cost.differences(trial).layout.meta["title"], cost.taylor(trial).layout.meta["title"]


def test_a_right_gradient_passes_and_how_fast_errors_fall_is_said():
    settings = Passes()
    differences, taylor = titles(settings)
    assert differences.startswith("Best step: forward h = ")
    assert taylor == "With h ten times smaller the rest is 100 times smaller: the gradient is right"


@pytest.mark.parametrize("settings", [LESSON.preset("No +="), LESSON.preset("No zero_grad")])
def test_a_wrong_gradient_fails_in_both_titles(settings):
    differences, taylor = titles(settings)
    slopes = re.fullmatch(
        "Along this direction the measured slope is (.*), but the gradient says (.*)", differences
    )
    assert slopes and slopes[1] != slopes[2]
    assert re.fullmatch(
        "With h ten times smaller the rest is only [0-9.]+ times smaller: .* is wrong", taylor
    )


@pytest.mark.parametrize(
    ("expression", "values", "title"),
    [
        ("w*3 + b", "w:1,b:2", "The gradient explains the whole change: the function is straight here"),
        ("step(w) * 2", "w:-0.5", "Nothing changes, as the gradient says: the function is flat here"),
        ("relu(w)", "w:0", "only 10 times smaller: at every h the way leads over a kink or a jump"),
    ],
)
def test_straight_flat_and_bent_are_told_apart(expression, values, title):
    differences, taylor = titles(TYPED.but(expression=expression, values=values))
    assert taylor.endswith(title)
    assert "wrong" not in differences + taylor


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
    title = learning.learning(settings, training).layout.meta["title"]
    assert title.startswith(f"The {settings.goal} goes from {short(training.loss[0])} to ")
    far = sorted(abs(training.paths[name][-1] - training.paths[name][0]) for name in settings.parameters)
    tied = len(far) > 1 and np.isclose(far[-1], far[-2], rtol=1e-9)
    verb = "moves as far as any, from" if tied else "moves furthest, from"
    assert verb in learning.weights(settings, training).layout.meta["title"]


def test_where_nothing_moves_nothing_is_said_to_move():
    settings = LESSON.preset("A step function")
    training = trained(settings)
    assert learning.weights(settings, training).layout.meta["title"] == "Nothing moves: every gradient is 0"
    assert (
        learning.learning(settings, training).layout.meta["title"] == "The output f stays at 1 in 100 steps"
    )


def test_a_small_move_is_not_from_a_number_to_the_same():
    settings = TYPED.but(expression="w*x", values="w:0.5,x:1e-6", learning_rate=0.1)
    title = learning.weights(settings, trained(settings)).layout.meta["title"]
    first, last = re.search("from (.*) to (.*)", title).groups()
    assert first != last


def test_a_formula_is_no_loss():
    settings = TYPED.but(expression="w*x")
    training = trained(settings)
    figure = learning.learning(settings, training)
    assert "loss" not in str(figure.layout.meta) + str([trace.name for trace in figure.data])


@pytest.mark.parametrize("preset", LESSON.presets)
def test_no_title_has_a_raw_name_or_a_negative_zero(preset):
    settings = LESSON.preset(preset)
    moments = walk(settings)
    raw = [name for name in settings.graph.leaves + settings.graph.varying if written(name) != name]
    ways = paths(settings.graph, settings.leaves, settings.graph.leaves[0])
    said = [
        *(moment.title for moment in moments),
        *(html(formula) for moment in moments for formula in moment.formulas),
        *titles(settings),
        graph.paths(settings, moments[-1].values, settings.graph.leaves[0], ways, 1.0).layout.meta["alt"],
        learning.weights(settings, trained(settings)).layout.meta["alt"],
    ]
    for text in said:
        assert not set(raw) & set(re.findall(r"\w+", text)), text
        assert not re.search(r"-0(?![.\d])", text), text


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
    training = trained(settings)
    trial = try_gradient(settings.graph, settings.leaves, settings.gradients, settings.parameters)
    figures = [
        graph.passes(settings, walk(settings), 1),
        sharing.counts(settings),
        cost.differences(trial),
        cost.taylor(trial),
        learning.learning(settings, training),
        learning.weights(settings, training),
    ]
    assert all(figure.layout.meta["title"] for figure in figures)
