"""What people report of networks that do not train: the cause comes first; half learned is not healthy."""

from dataclasses import replace

import numpy as np
import pytest

from core.diagnosis.modes import four_modes
from core.diagnosis.rules import RULES, cured, diagnose, examine
from core.engine.train import train
from core.experiment import Experiment
from core.lessons.feature_scaling.houses import Houses

START = Experiment(samples=256, depth=4, steps=150)
TANH_2 = dict(depth=1, width=2, activation="tanh", init="xavier", optimizer="adam", learning_rate=0.02)
REPORTS = {
    "momentum, not only too fast": (
        dict(dataset="blobs", activation="gelu", momentum=0.999, steps=200),
        "momentum",
    ),
    "large features, half learned": (
        dict(
            samples=512, depth=3, width=64, init="xavier", input_scale=128, learning_rate=0.01, batch_size=32
        ),
        "unscaled",
    ),
    "one large column": (dict(dataset="gaussians", features=3, input_spread=100), "unscaled"),
    "far from 0, of unit size": (dict(input_scale=0.03, input_shift=1, steps=100), "unscaled"),
    "target of a thousand": (dict(dataset="curve", learning_rate=0.01, target_scale=1000), "unscaled_target"),
    "target far from 0": (dict(dataset="curve", learning_rate=0.01, target_shift=300), "unscaled_target"),
    "equal weights of 0 behind a sigmoid": (
        dict(init="zeros", activation="sigmoid", depth=2, learning_rate=0.5, dataset="gaussians", features=3),
        "symmetric",
    ),
    "batches of two": (dict(batchnorm=True, batch_size=2), "small_batch_norm"),
    "clipped at a thousandth": (dict(clip_norm=0.001), "clipped_too_hard"),
    "half of two units dropped": (
        dict(TANH_2, dataset="curve", dropout=0.5, steps=500),
        "dropout_too_strong",
    ),
    "dropout before batch normalization": (
        dict(depth=8, batchnorm=True, dropout=0.5, optimizer="adam", learning_rate=0.005, steps=200),
        "mode_gap",
    ),
    "forty steps": (dict(TANH_2, steps=40), "too_small"),
    "two units for a circle": (dict(TANH_2, steps=500), "too_small"),
    "weight decay against the loss": (dict(weight_decay=0.1, depth=5), "decayed"),
    "the last update broke it": (dict(dataset="curve", learning_rate=1, steps=3), "non_finite"),
    "learned by heart": (
        dict(dataset="xor", features=10, label_noise=0.1, depth=2, width=64, optimizer="adam", steps=200)
        | dict(learning_rate=0.01),
        "overfitting",
    ),
}
NOISE = {
    "clouds that overlap": dict(dataset="blobs", noise=2, depth=2),
    "every second label": dict(label_noise=0.5, depth=2),
    "a curve in noise": dict(dataset="curve", noise=1.5, depth=2, learning_rate=0.01),
}


@pytest.fixture(scope="module")
def runs():
    """Run of every report and every noisy task, three seeds each."""
    changes = [changes for changes, _ in REPORTS.values()] + list(NOISE.values())
    experiments = [START.but(**change, seed=seed) for change in changes for seed in range(3)]
    return dict(zip(experiments, train(experiments, snapshots=16), strict=True))


def of(runs, changes):
    return [runs[START.but(**changes, seed=seed)] for seed in range(3)]


@pytest.mark.slow
@pytest.mark.parametrize("report", REPORTS)
def test_the_cause_is_named_first(report, runs):
    changes, rule = REPORTS[report]
    for run in of(runs, changes):
        first = diagnose(run)[0]
        assert (first.rule, first.severity != "note", bool(first.remedies)) == (rule, True, True)


@pytest.mark.slow
@pytest.mark.parametrize("task", NOISE)
def test_where_only_noise_is_left_there_is_a_note_and_no_cure(task, runs):
    for run in of(runs, NOISE[task]):
        found = diagnose(run)
        assert found[0].rule == "noise_floor"
        assert not [f.rule for f in found if f.severity != "note" or f.remedies]


@pytest.mark.slow
def test_a_run_that_left_more_than_half_is_never_without_a_finding(runs):
    for run in runs.values():
        if not run.train_loss[-1] <= run.chance / 2:
            assert diagnose(run)


