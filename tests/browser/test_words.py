"""The meaning of a word is reached without a mouse: by keyboard, and by a tap on a phone."""

import re

from playwright.sync_api import expect

MEANING = re.compile("error signal δ: How fast the loss L changes")
LINK = "/gradients?depth=3&width=8&samples=64&steps=20"


def first_question_mark(tab):
    return tab.get_by_test_id("stMain").get_by_role("button", name="Help").first


def test_the_keyboard_reaches_it(open_page):
    tab = open_page(LINK)
    first_question_mark(tab).focus()
    expect(tab.get_by_test_id("stTooltipContent")).to_have_text(MEANING)


def test_a_tap_opens_it_and_it_fits(chromium, server, settle):
    context = chromium.new_context(has_touch=True, is_mobile=True, viewport={"width": 390, "height": 844})
    tab = context.new_page()
    tab.goto(server + LINK)
    settle(tab)
    first_question_mark(tab).tap()
    meaning = tab.get_by_test_id("stTooltipContent")
    expect(meaning).to_have_text(MEANING)
    box = meaning.bounding_box()
    context.close()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 390
