"""The rules: each fires where it should, spares healthy networks, hides symptoms, and its remedies cure."""

import math
import warnings

import numpy as np
import pytest

from core.diagnosis import at_the_end, at_the_start, data, on_the_way, steps, two_modes
from core.diagnosis.finding import Rule
from core.diagnosis.rules import CAUSES, RULES, cured, diagnose, helped
from core.engine.train import train
from core.experiment import Experiment
from core.lessons.feature_scaling.houses import Houses
from core.words import share
from tests.benchmarks.draws import anything

START = Experiment(samples=128, depth=6, steps=100)
SIGMOID = dict(activation="sigmoid", init="xavier")
TANH = dict(activation="tanh", init="xavier")
ADAM = dict(optimizer="adam", learning_rate=0.003)
DEFAULT = START.but(init="pytorch", depth=12)

HEALTHY = {
    "relu, 2 layers": dict(depth=2),
    "relu, 10 layers": dict(depth=10),
    "tanh": dict(TANH),
    "gelu": dict(activation="gelu"),
    "selu": dict(activation="selu", init="lecun", learning_rate=0.02),
    "sigmoid, adam": dict(depth=2, steps=200, **SIGMOID) | dict(optimizer="adam", learning_rate=0.02),
    "batchnorm, 20 layers": dict(batchnorm=True, depth=20),
    "batchnorm, gain 20": dict(batchnorm=True, gain=20),
    "batchnorm, features x1000": dict(batchnorm=True, input_scale=1000),
    "residual": dict(residual=True, learning_rate=0.005),
    "adam": ADAM,
    "adam, default init": DEFAULT.changes(START) | ADAM,
    "dropout": dict(depth=4, dropout=0.2),
    "batches of 64": dict(depth=4, batch_size=64),
    "moons": dict(dataset="moons", depth=4),
    "xor, 10 features": dict(dataset="xor", features=10, depth=3),
    "blobs": dict(dataset="blobs", depth=4),
    "gaussians": dict(dataset="gaussians", features=3, samples=256, depth=3),
    "curve": dict(dataset="curve", depth=3, learning_rate=0.02),
    "label noise": dict(label_noise=0.3, depth=4),
    "scaled features": dict(scaling="zscore", input_scale=1000),
    "clipped": dict(depth=10, gain=1.5, clip_norm=1),
}
EXPLAINED = {
    "dead units, no vanishing": (dict(bias=-5), {"born_dead"}),
    "vanishing, no dead units": (DEFAULT.changes(START), {"vanishing"}),
    "vanishing, then dead units": (dict(gain=0.2, depth=10), {"vanishing"}),
    "not finite, no dead units": (dict(depth=10, gain=3), {"non_finite", "exploding"}),
    "not finite by the learning rate alone": (dict(dataset="moons", learning_rate=1), {"non_finite"}),
    "unscaled, not saturated": (dict(depth=4, input_scale=1000, **TANH), {"unscaled"}),
    "saturated, no vanishing": (dict(depth=4, bias=5, **TANH), {"saturated"}),
    "too fast, not saturated": (dict(depth=4, learning_rate=5, **TANH), {"too_fast"}),
    "chaotic, not saturated": (
        dict(depth=20, activation="tanh", init="normal", gain=4),
        {"exploding"},
    ),
    "no gradient, no dead units": (dict(init="zeros", bias=-1), {"no_gradient"}),
    "all units dropped": (dict(dropout=1), {"no_gradient"}),
    "decayed, not too fast": (dict(weight_decay=0.3), {"decayed"}),
    "unscaled and vanishing": (dict(DEFAULT.changes(START), input_scale=1e-3), {"unscaled", "vanishing"}),
}
SHORT = DEFAULT.but(steps=10)


@pytest.fixture(scope="module")
def runs():
    """Run of every experiment in this file, trained together."""
    experiments = [rule.fires_on for rule in RULES] + [DEFAULT, DEFAULT.but(init="he"), SHORT]
    experiments += [START.but(**changes, seed=seed) for changes in HEALTHY.values() for seed in range(3)]
    experiments += [START.but(**changes) for changes, _ in EXPLAINED.values()]
    experiments = list(dict.fromkeys(experiments))
    return dict(zip(experiments, train(experiments, snapshots=12), strict=True))


@pytest.fixture(scope="module")
def remedied(runs):
    """Run of every experiment on which a rule fires, after every remedy it offers."""
    experiments = [remedy.applied(rule.fires_on) for rule in RULES for remedy in the(rule, runs).remedies] + [
        remedy.applied(DEFAULT) for f in diagnose(runs[DEFAULT]) for remedy in f.remedies
    ]
    experiments = list(dict.fromkeys(experiments))
    return dict(zip(experiments, train(experiments, snapshots=12), strict=True))


def the(rule, runs):
    """What a rule finds on its own experiment."""
    [found] = [f for f in diagnose(runs[rule.fires_on]) if f.rule == rule.name]
    return found


def harmful(run):
    return {f.rule for f in diagnose(run) if f.severity != "note"}


def each(items):
    return pytest.mark.parametrize("rule", items, ids=lambda rule: rule.name)


