"""Open the running app in a real Chromium. Without one these tests are skipped; where CI is set they fail."""

import os
import shutil
import socket
import subprocess
import sys
import time
import tomllib
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from urllib.error import URLError
from urllib.parse import urljoin, urlsplit
from urllib.request import urlopen

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.conftest import PATIENCE

expect.set_options(timeout=1000 * PATIENCE)
TRIES = 5
"""Times that a port is chosen: somebody else may take it before the app does."""
NO_CHROMIUM = (
    "browser tests did not run: no Chromium found; install it with "
    "`apt-get install chromium` (Debian, Ubuntu) or `playwright install chromium`"
)
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--js-flags=--no-opt"]
"""Scripts run once in every page: to optimize them takes longer than it saves."""
SETTLED = """() => {
    const app = document.querySelector('[data-testid=stApp]')?.dataset;
    const all = selector => [...document.querySelectorAll(selector)];
    return app?.testConnectionState === 'CONNECTED' && app.testScriptState === 'notRunning'
        && all('[data-testid=stMain] [data-testid=stElementContainer]').length
        && !all('[data-stale="true"], [data-testid=stSkeleton], [data-testid=stSpinner]').length
        && all('[data-testid=stPlotlyChart]').every(chart => chart.querySelector('.main-svg'));
}"""
CHART_DATA = """(chart) => {
    const array = values => values == null ? null : Array.from(values._inputArray ?? values);
    return chart.querySelector('.js-plotly-plot')._fullData.map(
        trace => ({name: trace.name, x: array(trace.x), y: array(trace.y)}));
}"""
WIDEST = """() => Math.max(
    document.documentElement.scrollWidth, document.querySelector('[data-testid=stMain]').scrollWidth,
    ...[...document.querySelectorAll('[data-testid=stPlotlyChart]')].map(
        chart => chart.getBoundingClientRect().width))"""
COLOURS = """[...document.querySelectorAll('.js-plotly-plot .xtick:first-child > text')].map(
    number => getComputedStyle(number).fill)"""
"""The colour of the first number on every axis."""
CONTENT_HEIGHT = """() => Math.max(...['stMain', 'stSidebarContent'].map(
    id => document.querySelector(`[data-testid=${id}]`)?.scrollHeight ?? 0))"""


@cache
def _executable():
    """The Chromium named by the variable CHROMIUM, else the system's, else the one Playwright installed."""
    installed = map(shutil.which, ("chromium-headless-shell", "chromium"))
    if named := os.environ.get("CHROMIUM") or next(filter(None, installed), None):
        return named
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if Path(own).exists() else None


def pytest_itemcollected(item):
    if not _executable() and not os.environ.get("CI"):
        item.add_marker(pytest.mark.skip(NO_CHROMIUM))


def pytest_terminal_summary(terminalreporter):
    if not _executable():
        terminalreporter.write_line(NO_CHROMIUM)


@pytest.fixture(scope="session")
def chromium():
    """A running browser, without a window."""
    assert _executable(), NO_CHROMIUM
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_executable(), args=ARGUMENTS)
        yield browser
        browser.close()


@contextmanager
def _running_app(root, home):
    """Start the app on a free port, out of reach of the user's own Streamlit settings; yield its address."""
    with (home / "streamlit.log").open("w+", encoding="utf-8") as log:
        for _ in range(TRIES):
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                port = free.getsockname()[1]
            process, address = _start(root, home, port, log), f"http://127.0.0.1:{port}"
            deadline = time.monotonic() + PATIENCE
            while not (up := _healthy(address)) and process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.1)
            if up and process.poll() is None:
                break
            process.kill()
        else:
            log.seek(0)
            pytest.fail(f"the app did not start:\n{log.read()}")
        try:
            yield address
        finally:
            process.terminate()
            process.wait(timeout=PATIENCE)


def _start(root, home, port, log):
    options = {
        "server.port": port,
        "server.address": "127.0.0.1",
        "server.headless": "true",
        "server.fileWatcherType": "none",
    }
    flags = [f"--{name}={value}" for name, value in options.items()]
    command = [sys.executable, "-m", "streamlit", "run", "dashboard.py", *flags]
    return subprocess.Popen(
        command, cwd=root, env={**os.environ, "HOME": str(home)}, stdout=log, stderr=subprocess.STDOUT
    )


def _healthy(address):
    try:
        return urlopen(f"{address}/_stcore/health", timeout=5).read() == b"ok"
    except (URLError, TimeoutError, ConnectionError):
        return False


@pytest.fixture(scope="session")
def server(chromium, root, tmp_path_factory):
    """Address of a running app that all tests share."""
    with _running_app(root, tmp_path_factory.mktemp("server")) as address:
        yield address


@pytest.fixture
def fresh_server(chromium, root, tmp_path):
    """Address of an app that nobody has opened yet, as a link finds it that wakes a sleeping server."""
    with _running_app(root, tmp_path) as address:
        yield address


