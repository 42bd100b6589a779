"""The rules: each fires where it should, spares healthy networks, hides symptoms, and its remedies cure."""

import numpy as np
import pytest

from core.diagnosis.rules import RULES, cured, diagnose, helped
from core.engine.train import train
from core.experiment import Experiment

START = Experiment(samples=256, depth=6, steps=150)
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
    "sigmoid, adam": dict(depth=2, **SIGMOID) | dict(optimizer="adam", learning_rate=0.02),
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
    "gaussians": dict(dataset="gaussians", depth=3),
    "curve": dict(dataset="curve", depth=3, learning_rate=0.02),
    "label noise": dict(label_noise=0.3, depth=4),
    "scaled features": dict(scaling="zscore", input_scale=1000),
    "clipped": dict(depth=10, gain=1.5, clip_norm=1),
}
CAUSES = {
    "dead units, no vanishing": (dict(bias=-5), {"dead"}),
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
    experiments += [START.but(**changes) for changes, _ in CAUSES.values()]
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
    assert found.severity in ("critical", "warning")
    assert found.sentence.endswith(".") and any(c.isdigit() for c in found.sentence)
    assert found.measured != found.threshold or rule.name == "no_gradient"
    assert found.layer is None or 1 <= found.layer <= e.depth
    assert found.step is None or 0 <= found.step <= e.steps
    assert (found.title, found.source) == (rule.title, rule.source)


@each(RULES)
def test_every_remedy_cures_with_the_same_seed(rule, runs, remedied):
    before, remedies = runs[rule.fires_on], the(rule, runs).remedies
    assert remedies
    for remedy in remedies:
        experiment = remedy.applied(rule.fires_on)
        assert experiment.changes(rule.fires_on) == remedy.change
        after = remedied[experiment]
        assert rule.name not in harmful(after), remedy.title
        assert helped(before, after), remedy.title
        assert cured(before, after).startswith("Helped: the training loss ends at "), remedy.title


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", HEALTHY)
def test_a_healthy_network_gets_no_warning(name, seed, runs):
    run = runs[START.but(**HEALTHY[name], seed=seed)]
    assert [f.sentence for f in diagnose(run) if f.severity != "note"] == []


@pytest.mark.parametrize("name", CAUSES)
def test_a_cause_hides_what_follows_from_it(name, runs):
    changes, causes = CAUSES[name]
    assert {f.rule for f in diagnose(runs[START.but(**changes)])} == causes


def test_a_default_network_of_twelve_layers_is_offered_only_what_works(runs, remedied):
    [found] = diagnose(runs[DEFAULT])
    changed = [set(remedy.change) for remedy in found.remedies]
    assert changed == [{"init"}, {"batchnorm"}, {"residual"}, {"optimizer", "learning_rate"}]
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
    assert f"{found.measured:.1e}".split("e")[0] in found.sentence
    assert "layer 12" in found.sentence


def test_not_finite_names_the_layer_that_grew(runs):
    e = START.but(**CAUSES["not finite, no dead units"][0])
    found, run = diagnose(runs[e])[0], runs[e]
    assert found.rule == "non_finite"
    assert found.step == run.diverged_at
    assert found.layer == np.argmax(run.probes["activation_std"][run.last]) + 1
    assert found.remedies == ()


def test_cured_says_when_nothing_helped(runs):
    run, better = runs[DEFAULT], runs[DEFAULT.but(init="he")]
    diverged = runs[RULES[0].fires_on]
    assert cured(run, run).startswith("Did not help")
    assert "Still there: vanishing gradients." in cured(run, run)
    assert cured(better, diverged).startswith("Made it worse: the training diverges at step")
    assert "New: not a number." in cured(better, diverged)
    assert cured(diverged, better).startswith("Helped")
    assert "Gone: not a number." in cured(diverged, better)


def test_every_rule_follows_from_known_rules_before_it():
    names = [rule.name for rule in RULES]
    for i, rule in enumerate(RULES):
        assert set(rule.follows_from) <= set(names[:i])