@each(RULES)
def test_it_fires_on_its_experiment_with_evidence(rule, runs):
    found, e = the(rule, runs), rule.fires_on
    assert found.severity in ("note",) if rule.name == "noise_floor" else ("critical", "warning")
    assert found.sentence.endswith(".") and any(c.isdigit() for c in found.sentence)
    assert found.measured != found.threshold or rule.name in ("no_gradient", "symmetric")
    assert found.layer is None or 1 <= found.layer <= e.depth
    assert found.step is None or 0 <= found.step <= e.steps
    assert (found.title, found.source) == (rule.title, rule.source)


@each(RULES)
def test_what_it_explains_is_silent_on_its_experiment(rule, runs):
    """But for what stays, and for dead units beside the steps that were too long."""
    names, beside = {rule.name, "non_finite"}, {"dead": {"too_fast"}}
    found = {f.rule for f in diagnose(runs[rule.fires_on])} - names - beside.get(rule.name, set())
    assert not found, f"CAUSES does not say whether {rule.name} explains {', '.join(found)}, or they it"


@pytest.mark.slow
@each(RULES)
def test_every_remedy_cures_with_the_same_seed(rule, runs, remedied):
    before, remedies = runs[rule.fires_on], the(rule, runs).remedies
    assert bool(remedies) == (rule.name != "noise_floor")
    for remedy in remedies:
        experiment = remedy.applied(rule.fires_on)
        assert experiment.changes(rule.fires_on) == remedy.change
        after = remedied[experiment]
        assert rule.name not in harmful(after), remedy.title
        assert rule.quantity(after) < rule.quantity(before) / 2, remedy.title
        if rule.harms is None:
            assert cured(before, after).startswith("Helped: the training loss ends at "), remedy.title


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", HEALTHY)
def test_a_healthy_network_gets_no_warning(name, seed, runs):
    run = runs[START.but(**HEALTHY[name], seed=seed)]
    assert [f.sentence for f in diagnose(run) if f.severity != "note"] == []


@pytest.mark.parametrize("name", EXPLAINED)
def test_a_cause_hides_what_follows_from_it(name, runs):
    changes, causes = EXPLAINED[name]
    assert {f.rule for f in diagnose(runs[START.but(**changes)])} == causes


@pytest.mark.slow
def test_a_default_network_of_twelve_layers_is_offered_only_what_works(runs, remedied):
    [found] = diagnose(runs[DEFAULT])
    changed = [set(remedy.change) for remedy in found.remedies]
    assert changed[:3] == [{"init"}, {"batchnorm"}, {"residual"}]
    assert changed[3:] and all(change == {"optimizer", "learning_rate"} for change in changed[3:])
    for remedy in found.remedies:
        assert helped(runs[DEFAULT], remedied[remedy.applied(DEFAULT)]), remedy.title


def test_a_note_says_that_it_did_no_harm_and_offers_nothing(runs):
    [found] = diagnose(runs[START.but(**HEALTHY["adam, default init"], seed=0)])
    assert (found.rule, found.severity, found.remedies) == ("vanishing", "note", ())
    assert "learns all the same" in found.sentence


def test_a_short_training_proves_nothing(runs):
    [found] = diagnose(runs[SHORT])
    assert found.severity == "note"
    assert "too short" in found.sentence


def test_the_most_severe_comes_first(runs):
    order = ["critical", "warning", "note"]
    for run in runs.values():
        severities = [order.index(f.severity) for f in diagnose(run)]
        assert severities == sorted(severities)


def test_the_sentence_has_the_numbers_of_the_run(runs):
    [found] = diagnose(runs[DEFAULT])
    delta = runs[DEFAULT].probes["delta_norm"][0]
    assert found.measured == pytest.approx(delta[0] / delta[-1], rel=1e-12)
    assert f"receives {share(found.measured)} of" in found.sentence
    assert "layer 12" in found.sentence


def test_not_finite_names_the_layer_that_grew(runs):
    e = START.but(**EXPLAINED["not finite, no dead units"][0])
    [found], run = [f for f in diagnose(runs[e]) if f.rule == "non_finite"], runs[e]
    assert found.step == run.diverged_at
    assert found.layer == np.argmax(run.probes["activation_std"][run.last]) + 1
    assert found.remedies == ()
    assert found.otherwise not in found.sentence


def test_not_finite_blames_the_learning_rate_where_nothing_else_explains_it(runs):
    e = START.but(**EXPLAINED["not finite by the learning rate alone"][0])
    [found] = diagnose(runs[e])
    assert found.sentence.endswith(found.otherwise)
    assert f"learning rate {e.learning_rate:g} " in found.otherwise
    assert found.remedies


def test_cured_says_when_nothing_helped(runs):
    run, better = runs[DEFAULT], runs[DEFAULT.but(init="he")]
    diverged = runs[on_the_way.NON_FINITE.fires_on]
    assert cured(run, run).startswith("Did not help")
    assert "Still there: vanishing gradients." in cured(run, run)
    assert cured(better, diverged).startswith("Made it worse: the training diverges at step")
    assert "New: not a number." in cured(better, diverged)
    assert cured(diverged, better).startswith("Helped")
    assert "Gone: not a number." in cured(diverged, better)


