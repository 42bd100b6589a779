"""Remedies: possible, in words, and right for optimizers that nobody has thought of."""

from dataclasses import replace
from typing import get_args

import numpy as np
import pytest

from core.diagnosis.rules import diagnose, helped
from core.diagnosis.usual import above_usual
from core.diagnosis.wording import words
from core.engine.optimizers import OPTIMIZERS
from core.engine.train import train
from core.experiment import Experiment, Optimizer
from core.export.script import pytorch_script
from core.lessons.feature_scaling.houses import Houses
from core.lessons.gradients.charts.learning_rate import ruler
from core.lessons.gradients.measured import rates
from core.run import ENDS
from core.sweep import Sweep

FIELDS = [(kind, name) for kind in (Experiment, Houses) for name in kind.model_fields]
SMALL = Experiment(samples=128, depth=4, steps=80)


def offered(e):
    """All remedies that a run of this experiment is offered."""
    [run] = train([e], snapshots=8)
    return [remedy for finding in diagnose(run) for remedy in finding.remedies]


@pytest.mark.parametrize(("kind", "name"), FIELDS, ids=lambda value: getattr(value, "__name__", value))
def test_a_remedy_on_any_setting_has_words(kind, name):
    field = kind.model_fields[name]
    for value in [False, True] if field.annotation is bool else get_args(field.annotation) or [field.default]:
        text = words(kind, name, value)
        assert text.strip() and "{" not in text
        assert value in (0, "none") or "no " not in text


def test_words_are_those_of_the_trade():
    assert words(Experiment, "init", "he") == "He initialization"
    assert words(Experiment, "optimizer", "adam") == "Adam"
    assert words(Experiment, "learning_rate", 3e-5) == "learning rate 0.00003"
    assert words(Experiment, "residual", False) == "no residual connections"


WITH_MOMENTUM = Experiment(
    dataset="blobs", depth=3, width=16, samples=128, batch_size=32, learning_rate=0.5, steps=80
)


@pytest.mark.slow
def test_a_rate_too_high_with_momentum_alone_is_cured_without_or_by_clipping():
    """The rate would be borne without momentum: 0.5 x depth 3 / 2 is below 1."""
    runs = train([WITH_MOMENTUM.but(seed=seed) for seed in range(3)], snapshots=12)
    found = [finding for finding in diagnose(runs[0]) if finding.severity != "note"]
    assert found[0].rule in ("too_fast", "non_finite")
    for change in ({"momentum": 0.0}, {"clip_norm": 0.1}):
        assert change in [remedy.change for remedy in found[0].remedies]
        after = train([run.experiment.but(**change) for run in runs], ENDS)
        for run, cured in zip(runs, after, strict=True):
            assert helped(run, cured)


def test_what_is_just_borne_is_not_called_too_high_by_rounding():
    """0.1 / (1 - 0.9) x 2 layers / 2 is 1, and a little more in floating point."""
    [run] = train([SMALL.but(depth=2, learning_rate=0.1, steps=1)], ENDS)
    assert above_usual(run) == 1


def test_no_other_rate_is_called_too_high_with_momentum_alone():
    """Without momentum 5 would still be too high, and 0.01 was never too high."""
    for rate in (5, 0.01):
        changes = [remedy.change for remedy in offered(WITH_MOMENTUM.but(learning_rate=rate))]
        assert {"momentum": 0.0} not in changes and {"clip_norm": 0.1} not in changes


@pytest.mark.parametrize(
    "e",
    [
        Experiment(depth=1, width=2, activation="tanh", init="xavier", steps=40).but(
            optimizer="adam", learning_rate=0.02
        ),
        SMALL.but(init="pytorch", depth=12),
        SMALL.but(optimizer="adam", learning_rate=1e-6),
    ],
)
def test_every_remedy_of_a_finding_has_a_change_of_its_own(e):
    [run] = train([e])
    findings = diagnose(run)
    assert any(finding.remedies for finding in findings)
    for finding in findings:
        changes = [remedy.change for remedy in finding.remedies]
        assert all(change not in changes[:i] for i, change in enumerate(changes))


class Signs:
    """A made-up optimizer: every weight goes the same way in every step."""

    has_momentum, rescales = False, True
    usual, rate, linear_rate = (1e-4, 0.002), 0.001, 0.02
    why = "Signs have no size."

    def __init__(self, stack):
        pass

    def direction(self, gradient):
        return gradient.sign()


class Plain(Signs):
    """Gradient descent that has no momentum, whatever the setting says; it is nobody's remedy."""

    rescales, usual, rate, why = False, (0.1, 0.5), 0.3, ""

    def direction(self, gradient):
        return gradient


class Free(Experiment):
    """An experiment with optimizers that cannot be asked for."""

    optimizer: str = "sgd"


