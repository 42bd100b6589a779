"""Findings as a reader meets them on every page with a run: remedies, before and after, what was checked."""

import re

import numpy as np
import pandas as pd
import pytest

from core.diagnosis.modes import four_modes
from core.diagnosis.rules import RULES, examine
from core.engine.train import train
from core.experiment import Experiment
from core.lessons import LESSONS
from core.words import short
from pages.parts.own_table import KEY
from pages.parts.training import SNAPSHOTS

QUICK = {"width": "24", "steps": "40"}
SMALL = {"samples": "64", "steps": "40"}
TITLES = list(dict.fromkeys(rule.title for rule in RULES))
FAILING = {
    "gradients": {"depth": "10", "activation": "sigmoid", "init": "xavier", **SMALL},
    "dead_relus": {"bias": "-5", **SMALL},
    "feature_scaling": SMALL,
    "dropout": {"dropout": "1", "dropout_last": "true", "width": "8", "steps": "40"},
    "batchnorm": {"batchnorm": "false", "gain": "0.05", "batch_size": "32", "rows": "32", **SMALL},
}
"""For every page with a run, one that fails."""


def said(at):
    return [text.value for text in [*at.markdown, *at.error, *at.warning, *at.info, *at.success]]


def remedies(at):
    return {button.label.removeprefix("Apply: "): button for button in at.button if "Apply: " in button.label}


def press(at, label):
    next(button for button in at.button if button.label == label).click().run()
    assert not at.exception, [error.value for error in at.exception]


def compared(at):
    """What "Before and after" says of the settings; nothing if it is not there."""
    return next((text for text in said(at) if text.startswith("**Before and after.**")), "")


def every_rule(at):
    """Label of the list of rules, and what it says of each title."""
    [label] = [place.label for place in at.expander if "rules checked" in place.label]
    [lines] = [text.value for text in at.markdown if text.value.startswith(f"- {TITLES[0]} –")]
    return label, dict(line.removeprefix("- ").split(" – ", 1) for line in lines.split("\n"))


def upload(at, **columns):
    x = np.random.default_rng(0).normal(size=(2, 80))
    table = pd.DataFrame({"height": x[0], "wealth": 3e4 * np.exp(x[1]), "price": x.sum(axis=0)} | columns)
    data = table.to_csv(index=False).encode()
    at.file_uploader(key=f"{KEY}.file").set_value(("mine.csv", data, "text/csv")).run()
    assert not at.exception, [error.value for error in at.exception]


@pytest.mark.parametrize("slug", FAILING)
def test_a_run_that_fails_has_a_remedy_that_changes_the_page_and_can_be_taken_back(page, figures, slug):
    at = page(f"pages/{slug}.py", **FAILING[slug])
    before = at.session_state[slug]
    title = next(iter(remedies(at)))
    press(at, f"Apply: {title}")
    after = at.session_state[slug]
    changes = after.changes(before)
    assert changes and after.seed == before.seed
    assert all(name in compared(at) for name in changes)
    lines = [trace["name"].split(":")[0] for trace in figures(at)[f"{slug}.pinned.losses"]["data"]]
    assert [name for name in lines if name not in ("diverged", "evaluation mode", "beyond the axis")] == [
        "before",
        "after",
    ]
    press(at, "Back to before")
    assert at.session_state[slug] == before
    assert not compared(at)


@pytest.mark.parametrize("slug", FAILING)
def test_every_rule_says_whether_it_was_checked(page, slug):
    label, words = every_rule(page(f"pages/{slug}.py", **FAILING[slug]))
    assert list(words) == TITLES
    left_out = [word for word in words.values() if word.startswith("not checked: ")]
    assert all(word.removeprefix("not checked: ") for word in left_out)
    assert label == f"{len(words) - len(left_out)} rules checked, {len(left_out)} not"
    assert re.search(r"\*\*(critical|warning)\*\*", " ".join(words.values()))


