"""Open a page as a reader would, without a browser, and read the charts it drew."""

import base64
import gc
import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import streamlit as st
from hypothesis import settings
from streamlit.components.v2 import manifest_scanner
from streamlit.logger import set_log_level
from streamlit.testing.v1 import AppTest

set_log_level("ERROR")
# Every AppTest looks for components in all that is installed: it finds the same each time.
manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)
settings.register_profile("the same draws everywhere", database=None, derandomize=True, deadline=None)
settings.load_profile("the same draws everywhere")
ROOT = Path(__file__).parents[1]
PATIENCE = 180
"""Seconds after which a page counts as stuck: none is so slow, on however busy a machine."""


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config):
    """The whole suite on two cores, if pytest-xdist is there; tests that are named on one."""
    whole = config.args_source is pytest.Config.ArgsSource.TESTPATHS and not hasattr(config, "workerinput")
    if whole and config.pluginmanager.hasplugin("xdist") and config.option.numprocesses is None:
        config.option.numprocesses, config.option.dist = 2, "loadfile"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """One worker opens the browser and the app in it; all else goes out file by file, in order."""
    if config.option.dist != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class Scheduling(LoadFileScheduling):
        def _split_scope(self, nodeid):
            return "browser" if nodeid.startswith("tests/browser/") else super()._split_scope(nodeid)

    config.option.loadscopereorder = False
    return Scheduling(config, log)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Marks as quick what opens no page and is not marked slow."""
    opens_pages = {ROOT / "tests" / "browser", ROOT / "tests" / "pages"}
    for item in items:
        if not opens_pages & set(item.path.parents) and not item.get_closest_marker("slow"):
            item.add_marker("quick")


def pytest_collection_finish():
    """Spare the garbage collector all that was imported and collected: it stays to the end."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def root():
    """The folder of the project."""
    return ROOT


@pytest.fixture
def cold(monkeypatch):
    """A server on which nobody has computed anything, before the test and after it.

    All other tests share what pages have trained and computed: it is the same for the same settings.
    """
    from pages.parts import training

    empty = training.Store()
    monkeypatch.setattr(training, "store", lambda: empty)
    st.cache_data.clear()
    yield
    st.cache_data.clear()


@pytest.fixture
def page():
    """`page("pages/gradients.py", activation="relu")` opens that page with these link parameters."""

    def open_page(path="pages/home.py", **link):
        at = AppTest.from_file(ROOT / "dashboard.py", default_timeout=PATIENCE)
        at.query_params.update(link)
        at.switch_page(path)
        at.run()
        assert not at.exception, [error.value for error in at.exception]
        return at

    return open_page


@pytest.fixture(scope="session")
def figures():
    """`figures(at)` maps the key of every chart on the page to its figure: plain dicts, arrays as numpy."""

    def read(at):
        return {chart.key: _decode(json.loads(chart.proto.spec)) for chart in at.get("plotly_chart")}

    return read


@pytest.fixture(scope="session")
def traces(figures):
    """`traces(at, key)` maps the name of every trace of one chart to its (x, y) arrays."""

    def read(at, key):
        return {
            trace.get("name", number): (np.asarray(trace.get("x")), np.asarray(trace.get("y")))
            for number, trace in enumerate(figures(at)[key]["data"])
        }

    return read


@pytest.fixture(scope="session")
def the():
    """`the(figure, name="loss")` or `the(figure, type="bar")`: the only trace of a figure that is so."""

    def find(figure, **wanted):
        fits = [
            trace
            for trace in figure["data"]
            if all(key in trace and trace[key] == value for key, value in wanted.items())
        ]
        [trace] = fits
        return trace

    return find


def _decode(spec):
    """Plotly sends arrays as {dtype, bdata, shape}: base64 of the raw bytes."""
    if isinstance(spec, list):
        return [_decode(item) for item in spec]
    if not isinstance(spec, dict):
        return spec
    if "bdata" not in spec:
        return {name: _decode(value) for name, value in spec.items()}
    array = np.frombuffer(base64.b64decode(spec["bdata"]), spec["dtype"])
    return array.reshape([int(n) for n in spec["shape"].split(",")]) if "shape" in spec else array
