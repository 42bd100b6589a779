"""The frame as a visitor meets it: cold links, light and dark, desktop and phone."""

import tomllib

import pytest

from core.lessons import LESSONS

LINKS = '[data-testid="stSidebarNavLink"] [data-testid="stMarkdownContainer"]'


def test_the_navigation_leads_from_page_to_page(open_page, settle):
    tab = open_page("/")
    assert tab.title() == "Home · Gradient Clinic"
    tab.locator(LINKS).filter(has_text=LESSONS["gradients"].title).click()
    tab.wait_for_url("**/gradients")
    settle(tab)
    assert tab.title() == f"{LESSONS['gradients'].title} · Gradient Clinic"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_colours_follow_the_system(open_page, root, scheme):
    theme = tomllib.loads((root / ".streamlit" / "config.toml").read_text(encoding="utf-8"))["theme"][scheme]
    tab = open_page("/", scheme=scheme)
    background = tab.locator('[data-testid="stApp"]').evaluate("app => getComputedStyle(app).backgroundColor")
    assert background == "rgb({}, {}, {})".format(*bytes.fromhex(theme["backgroundColor"][1:]))


def test_a_phone_shows_everything_without_scrolling_sideways(on_a_phone):
    on_a_phone("/")


@pytest.mark.parametrize(("width", "collapsed"), [(1280, "false"), (390, "true")])
def test_the_sidebar_leaves_a_phone_its_room(open_page, width, collapsed):
    sidebar = open_page("/", width=width).locator('[data-testid="stSidebar"]')
    assert sidebar.get_attribute("data-collapsed") == collapsed