def test_what_is_silent_beside_its_cause_is_not_called_fine(page):
    """Raw columns end in NaN, and the remedies of that are those of the columns."""
    _, words = every_rule(page("pages/feature_scaling.py"))
    assert words["Unscaled features"] == words["Not a number"] == "**critical**"
    _, words = every_rule(page("pages/gradients.py", **FAILING["gradients"]))
    assert words["Vanishing gradients"].startswith("**")
    assert "seen too, and explained by what stands above" in words.values()


def test_what_a_finding_explains_is_said_with_its_number(page):
    """The rate is too high; that most units are dead follows from it, and is no cause of its own."""
    at = page("pages/dead_relus.py", learning_rate="3", **QUICK)
    examined = examine(*train([at.session_state["dead_relus"]], SNAPSHOTS))
    assert "dead" in examined.explained and "dead" not in {f.rule for f in examined.findings}
    [seen] = [text.value for text in at.caption if text.value.startswith("Seen too, and explained")]
    [dead] = [finding for finding in examined.effects if finding.rule == "dead"]
    assert f"share of dead units {short(dead.measured)} against 0.5 at layer {dead.layer}" in seen
    assert not any(box.value for box in [*at.warning, *at.error] if "units of layer" in box.value)


def test_before_and_after_shows_what_the_page_is_about(page, figures):
    at = page("pages/dead_relus.py", learning_rate="3", **QUICK)
    press(at, f"Apply: {next(iter(remedies(at)))}")
    inside = figures(at)["dead_relus.pinned.inside"]["layout"]
    assert inside["yaxis"]["title"]["text"].startswith("% of units")


def test_nothing_found_says_how_much_was_asked_and_no_more(page):
    at = page("pages/gradients.py", depth="3", learning_rate="0.1", activation="relu", init="he")
    label, words = every_rule(at)
    assert {word for word in words.values() if not word.startswith("not checked: ")} == {"✓ nothing found"}
    asked = label.split()[0]
    [praise] = at.success
    assert praise.value == f"None of the {asked} rules that could be asked finds anything wrong."


def test_the_difference_of_the_modes_is_a_truth_table(page):
    e = Experiment(depth=4, samples=256, batchnorm=True, learning_rate=1, steps=20)
    [table] = [table.value for table in page("pages/dropout.py", **e.to_link()).table]
    assert list(table.index) == ["evaluation mode", "training mode"]
    assert list(table.columns) == ["dropout", "statistics of batch normalization", "loss"]
    assert list(table["statistics of batch normalization"]) == ["running", "of the batch"]
    apart, alike = (row["loss"] for row in four_modes(*train([e])))
    assert list(table["loss"]) == [short(apart), short(alike)]
    assert apart > 2 * alike
    both = e.but(dropout=0.5, learning_rate=0.1, steps=100)
    [table] = [table.value for table in page("pages/batchnorm.py", **both.to_link()).table]
    assert list(table.index) == ["evaluation mode", "dropout alone", "statistics alone", "training mode"]
    assert list(table["dropout"]) == ["off", "drops", "off", "drops"]


def test_no_two_remedies_share_a_key(page):
    """Of these settings, two remedies once were the same."""
    e = Experiment(depth=1, width=2, activation="tanh", init="xavier", optimizer="adam", learning_rate=0.02)
    at = page("pages/gradients.py", **e.but(steps=40).to_link())
    keys = [button.key for button in remedies(at).values()]
    assert keys and len(keys) == len(set(keys))


def test_a_remedy_that_scales_reaches_columns_with_a_choice_of_their_own(page):
    at = page("pages/feature_scaling.py", income="log_zscore", **SMALL)
    press(at, "Apply: Log, clip, z-score scaling of every feature")
    after = at.session_state["feature_scaling"]
    assert (after.scaling, after.income) == ("log_clip_zscore", "as above")
    assert "income log, z-score → as above" in compared(at)
    assert not at.query_params.get("income")
    press(at, "Back to before")
    assert at.session_state["feature_scaling"].income == "log_zscore"


