"""The Backprop page as a reader meets it: the play head, numbers to change, predictions, mistakes, paths."""

import json

import pytest

from core.lessons import LESSONS
from core.lessons.backprop.claims import FUNCTIONS
from core.lessons.backprop.graph import forward, gradients
from core.lessons.backprop.moments import walk
from core.lessons.backprop.networks import SHAPES
from core.lessons.backprop.notation import symbol, written
from core.lessons.backprop.settings import Passes
from core.words import short

PAGE = "pages/backprop.py"
START = LESSONS["backprop"].start


def headings(at):
    return [text.value for text in at.markdown if text.value.startswith("####")]


def formulas(at):
    return [text.value for text in at.markdown if text.value.startswith("$")]


def warnings(at):
    return [box.value for box in at.warning]


def press(at, key):
    at.button(key=f"backprop.{key}").click().run()
    assert not at.exception
    return at


def test_a_link_stands_at_its_step(page):
    at = page(PAGE, step="16")
    assert "#### Step 16 of 26. Backward: h₁⁽¹⁾ sends z₁⁽¹⁾ its share of the gradient" in headings(at)
    assert at.slider(key="backprop.step").value == 16
    edge = walk(START)[16].edge
    for number in (edge.local, edge.after):
        assert any(formula.endswith(rf"\approx {number:.4g}$") for formula in formulas(at))


def test_buttons_and_slider_move_through_both_passes(page):
    at = page(PAGE)
    press(at, "chevron_right")
    assert at.query_params["step"] == "2"
    press(at, "last_page")
    assert at.slider(key="backprop.step").value == len(walk(START)) - 1
    assert at.button(key="backprop.chevron_right").disabled
    press(at, "chevron_left")
    press(at, "first_page")
    assert at.session_state["backprop"].step == 0
    assert at.button(key="backprop.chevron_left").disabled
    at.slider(key="backprop.step").set_value(9).run()
    assert at.session_state["backprop"].step == 9


def test_the_slider_stays_at_its_step_in_a_graph_of_another_length(page):
    at = page(PAGE, step="9")
    at.selectbox(key="backprop.shape").set_value("2-3-3-1").run()
    slider = at.slider(key="backprop.step")
    assert (slider.value, slider.max) == (9, len(walk(at.session_state["backprop"])) - 1)


def test_a_step_beyond_the_last_shows_both_passes_complete(page):
    assert any(text.startswith("#### Step 26 of 26.") for text in headings(page(PAGE, step="700")))


@pytest.mark.parametrize("shape", [*SHAPES, "expression"])
def test_every_number_can_be_changed(page, shape):
    at = page(PAGE, shape=shape)
    leaves = at.session_state["backprop"].leaves
    for leaf in (next(iter(leaves)), list(leaves)[-1]):
        at.number_input(key=f"backprop.leaf.{leaf}").set_value(0.75).run()
        assert not at.exception
        assert at.session_state["backprop"].leaves[leaf] == 0.75
        assert f"{leaf}:0.75" in at.query_params["values"]
    settings = at.session_state["backprop"]
    assert settings.leaves == leaves | dict.fromkeys((next(iter(leaves)), list(leaves)[-1]), 0.75)


def test_a_number_outside_the_domain_is_refused_with_a_sentence(page):
    at = page(PAGE, shape="expression", expression="log(x)*y")
    before = at.session_state["backprop"]
    at.number_input(key="backprop.leaf.x").set_value(-1.0).run()
    assert not at.exception
    assert at.session_state["backprop"] == before
    assert [text.value for text in at.text] == [
        "values cannot be x:-1 here: v₁ = log(x) needs a number above 0, and here x = -1; "
        "other numbers of your own may help."
    ]
    assert at.number_input(key="backprop.leaf.x").value == before.leaves["x"]


def test_a_formula_that_cannot_be_read_stays_to_be_put_right(page):
    at = page(PAGE, shape="expression")
    at.text_input(key="backprop.expression").set_value("x ^ 2").run()
    assert any("The sign ^ is not known" in text.value for text in at.text)
    assert at.text_input(key="backprop.expression").value == "x ^ 2"
    at.text_input(key="backprop.expression").set_value("x ** 2").run()
    assert not at.text
    assert at.session_state["backprop"].expression == "x ** 2"
    assert any("Step 1 of 3" in text for text in headings(at))


def test_numbers_of_another_graph_are_kept_and_named(page):
    at = page(PAGE, values="w1:0.5")
    assert [text.value for text in at.text] == ["w1: no place in this graph; kept for one that has it."]
    at.selectbox(key="backprop.shape").set_value("single neuron").run()
    assert at.session_state["backprop"].leaves["w1"] == 0.5
    assert not at.text


