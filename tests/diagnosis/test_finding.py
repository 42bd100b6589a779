"""How severe a finding is, and what it offers."""

from dataclasses import replace

import numpy as np
import pytest

from core.diagnosis.finding import finding, harm, outcome, remaining
from core.diagnosis.numbers import ratio
from core.diagnosis.remedies import Remedy
from core.diagnosis.skill import percent
from core.engine.train import train
from core.experiment import Experiment

EVIDENCE = dict(quantity="q", measured=1.0, threshold=2.0)


@pytest.fixture(scope="module")
def ended():
    """A run that ended with this loss, where guessing gives 2."""
    [run] = train([Experiment(samples=32, depth=1, width=2, steps=40)], snapshots=2)

    def at(loss, **changes):
        losses = np.array([3, loss])
        return replace(run, train_loss=losses, test_loss=losses, chance=2.0, **changes)

    return at


HARM = {0.1: "note", 0.4: "note", 0.7: "warning", 1.7: "warning", 1.95: "critical", np.nan: "critical"}


@pytest.mark.parametrize(("loss", "severity"), HARM.items())
def test_the_harm_is_how_much_of_what_can_be_learned_was_not(ended, loss, severity):
    run = ended(loss)
    assert harm(run) == severity
    assert remaining(run) == pytest.approx(loss / 2) or np.isnan(loss)


def test_a_short_run_does_harm_only_where_it_diverges(ended):
    short = ended(1.9).experiment.but(steps=10)
    assert harm(ended(1.9, experiment=short)) == "note"
    assert "too short" in outcome(ended(1.9, experiment=short))
    assert harm(ended(np.nan, experiment=short, diverged_at=3)) == "critical"


def test_the_outcome_has_the_numbers(ended):
    assert "step 7" in outcome(ended(np.nan, diverged_at=7))
    assert "0.25" in outcome(ended(0.25)) and "learns" in outcome(ended(0.25))
    assert all(part in outcome(ended(1.9)) for part in ("40 steps", "1.9", "gives 2"))


def test_a_finding_is_not_worse_than_its_rule_allows(ended):
    assert finding(ended(1.9), "s", worst="warning", **EVIDENCE).severity == "warning"
    assert finding(ended(0.1), "s", worst="warning", **EVIDENCE).severity == "note"


def test_equal_remedies_are_offered_once_and_a_note_has_none(ended):
    slower, also_slower = (Remedy("Slower", {"learning_rate": 0.01}, why) for why in ("one", "other"))
    wider = Remedy("Wider", {"width": 8}, "")
    offered = finding(ended(1.9), "s", [slower, wider, also_slower], **EVIDENCE).remedies
    assert offered == (slower, wider)
    assert finding(ended(0.1), "s", [slower], **EVIDENCE).remedies == ()


def test_a_ratio_may_have_no_end():
    assert ratio(1, 4) == 0.25
    assert ratio(1, 0) == np.inf
    assert np.isnan(ratio(0, 0))


@pytest.mark.parametrize(
    ("part", "text"), [(1, "100 %"), (0.99999, "over 99.9 %"), (0.975, "97.5 %"), (0, "0 %"), (4.73, "473 %")]
)
def test_what_is_not_all_is_not_a_hundred_percent(part, text):
    assert percent(part) == text


@pytest.mark.parametrize(("accuracy", "severity"), [(0.5, "critical"), (0.55, "critical"), (0.97, "warning")])
def test_a_loss_of_guessing_is_not_critical_where_the_classes_are_right(ended, accuracy, severity):
    run = ended(1.95)
    run = replace(run, test_accuracy=np.array([0.5, accuracy]))
    assert harm(run) == severity
    assert ("get their right class" in outcome(run)) == (severity == "warning")
    assert harm(replace(run, diverged_at=3, train_loss=np.array([3, np.nan]))) == "critical"
