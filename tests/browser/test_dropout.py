"""The Dropout page in a real browser: masks step by step, sections on demand, phones, dark mode."""

import pytest
from playwright.sync_api import expect

MASKS = "The network with the dropout masks"
LINK = "/dropout?width=8&samples=64&steps=20&seed=3"


def kept(tab):
    chart = tab.locator(f'[data-testid=stPlotlyChart][aria-label^="{MASKS}"]')
    return chart.evaluate("c => Array.from(c.querySelector('.js-plotly-plot')._fullData[2].marker.symbol)")


def test_every_step_of_the_slider_shows_another_mask(open_page):
    tab = open_page(LINK, anew=False)
    chart = tab.locator(f'[data-testid=stPlotlyChart][aria-label^="{MASKS}"]')
    first = kept(tab)
    assert 0 < first.count("circle") < len(first)
    chart.locator(".updatemenu-button").first.click()
    expect(chart.locator(".slider-label").first).to_contain_text("gradient step 19")
    assert kept(tab) != first


def test_every_word_is_legible(open_page, legible):
    legible(open_page(LINK, anew=False))


def test_a_section_answers_without_moving_the_page(open_page, settle):
    tab = open_page(LINK, anew=False)
    button = tab.locator(".st-key-dropout\\.rates\\.run button, .st-key-dropout-rates-run button").first
    button.scroll_into_view_if_needed()
    button.click()
    expect(
        tab.locator('[data-testid=stPlotlyChart][aria-label^="Final loss over dropout rates"]')
    ).to_be_visible()
    settle(tab)
    expect(tab.get_by_text("to the bit", exact=False).first).to_be_visible()
    expect(tab.locator("[data-testid=stException]")).to_have_count(0)


def test_the_address_opens_the_same_network(open_page, chart_data, settle):
    tab = open_page(LINK, anew=False)
    tab.get_by_text("Dropout before the output", exact=True).click()
    tab.wait_for_url("**dropout_last=true**")
    settle(tab)
    shown = chart_data(tab, "Loss over steps")
    assert chart_data(open_page(tab.url), "Loss over steps") == shown


@pytest.mark.parametrize("preset", ["", "&dataset=gap&features=0", "&dataset=blobs&features=0"])
def test_a_phone_shows_everything_without_scrolling_sideways(on_a_phone, preset):
    on_a_phone(LINK + preset)
