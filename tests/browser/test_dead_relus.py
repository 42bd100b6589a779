"""The Dead ReLUs page in a real browser: the click on a unit, Play, phones, dark mode."""

import numpy as np
from playwright.sync_api import expect

GRID = "Grid of all"
LINK = "/dead_relus?width=16&samples=128&batch_size=32&steps=60"


def chart(tab, alt):
    return tab.locator(f'[data-testid=stPlotlyChart][aria-label^="{alt}"]')


def click_cell(tab, layer, unit):
    """A real click in the middle of a cell: the place comes from the axes of the chart."""
    grid = chart(tab, GRID)
    grid.scroll_into_view_if_needed()
    x, y = grid.evaluate(
        """(chart, [unit, layer]) => {
            const plot = chart.querySelector('.js-plotly-plot'), {xaxis, yaxis} = plot._fullLayout;
            const box = plot.getBoundingClientRect();
            return [box.x + xaxis._offset + xaxis.d2p(unit), box.y + yaxis._offset + yaxis.d2p(layer)];
        }""",
        [unit, layer],
    )
    tab.mouse.move(x, y)
    tab.wait_for_timeout(200)
    tab.mouse.click(x, y)


def test_a_click_on_a_unit_shows_its_life(open_page, settle):
    tab = open_page(LINK)
    for layer in (1, 2):
        shows_the_life(tab, settle, layer)


def shows_the_life(tab, settle, layer):
    click_cell(tab, layer, 11)
    expect(tab.get_by_role("heading", name=f"Unit 11 of layer {layer}: its weighted sum")).to_be_visible()
    settle(tab)
    expect(tab.get_by_role("spinbutton", name="Unit")).to_have_value("11")
    expect(tab.get_by_role("spinbutton", name="Layer")).to_have_value(str(layer))


def test_every_word_is_legible(open_page, legible):
    legible(open_page(LINK, anew=False))


def test_play_shows_the_units_die(open_page):
    tab = open_page(LINK)
    grid = chart(tab, GRID)
    read = """chart => {
        const z = chart.querySelector('.js-plotly-plot')._fullData[0].z;
        return Array.from(z._inputArray ?? z.flat());
    }"""
    end = np.array(grid.evaluate(read), dtype=float).ravel()
    grid.locator(".updatemenu-button").first.click()
    expect(grid.locator(".slider-label").first).not_to_contain_text("step 60")
    start = np.array(grid.evaluate(read), dtype=float).ravel()
    assert (start == 0).sum() < (end == 0).sum()
    expect(grid.locator(".slider-label").first).to_contain_text("step 60")


def test_what_is_asked_for_is_trained_and_drawn(open_page, settle, screenshot):
    tab = open_page(LINK)
    for label in ("Vary the learning rate", "Vary the input shift"):
        tab.get_by_role("button", name=label).click()
        expect(tab.get_by_role("button", name=label)).to_have_count(0)
    expect(chart(tab, "Dead units against learning rate")).to_be_visible()
    expect(chart(tab, "Dead units against input shift")).to_be_visible()
    settle(tab)
    assert screenshot(tab, "dead_relus").stat().st_size > 100_000


def test_the_hinges_have_a_tab_and_a_learning_rate_of_their_own(open_page, settle, screenshot):
    tab = open_page(LINK)
    tab.get_by_role("tab", name="See the hinges").click()
    line = chart(tab, "Piecewise linear fit")
    expect(line).to_be_visible()
    tab.get_by_role("slider", name="Learning rate").nth(1).press("ArrowLeft")
    expect(tab.get_by_role("heading", name="On a line, 0 of 24")).to_be_visible()
    settle(tab)
    assert screenshot(tab, "dead_relus-hinges").stat().st_size > 50_000


def test_a_phone_shows_everything_without_scrolling_sideways(on_a_phone, screenshot):
    assert screenshot(on_a_phone(LINK), "dead_relus-phone").stat().st_size > 50_000
