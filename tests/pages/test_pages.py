"""Every page as a reader meets it: presets, links, remedies, claims, and what stays when one comes back."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.lessons import LESSONS

PRESETS = [(slug, name) for slug, lesson in LESSONS.items() for name in lesson.presets]
LINKS = json.loads((Path(__file__).parent / "links.json").read_text(encoding="utf-8"))
GRADIENTS = LESSONS["gradients"]
FEW_STEPS = 5
QUICK = {"depth": "3", "width": "8", "samples": "64", "steps": "20"}


def has_a_point(trace):
    """Whether a trace draws anything: a cell with a number, or a point with both its places."""
    axes = "z" if "z" in trace else "xy"
    places = pd.DataFrame({axis: pd.Series(np.ravel(trace[axis])) for axis in axes if axis in trace})
    return len(places.replace([np.inf, -np.inf], np.nan).dropna()) > 0


RAW = re.compile(r"%\{[^}]*:[^}]*[ge]\}|\d[eE][+-]?\d|(?<![\w.])-0(?![\w.,])|\b(?:nan|inf)\b")
"""Numbers as computers write them: 1e+05, -0, nan."""


def told(at):
    """All words of a page but for code and formulas."""
    boxes = (at.title, at.subheader, at.markdown, at.caption, at.error, at.warning, at.info, at.success)
    words = [box.value for kind in boxes for box in kind if not box.value.startswith("$")]
    return words + [text for metric in at.metric for text in (metric.label, metric.value)]


def written(figure):
    """All words on a chart: names, titles, labels of ticks, notes, and what stands under the pointer."""
    found, todo = [], [figure]
    while todo:
        part = todo.pop()
        if isinstance(part, dict):
            keys = ("name", "title", "alt", "how", "hovertemplate")
            found += [part[key] for key in keys if isinstance(part.get(key), str)]
            for key in ("text", "hovertext", "ticktext"):
                found += [str(text) for text in np.atleast_1d(np.asarray(part.get(key, ()), dtype=object))]
            todo += part.values()
        elif isinstance(part, list):
            todo += part
    return [text for text in found if not text.startswith("{")]


def complaints(at):
    return [text.value for text in at.text]


def test_home_leads_from_every_symptom_to_its_page(page):
    at = page()
    links = [link.proto for link in at.get("page_link")]
    for lesson in LESSONS.values():
        for symptom in lesson.symptoms:
            assert any(link.label == symptom and lesson.slug in link.page for link in links)
    assert len(at.get("plotly_chart")) == len(LESSONS)


@pytest.mark.parametrize(("slug", "name"), PRESETS)
def test_every_preset_draws_something_in_every_chart_and_no_number_is_raw(page, figures, slug, name):
    """After its first steps; that the preset itself opens is tested in test_controls."""
    lesson = LESSONS[slug]
    e = lesson.preset(name)
    e = e.but(steps=min(e.steps, FEW_STEPS))
    at = page(f"pages/{slug}.py", **lesson.link(e))
    assert not complaints(at)
    assert at.session_state[slug] == e
    for key, figure in figures(at).items():
        assert any(has_a_point(trace) for trace in figure["data"]), key
    read = [*told(at), *(text for figure in figures(at).values() for text in written(figure))]
    assert len(read) > 30
    assert not [text for text in read if RAW.search(text)]


@pytest.mark.parametrize("slug", LESSONS)
def test_a_full_link_opens_the_same_experiment_whatever_the_start_settings(page, slug):
    start = LESSONS[slug].start
    changed = dict(seed=3, steps=20, learning_rate=0.0123, width=12, samples=64)
    e = start.but(**{name: value for name, value in changed.items() if hasattr(start, name)})
    at = page(f"pages/{slug}.py", **e.to_link())
    assert at.session_state[slug] == e
    assert at.query_params == e.to_link(LESSONS[slug].start)


@pytest.mark.parametrize("one", LINKS, ids=lambda one: f"{one['page']} {one['link']}")
def test_an_old_link_opens_the_same_experiment(one):
    """Recorded from an earlier version, with every setting it had beside what the link says."""
    start = LESSONS[one["page"]].start
    settings, sentences = type(start).from_link(one["link"], start)
    assert not sentences
    assert settings.to_link() == type(start)().to_link() | one["settings"]
    assert type(start).from_link(one["settings"], start) == (settings, [])


def test_settings_stay_when_the_reader_leaves_and_returns(page):
    at = page("pages/gradients.py", **QUICK)
    kept = at.session_state["gradients"]
    at.query_params.clear()
    at.switch_page("pages/home.py").run()
    assert not at.exception
    at.switch_page("pages/gradients.py").run()
    assert at.session_state["gradients"] == kept
    assert at.query_params["depth"] == "3"


def test_a_remedy_keeps_the_seed_and_shows_before_and_after(page, figures):
    quick = {"samples": "128", "steps": "100"}
    at = page("pages/gradients.py", activation="relu", init="pytorch", depth="12", seed="5", **quick)
    before = at.session_state["gradients"]
    next(button for button in at.button if button.label == "Apply: He initialization").click().run()
    assert not at.exception
    after = at.session_state["gradients"]
    assert after == before.but(init="he")
    lines = [t["name"] for t in figures(at)["gradients.pinned.losses"]["data"] if t.get("mode") != "markers"]
    assert [name.split(":")[0] for name in lines] == ["before", "after"]
    said = lines[1].replace("<br>", " ")
    assert said.startswith("after: He initialization (was PyTorch's default): loss ")
    assert any("helped" in text.value.lower() for text in at.markdown)


def test_a_claim_trains_its_pairs_when_asked(page, figures, cold):
    at = page("pages/gradients.py", **QUICK)
    assert not [key for key in figures(at) if ".claim." in key]
    at.button(key="gradients.claim.0.run").click().run()
    assert not at.exception
    [figure] = [figure for key, figure in figures(at).items() if key.startswith("gradients.claim.0")]
    assert len(figure["layout"]["yaxis"]["ticktext"]) == len(GRADIENTS.claims[0].cases)
    assert any(text.value.startswith(":green-badge[true] Shown against sigmoid.") for text in at.markdown)


def test_a_diverged_run_says_so_and_draws_what_is_finite(page, figures, the):
    lesson = GRADIENTS
    at = page("pages/gradients.py", **lesson.preset("Weights too large").to_link(lesson.start))
    assert any("diverged: at step 3" in text.value for text in at.markdown)
    loss = the(figures(at)["gradients.loss"], name="training")
    assert np.isfinite(np.asarray(loss["y"], dtype=float)).sum() == 3
