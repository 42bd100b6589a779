"""Every chart function there is, found by walking the packages, opened with everything that strains it."""

import dataclasses
import importlib
import inspect
import pkgutil
import re
import warnings

import numpy as np
import plotly.graph_objects as go
import pytest

import core
from core.lessons import LESSONS
from core.lessons.thumbnails import THUMBNAILS
from tests.charts.arguments import ARGUMENTS, EXTREMES, FIXED, KINDS, NETWORKS, SMALL, made, run

PLACE = re.compile(
    r"core\.charts\.(?!style|sweeps)\w+|core\.lessons\.thumbnails|core\.lessons\.\w+\.charts(\.\w+)?"
)
"""Where charts are; style and sweeps hold what they are made of."""


def written(kind):
    """An annotation as it is written, without modules."""
    return re.sub(r"[\w.]+\.(?=\w)", "", kind if isinstance(kind, str) else inspect.formatannotation(kind))


def walked():
    """(module, function name) -> every public function that returns a figure or several."""
    found = {}
    for info in pkgutil.walk_packages(core.__path__, "core."):
        if PLACE.fullmatch(info.name):
            for name, f in vars(importlib.import_module(info.name)).items():
                own = inspect.isfunction(f) and f.__module__ == info.name and not name.startswith("_")
                if own and "Figure" in written(inspect.signature(f).return_annotation):
                    found[info.name, name] = f
    return found


CHARTS = walked()


def short(module, name):
    return f"{module.split('.')[-1]}.{name}"


def extremes(module, name):
    """Those of the lesson that a chart belongs to; one where it draws no experiment of the reader's."""
    if short(module, name) in FIXED:
        return {"fixed": None}
    lesson = name if module.endswith("thumbnails") else (re.findall(r"lessons\.(\w+)\.", module) or [""])[0]
    return EXTREMES.get(lesson, NETWORKS)


def required(module, name):
    """Argument -> annotation, of those without a default."""
    parameters = inspect.signature(CHARTS[module, name]).parameters.values()
    return {p.name: written(p.annotation) for p in parameters if p.default is p.empty}


def arguments(module, name, extreme):
    """What to open a chart with, by name."""
    here, e = short(module, name), extremes(module, name)[extreme]
    if here in FIXED:
        return FIXED[here]()
    if here in ARGUMENTS:
        return ARGUMENTS[here](e)
    kinds = required(module, name)
    unknown = [kind for kind in kinds.values() if kind not in KINDS]
    assert not unknown, f"tests/charts/arguments.py does not say how to make {unknown[0]} for {here}"
    return {argument: made(kind, e) for argument, kind in kinds.items()}


def test_every_chart_has_a_name_of_its_own():
    """By its file and function it is looked up in ARGUMENTS and FIXED."""
    assert len({short(*chart) for chart in CHARTS}) == len(CHARTS)


def test_every_lesson_has_a_picture():
    assert THUMBNAILS.keys() == LESSONS.keys(), "THUMBNAILS is in core/lessons/thumbnails.py"


def check(drawn):
    several = (
        [drawn] if isinstance(drawn, go.Figure) else drawn.values() if isinstance(drawn, dict) else drawn
    )
    for figure in several:
        about = figure.layout.meta
        assert about["title"] and about["alt"] and not re.match("[a-z]", about["alt"])
        assert len(figure.data) and len(figure.to_json()) < 1_000_000
        for axis in (*figure.select_xaxes(), *figure.select_yaxes()):
            if axis.type == "log" and axis.range is not None:
                assert axis.range[0] < axis.range[1]
                assert len(axis.ticktext or axis.tickvals) == len(axis.tickvals) > 1


@pytest.mark.parametrize(
    ("module", "name", "extreme"),
    [
        pytest.param(*chart, extreme, marks=[] if extreme == "usual" else pytest.mark.slow)
        for chart in CHARTS
        for extreme in extremes(*chart)
    ],
)
def test_a_chart_stands_whatever_was_trained(module, name, extreme):
    given = arguments(module, name, extreme)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check(CHARTS[module, name](**given))


OF_RUNS = [
    chart
    for chart in CHARTS
    if set(required(*chart).values()) <= {"Run", "dict[str, Run]"} and "feature_scaling" not in chart
]


def filled(one, value):
    """A Run whose every number is this value."""
    changes = {
        field.name: np.full_like(old, value)
        for field in dataclasses.fields(one)
        if isinstance(old := getattr(one, field.name), np.ndarray) and old.dtype.kind == "f"
    }
    for name in ("probes", "weights"):
        changes[name] = {key: np.full_like(old, value) for key, old in getattr(one, name).items()}
    return dataclasses.replace(one, **changes, diverged_at=None if np.isfinite(value) else 0)


@pytest.mark.parametrize("value", [np.nan, np.inf, 0.0])
@pytest.mark.parametrize(("module", "name"), OF_RUNS)
def test_a_chart_stands_where_nothing_can_be_drawn(module, name, value):
    one, given = filled(run(SMALL.but(batchnorm=True)), value), {}
    for argument, kind in required(module, name).items():
        given[argument] = one if kind == "Run" else {"before": one, "after": run(SMALL)}
    with np.errstate(all="ignore"):
        figures = CHARTS[module, name](**given)
    assert figures.layout.meta["title"]