def test_what_a_diverged_run_cannot_be_asked_is_not_called_gone(runs):
    fast, diverged = runs[steps.TOO_FAST.fires_on], runs[on_the_way.NON_FINITE.fires_on]
    assert "Unknown now: learning rate too high." in cured(fast, diverged)
    assert "Gone" not in cured(fast, diverged)
    assert "Known now: learning rate too high." in cured(diverged, fast)


def test_every_rule_is_in_rules():
    modules = data, at_the_start, on_the_way, steps, two_modes, at_the_end
    written = [value for module in modules for value in vars(module).values()]
    left_out = [value.name for value in written if isinstance(value, Rule) and value not in RULES]
    assert not left_out, "RULES in core/diagnosis/rules.py does not have them"


def test_what_explains_a_rule_comes_before_it():
    names = [rule.name for rule in RULES]
    assert len(set(names)) == len(names)
    assert CAUSES.keys() <= set(names)
    for i, rule in enumerate(RULES):
        causes = CAUSES.get(rule.name, ())
        assert set(causes) <= set(names if rule.name == "dead" else names[:i])
    assert [rule.name for rule in RULES if rule.stays] == ["non_finite"]


def test_nothing_explains_itself():
    reached = {name: set(causes) for name, causes in CAUSES.items()}
    for _ in RULES:
        reached = {n: c.union(*(reached.get(cause, ()) for cause in c)) for n, c in reached.items()}
    assert not [name for name, causes in reached.items() if name in causes]


LINEAR = Houses(samples=200, steps=60, scaling="log_clip_zscore")
WITHOUT_HIDDEN_LAYERS = {
    "healthy": (dict(), set()),
    "unscaled": (dict(scaling="none", learning_rate=1e-12), {"unscaled"}),
    "long tails": (dict(scaling="zscore"), {"unscaled"}),
    "unscaled and too slow": (dict(scaling="none", learning_rate=1e-15), {"unscaled", "too_slow"}),
    "unscaled, not finite": (dict(scaling="none"), {"non_finite", "unscaled"}),
    "missing cells": (dict(missing=2), {"non_finite"}),
    "raw and missing cells": (dict(missing=2, scaling="none"), {"non_finite"}),
    "too fast": (dict(learning_rate=1), {"too_fast"}),
    "too fast to stay finite": (dict(learning_rate=100), {"non_finite"}),
    "too slow": (dict(learning_rate=1e-6), {"too_slow"}),
    "lost in rounding": (dict(learning_rate=1e-15), {"too_slow"}),
    "not finished": (dict(learning_rate=0.002), {"too_small"}),
}


@pytest.mark.parametrize("case", WITHOUT_HIDDEN_LAYERS)
def test_a_linear_model_is_diagnosed_and_cured(case):
    changes, expected = WITHOUT_HIDDEN_LAYERS[case]
    [run] = train([LINEAR.but(**changes)])
    found = diagnose(run)
    assert {f.rule for f in found} == expected
    assert not any(f.layer for f in found)
    assert any(f.remedies for f in found) == bool(found)
    if "scaling" not in changes:
        for remedy in [remedy for f in found for remedy in f.remedies]:
            [after] = train([remedy.applied(run.experiment)])
            assert helped(run, after), remedy.title
            assert harmful(after) == set(), remedy.title


def test_missing_cells_are_named(runs):
    [run] = train([LINEAR.but(missing=1, depth=2)])
    [found] = diagnose(run)
    assert found.rule == "non_finite" and "not every feature" in found.sentence


@pytest.mark.slow
@pytest.mark.parametrize("snapshots", [2, 12, 40])
def test_momentum_is_seen_however_often_a_chaotic_training_is_looked_at(snapshots):
    """Over six seeds, and copies whose first weights differ by a millionth: they soon part."""
    copies = steps.MOMENTUM_RULE.fires_on.vary(seed=range(6), gain=(1, 1 + 1e-6, 1 - 1e-6))
    for run in train(copies, snapshots):
        assert diagnose(run)[0].rule == "momentum"


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "count"), [(Experiment, 60), (Houses, 80)])
def test_whatever_was_drawn_is_diagnosed_and_every_remedy_can_be_applied(kind, count):
    for run in train(anything(kind, count), snapshots=8):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            found = diagnose(run)
        assert found or run.train_loss[-1] <= run.chance / 2
        for f in found:
            lost = f.rule == "non_finite" and math.isnan(run.loss[run.diverged_at])
            assert ("NaN" in f.sentence) == lost, f.sentence
            assert f.sentence.endswith(".") and f.title and f.source
            changes = [remedy.change for remedy in f.remedies]
            assert all(change not in changes[:i] for i, change in enumerate(changes))
            for remedy in f.remedies:
                assert remedy.applied(run.experiment).changes(run.experiment) == remedy.change
                if remedy.change.keys() == {"learning_rate"}:
                    raised = remedy.change["learning_rate"] > run.experiment.learning_rate
                    assert raised == (f.rule == "too_slow"), f.sentence
