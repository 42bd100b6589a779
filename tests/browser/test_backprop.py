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


def test_every_word_is_legible(open_page, legible):
    legible(open_page(STEP, anew=False))


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
