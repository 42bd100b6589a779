"""Whatever the diagnosis says is so: its sentences against the arrays of drawn runs, by tests.evidence."""

import re
from dataclasses import replace

import numpy as np
import pytest

from core.diagnosis.rules import RULES, diagnose, examine
from core.engine.train import train
from core.lessons.gradients.lesson import LESSON
from core.lessons.gradients.settings import DIVERGING
from core.words import share, short
from tests.benchmarks.draws import overflowing
from tests.benchmarks.evidence import drawn, read
from tests.evidence import Read, change, finding, findings
from tests.evidence.numbers import agrees

COUNT = 50


@pytest.fixture(scope="module")
def runs():
    """Runs on which every rule fires."""
    return train([rule.fires_on for rule in RULES], 12)


def test_every_rule_says_what_is_so_of_its_own_experiment(runs):
    total = sum(map(findings, runs), Read())
    assert not total.mismatches
    assert total.sentences.keys() == {rule.name for rule in RULES}


def test_what_a_change_did_is_so(runs):
    total = sum((change(*pair) for pair in zip(runs, runs[1:] + runs[:1], strict=True)), Read())
    assert not total.mismatches


@pytest.mark.slow
@pytest.mark.parametrize("part", range(5))
def test_fifty_drawn_experiments(part):
    jobs = drawn(seed=0, count=COUNT)
    total = sum(map(read, jobs[part::5]), Read())
    assert not total.mismatches
    assert total.sentences["cured"] >= COUNT // 7


NUMBERS = re.compile(r"\d+(?:\.\d+)?")


def test_a_number_that_is_not_so_is_noticed(runs):
    """Every number but those that belong to the words is changed, one at a time."""
    for run in runs:
        examined = examine(run)
        for said in examined.findings:
            assert not finding(run, said, examined).mismatches
            for number in NUMBERS.finditer(said.sentence):
                start, end = number.span()
                other = f"{said.sentence[:start]}{float(number[0]) * 1.3 + 1:.3g}{said.sentence[end:]}"
                assert finding(run, replace(said, sentence=other), examined).mismatches, other


@pytest.mark.parametrize(
    "changes",
    [
        dict(layer=7),
        dict(step=77),
        dict(measured=0.123),
        dict(severity="note"),
        dict(title="Another"),
        dict(sentence="All is well."),
    ],
    ids=str,
)
def test_what_is_not_so_is_noticed(changes, runs):
    for run in runs:
        examined = examine(run)
        said = examined.findings[0]
        if said.severity != changes.get("severity"):
            assert finding(run, replace(said, **changes), examined).mismatches


@pytest.mark.parametrize(
    "number", [0, 1, -2, 0.18, 12.3, 999.4, 1234, 123_456, 3.2e6, 7.1e10, 2.3e-7, np.inf]
)
def test_a_printed_number_is_read_back_to_its_last_digit(number):
    assert agrees(short(number), number)
    if number and np.isfinite(number):
        assert not agrees(short(number), 1.06 * number)
        assert not agrees(short(number), -number)


@pytest.mark.parametrize("part", [4.443514576569876e-24, 1 / 3.2e6, 1e-5])
def test_a_printed_part_is_read_back_to_the_last_digit_of_its_parts(part):
    assert agrees(share(part), part)
    assert not agrees(share(part), 1.06 * part) and not agrees(share(part), part / 1.06)


@pytest.mark.parametrize("door", DIVERGING)
def test_what_breaks_a_run_is_said_of_every_run_that_does(door):
    """The doors to the autopsy of a NaN: the first of the findings offers what mends it."""
    [run] = train([DIVERGING[door]])
    first, *_ = diagnose(run)
    assert run.diverged_at is not None and first.severity == "critical" and first.remedies
    assert not findings(run).mismatches
    assert first.rule == ("non_finite" if door == "Learning rate too high" else "exploding")
    [after] = train([first.remedies[0].applied(run.experiment)])
    assert after.diverged_at is None


def test_a_run_that_breaks_before_its_first_step_is_not_told_to_take_shorter_ones():
    """Drawn gain, depth, features and target: findings() looks that nobody blames or changes the steps."""
    rng = np.random.default_rng(0)
    runs = [run for run in train([overflowing(rng) for _ in range(40)], 8) if run.diverged_at == 0]
    assert len(runs) > 20
    remedies = []
    for run in runs:
        assert not findings(run).mismatches
        found = diagnose(run)
        assert found[0].severity == "critical" and found[0].rule != "non_finite"
        remedies += [remedy.applied(run.experiment) for f in found for remedy in f.remedies]
    assert remedies
    assert not [run.experiment for run in train(remedies, 2) if run.diverged_at == 0]


@pytest.mark.slow
@pytest.mark.parametrize("preset", ["ReLU, default init", "Xavier, 20 layers"])
def test_a_loss_of_guessing_beside_right_answers_is_explained(preset):
    """Such a run is not critical, and the finding says what is right and what is not."""
    [run] = train([LESSON.start.but(**LESSON.presets[preset])])
    [found] = diagnose(run)
    assert run.train_loss[-1] > 0.9 * run.chance and run.test_accuracy[-1] > 0.7
    assert (found.rule, found.severity) == ("vanishing", "warning")
    assert "get their right class" in found.sentence and "no probability is further" in found.sentence
    assert not findings(run).mismatches