def test_a_prediction_is_checked_and_explained(page):
    at = page(PAGE, step="16")
    edge = walk(START)[17].edge
    local, gradient = (box for box in at.number_input if box.key.startswith("backprop.17."))
    passed = [box.value for box in at.success]
    assert not at.info
    local.set_value(edge.local).run()
    assert at.success[0].value.startswith("Right: ∂")
    local, gradient = (box for box in at.number_input if box.key.startswith("backprop.17."))
    gradient.set_value(edge.after + 1).run()
    assert at.info[0].value.startswith("Not ")
    press(at, "chevron_right")
    assert [box.value for box in at.success] == passed and not at.info


def test_no_prediction_is_asked_of_the_forward_pass_or_at_the_end(page):
    for step in ("2", "26"):
        assert not [box for box in page(PAGE, step=step).number_input if "∂" in box.label]


@pytest.mark.parametrize(
    ("link", "words"),
    [
        ({"zero_grad": "false"}, "2 times as much"),
        ({"shape": "expression", "expression": "x*x", "accumulate": "false"}, "instead of"),
        ({"init": "zero"}, "6 of 6 weights have a gradient of exactly 0"),
        ({"learning_rate": "100", "steps": "500"}, "Stopped at step"),
    ],
)
def test_a_mistake_is_named_with_its_numbers(page, link, words):
    assert [words in sentence for sentence in warnings(page(PAGE, **link))] == [True]


@pytest.mark.parametrize("preset", LESSONS["backprop"].presets)
def test_a_mistake_fails_every_check_and_without_one_all_pass(page, preset):
    settings = LESSONS["backprop"].preset(preset)
    at = page(PAGE, **settings.to_link(START))
    failed, passed = ([box.value for box in boxes] for boxes in (at.error, at.success))
    if settings.accumulate and settings.zero_grad:
        assert not failed
        assert [sentence.startswith("Right: ") for sentence in passed] == [True]
        return
    assert not passed
    assert [sentence.split()[0:3] for sentence in failed][1] == ["The", "gradient", "is"]
    assert "the page's gradient is" in failed[0]
    titles = [text for text in headings(at) if "the gradient is wrong" in text or "but the gradient" in text]
    assert len(titles) == 2


def table(at):
    """The table of gradients: column -> texts."""
    return {name: list(column) for name, column in at.table[0].value.items()}


def test_at_the_end_every_weight_has_its_gradient_and_the_step_it_makes(page, traces):
    assert not page(PAGE, step="25").table
    at = page(PAGE, step="26")
    shown, found = table(at), gradients(START.graph, START.leaves)
    assert shown["weight"] == [f"${symbol(leaf)}$" for leaf in START.parameters]
    assert shown["gradient"] == [short(found[leaf]) for leaf in START.parameters]
    assert list(shown) == ["weight", "value", "gradient", "−0.1 · gradient", "new value"]
    paths = traces(at, "backprop.learning.right")
    assert shown["new value"] == [short(paths[written(leaf)][1][1]) for leaf in START.parameters]
    assert any(code.value.startswith("L.backward()\nprint(w1_11.grad.item())  # 0.639") for code in at.code)


@pytest.mark.parametrize("preset", ["No +=", "No zero_grad"])
def test_a_wrong_gradient_stands_beside_the_right_one_and_training_follows_it(page, traces, preset):
    settings = LESSONS["backprop"].preset(preset).but(step=700)
    at = page(PAGE, **settings.to_link(START))
    shown, right = table(at), gradients(settings.graph, settings.leaves)
    for i, leaf in enumerate(settings.parameters):
        assert shown["gradient"][i] == f":red[:material/close: {short(settings.gradients[leaf])}]"
        assert shown["right gradient"][i] == short(right[leaf]) not in shown["gradient"][i]
    paths = traces(at, "backprop.learning.right")
    assert shown["new value"] == [short(paths[written(leaf)][1][1]) for leaf in settings.parameters]


def test_training_on_one_sample_is_said_where_training_is_shown(page):
    texts = [text.value for text in page(PAGE, init="zero").markdown]
    [sentence] = [text for text in texts if "one sample" in text and "-badge" not in text and text[0] != "-"]
    assert sentence.endswith("No weight moves at all: b₁⁽²⁾ moves the output towards this one target.")


def refused(at):
    """What stands in red under a field."""
    return [box.proto.body for box in at.get("html") if "alert" in box.proto.body]


