"""A gradient on trial: what is right passes, what is wrong at a single leaf does not, a kink is neither."""

import random

import pytest

from core.lessons.backprop.examine import check_leaves, try_gradient
from core.lessons.backprop.expression import parse
from core.lessons.backprop.graph import gradients
from core.lessons.backprop.lesson import LESSON
from core.lessons.backprop.networks import ACTIVATIONS, INITS, SHAPES, program, start_values
from core.words import short

PRESETS = [LESSON.preset(name) for name in LESSON.presets]


def trial(settings):
    return try_gradient(settings.graph, settings.leaves, settings.gradients, settings.parameters)


def verdict(text, leaves, **mistake):
    graph = parse(text)
    found = gradients(graph, leaves, **mistake)
    return try_gradient(graph, leaves, found, graph.leaves).verdict


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("init", INITS)
@pytest.mark.parametrize("shape", SHAPES)
def test_what_backpropagation_finds_is_never_wrong(shape, init, activation):
    graph = parse(program(shape, activation))
    for seed in range(5):
        leaves = start_values(graph, init, seed)
        checks = check_leaves(graph, leaves, gradients(graph, leaves))
        assert not [check for check in checks if check.wrong]


@pytest.mark.parametrize("settings", PRESETS)
def test_a_mistake_is_found_at_every_leaf_it_touches_and_at_no_other(settings):
    right = gradients(settings.graph, settings.leaves)
    for page in (
        settings,
        settings.but(accumulate=False, zero_grad=True),
        settings.but(accumulate=True, zero_grad=False),
    ):
        touched = {leaf for leaf in page.graph.leaves if abs(page.gradients[leaf] - right[leaf]) > 1e-9}
        assert {check.leaf for check in trial(page).wrong} == touched
        assert trial(page).verdict == ("wrong" if touched else "right")
        if touched:
            assert trial(page).taylor.orders[1] == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("leaf", ["x1", "w1_12", "b2_1", "t"])
@pytest.mark.parametrize("factor", [0.999, -1, 0, 1 + 1e-9])
def test_one_wrong_leaf_is_enough(leaf, factor):
    start = LESSON.start
    found = start.gradients | {leaf: start.gradients[leaf] * factor}
    [wrong] = try_gradient(start.graph, start.leaves, found, start.parameters).wrong
    assert wrong.leaf == leaf
    assert wrong.slope == pytest.approx(start.gradients[leaf], rel=1e-13)


def test_errors_cannot_cancel_along_the_direction():
    graph, leaves = parse("sin(x) + sin(y)"), {"x": 0.3, "y": 0.3}
    right = gradients(graph, leaves)
    found = right | {"x": right["x"] + 0.1, "y": right["y"] - 0.1}
    caught = try_gradient(graph, leaves, found, graph.leaves)
    assert caught.verdict == "wrong"
    assert abs(caught.check.central - caught.check.exact)[40:48] == pytest.approx(0.2, rel=1e-3)
    assert caught.taylor.orders[1] == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize(
    ("text", "leaves", "mistake", "expected"),
    [
        ("relu(x) * w", {"x": 0, "w": 1}, {}, "kink"),
        ("relu(w*x + b)", {"w": 0, "x": 2, "b": 0}, {}, "kink"),
        ("step(x) + x", {"x": 0}, {}, "kink"),
        ("3*relu(x) + x + x", {"x": 0}, {}, "kink"),
        ("3*relu(x) + x + x", {"x": 0}, {"accumulate": False}, "wrong"),
        ("3*relu(x) + x + x", {"x": 0}, {"start": {"x": 2.0}}, "wrong"),
        ("relu((y*b)*(b - 2)) + b", {"y": -0.44, "b": 0}, {}, "kink"),
        ("relu(x)**2", {"x": 0}, {}, "right"),
        ("step(x - 1) * y", {"x": 0, "y": 2}, {}, "right"),
        ("x**3 + w", {"x": 0, "w": 0}, {}, "right"),
        ("sin(x)**2 + cos(x)**2", {"x": 1.3}, {}, "right"),
        ("x*1e10 - x*1e10 + x", {"x": 1.3}, {}, "right"),
        ("x*1e10 - x*1e10 + x", {"x": 1.3}, {"start": {"x": 1.0}}, "wrong"),
        ("log(x) + x**w", {"x": 1e-6, "w": 0.5}, {"accumulate": False}, "wrong"),
        ("tanh(x)", {"x": 100}, {}, "right"),
        ("sigmoid(x) * w", {"x": -800, "w": 1}, {}, "right"),
        ("sin(x * 1e10)", {"x": 3}, {}, "right"),
        ("tanh(x + y)", {"x": 1e-320, "y": 1}, {}, "right"),
        ("cos(exp(x))", {"x": 707}, {}, "unknown"),
    ],
)
def test_wrong_kinked_and_right_are_told_apart(text, leaves, mistake, expected):
    assert verdict(text, leaves, **mistake) == expected


