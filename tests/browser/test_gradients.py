"""The Gradients page in a real browser: links, Play, phones, dark mode."""

import numpy as np
from playwright.sync_api import expect

from core.lessons import LESSONS

LESSON = LESSONS["gradients"]
SIGNAL = "Size of the signals"
NAVIGATION = '[data-testid="stSidebarNavLink"] [data-testid="stMarkdownContainer"]'
LINK = "/gradients?activation=relu&init=pytorch&depth=6&width=16&samples=128&steps=20&seed=7"


def delta(chart_data, tab):
    return next(t["y"] for t in chart_data(tab, SIGNAL) if t["name"].startswith("error signal"))


def open_more(tab):
    tab.get_by_text("More", exact=True).click()


def test_a_link_that_wakes_the_server_shows_the_page_in_its_frame_with_the_numbers_of_any_other(
    open_page, fresh_server, chart_data
):
    cold = open_page(fresh_server + LINK)
    expect(cold.get_by_role("heading", level=1)).to_have_text("Why do the lower layers not learn?")
    assert cold.title() == f"{LESSON.title} · Gradient Clinic"
    assert cold.locator(NAVIGATION).all_inner_texts() == [
        "Home",
        *(lesson.title for lesson in LESSONS.values()),
    ]
    assert cold.url == fresh_server + LINK
    numbers = delta(chart_data, cold)
    assert numbers == delta(chart_data, open_page(LINK))


def test_every_word_is_legible(open_page, legible):
    legible(open_page(LINK, anew=False))


def test_play_runs_through_the_steps_in_the_browser(open_page, chart_data):
    tab = open_page(LINK, anew=False)
    start = delta(chart_data, tab)
    chart = tab.locator(f'[data-testid=stPlotlyChart][aria-label^="{SIGNAL}"]')
    chart.locator(".updatemenu-button").first.click()
    expect(chart.locator(".slider-label").first).to_contain_text("step 20")
    end = delta(chart_data, tab)
    assert np.isfinite(end).all()
    assert end != start


def test_the_script_is_shown_when_it_is_unfolded(open_page, legible):
    tab = open_page(LINK, anew=False)
    tab.get_by_text("The same in plain PyTorch").click()
    expect(tab.get_by_test_id("stExpander").get_by_test_id("stCode")).to_contain_text("import torch")
    legible(tab)


def test_a_phone_shows_everything_without_scrolling_sideways(on_a_phone):
    on_a_phone(LINK)


def test_the_address_follows_the_controls_and_it_and_the_copied_link_open_the_same_page(
    open_page, chart_data, settle
):
    tab = open_page(LINK)
    before = delta(chart_data, tab)
    tab.get_by_test_id("stSidebarUserContent").get_by_text("Batch normalization", exact=True).click()
    tab.wait_for_url("**batchnorm=true**")
    tab.wait_for_function(
        f"""before => {{
            const chart = document.querySelector('[data-testid=stPlotlyChart][aria-label^="{SIGNAL}"]');
            const trace = chart?.querySelector('.js-plotly-plot')?._fullData?.[1];
            return trace && Array.from(trace.y._inputArray ?? trace.y)[0] !== before;
        }}""",
        arg=before[0],
    )
    settle(tab)
    address, shown = tab.url, delta(chart_data, tab)
    assert "depth=6" in address and "seed=7" in address
    link = tab.locator("[data-testid=stCode]", has_text="gradients?dataset=").inner_text().strip()
    written = {"dataset=circles", "noise=0.08", "learning_rate=0.05", "precision=float32", "batchnorm=true"}
    assert written <= set(link.split("?")[1].split("&"))
    for opened in (address, link):
        assert delta(chart_data, open_page(opened)) == shown


def test_moving_a_control_again_ends_the_training_before(open_page, settle):
    tab = open_page("/gradients?activation=relu&depth=6&width=16&samples=128&steps=500")
    seed = tab.get_by_role("spinbutton", name="Seed")
    for value in ("1", "2", "3"):
        seed.fill(value)
        seed.press("Enter")
    tab.wait_for_url("**seed=3**")
    settle(tab)
    expect(tab.locator("[data-testid=stException]")).to_have_count(0)
    expect(seed).to_have_value("3")
