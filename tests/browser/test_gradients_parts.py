"""The parts below the Gradients page in a real browser: a click on a cell, phones."""

import re

from playwright.sync_api import expect

from core.words import short

LINK = "/gradients?activation=relu&depth=3&width=8&samples=64&steps=20"
DIVERGED = "/gradients?activation=relu&init=normal&gain=2&width=64&learning_rate=0.1&steps=20"
PARTS = ["How deep can it train?", "What rescues it?", "Learning-rate ruler", "Clipping", "NaN autopsy"]
CELL = """chart => {
    const plot = chart.querySelector('.js-plotly-plot'), layout = plot._fullLayout;
    const cells = plot._fullData[plot._fullData.length - 1], number = 2;
    const box = plot.getBoundingClientRect();
    const array = values => values._inputArray ?? values;
    return [box.x + layout._size.l + layout.xaxis.c2p(array(cells.x)[number]),
            box.y + layout._size.t + layout.yaxis.c2p(array(cells.y)[number]), array(cells.text)[number]];
}"""


def open_part(tab, name, settle):
    tab.get_by_role("tab", name=name).click()
    expect(tab.get_by_role("tab", name=name)).to_have_attribute("aria-selected", "true")
    expect(tab.get_by_role("tabpanel").get_by_test_id("stElementContainer").first).to_be_visible()
    settle(tab)


def test_a_click_on_a_cell_of_the_map_opens_its_experiment(open_page, settle):
    tab = open_page(LINK)
    tab.locator(".st-key-gradients-map-run button").click()
    chart = tab.locator('[data-testid=stPlotlyChart][aria-label^="Heat map of the loss that is left"]')
    expect(chart).to_be_visible()
    settle(tab)
    chart.scroll_into_view_if_needed()
    x, y, text = chart.evaluate(CELL)
    tab.mouse.move(x, y)
    tab.mouse.click(x, y)
    tab.wait_for_url("**dataset=blobs**")
    assert f"depth={text.split()[0]}" in tab.url
    settle(tab)
    expect(tab.locator("[data-testid=stException]")).to_have_count(0)


def test_every_part_fits_a_phone(on_a_phone, settle, fits):
    tab = on_a_phone(DIVERGED)
    for name in PARTS:
        open_part(tab, name, settle)
        assert fits(tab)


def test_an_autopsy_is_one_click_away(open_page, settle):
    tab = open_page(LINK)
    open_part(tab, "NaN autopsy", settle)
    tab.get_by_role("button", name="Weights too large").last.click()
    expect(tab.get_by_role("heading", name="At step 3, ").first).to_be_visible()
    settle(tab)
    assert "gain=2" in tab.url


def luminance(colour):
    """From 0 to 1, of rgb(r, g, b)."""
    return sum(map(int, re.findall(r"\d+", colour)[:3])) / (3 * 255)


def test_the_slider_is_no_white_bar_in_the_dark(open_page):
    tab = open_page(LINK, scheme="dark")
    rail = tab.locator(".slider-rail-rect").first
    look = rail.evaluate("rail => [getComputedStyle(rail).fill, getComputedStyle(rail).fillOpacity]")
    assert luminance(look[0]) * float(look[1]) < 0.5


SECOND_LAYER = """chart => {
    const plot = chart.querySelector('.js-plotly-plot'), layout = plot._fullLayout;
    const y = plot._fullData.slice(0, 3).map(line => (line.y._inputArray ?? line.y)[1]);
    const box = plot.getBoundingClientRect(), place = [layout.xaxis.d2p(2), layout.yaxis.d2p(y[1])];
    return {y, x: box.x + layout._size.l + place[0], down: box.y + layout._size.t + place[1]};
}"""


def test_under_the_pointer_stand_the_numbers_of_the_step_that_is_shown(open_page):
    """Of one of the lines: they may lie close together there."""
    tab = open_page(LINK)
    chart = tab.locator('[data-testid=stPlotlyChart][aria-label^="Size of the signals"]')
    chart.scroll_into_view_if_needed()
    before = {short(y) for y in chart.evaluate(SECOND_LAYER)["y"]}
    chart.locator(".updatemenu-button").first.click()
    expect(chart.locator(".slider-label").first).to_contain_text("step 20")
    found = chart.evaluate(SECOND_LAYER)
    now = {short(y) for y in found["y"]}
    assert now.isdisjoint(before)
    tab.mouse.move(found["x"] - 3, found["down"])
    tab.mouse.move(found["x"], found["down"])
    numbers = "|".join(map(re.escape, now))
    shown = chart.locator(".hoverlayer text.nums").first
    expect(shown).to_have_text(re.compile(rf"^layer 2: .*, ×({numbers})$"))
