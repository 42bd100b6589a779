"""The chart behind a verdict: every pair, the interval, and the threshold that decides."""

from types import SimpleNamespace

import numpy as np
import pytest

from core.charts.claims import effect, effects
from core.diagnosis.claims import SEEDS, Case, Claim, judge
from core.diagnosis.measures import MEASURES, Measure
from core.experiment import Experiment

START = Experiment()
EIGHT = np.arange(1.0, SEEDS + 1)


@pytest.fixture
def judged(monkeypatch):
    """A claim about given values [side][seed], and its verdict."""

    def of(without, helped, goal="lower", at_least=2.0, **kind):
        measure = Measure("Loss", lambda run: run.value, "", **(dict(logarithmic=True) | kind))
        monkeypatch.setitem(MEASURES, "m", measure)
        claim = Claim("s", "a book", "m", goal, at_least, (Case("here", START, START.but(depth=3)),))
        values = np.concatenate([without, helped])
        runs = [
            SimpleNamespace(experiment=e, value=v)
            for e, v in zip(claim.sweep.experiments, values, strict=True)
        ]
        return claim, judge(claim, runs)

    return of


def test_dots_bar_and_threshold_are_those_of_the_verdict(judged):
    claim, verdict = judged(EIGHT, np.ones(SEEDS))
    figure = effects(claim, verdict)
    bar, dots = figure.data
    np.testing.assert_allclose(dots.x, EIGHT)
    np.testing.assert_allclose(bar.x, verdict.outcomes[0].interval)
    lines = [shape.x0 for shape in figure.layout.shapes]
    assert lines == [1, claim.at_least]
    assert figure.layout.meta["title"] == verdict.sentence


def test_points_of_a_share_are_points(judged):
    claim, verdict = judged(EIGHT / 20, EIGHT / 20 + 0.1, "higher", 0.05, logarithmic=False, percent=True)
    figure = effects(claim, verdict)
    np.testing.assert_allclose(figure.data[1].x, 10)
    assert [shape.x0 for shape in figure.layout.shapes] == pytest.approx([0, 5])
    assert effect(claim, 0.1) == "10 points higher"


@pytest.mark.parametrize(("side", "axis", "word"), [(0, "x3", "without it"), (1, "x2", "with it")])
@pytest.mark.parametrize("count", [1, 5, SEEDS])
def test_what_has_no_number_stands_beside_the_axis_and_says_which_side(judged, side, axis, word, count):
    sides = [EIGHT.copy(), EIGHT / 3]
    sides[side][:count] = np.inf
    figure = effects(*judged(*sides))
    beside = [trace for trace in figure.data if trace.xaxis == axis]
    assert len(beside[0].x) == count and set(beside[0].marker.symbol) == {"x"}
    assert all(text.endswith(f"diverged only {word}") for text in beside[0].text)
    assert len(figure.data[1].x) == SEEDS - count
    assert len(beside) == 1 + (count > 1), "the interval goes on to where the pairs are"
    assert {trace.xaxis for trace in figure.data} <= {None, axis}
    strip = figure.layout[f"xaxis{axis[1]}"]
    assert f"diverged only {word}" in [label.text for label in figure.layout.annotations]
    inner = figure.layout.xaxis.domain
    assert strip.domain[0] > inner[1] if side == 0 else strip.domain[1] < inner[0]


@pytest.mark.parametrize(("at_least", "gains"), [(2.0, EIGHT), (50.0, EIGHT), (1.1, 1 / EIGHT)])
def test_no_change_the_threshold_and_every_dot_are_on_the_axis(judged, at_least, gains):
    for logarithmic in (True, False):
        without, helped = (gains, np.ones(SEEDS)) if logarithmic else (gains, np.zeros(SEEDS))
        figure = effects(*judged(without, helped, at_least=at_least, logarithmic=logarithmic))
        low, high = figure.layout.xaxis.range
        shown = np.array([*figure.data[1].x, at_least, float(logarithmic)])
        assert ((low < (places := np.log10(shown) if logarithmic else shown)) & (places < high)).all()


@pytest.mark.parametrize(
    ("goal", "gain", "text"),
    [
        ("lower", 3.0, "3 times lower"),
        ("lower", 0.25, "4 times higher"),
        ("one", 12.0, "12 times nearer to 1"),
        ("higher", 1.0001, "no difference"),
        ("higher", np.inf, "diverged only with it"),
        ("lower", np.inf, "diverged only without it"),
    ],
)
def test_an_effect_in_words(judged, goal, gain, text):
    claim, _ = judged(EIGHT, EIGHT, goal)
    assert effect(claim, gain) == text
