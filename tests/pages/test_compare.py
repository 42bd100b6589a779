"""What a legend says of runs beside each other: the settings that differ, and what they were."""

import pytest

from core.experiment import Experiment
from core.lessons import LESSONS
from core.lessons.feature_scaling.houses import Houses
from pages.parts.compare import changed

START = Experiment(activation="sigmoid", init="xavier")
QUICK = {"depth": "3", "width": "8", "samples": "64", "steps": "20"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, ""),
        ({"activation": "relu"}, "ReLU activation (was sigmoid)"),
        ({"batchnorm": True}, "batch normalization (was off)"),
        ({"learning_rate": 0.005}, "learning rate 0.005 (was 0.05)"),
        ({"optimizer": "adam"}, "Adam (was SGD)"),
        ({"init": "he", "gain": 2}, "He initialization (was Xavier), gain 2 (was 1)"),
        ({"depth": 2, "width": 4, "steps": 9, "seed": 1}, ""),
    ],
)
def test_a_change_is_said_with_what_was_before(change, words):
    assert changed(START, START.but(**change)) == words


def test_the_way_back_is_said_too():
    assert changed(START.but(batchnorm=True), START) == "no batch normalization (was on)"


def test_tables_have_words_for_their_settings():
    assert changed(Houses(), Houses(scaling="zscore")) == "z-score scaling (was raw)"
    assert changed(Houses(age="unit"), Houses(age="none")) == "age: raw (was linear to [0, 1])"


@pytest.mark.parametrize("slug", ["gradients", "feature_scaling"])
def test_every_variant_has_a_name_of_its_own_on_the_page(page, figures, slug):
    at = page(f"pages/{slug}.py", **(QUICK if slug == "gradients" else {"samples": "64", "steps": "10"}))
    lesson, e = LESSONS[slug], at.session_state[slug]
    runs = {lesson.variant(name, e) for name in lesson.variants} | {e}
    key = {"gradients": "gradients.variants.losses", "feature_scaling": "feature_scaling.losses"}[slug]
    shown = [trace for trace in figures(at)[key]["data"] if trace.get("showlegend", True)]
    names = [trace["name"].replace("<br>", " ") for trace in shown]
    assert len(set(names)) == len(names) == len(runs)
    for one in runs - {e}:
        assert any(name.startswith(changed(e, one)) for name in names)


@pytest.mark.parametrize(("dataset", "tile"), [("circles", "Held-out accuracy"), ("curve", "Held-out R²")])
def test_what_is_r2_is_called_so(page, dataset, tile):
    at = page("pages/gradients.py", **QUICK | {"dataset": dataset})
    [shown] = [metric for metric in at.metric if metric.label.startswith("Held-out")]
    assert shown.label == tile
    assert ("%" in shown.value) == (dataset == "circles")
