"""The frame around every page: navigation, name, logo and style, and the guard against cold deep links."""

import gc
import sys
from contextvars import ContextVar
from functools import cache

import streamlit as st

from core.lessons import LESSONS
from pages.parts import say

NAME = "Gradient Clinic"
ABOUT = f"**{NAME}** trains small neural networks in front of you and shows what happens inside them."

PULSE = """<rect width="32" height="32" rx="7" fill="#0A6B6B"/>
<path d="M3 18h4l3-11 4 18 3-12 3 7 2-4 2 2h5" fill="none" stroke="#FFFFFF" stroke-width="2.2"
stroke-linecap="round" stroke-linejoin="round"/>"""
ICON = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" width="32" height="32">{PULSE}</svg>'
LOGO = f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 32" width="200" height="32">{PULSE}
<text x="42" y="23" textLength="156" font-family="Georgia, serif" font-size="21" font-weight="700"
fill="#2A8A8A">{NAME}</text></svg>"""


# Colours that Streamlit fixes and the theme cannot reach: too faint to read on our backgrounds.
STYLE = """<style>
[data-testid="stBaseButton-primary"], .stMultiSelect [data-tag] { color: light-dark(#FFFFFF, #0E171C) }
.js-plotly-plot text[style*="rgb(128, 132, 149)"] { fill: #46585F !important }
[data-testid="stSliderThumbValue"][disabled] { color: light-dark(#4F6169, #A3B4B9) }
.stCode .token { color: inherit !important }
.stCode .token.comment { color: light-dark(#4F6169, #A3B4B9) !important }
.stCode .token.string { color: light-dark(#1A6B2E, #8FD3A0) !important }
.stCode .token.keyword { color: light-dark(#0B5FA5, #7DBBF0) !important }
</style>"""

_inside = ContextVar("inside", default=False)


def enter() -> None:
    """Draw the frame and run the page that was asked for inside it."""
    page = _navigation()
    st.set_page_config(page_title=f"{page.title} · {NAME}")
    st.logo(LOGO, size="large", icon_image=ICON)
    st.html(STYLE)
    token = _inside.set(True)
    try:
        with say.page():
            page.run()
    finally:
        _inside.reset(token)
        if "torch" in sys.modules:
            _freeze_imports()


def guard() -> None:
    """Send a page that runs without its frame back through `dashboard.py`. The first line of every page.

    Streamlit runs a file in `pages/` alone when a link to it is the first request a fresh server gets.
    Declaring the navigation ends that, and the rerun goes through the frame with the link's settings intact.
    """
    if not _inside.get():
        _navigation()
        st.rerun()


def _navigation():
    """The page asked for. The tab's icon comes first, lest Streamlit fetch the page's from another host."""
    st.set_page_config(page_icon=ICON, layout="wide", menu_items={"About": ABOUT})
    pages = {"": [st.Page("pages/home.py", title="Home", icon=":material/home:", default=True)]}
    for lesson in LESSONS.values():
        page = st.Page(f"pages/{lesson.slug}.py", title=lesson.title, icon=lesson.icon)
        pages.setdefault(lesson.section, []).append(page)
    return st.navigation(pages)


@cache
def _freeze_imports() -> None:
    """Streamlit collects garbage after every run: spare it the modules, once torch is among them."""
    gc.collect()
    gc.freeze()
