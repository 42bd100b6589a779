"""The settings of the Backprop page: what they describe, and one sentence for what is not possible."""

import pytest
from pydantic import ValidationError

from core.lessons.backprop.graph import gradients
from core.lessons.backprop.settings import Passes

START = Passes()


def refused(**changes):
    with pytest.raises(ValidationError) as error:
        START.but(**changes)
    return Passes.complaints(error.value)


def test_own_numbers_take_the_place_of_drawn_ones():
    settings = START.but(values="w1_11:0.5, x1:-3e-1,b2_1:+.25")
    assert settings.leaves == START.leaves | {"w1_11": 0.5, "x1": -0.3, "b2_1": 0.25}
    assert settings.but(values="").leaves == START.leaves


def test_a_number_is_put_at_a_leaf_and_the_others_stay():
    settings = START.but(values="w1_11:0.5").but(**START.but(values="w1_11:0.5").with_value("x2", 1.25))
    assert (settings.leaves["w1_11"], settings.leaves["x2"]) == (0.5, 1.25)


def test_numbers_for_another_graph_wait_and_harm_nobody():
    settings = START.but(values="w1:0.5,x1:2")
    assert settings.waiting == ["w1"]
    assert settings.but(shape="single neuron").leaves["w1"] == 0.5


def test_a_link_brings_everything_back():
    settings = START.but(
        shape="expression",
        expression="a = x*w; tanh(a)**2",
        values="x:1e-3,w:-2",
        accumulate=False,
        zero_grad=False,
        step=7,
    )
    assert Passes.from_link(settings.to_link(), START) == (settings, [])


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"values": "w1=2"},
            "values cannot be w1=2 here: allowed are name:number pairs, such as w1:0.5,b:-1.",
        ),
        ({"values": "w1:nan"}, "values cannot be w1:nan here: allowed are name:number pairs"),
        ({"values": "x1:1e999"}, "values cannot be x1:1e999 here: x1 must be a finite number, not inf"),
        ({"expression": "x ^ 2"}, "expression cannot be 'x ^ 2' here: The sign ^ is not known; allowed are"),
        (
            {"shape": "single neuron", "loss": "cross-entropy"},
            "loss cannot be cross-entropy here: on a single neuron it needs the activation sigmoid.",
        ),
        (
            {"shape": "expression", "expression": "log(x)", "values": "x:-1"},
            "values cannot be x:-1 here: f = log(x) needs a number above 0, and here x = -1;",
        ),
        ({"step": -1}, "step cannot be -1: allowed is a whole number from 0 to 700."),
        ({"shape": "3-1"}, "shape cannot be 3-1: allowed is one of single neuron, 2-2-1,"),
    ],
)  # fmt: skip
def test_what_is_not_possible_gets_a_sentence(changes, sentence):
    [said] = refused(**changes)
    assert said.startswith(sentence)


def test_a_link_keeps_what_is_possible():
    link = {"shape": "expression", "expression": "log(x - 9)", "learning_rate": "0.5", "seed": "x"}
    settings, sentences = Passes.from_link(link, START)
    assert (settings.learning_rate, settings.expression) == (0.5, START.expression)
    assert [sentence.split()[0] for sentence in sentences] == ["seed", "expression"]


def test_training_moves_weights_and_biases():
    typed = START.but(shape="expression", expression="y = tanh(w*x + b); (y - t)**2")
    assert typed.parameters == ("w", "b")
    assert typed.but(expression="x*y").parameters == ("x", "y")
    assert set(START.graph.leaves) - set(START.parameters) == {"x1", "x2", "t"}


def test_the_forgotten_pass_left_its_gradients():
    assert START.earlier is None
    assert START.but(zero_grad=False).earlier == gradients(START.graph, START.leaves)


def test_settings_that_change_nothing_are_named():
    assert set(START.unused) == {"expression"}
    assert set(START.but(shape="expression").unused) == {"activation", "loss", "init"}
