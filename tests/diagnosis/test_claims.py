"""Verdicts come from the data: pairs, their interval, and what diverged."""

from types import SimpleNamespace

import numpy as np
import pytest

from core.diagnosis.claims import SEEDS, Case, Claim, judge
from core.diagnosis.measures import MEASURES, Measure
from core.engine.train import train
from core.experiment import Experiment
from core.lessons import LESSONS
from core.run import ENDS

START = Experiment()
CASES = (
    Case("in the first case", START, START.but(depth=3)),
    Case("in the second", START, START.but(width=8)),
)
CLAIMS = [(slug, claim) for slug, lesson in LESSONS.items() for claim in lesson.claims]


@pytest.fixture
def verdict(monkeypatch):
    """The verdict over given values [case][side][seed]."""

    def of(values, goal="lower", at_least=2.0, logarithmic=True):
        values = np.array(values, dtype=float)
        measure = Measure("m", lambda run: run.value, "", logarithmic=logarithmic)
        monkeypatch.setitem(MEASURES, "m", measure)
        claim = Claim("s", "source", "m", goal, at_least, CASES[: len(values)])
        runs = [
            SimpleNamespace(experiment=e, value=v)
            for e, v in zip(claim.sweep.experiments, values.ravel(), strict=True)
        ]
        return judge(claim, runs)

    return of


EIGHT = np.arange(1.0, SEEDS + 1)


@pytest.mark.parametrize(
    ("goal", "helped", "word"),
    [
        ("lower", EIGHT / 3, "holds"),
        ("lower", EIGHT / 1.5, "fails"),
        ("lower", EIGHT * 3, "fails"),
        ("higher", EIGHT * 3, "holds"),
        ("one", 1 / EIGHT, "fails"),
    ],
)
def test_a_claim_holds_when_the_effect_is_large_enough_in_the_right_direction(verdict, goal, helped, word):
    assert verdict([[EIGHT, helped]], goal).word == word


def test_two_pairs_of_eight_the_wrong_way_are_too_many(verdict):
    helped = EIGHT / 3
    helped[0] *= 9
    assert verdict([[EIGHT, helped]]).word == "holds"
    helped[1] *= 9
    both = verdict([[EIGHT, helped]])
    assert both.word == "fails"
    assert both.outcomes[0].better == SEEDS - 2


def test_cases_that_disagree_are_named(verdict):
    mixed = verdict([[EIGHT, EIGHT / 3], [EIGHT, EIGHT]])
    assert mixed.word == "holds only when"
    assert mixed.sentence == "Holds in the first case, but not in the second."


def test_interval_and_effect_are_order_statistics_of_the_pairs(verdict):
    [outcome] = verdict([[EIGHT, np.ones(SEEDS)]]).outcomes
    assert outcome.interval == pytest.approx((2, 7))
    assert outcome.gain == pytest.approx(np.exp(np.median(np.log(EIGHT))))
    [difference] = verdict([[EIGHT, np.ones(SEEDS)]], logarithmic=False).outcomes
    assert difference.interval == pytest.approx((1, 6))


def test_a_run_that_diverged_is_the_worst_and_two_of_them_are_equal(verdict):
    lost = np.full(SEEDS, np.inf)
    assert verdict([[lost, EIGHT]]).outcomes[0].gain == np.inf
    assert verdict([[EIGHT, lost]]).word == "fails"
    both = verdict([[lost, lost]]).outcomes[0]
    assert (both.gain, both.better, both.holds) == (1.0, 0, False)


@pytest.mark.parametrize(("slug", "claim"), CLAIMS, ids=lambda value: getattr(value, "sentence", value))
def test_the_two_sides_of_a_case_differ_in_one_thing(slug, claim):
    for case in claim.cases:
        changed = case.helped.changes(case.without)
        assert len(changed) == 1 or set(changed) == {"init", "gain"}
    assert claim.sweep.shape == (len(claim.cases), 2, SEEDS)


@pytest.mark.slow
def test_what_the_course_says_of_gradients_and_what_the_networks_do():
    claims = LESSONS["gradients"].claims[:5]
    every = list(dict.fromkeys(e for claim in claims for e in claim.sweep.experiments))
    runs = dict(zip(every, train(every, ENDS), strict=True))
    verdicts = [judge(claim, [runs[e] for e in claim.sweep.experiments]) for claim in claims]
    assert [[outcome.holds for outcome in verdict.outcomes] for verdict in verdicts] == [
        [True, False],
        [True, True, False],
        [True, True, False],
        [True, False],
        [True, True, False],
    ]
