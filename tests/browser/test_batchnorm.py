"""The Batchnorm page in a real browser: the batch by hand, histograms that play, phones, dark mode."""

from playwright.sync_api import expect

LINK = "/batchnorm?depth=2&width=8&samples=64&batch_size=32&steps=20&seed=3"
OUTPUTS = "Outputs of the 8 samples"
HISTOGRAMS = "Histograms of the pre-activations"


def outputs(chart_data, tab):
    return next(trace["y"] for trace in chart_data(tab, OUTPUTS) if trace["name"] == "training mode")


def test_the_histograms_play_over_the_steps(open_page):
    tab = open_page(LINK)
    chart = tab.locator(f'[data-testid=stPlotlyChart][aria-label^="{HISTOGRAMS}"]')
    chart.locator(".updatemenu-button").first.click()
    expect(chart.locator(".slider-label").first).to_have_text("step 20")


def test_every_word_is_legible(open_page, legible):
    legible(open_page(LINK, anew=False))


def test_a_phone_shows_everything_without_scrolling_sideways(on_a_phone):
    formula = on_a_phone(LINK).locator(".katex-html").first
    assert formula.bounding_box()["x"] >= 0


def test_a_key_press_moves_the_whole_batch_and_the_address(open_page, chart_data, settle):
    tab = open_page(LINK, anew=False)
    before = outputs(chart_data, tab)
    slider = tab.get_by_role("slider", name="Move sample 1 by")
    slider.focus()
    slider.press("ArrowRight")
    tab.wait_for_url("**nudge=1**")
    expect(tab.get_by_role("heading", name="Moving sample 1 by 1 moves its own output")).to_be_visible()
    settle(tab)
    after = outputs(chart_data, tab)
    assert all(abs(a - b) > 1e-6 for a, b in zip(after, before, strict=True))
    assert outputs(chart_data, open_page(tab.url)) == after
