"""Presets, controls and links as a reader meets them, on pages that only ask and train nothing."""

from typing import get_args

import pytest
from streamlit.testing.v1 import AppTest

from core.experiment import Experiment
from core.lessons import LESSONS
from tests.corners import BESIDE

GRADIENTS = LESSONS["gradients"]
QUICK = {"depth": "3", "width": "8", "samples": "64", "steps": "20"}


def script(slug):
    """A page of a lesson that only asks, for a single setting where the session names one."""
    from dataclasses import replace

    import streamlit as st

    from core.lessons import LESSONS
    from pages.parts import controls

    lesson = LESSONS[slug]
    if "only" in st.session_state:
        lesson = replace(lesson, controls=(st.session_state["only"],), more=(), presets={})
        controls.ask(lesson, lambda settings: {})
    else:
        controls.ask(lesson)


def ask(slug, **link):
    at = AppTest.from_function(script, kwargs={"slug": slug}, default_timeout=60)
    at.query_params.update(link)
    return ran(at)


def ran(at):
    at.run()
    assert not at.exception, [error.value for error in at.exception]
    return at


def said(at):
    return [text.value for text in at.text]


def control(at, slug, name):
    """The only widget that changes a setting."""
    widgets = [*at.select_slider, *at.selectbox, *at.slider, *at.number_input, *at.toggle, *at.text_input]
    [found] = [widget for widget in widgets if widget.key == f"{slug}.{name}"]
    return found


def choices(widget, field):
    """All that a reader can choose, as the settings know it; of a range its two ends."""
    if widget.type == "select_slider":
        return [float(option) for option in widget.options]
    if widget.type == "toggle":
        return [False, True]
    if widget.type == "selectbox":
        known = {widget.format_func(option): option for option in get_args(field.annotation)}
        return [known[option] for option in widget.options]
    return [widget.min, widget.max]


@pytest.mark.parametrize("slug", LESSONS)
def test_no_choice_of_any_control_is_refused_at_the_start(slug):
    lesson, at = LESSONS[slug], ask(slug)
    start = lesson.start
    for name in {*lesson.controls, *lesson.more, *BESIDE.get(slug, ())} - {"expression", "values"}:
        at.session_state[slug], at.session_state["only"] = start, name
        values = choices(control(ran(at), slug, name), type(start).model_fields[name])
        assert len(values) > 1, name
        for value in values:
            at.session_state[slug] = start
            control(at, slug, name).set_value(value)
            pressed = ran(at).session_state[slug]
            assert getattr(pressed, name) == value, (name, said(at))
            assert not [sentence for sentence in said(at) if " cannot be " in sentence]


@pytest.mark.parametrize("slug", LESSONS)
def test_every_control_shows_its_setting_after_a_preset_and_after_a_reset(slug):
    lesson, at = LESSONS[slug], ask(slug)
    name = list(lesson.presets)[-1]
    at.pills(key=f"{slug}.preset").set_value(name)
    assert shown(ran(at), slug) == asked(lesson, lesson.preset(name))
    assert at.query_params == lesson.link(lesson.preset(name)) != {}
    at.button(key=f"{slug}.reset").click()
    assert shown(ran(at), slug) == asked(lesson, lesson.opening)
    assert at.query_params == lesson.opening.to_link(lesson.start)


def test_a_page_without_a_link_opens_its_own_experiment_and_a_link_to_the_start_is_none():
    lesson = LESSONS["dropout"]
    at = ran(ask("dropout"))
    assert at.session_state["dropout"] == lesson.opening != lesson.start
    assert at.query_params == lesson.opening.to_link(lesson.start)
    at = ran(ask("dropout", **lesson.link(lesson.start)))
    assert at.session_state["dropout"] == lesson.start
    assert at.query_params == lesson.link(lesson.start) == {"dataset": "xor"}


def asked(lesson, settings):
    return {name: getattr(settings, name) for name in (*lesson.controls, *lesson.more)}


