"""The frame as a visitor meets it: cold links, light and dark, desktop and phone."""

import tomllib

import pytest

from core.lessons import LESSONS

LINKS = '[data-testid="stSidebarNavLink"] [data-testid="stMarkdownContainer"]'


def test_a_link_that_wakes_the_server_opens_the_page_in_its_frame(open_page, fresh_server):
    tab = open_page(f"{fresh_server}/gradients?seed=3")
    assert tab.title() == f"{LESSONS['gradients'].title} · Gradient Clinic"
    assert tab.locator(LINKS).all_inner_texts() == ["Home", *(lesson.title for lesson in LESSONS.values())]
    assert tab.url == f"{fresh_server}/gradients?seed=3"


def test_the_navigation_leads_from_page_to_page(open_page, settle):
    tab = open_page("/")
    assert tab.title() == "Home · Gradient Clinic"
    tab.locator(LINKS).filter(has_text=LESSONS["gradients"].title).click()
    tab.wait_for_url("**/gradients")
    settle(tab)
    assert tab.title() == f"{LESSONS['gradients'].title} · Gradient Clinic"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_colours_follow_the_system(open_page, root, scheme):
    theme = tomllib.loads((root / ".streamlit" / "config.toml").read_text())["theme"][scheme]
    tab = open_page("/", scheme=scheme)
    background = tab.locator('[data-testid="stApp"]').evaluate("app => getComputedStyle(app).backgroundColor")
    assert background == "rgb({}, {}, {})".format(*bytes.fromhex(theme["backgroundColor"][1:]))


@pytest.mark.parametrize("path", ["/", "/gradients"])
def test_a_phone_scrolls_one_way_only(open_page, path):
    tab = open_page(path, width=390, height=844)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    assert tab.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390


@pytest.mark.parametrize(("width", "collapsed"), [(1280, "false"), (390, "true")])
def test_the_sidebar_leaves_a_phone_its_room(open_page, width, collapsed):
    sidebar = open_page("/", width=width).locator('[data-testid="stSidebar"]')
    assert sidebar.get_attribute("data-collapsed") == collapsed