@pytest.fixture(autouse=True)
def third_optimizers(monkeypatch):
    monkeypatch.setitem(OPTIMIZERS, "signs", Signs)
    monkeypatch.setitem(OPTIMIZERS, "plain", Plain)


FREE = Free(**dict(SMALL))


def test_what_rescales_gradients_is_offered_to_what_does_not():
    vanishing = FREE.but(init="pytorch", depth=12)
    changes = [remedy.change for remedy in offered(vanishing)]
    assert {"optimizer": "signs", "learning_rate": 0.001} in changes
    assert {"optimizer": "adam", "learning_rate": 0.003} in changes
    assert not any(change.get("optimizer") == "plain" for change in changes)


def test_what_cannot_be_asked_for_is_not_offered():
    changes = [remedy.change for remedy in offered(SMALL.but(init="pytorch", depth=12))]
    assert not any(change.get("optimizer") == "signs" for change in changes)


@pytest.mark.parametrize("rate", [1.0, 1e-6])
def test_a_third_optimizer_that_rescales_is_offered_its_own_rate(rate):
    changes = [remedy.change for remedy in offered(FREE.but(optimizer="signs", learning_rate=rate))]
    assert {"learning_rate": 0.001} in changes
    assert not any("optimizer" in change for change in changes)


def test_a_third_optimizer_without_momentum_is_judged_without_it():
    """0.08 with momentum 0.9 would be enough; by itself it is below what is usual."""
    plateau = FREE.but(activation="sigmoid", init="xavier", depth=2, momentum=0.9, learning_rate=0.08)
    [of_sgd], [of_plain] = offered(plateau), offered(plateau.but(optimizer="plain"))
    assert "learning_rate" not in of_sgd.change
    assert of_plain.change["learning_rate"] == 0.3


def test_charts_and_scripts_follow_its_class_too():
    e = FREE.but(optimizer="signs", steps=5)
    script = pytorch_script(e)
    assert "torch.optim.Signs(" in script and "by Signs" in script
    assert "momentum" not in script.split('"""', 2)[2].lower()
    sweep = Sweep.over(e, learning_rate=(0.001, 0.01), seed=[0])
    found = rates.ruler(e, sweep, train(sweep.experiments, ENDS), 10.0)
    assert found.limit is None
    assert "Signs rescales every step" in ruler(found).layout.meta["how"]
    plain = replace(found, experiment=e.but(optimizer="plain"))
    assert plain.limit == 0.2
    assert "2 / λ_max = 0.2 " in ruler(plain).layout.meta["how"]


LINEAR = Houses(samples=200, scaling="log_clip_zscore", steps=200)


@pytest.mark.parametrize("scaling", ["zscore", "linear", "log_clip_zscore"])
@pytest.mark.parametrize("momentum", [0, 0.9])
@pytest.mark.parametrize("rate", [1e-15, 1e-6])
def test_a_linear_model_is_offered_a_rate_that_cannot_diverge(rate, momentum, scaling):
    e = LINEAR.but(learning_rate=rate, momentum=momentum, scaling=scaling)
    [run] = train([e])
    [finding] = [finding for finding in diagnose(run) if finding.rule == "too_slow"]
    x = np.column_stack([e.load().x_train, np.ones(e.samples)])
    limit = 2 * (1 + momentum) / np.linalg.eigvalsh(2 * x.T @ x / e.samples)[-1]
    assert rate < finding.remedies[0].change["learning_rate"] < limit
    assert set(finding.remedies[1].change) == {"optimizer", "learning_rate"}
    for after in train([remedy.applied(e) for remedy in finding.remedies]):
        assert helped(run, after)
        before, left = ({f.rule for f in diagnose(r) if f.severity != "note"} for r in (run, after))
        assert left <= before - {"too_slow"}


@pytest.mark.parametrize("depth", [0, 1, 2, 4])
@pytest.mark.parametrize("optimizer", get_args(Optimizer))
def test_a_rate_that_is_too_low_is_raised_at_any_depth(optimizer, depth):
    e = LINEAR.but(depth=depth, optimizer=optimizer, learning_rate=1e-12, steps=60)
    rates = [remedy.change["learning_rate"] for remedy in offered(e)]
    assert rates and min(rates) > 1e-4


def test_missing_cells_are_filled_and_features_scaled_so_that_it_helps():
    everything = {"scaling": "log_clip_zscore"}
    assert [r.change for r in offered(LINEAR.but(missing=1))] == [{"impute": True}]
    assert [r.change for r in offered(LINEAR.but(missing=1, scaling="none"))] == [
        everything | {"impute": True}
    ]
    assert [r.change for r in offered(LINEAR.but(scaling="none"))] == [everything]


def test_a_column_with_a_scaling_of_its_own_is_scaled_with_the_others():
    [remedy] = offered(LINEAR.but(scaling="none", income="none"))
    assert remedy.change == {"scaling": "log_clip_zscore", "income": "as above"}
    assert remedy.title == "Log, clip, z-score scaling of every feature"