def shown(at, slug):
    lesson = LESSONS[slug]
    return {name: control(at, slug, name).value for name in (*lesson.controls, *lesson.more)}


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("depth", "abc", "depth cannot be abc: allowed is a whole number from 1 to 60."),
        ("depth", "99", "depth cannot be 99: allowed is a whole number from 1 to 60."),
        ("seed", "inf", "seed cannot be inf: allowed is a whole number from 0 to 4,294,967,295."),
        ("learning_rate", "nan", "learning_rate cannot be nan: allowed is a number from 0.000001 to 100."),
        ("activation", "Relu", "activation cannot be Relu: allowed is one of relu, leaky_relu"),
        ("batchnorm", "", "batchnorm cannot be '': allowed is true or false."),
        ("samples", "48", "samples cannot be 48: allowed is a power of two from 32 to 4096."),
        ("batch_size", "512", "batch_size cannot be 512 here: batch_size 512 is more than the 64 samples"),
        ("dpeth", "3", "There is no setting dpeth. Did you mean depth?"),
        ("![x](http://host/x)", "1", "There is no setting ![x](http://host/x)."),
    ],
)
def test_a_bad_link_says_what_is_allowed_and_keeps_the_rest(name, value, sentence):
    link = {**QUICK, "activation": "relu", name: value}
    at = ask("gradients", **link)
    assert [text.startswith(sentence) for text in said(at)] == [True]
    rest = {k: v for k, v in link.items() if k != name}
    fallback = getattr(GRADIENTS.start, name, None)
    expected, _ = Experiment.from_link(rest, GRADIENTS.start)
    assert at.session_state["gradients"] == expected
    assert getattr(expected, name, None) == fallback
    assert name not in at.query_params


def test_a_control_changes_the_link_and_the_complaint_goes():
    at = ask("gradients", **QUICK, activation="nothing")
    assert said(at)
    control(at, "gradients", "activation").set_value("tanh")
    assert not said(ran(at))
    assert at.query_params["activation"] == "tanh"
    assert at.query_params["depth"] == "3"


def test_text_that_cannot_be_read_is_refused_stays_to_be_put_right_and_changes_nothing():
    at = ask("backprop", shape="expression")
    before = at.session_state["backprop"]
    control(at, "backprop", "expression").set_value("x +")
    [sentence] = said(ran(at))
    assert sentence.startswith("expression cannot be 'x +'")
    assert at.session_state["backprop"] == before
    assert control(at, "backprop", "expression").value == "x +"


def test_what_had_to_change_along_with_a_choice_is_said_and_shown():
    at = ask("dropout", dataset="xor", features="10")
    control(at, "dropout", "dataset").set_value("moons")
    assert said(ran(at)) == ["moons cannot have 10 features: it has its own number of them now."]
    assert control(at, "dropout", "features").value == 0


@pytest.mark.parametrize(
    ("slug", "name"), [(slug, name) for slug, lesson in LESSONS.items() for name in lesson.presets]
)
def test_the_link_of_every_preset_opens_it(slug, name):
    lesson = LESSONS[slug]
    at = ask(slug, **lesson.link(lesson.preset(name)))
    assert not said(at)
    assert at.session_state[slug] == lesson.preset(name)
    assert at.pills(key=f"{slug}.preset").value == name


def test_a_preset_is_marked_while_the_settings_are_its_own_and_no_longer():
    at = ask("gradients", **GRADIENTS.preset("Weights too large").to_link(GRADIENTS.start))
    assert at.pills(key="gradients.preset").value == "Weights too large"
    control(at, "gradients", "seed").set_value(1)
    assert ran(at).pills(key="gradients.preset").value is None


def test_a_control_that_changes_nothing_is_off_and_says_why():
    at = ask("backprop")
    formula = control(at, "backprop", "expression")
    assert formula.disabled
    assert formula.help.endswith(" Off: the graph is a network.")
    control(at, "backprop", "shape").set_value("expression")
    formula = control(ran(at), "backprop", "expression")
    assert not formula.disabled
    assert " Off: " not in formula.help
    assert control(at, "backprop", "activation").disabled


def test_a_slider_whose_ends_change_stays_where_it_is():
    at = ask("dropout", dropout_last="false", depth="4")
    assert control(at, "dropout", "depth").min == 2
    control(at, "dropout", "dropout_last").set_value(True)
    depth = control(ran(at), "dropout", "depth")
    assert (depth.min, depth.value) == (1, 4)


def test_a_setting_with_one_possible_value_is_shown_and_cannot_be_changed():
    at = ask("dropout", depth="1", dropout_last="true")
    [only] = [box for box in at.text_input if box.key == "dropout.dropout_last.only"]
    assert (only.value, only.disabled) == ("true", True)
    assert not [toggle for toggle in at.toggle if toggle.key == "dropout.dropout_last"]
