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


@pytest.mark.parametrize("side", [0, 1])
def test_what_has_no_number_is_a_cross_at_the_edge_and_says_which_side(judged, side):
    sides = [EIGHT.copy(), EIGHT / 3]
    sides[side][:] = np.inf
    claim, verdict = judged(*sides)
    figure = effects(claim, verdict)
    dots = figure.data[1]
    assert set(dots.marker.symbol) == {"x"}
    assert set(np.log10(dots.x).round(9)) == {round(figure.layout.xaxis.range[1 - side], 9)}
    assert all(("without" if side == 0 else "only with it") in text for text in dots.text)


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
