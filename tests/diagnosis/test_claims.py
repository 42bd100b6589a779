"""Verdicts come from the data: pairs, their interval, and what diverged."""

import re
from types import SimpleNamespace

import numpy as np
import pytest

from core.diagnosis.claims import NOT_HERE, SEEDS, TRUE, TRUE_IF, UNDECIDED, Case, Claim, judge
from core.diagnosis.measures import MEASURES, Measure
from core.engine.train import train
from core.experiment import Experiment
from core.lessons import LESSONS
from core.run import ENDS
from core.work import WORK_LIMIT, work

START = Experiment()
CASES = (
    Case("in the first case", START, START.but(depth=3)),
    Case("in the second", START, START.but(width=8)),
)
CLAIMS = [(slug, claim) for slug, lesson in LESSONS.items() for claim in lesson.claims]


@pytest.fixture
def verdict(monkeypatch):
    """The verdict over given values [case][side][seed]."""

    def of(values, goal="lower", at_least=2.0, logarithmic=True, can=False):
        values = np.array(values, dtype=float)
        measure = Measure("m", lambda run: run.value, "", logarithmic=logarithmic)
        monkeypatch.setitem(MEASURES, "m", measure)
        claim = Claim("s", "source", "m", goal, at_least, CASES[: len(values)], can=can)
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
        ("lower", EIGHT / 3, TRUE),
        ("lower", EIGHT / 1.5, NOT_HERE),
        ("lower", EIGHT * 3, NOT_HERE),
        ("higher", EIGHT * 3, TRUE),
        ("one", 1 / EIGHT, NOT_HERE),
    ],
)
def test_a_claim_holds_when_the_effect_is_large_enough_in_the_right_direction(verdict, goal, helped, word):
    assert verdict([[EIGHT, helped]], goal).word == word


def test_two_pairs_of_eight_the_wrong_way_leave_it_undecided(verdict):
    helped = EIGHT / 3
    helped[0] *= 9
    assert verdict([[EIGHT, helped]]).word == TRUE
    helped[1] *= 9
    both = verdict([[EIGHT, helped]])
    assert both.word == both.outcomes[0].word == UNDECIDED
    assert both.outcomes[0].better == SEEDS - 2


MIXED = np.where(np.arange(SEEDS) < 4, EIGHT / 3, EIGHT)
ALL, NONE, SOME = (EIGHT, EIGHT / 3), (EIGHT, EIGHT), (EIGHT, MIXED)


@pytest.mark.parametrize(
    ("cases", "word", "can", "sentence"),
    [
        ((ALL, ALL), TRUE, TRUE, "True in the first case and in the second."),
        ((ALL, NONE), TRUE_IF, TRUE, "True in the first case. Not so in the second."),
        ((ALL, SOME), TRUE_IF, TRUE, "True in the first case. Not decided in the second."),
        ((NONE, SOME), UNDECIDED, UNDECIDED, "Not so in the first case. Not decided in the second."),
        ((NONE, NONE), NOT_HERE, NOT_HERE, "Not so in the first case and in the second."),
    ],
)
def test_what_can_happen_is_proved_by_one_case_and_what_does_by_all(verdict, cases, word, can, sentence):
    assert (verdict(cases).word, verdict(cases).sentence) == (word, sentence)
    assert verdict(cases, can=True).word == can
    assert verdict(cases, can=True).sentence == sentence.replace("True", "Shown")


def test_a_sentence_that_says_can_is_judged_so():
    for _, claim in CLAIMS:
        assert claim.can == bool(re.search(r"\b(can|may|might)\b", claim.sentence)), claim.sentence


def test_interval_and_effect_are_order_statistics_of_the_pairs(verdict):
    [outcome] = verdict([[EIGHT, np.ones(SEEDS)]]).outcomes
    assert outcome.interval == pytest.approx((2, 7))
    assert outcome.gain == pytest.approx(np.exp(np.median(np.log(EIGHT))))
    [difference] = verdict([[EIGHT, np.ones(SEEDS)]], logarithmic=False).outcomes
    assert difference.interval == pytest.approx((1, 6))


def test_a_run_that_diverged_is_the_worst_and_two_of_them_are_equal(verdict):
    lost = np.full(SEEDS, np.inf)
    assert verdict([[lost, EIGHT]]).outcomes[0].gain == np.inf
    assert verdict([[EIGHT, lost]]).word == NOT_HERE
    both = verdict([[lost, lost]]).outcomes[0]
    assert (both.gain, both.better, both.word) == (1.0, 0, NOT_HERE)