FALSE_BLAME = {
    "decay beside units that are born dead": (dict(bias=-5, weight_decay=0.01), "decayed"),
    "decay beside a sigmoid stack": (
        dict(depth=10, activation="sigmoid", init="xavier", weight_decay=0.01),
        "decayed",
    ),
    "a rate below the usual, with batches of four": (
        dict(dataset="curve", noise=0.2, input_shift=1, target_shift=1, depth=1, width=16, steps=30)
        | dict(learning_rate=0.01, batch_size=4),
        "too_fast",
    ),
    "a usual rate with small weights": (
        dict(depth=2, gain=0.05, steps=40, optimizer="adam", learning_rate=0.01),
        "too_fast",
    ),
    "a usual rate with a sigmoid": (dict(depth=3, activation="sigmoid", init="xavier"), "too_slow"),
    "momentum with a sigmoid": (
        dict(depth=3, activation="sigmoid", init="xavier", momentum=0.999),
        "momentum",
    ),
    "equal weights that dropout tells apart": (
        dict(init="constant", dropout=0.5, dataset="curve", learning_rate=5),
        "symmetric",
    ),
    "running statistics that still have their start": (
        dict(batchnorm=True, bias=-5, steps=3, learning_rate=1e-3),
        "born_dead",
    ),
    "a little dropout, not finished": (dict(depth=2, dropout=0.3, steps=40), "dropout_too_strong"),
}


@pytest.mark.parametrize("case", FALSE_BLAME)
def test_what_is_only_present_is_not_blamed(case):
    changes, innocent = FALSE_BLAME[case]
    [run] = train([START.but(**changes)], snapshots=16)
    assert innocent not in [f.rule for f in diagnose(run)]


def test_a_dead_network_is_dead_even_where_the_reference_fails_held_out():
    [run] = train([START.but(dataset="spirals", samples=32, bias=-5)])
    assert (diagnose(run)[0].rule, diagnose(run)[0].severity) == ("born_dead", "critical")


@pytest.mark.slow
def test_what_helps_against_overfitting_is_judged_held_out(runs):
    run = of(runs, REPORTS["learned by heart"][0])[0]
    [after] = train([diagnose(run)[0].remedies[0].applied(run.experiment)], snapshots=16)
    assert cured(run, after).startswith("Helped: the held-out loss ends at")


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [
        dict(steps=12, learning_rate=0.3, batch_size=64),
        dict(depth=6, steps=60, learning_rate=3, batch_size=16),
    ],
    ids=str,
)
def test_what_brings_both_modes_together_does_so_over_three_seeds(changes):
    runs = train([START.but(batchnorm=True, **changes, seed=seed) for seed in range(3)], snapshots=16)
    [finding, *_] = [f for run in runs for f in diagnose(run) if f.rule == "mode_gap"]
    assert finding.remedies
    for remedy in finding.remedies:
        after = train([remedy.applied(run.experiment) for run in runs], snapshots=16)
        assert sum(r.train_loss[-1] for r in after) < sum(r.train_loss[-1] for r in runs) / 2, remedy.title
        assert not [
            f for run in after for f in diagnose(run) if f.rule == "mode_gap" and f.severity != "note"
        ]


def test_a_short_run_is_not_finished_and_not_praised():
    for run in train([START.but(steps=steps, learning_rate=0.01) for steps in (1, 5, 10)]):
        [found] = diagnose(run)
        assert (found.rule, found.severity) == ("too_small", "note")
        assert "Not finished" in found.sentence and "too short to tell" in found.sentence


def test_the_loss_of_both_modes_is_that_of_the_run():
    """With all samples in a batch, and without dropout, the truth table repeats what training saw."""
    [run] = train([START.but(batchnorm=True, steps=20, precision="float64", learning_rate=1e-6)])
    evaluation, training = four_modes(run)
    assert evaluation["loss"] == pytest.approx(run.train_loss[-1], rel=1e-6)
    assert training["loss"] == pytest.approx(run.loss[-1], rel=1e-3)


@pytest.mark.slow
def test_every_rule_is_checked_or_says_why_not(runs):
    for run in runs.values():
        examined = examine(run)
        for why in examined.idle.values():
            assert len(why) > 10 and why[0].islower() and not why.endswith(".")
        shown = {f.rule for f in examined.findings}
        assert shown | examined.explained <= {rule.name for rule in RULES} - examined.idle.keys()
        assert not shown & examined.explained


def why_not(e, **changes):
    """Rule -> why it is not asked of this run, changed at will."""
    return examine(replace(train([e], snapshots=3)[0], **changes)).idle


def test_what_cannot_be_asked_is_said():
    plain = why_not(START.but(steps=2, depth=1, optimizer="adam"))
    assert plain["vanishing"] == "there is one hidden layer"
    assert plain["unscaled_target"] == "the target is a class"
    assert plain["mode_gap"].startswith("without dropout and batch normalization")
    assert plain["momentum"] and plain["clipped_too_hard"] and plain["saturated"]
    unmeasured = why_not(START.but(steps=2), test_loss=np.full(3, np.nan))
    assert unmeasured["overfitting"] == "no held-out loss was measured"
    broken = why_not(START.but(dataset="curve", learning_rate=100, steps=20))
    assert broken["too_fast"] == broken["too_small"] == "the training diverged"
    linear = why_not(Houses(samples=64, steps=2, missing=1))
    assert linear["dead"] == "there is no hidden layer"
    assert linear["unscaled"] == "not every feature is a finite number"