def test_a_tiny_gradient_is_told_from_twice_itself():
    chain, leaves = parse("sigmoid(" * 30 + "x" + ")" * 30), {"x": 0.4}
    once = gradients(chain, leaves)
    assert 0 < once["x"] < 1e-18
    assert try_gradient(chain, leaves, once, ["x"]).verdict == "right"
    assert try_gradient(chain, leaves, gradients(chain, leaves, start=once), ["x"]).verdict == "wrong"


def drawn(rng, depth):
    """A formula of random operations."""
    if not depth:
        return rng.choice(["x", "y", "w", "2", "0.5"])
    one, other = drawn(rng, depth - 1), drawn(rng, depth - 1)
    if rng.random() < 0.5:
        return f"({one} {rng.choice('+-*/')} {other})"
    return f"{rng.choice(['sin', 'cos', 'tanh', 'exp', 'log', 'relu', 'sigmoid', 'step'])}({one})"


def test_drawn_formulas_are_judged_right_and_their_mistakes_wrong():
    rng, judged, mistaken = random.Random(0), 0, 0
    while judged < 300:
        try:
            graph = parse(drawn(rng, rng.choice([2, 3, 4])))
            leaves = {leaf: round(rng.uniform(-2, 2), 2) for leaf in graph.leaves}
            right = gradients(graph, leaves)
        except ValueError:
            continue
        judged += 1
        assert not [check for check in check_leaves(graph, leaves, right) if check.wrong]
        for check in check_leaves(graph, leaves, gradients(graph, leaves, accumulate=False)):
            if abs(check.found - right[check.leaf]) > 1e-6 * max(1, abs(right[check.leaf])):
                mistaken += 1
                assert check.wrong
    assert mistaken > 50


@pytest.mark.parametrize("settings", PRESETS)
def test_a_wrong_number_never_prints_like_a_right_one(settings):
    right = gradients(settings.graph, settings.leaves)
    wrong = {short(check.found) for check in trial(settings).wrong}
    assert not wrong & {short(right[leaf]) for leaf in settings.graph.leaves}


def test_the_verdict_has_its_numbers():
    found = trial(LESSON.preset("No +="))
    worst = found.wrong[0]
    assert found.sentence == (
        f"The gradient is wrong at 2 of 2 leaves: w has {short(worst.found)}, but its measured slope is "
        f"{short(worst.slope)}."
    )
    graph, leaves = parse("relu(x - y) * 2"), {"x": 1, "y": 1}
    kink = try_gradient(graph, leaves, gradients(graph, leaves), ["x", "y"])
    assert kink.sentence.startswith("Along x and y there is no derivative, since v₁ is exactly 0.")
    assert "is 0 to the left and 2 to the right; backpropagation takes 0" in kink.sentence


def test_a_gradient_that_both_sides_of_a_point_contradict_is_wrong():
    """f(w) = relu(w) - relu(-w) is w, and backpropagation finds 0 at 0, as PyTorch does."""
    graph, leaves = parse("relu(w) - relu(-w)"), {"w": 0.0}
    trial = try_gradient(graph, leaves, gradients(graph, leaves), ["w"])
    assert trial.verdict == "wrong"
    assert trial.wrong[0].slope == pytest.approx(1)


@pytest.mark.parametrize("formula", ["relu(w) * relu(w)", "relu(w) * w * w", "w + relu(w)**2 * w"])
def test_a_kink_that_the_rest_smooths_out_is_right(formula):
    graph, leaves = parse(formula), {"w": 0.0}
    assert try_gradient(graph, leaves, gradients(graph, leaves), ["w"]).verdict == "right"
