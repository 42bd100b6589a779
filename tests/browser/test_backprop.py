"""The Backprop page in a real browser: Play, the play head in the link, phones, colours that can be read."""

import pytest
from playwright.sync_api import expect

from core.lessons import LESSONS
from core.lessons.backprop.graph import gradients
from core.words import short

START = LESSONS["backprop"].start

GRAPH = "Computation graph"
LINK = "/backprop?shape=2-3-3-1&step=40"
STEP = "/backprop?step=22"


def graph(tab):
    return tab.locator(f'[data-testid=stPlotlyChart][aria-label^="{GRAPH}"]')


def texts(tab):
    """Every word that stands in the drawing now."""
    return graph(tab).locator(".scatterlayer text").all_text_contents()


OVERLAPS = """chart => {
    const boxes = [...chart.querySelectorAll('.scatterlayer text')].filter(text => text.textContent.trim())
        .map(text => [text.textContent, text.getBoundingClientRect()]);
    const meet = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
        && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 3;
    return boxes.flatMap(([one, a], i) => boxes.slice(i + 1).filter(([_, b]) => meet(a, b))
        .map(([other]) => [one, other]));
}"""
"""Pairs of words in the drawing that lie on each other."""


@pytest.mark.parametrize("link", [STEP, "/backprop?step=700&zero_grad=false"])
def test_every_word_is_legible(open_page, legible, link):
    legible(open_page(link, anew=False))


@pytest.mark.parametrize("shape", ["2-2-1", "2-3-3-1"])
def test_at_the_end_every_weight_shows_its_gradient_and_no_words_overlap(open_page, shape):
    tab = open_page(f"/backprop?step=700&shape={shape}", width=1440)
    settings = START.but(shape=shape)
    found = gradients(settings.graph, settings.leaves)
    shown = graph(tab).locator(".scatterlayer .trace:last-child text").all_text_contents()
    assert shown == [f"∂ {short(found[leaf])}" for leaf in settings.parameters]
    assert graph(tab).evaluate(OVERLAPS) == []


def test_a_phone_leaves_the_gradients_of_weights_to_the_table(open_page):
    tab = open_page("/backprop?step=700&shape=2-3-3-1", width=390, height=844)
    expect(graph(tab).locator(".scatterlayer .trace:last-child text").first).to_be_hidden()
    expect(tab.locator("[data-testid=stTable] tr")).to_have_count(1 + 25)
    formula = open_page("/backprop?step=700&shape=expression", width=390, height=844)
    expect(graph(formula).locator(".scatterlayer text").filter(has_text="∂f/∂w")).to_be_visible()


def test_the_step_slider_shows_the_step_of_a_graph_that_is_new_to_it(open_page, settle):
    tab = open_page("/backprop")
    tab.get_by_test_id("stMain").get_by_text("Single neuron", exact=True).click()
    tab.wait_for_url("**shape=single**")
    settle(tab)
    slider = tab.locator("[data-testid=stMain] [data-testid=stSlider] input").first
    expect(slider).to_have_value("1")
    slider.press("ArrowRight")
    tab.wait_for_url("**step=2**")


def test_a_number_too_large_to_be_one_is_refused_beside_its_field(open_page, settle):
    tab = open_page("/backprop")
    tab.get_by_text("Change the inputs, the weights and the target").click()
    field = tab.get_by_test_id("stMain").get_by_label("x₁", exact=True).and_(tab.locator("input"))
    field.fill("1e400")
    field.press("Enter")
    expect(tab.get_by_test_id("stExpander").get_by_text("x₁ cannot be what was typed")).to_be_visible()
    settle(tab)
    expect(field).to_have_value(f"{START.leaves['x1']:g}")
    field.fill("0.7")
    field.press("Enter")
    tab.wait_for_url("**values=x1%3A0.7**")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_symbols_have_the_colours_of_their_nodes_and_can_be_read(open_page, scheme):
    tab = open_page(STEP, scheme=scheme, anew=scheme == "dark")
    colours = tab.evaluate(
        "[...new Set([...document.querySelectorAll('.katex-html [style*=\"color\"]')]"
        ".map(element => getComputedStyle(element).color))]"
    )
    readable = {
        "light": {"rgb(11, 95, 165)", "rgb(168, 67, 0)", "rgb(44, 106, 56)", "rgb(123, 53, 113)"},
        "dark": {"rgb(125, 187, 240)", "rgb(255, 160, 92)", "rgb(143, 211, 160)", "rgb(219, 166, 211)"},
    }
    assert set(colours) == readable[scheme]


def test_play_goes_from_the_step_in_the_link_to_the_end(open_page):
    tab = open_page(STEP)
    complete = f"∂ {short(gradients(START.graph, START.leaves)['x1'])}"
    assert not [text for text in texts(tab) if complete in text]
    graph(tab).locator(".updatemenu-button").first.click()
    expect(graph(tab).locator(".slider-label").first).to_contain_text("step 26")
    assert [text for text in texts(tab) if complete in text]


def test_a_step_on_moves_the_graph_the_formula_and_the_link(open_page, settle):
    tab = open_page(STEP, anew=False)
    tab.get_by_role("button", name="Next").click()
    tab.wait_for_url("**step=23**")
    settle(tab)
    expect(tab.get_by_role("heading", name="Step 23 of 26")).to_be_visible()
    expect(graph(tab).locator(".slider-label").first).to_contain_text("step 23")
    shown = texts(tab)
    assert texts(open_page(tab.url)) == shown


def test_a_phone_shows_the_graph_and_the_longest_formula(on_a_phone):
    tab = on_a_phone(LINK)
    box = graph(tab).bounding_box()
    assert box["width"] <= 390
    inside = graph(tab).locator(".scatterlayer text").all()
    assert inside and all(
        box["x"] - 1 <= place["x"] and place["x"] + place["width"] <= box["x"] + box["width"] + 1
        for place in (text.bounding_box() for text in inside)
        if place
    )
    for formula in tab.locator(".katex-html").all():
        place = formula.bounding_box()
        assert place["x"] + place["width"] <= 391