def test_what_is_no_number_is_refused_under_its_field_and_changes_nothing(page):
    """1e400 arrives as None, as the browser sends it."""
    at = page(PAGE)
    at.number_input(key="backprop.leaf.x1").set_value(None).run()
    assert not at.exception
    assert at.session_state["backprop"] == START
    assert at.number_input(key="backprop.leaf.x1").value == START.leaves["x1"]
    [sentence] = refused(at)
    assert "x₁ cannot be what was typed: allowed is a number of at most 1.8×10³⁰⁸. It is still" in sentence
    at.number_input(key="backprop.leaf.x1").set_value(0.5).run()
    assert not refused(at) and at.session_state["backprop"].leaves["x1"] == 0.5


def test_a_refused_formula_is_explained_under_the_formula(page):
    at = page(PAGE, shape="expression")
    at.text_input(key="backprop.expression").set_value("<b>(x)").run()
    [sentence] = refused(at)
    assert "expression cannot be &lt;b&gt;(x) here" in sentence
    at.text_input(key="backprop.expression").set_value("foo(x)").run()
    [sentence] = refused(at)
    assert "foo is no function that is known; allowed are" in sentence


def test_the_sum_over_the_paths_of_any_leaf_is_its_gradient(page, traces):
    at = page(PAGE, shape="2-3-3-1")
    settings = at.session_state["backprop"]
    for leaf in ("x2", "w1_11", "b3_1"):
        at.selectbox(key="backprop.leaf").set_value(leaf).run()
        assert not at.exception
        _, total = traces(at, "backprop.paths.right")["sum so far"]
        assert total[-1] == pytest.approx(gradients(settings.graph, settings.leaves)[leaf], rel=1e-12)


def test_the_ladder_climbs_to_two_million_calls_when_asked(page, traces):
    at = page(PAGE)
    assert traces(at, "backprop.ladder.left")["without recording"][1].max() == 2**13 - 1
    press(at, "ladder.run")
    drawn = traces(at, "backprop.ladder.left")
    assert drawn["without recording"][1].max() == 2_097_151
    assert drawn["with recording"][1].max() == 20


def test_costs_are_counted_and_timed_when_asked(page, traces, cold, monkeypatch):
    monkeypatch.setattr("core.lessons.backprop.measured.TIMED", (2, 4))
    at = page(PAGE)
    counted, closed = (traces(at, "backprop.cost.left")[name][1] for name in ("counted", "closed form"))
    assert counted == pytest.approx(closed, rel=1e-12)
    assert counted[-1] == pytest.approx(1.998, abs=1e-3)
    assert traces(at, "backprop.cost.right")["measured"][1][0] == 8576
    press(at, "clock.run")
    assert set(traces(at, "backprop.seconds")) == {"backpropagation", "forward mode", "central differences"}


def test_training_follows_its_controls(page, traces):
    at = page(PAGE)
    at.select_slider(key="backprop.steps").set_value(50).run()
    at.select_slider(key="backprop.learning_rate").set_value(0.3).run()
    assert (at.query_params["steps"], at.query_params["learning_rate"]) == ("50", "0.3")
    loss = traces(at, "backprop.learning.left")["loss"][1]
    assert len(loss) == 51
    assert loss[0] == forward(START.graph, START.leaves)["L"]


def test_downloads_and_the_full_link(page):
    at = page(PAGE, shape="2-3-3-1", values="x1:0.5", step="4")
    link = next(code.value for code in at.code if "shape=2-3-3-1" in code.value and "?" in code.value)
    assert "values=x1%3A0.5" in link and "step=4" in link and "learning_rate=0.1" in link
    labels = [json.loads(f'"{button.proto.label}"') for button in at.get("download_button")]
    assert labels == ["Both passes (CSV)", "Training (CSV)", "PyTorch script"]
    assert not [code for code in at.code if code.value.startswith('"""')]
    at.session_state["script"] = True
    script = next(code.value for code in at.run().code if code.value.startswith('"""'))
    assert '"x1": 0.5' in script


def test_every_claim_has_its_verdict(page):
    at = page(PAGE)
    badges = [text.value for text in at.markdown if "-badge[" in text.value]
    assert len(badges) == 8
    assert any(text.startswith(":green-badge[true] True with tanh units") for text in badges)


def test_settings_are_checked_like_everywhere(page):
    at = page(PAGE, shap="2-2-1", step="-3", loss="hinge")
    assert [text.value.split(".")[0] for text in at.text] == [
        "There is no setting shap",
        "step cannot be -3: allowed is a whole number from 0 to 700",
        "loss cannot be hinge: allowed is one of mse, cross-entropy",
    ]
    assert at.session_state["backprop"] == Passes()


def test_an_odd_function_opens_in_the_graph(page):
    at = press(page(PAGE), "open.two waves")
    assert at.session_state["backprop"] == FUNCTIONS["two waves"]
    assert any("Step 1 of" in text for text in headings(at))
