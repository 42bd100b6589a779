"""The frame as a visitor meets it: cold links, light and dark, desktop and phone."""

import pytest
from playwright.sync_api import expect

from core.lessons import LESSONS

LINKS = '[data-testid="stSidebarNavLink"] [data-testid="stMarkdownContainer"]'


def test_the_navigation_leads_from_page_to_page(open_page, settle):
    tab = open_page("/")
    assert tab.title() == "Home · Gradient Clinic"
    tab.locator(LINKS).filter(has_text=LESSONS["dead_relus"].title).click()
    tab.wait_for_url("**/dead_relus")
    settle(tab)
    assert tab.title() == f"{LESSONS['dead_relus'].title} · Gradient Clinic"


def test_the_colours_follow_the_system(open_page, background):
    for scheme in ("light", "dark"):
        app = open_page(scheme=scheme, anew=False).get_by_test_id("stApp")
        expect(app).to_have_css("background-color", background[scheme])


def test_every_word_is_legible(open_page, legible):
    legible(open_page(anew=False))


@pytest.mark.parametrize(("width", "collapsed"), [(1280, "false"), (390, "true")])
def test_the_sidebar_leaves_a_phone_its_room(open_page, width, collapsed):
    sidebar = open_page(width=width, scheme="dark", anew=False).locator('[data-testid="stSidebar"]')
    assert sidebar.get_attribute("data-collapsed") == collapsed


def test_a_phone_shows_everything_without_scrolling_sideways(on_a_phone):
    on_a_phone("/")
