"""Every page at the corners of its controls: it opens, and trains nothing that takes too long."""

from itertools import islice

import pytest

from core.lessons import LESSONS
from core.lessons.feature_scaling.trials import SEEDS
from core.work import work
from pages.parts import chaos, show
from tests.corners import controls, corners

FEW, SIGNALS, CHEAP = 2, 2**13, 2e7
"""Corners of every page that are opened here, all others in tests/benchmarks/corners.py; numbers in one layer
of signals through all layers, and work, that take no time."""
DEAR = {"depth": "2", "width": "64", "steps": "20", "samples": "1024", "batch_size": "0"}


def affordable(settings):
    """With as few units, samples and steps as cost little, where the page trains them."""
    e = getattr(settings, "experiment", settings)
    if not hasattr(e, "samples"):
        return settings
    small = {"samples": 64, "width": max(1, min(e.width, SIGNALS // 64 // max(e.depth, 1)))}
    small |= {"batch_size": min(e.batch_size, 64)} if "batch_size" in type(e).model_fields else {}
    cost = work(e.but(**small, steps=1))
    return settings.but(**small, steps=max(1, min(e.steps, int(CHEAP / cost))))


@pytest.mark.parametrize("slug", LESSONS)
def test_a_page_opens_with_every_control_at_an_end(page, slug):
    lesson = LESSONS[slug]
    for corner in islice(corners(lesson.start, controls(lesson)), FEW):
        settings = affordable(corner)
        at = page(f"pages/{slug}.py", **lesson.link(settings))
        assert at.session_state[slug] == settings


@pytest.fixture
def allow(monkeypatch):
    """`allow(2)` lets only as much be trained at once as this many runs of DEAR, and nothing else unasked."""

    def change(slug, runs):
        lesson = LESSONS[slug]
        fits = {name: value for name, value in DEAR.items() if name in type(lesson.start).model_fields}
        settings, _ = type(lesson.start).from_link(fits, lesson.start)
        limit = (runs + 0.01) * work(getattr(settings, "experiment", settings))
        for where in ("core.engine.train", "pages.parts.show", "core.diagnosis.chaos"):
            monkeypatch.setattr(f"{where}.WORK_LIMIT", limit)
        monkeypatch.setattr(show, "UNASKED", limit)
        monkeypatch.setattr(chaos, "UNASKED", 0)
        return fits

    return change


@pytest.mark.parametrize("slug", ["gradients", "dead_relus", "feature_scaling", "dropout"])
def test_a_run_that_fits_opens_its_page_whatever_else_would_take_too_long(page, figures, allow, slug):
    at = page(f"pages/{slug}.py", **allow(slug, 1))
    assert at.title[0].value == LESSONS[slug].question
    assert len(at.metric) > 2
    assert len(figures(at)) > 3
    refused = [box.value for box in at.info if " takes too long. Lower " in box.value]
    assert refused and all(text.startswith(("To train ", "To look ")) for text in refused)


def test_fewer_seeds_are_trained_where_all_of_them_take_too_long_and_it_is_said(page, figures, allow):
    at = page("pages/feature_scaling.py", **allow("feature_scaling", 28))
    assert [text.value for text in at.caption if " seeds: " in text.value] == [
        f"3 of {SEEDS} seeds: with these settings more of them take too long."
    ]
    about = figures(at)["feature_scaling.ladder"]["layout"]["meta"]
    assert "Small marks are 3 seeds" in about["how"]


def test_what_is_large_is_trained_when_asked(page, figures, allow, monkeypatch, cold):
    fits = allow("gradients", 8)
    monkeypatch.setattr("pages.parts.compare.UNASKED", 0)
    at = page("pages/gradients.py", **fits)
    key = "gradients.variants.losses"
    assert sum(trace.get("showlegend", True) for trace in figures(at)[key]["data"]) == 1
    at.button(key="gradients.variants.beside.run").click().run()
    assert not at.exception
    assert sum(trace.get("showlegend", True) for trace in figures(at)[key]["data"]) > 2