def test_a_tie_is_neither_better_nor_worse(verdict):
    helped = EIGHT.copy()
    helped[:3] /= 2
    [outcome] = verdict([[EIGHT, helped]]).outcomes
    assert (outcome.better, outcome.equal) == (3, SEEDS - 3)


@pytest.mark.parametrize(("goal", "best"), [("lower", np.min), ("higher", np.max)])
def test_of_several_learning_rates_each_network_keeps_its_best(monkeypatch, goal, best):
    monkeypatch.setitem(MEASURES, "m", Measure("m", lambda run: run.value, "", logarithmic=True))
    claim = Claim("s", "source", "m", goal, 2.0, CASES[:1], rates=(0.01, 0.1, 1))
    assert claim.sweep.shape == (1, 2, SEEDS, 3)
    rates = [e.learning_rate for e in claim.sweep.experiments]
    assert rates == 2 * SEEDS * [0.01, 0.1, 1]
    values = np.random.default_rng(0).uniform(1, 9, claim.sweep.shape)
    runs = [
        SimpleNamespace(experiment=e, value=v)
        for e, v in zip(claim.sweep.experiments, values.ravel(), strict=True)
    ]
    [outcome] = judge(claim, runs).outcomes
    np.testing.assert_array_equal([outcome.without, outcome.helped], best(values, axis=-1)[0])


def test_a_case_may_keep_its_own_rate_and_measure_something_of_its_own(monkeypatch):
    """Both cases measured at the rates 1 and 0.1: the first keeps 0.05 and is measured ten times as large."""

    def once(run):
        return run.experiment.learning_rate * run.experiment.depth

    for name, of in (("m", once), ("n", lambda run: 10 * once(run))):
        monkeypatch.setitem(MEASURES, name, Measure(name, of, "", logarithmic=True))
    case = Case("in the first case", START.but(learning_rate=0.05), START.but(depth=3, learning_rate=0.05))
    own = Case("in its own", case.without, case.helped, measure="n", same_rate=True)
    claim = Claim("s", "source", "m", "lower", 2.0, (case, own), rates=(1, 0.1))
    every = claim.sweep.experiments
    found = judge(claim, [SimpleNamespace(experiment=e) for e in every]).outcomes
    assert [set(o.without) for o in found] == [{1.0}, {5.0}]
    assert len(set(every)) == 2 * SEEDS * 2 + 2 * SEEDS


def test_every_claim_is_little_enough_work_to_be_tested_at_once():
    for _, claim in CLAIMS:
        assert work(*set(claim.sweep.experiments)) < WORK_LIMIT


@pytest.mark.parametrize(("slug", "claim"), CLAIMS, ids=lambda value: getattr(value, "sentence", value))
def test_the_two_sides_of_a_case_differ_in_one_thing(slug, claim):
    for case in claim.cases:
        changed = case.helped.changes(case.without)
        assert len(changed) == 1 or set(changed) == {"init", "gain"}
        assert len(set(case.labels())) == 2
    assert claim.sweep.shape == (len(claim.cases), 2, SEEDS, max(1, len(claim.rates)))


@pytest.mark.slow
def test_what_the_course_says_of_gradients_and_what_the_networks_do():
    claims = LESSONS["gradients"].claims
    chosen = [c for c in claims if c.measure in ("first_over_last", "first_layer_moved")]
    every = list(dict.fromkeys(e for claim in chosen for e in claim.sweep.experiments))
    runs = dict(zip(every, train(every, ENDS), strict=True))
    found = {c.sentence: judge(c, [runs[e] for e in c.sweep.experiments]) for c in chosen}
    words = [[outcome.word for outcome in verdict.outcomes] for verdict in found.values()]
    assert words == [
        [TRUE, NOT_HERE],
        [TRUE, TRUE, NOT_HERE],
        [TRUE, TRUE, NOT_HERE, NOT_HERE],
        [TRUE, TRUE, NOT_HERE],
        [TRUE, NOT_HERE],
    ]
    assert [verdict.word for verdict in found.values()] == [TRUE, TRUE, TRUE_IF, TRUE_IF, TRUE]