@pytest.fixture(scope="session")
def settle():
    """`settle(tab)` waits until the script has run and every chart is drawn."""
    return lambda tab: tab.wait_for_function(SETTLED, polling=100)


def _is_local(url):
    return url.startswith(("data:", "blob:")) or urlsplit(url).hostname == "127.0.0.1"


@pytest.fixture(scope="session")
def tab(chromium):
    """The one tab of this browser, and what went wrong in it: a fresh one would read the scripts anew."""
    context = chromium.new_context()
    context.set_default_timeout(1000 * PATIENCE)
    wrong = SimpleNamespace(uncaught=[], console=[], foreign=[])
    context.on("weberror", lambda error: wrong.uncaught.append(str(error.error)))
    context.on("console", lambda said: wrong.console.append(said.text))
    context.on("request", lambda asked: None if _is_local(asked.url) else wrong.foreign.append(asked.url))
    yield context.new_page(), wrong
    context.close()


@pytest.fixture(scope="session")
def background(root):
    """The colour that every page has in light and in dark."""
    themes = tomllib.loads((root / ".streamlit" / "config.toml").read_text(encoding="utf-8"))["theme"]
    colours = {scheme: bytes.fromhex(themes[scheme]["backgroundColor"][1:]) for scheme in ("light", "dark")}
    return {scheme: "rgb({}, {}, {})".format(*colour) for scheme, colour in colours.items()}


@pytest.fixture
def open_page(tab, server, settle, background):
    """`open_page("/gradients?depth=4", width=390, scheme="dark")` returns the settled tab.

    It is the same tab every time: read what you need before opening the next page. With `anew=False` a page
    that stands there already, from whatever test, is taken as it is. An address with a host opens that
    server instead of the shared one. The test fails if a script in the page raised an error that nothing
    caught, and if the page asked another host for anything.
    """
    page, wrong = tab

    def go(path="/", width=1280, height=900, scheme="light", anew=True):
        address, size = urljoin(server, path), {"width": width, "height": height}
        if anew or page.url != address or page.viewport_size["width"] != width:
            page.goto("about:blank")
            page.set_viewport_size(size)
            page.emulate_media(color_scheme=scheme)
            page.goto(address)
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=scheme)
        expect(page.get_by_test_id("stApp")).to_have_css("background-color", background[scheme])
        settle(page)
        return page

    yield go
    uncaught, console, foreign = list(wrong.uncaught), list(wrong.console), list(wrong.foreign)
    for found in vars(wrong).values():
        found.clear()
    assert not uncaught, "\n".join([*uncaught, "console:", *console])
    assert not foreign


@pytest.fixture(scope="session")
def fits():
    """`fits(tab)`: whether nothing on a phone is wider than its 390 pixels."""
    return lambda tab: tab.evaluate(WIDEST) <= 390


@pytest.fixture
def on_a_phone(open_page, fits):
    """`on_a_phone("/gradients")` opens a page on a phone and checks that it fits, in light and in dark."""

    def check(path):
        for scheme in ("light", "dark"):
            tab = open_page(path, width=390, height=844, scheme=scheme, anew=scheme == "light")
            assert fits(tab)
        return tab

    return check


@pytest.fixture(scope="session")
def legible():
    """`legible(tab)` checks that every word has the contrast that WCAG 2.2 AA asks for, in light and dark."""
    contrasts = (Path(__file__).parent / "contrasts.js").read_text(encoding="utf-8")

    def check(tab):
        light, drawn = tab.evaluate(contrasts), tab.evaluate(COLOURS)
        tab.emulate_media(color_scheme="dark")
        tab.wait_for_function(f"light => {COLOURS}.every((colour, i) => colour !== light[i])", arg=drawn)
        for measured in (light, tab.evaluate(contrasts)):
            assert measured
            assert not [f"{words}: {ratio:.2f}" for words, ratio in measured if ratio < 4.5]

    return check


@pytest.fixture(scope="session")
def chart_data():
    """`chart_data(tab, "Error signal")` reads what the chart whose alt text starts so shows.

    A list with one {name, x, y} per trace, after Plotly has filled in its defaults.
    """

    def read(tab, alt):
        return tab.locator(f'[data-testid=stPlotlyChart][aria-label^="{alt}"]').evaluate(CHART_DATA)

    return read


@pytest.fixture(scope="session")
def screenshot(settle, tmp_path_factory):
    """`screenshot(tab, "home-dark")` saves the whole page, however long, and returns the file.

    The variable SCREENSHOTS names the folder to keep the pictures in.
    """
    folder = Path(os.environ.get("SCREENSHOTS") or tmp_path_factory.mktemp("screenshots"))

    def save(tab, name):
        tab.set_viewport_size({**tab.viewport_size, "height": tab.evaluate(CONTENT_HEIGHT)})
        settle(tab)
        file = folder / f"{name}.png"
        tab.screenshot(path=file)
        return file

    return save
