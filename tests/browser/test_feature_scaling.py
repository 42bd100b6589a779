"""The Feature scaling page in a real browser: a file of one's own, the grid that turns, phones, pictures."""

import numpy as np
from playwright.sync_api import expect

LINK = "/feature_scaling?samples=64&steps=20&scaling=log_clip_zscore"
GRID = "Grid of all parameters"


def mine():
    x = np.random.default_rng(0).normal(size=(80, 2))
    rows = [f"{a:.4f},{np.exp(b):.4f},{a + b:.4f}" for a, b in x]
    return "\n".join(["height,wealth,price", *rows]).encode()


def test_the_grid_turns_when_played(open_page, settle):
    tab = open_page(LINK)
    chart = tab.locator(f'[data-testid=stPlotlyChart][aria-label^="{GRID}"]')
    bad = """chart => { const z = chart.querySelector('.js-plotly-plot')._fullData[0].z;
        return [...(z._inputArray ?? z)].flatMap(row => row.length ? [...row] : [row]).some(v => v === 1) }"""
    label = chart.locator(".slider-label").first
    expect(label).to_contain_text("step 1")
    assert chart.evaluate(bad)
    chart.locator(".slider-rail-touch-rect").first.click(position={"x": 2, "y": 5}, force=True)
    expect(label).to_contain_text("step 0")
    assert not chart.evaluate(bad)
    chart.locator(".updatemenu-button").first.click()
    expect(label).to_contain_text("step 2")
    assert chart.evaluate(bad)


def test_every_word_is_legible(open_page, legible):
    legible(open_page(LINK, anew=False))


def test_a_phone_shows_everything_without_scrolling_sideways(on_a_phone, screenshot):
    assert screenshot(on_a_phone(LINK), "feature_scaling-phone").stat().st_size > 100_000


def test_a_file_of_ones_own_replaces_the_table(open_page, chart_data, settle):
    tab = open_page(LINK, anew=False)
    tab.get_by_text("Use a table of your own").click()
    tab.locator("input[type=file]").set_input_files(
        {"name": "mine.csv", "mimeType": "text/csv", "buffer": mine()}
    )
    expect(tab.get_by_text("Back to the synthetic table")).to_be_visible()
    expect(tab.get_by_role("heading", name="height and wealth, raw")).to_be_visible()
    settle(tab)
    assert tab.locator("[data-testid=stException]").count() == 0
    names = [trace["name"] for trace in chart_data(tab, "Held-out R²")]
    assert names == ["this model", "a linear model trained to the end"]