def test_a_table_of_ones_own_is_cured_compared_and_taken_back(page, figures):
    at = page("pages/feature_scaling.py", depth="2", **SMALL)
    upload(at)
    press(at, "Apply: Z-score scaling")
    assert at.session_state["feature_scaling"].scaling == "zscore"
    assert "scaling raw → z-score" in compared(at)
    assert {f"feature_scaling.pinned.{name}" for name in ("losses", "inside")} <= set(figures(at))
    press(at, "Back to before")
    assert at.session_state["feature_scaling"].scaling == "none"
    at.select_slider(key="feature_scaling.learning_rate").set_value(1e-3).run()
    assert compared(at) == "**Before and after.** learning_rate 0.1 → 0.001"


def test_choices_for_columns_of_ones_own_table_come_and_go_with_the_experiment(page):
    at = page("pages/feature_scaling.py", **SMALL)
    upload(at)
    at.session_state[KEY]["given"] = {"height": "zscore"}
    at.run()
    press(at, "Apply: Z-score scaling of every feature")
    assert compared(at) == "**Before and after.** scaling raw → z-score, choices height: z-score → none"
    editor = next(table.value for table in at.dataframe if list(table.value.columns) == ["column", "scaling"])
    assert set(editor["scaling"]) == {"as above"}
    press(at, "Back to before")
    editor = next(table.value for table in at.dataframe if list(table.value.columns) == ["column", "scaling"])
    assert list(editor["scaling"]) == ["z-score", "as above"]


@pytest.mark.parametrize("other", ["target", "table", "synthetic"])
def test_what_was_pinned_goes_with_its_table(page, other):
    at = page("pages/feature_scaling.py", **SMALL)
    upload(at)
    press(at, "Apply: Z-score scaling")
    assert compared(at)
    if other == "target":
        at.selectbox(key=f"{KEY}.target").set_value("height").run()
    elif other == "table":
        upload(at, price=np.arange(80.0))
    else:
        press(at, "Back to the synthetic table")
    assert not at.exception
    assert not compared(at)
    press(at, "Pin this run")
    at.select_slider(key="feature_scaling.learning_rate").set_value(1e-3).run()
    assert compared(at) == "**Before and after.** learning_rate 0.1 → 0.001"


@pytest.mark.parametrize("missing", ["0", "1"])
def test_a_run_that_leaves_the_axis_is_marked_all_the_same(page, figures, the, missing):
    """With a missing cell there is not one finite loss."""
    at = page("pages/feature_scaling.py", missing=missing, **SMALL)
    press(at, "Pin this run")
    if missing == "1":
        at.toggle(key="feature_scaling.impute").set_value(True).run()
    at.selectbox(key="feature_scaling.scaling").set_value("zscore").run()
    figure = figures(at)["feature_scaling.pinned.losses"]
    low, high = figure["layout"]["yaxis"]["range"]
    [cross] = the(figure, name="diverged")["y"]
    assert low < np.log10(cross) <= high


def test_settings_that_are_too_much_for_ones_own_table_are_said(page, monkeypatch):
    """They are not for the synthetic one, which has fewer rows here."""
    monkeypatch.setattr("core.lessons.feature_scaling.table.WORK_LIMIT", 3.2e9)
    at = page("pages/feature_scaling.py", depth="4", width="128", samples="32", steps="200")
    assert not list(at.text)
    upload(at)
    assert any("take too long" in text.value for text in at.text)
    assert "income" in at.selectbox(key="feature_scaling.column").options
    at.select_slider(key="feature_scaling.width").set_value(32).run()
    assert not list(at.text)
    assert at.selectbox(key="feature_scaling.column").options == ["height", "wealth"]


def test_every_lesson_with_a_run_is_tested_here():
    assert set(FAILING) == set(LESSONS) - {"backprop"}
