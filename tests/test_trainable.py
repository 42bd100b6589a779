"""What the engine, theory and the rules ask of an experiment is what Trainable says, and nothing else."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from core.diagnosis.rules import RULES, diagnose
from core.engine.initial import initial_weight
from core.engine.train import train
from core.experiment import Experiment
from core.lessons.feature_scaling.houses import Houses
from core.lessons.feature_scaling.upload import Upload, Uploaded
from core.theory import predict
from core.trainable import Trainable

MEMBERS = {name for name in vars(Trainable) if not name.startswith("_")}
CONSTANTS = MEMBERS - {"load", "dropout_after", "but"}
SMALL = Experiment(samples=64, depth=2, width=4, steps=3)
TABLE = Upload(pd.DataFrame(np.random.default_rng(0).normal(size=(60, 3)), columns=["a", "b", "y"]), "y")
KINDS = {
    "experiment": SMALL,
    "mini-batches": SMALL.but(batch_size=32, batchnorm=True, dropout=0.2, residual=True, weight_decay=0.1),
    "four classes": SMALL.but(dataset="blobs", optimizer="adam", clip_norm=1, init="pytorch"),
    "houses": Houses(samples=64, steps=3, depth=2, width=4),
    "linear": Houses(samples=64, steps=3, scaling="zscore"),
    "uploaded": Uploaded.of(Houses(steps=3, depth=1, width=4), TABLE, {}),
}


class Only:
    """An experiment of which nothing is known but what Trainable says."""

    def __init__(self, experiment):
        self._experiment = experiment

    def __getattr__(self, name):
        if name not in MEMBERS:
            raise AttributeError(f"Trainable has no {name}")
        return getattr(self._experiment, name)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_experiment_is_trainable_and_cannot_be_changed(kind):
    e = KINDS[kind]
    assert isinstance(e, Trainable)
    for name in CONSTANTS:
        with pytest.raises((AttributeError, ValidationError)):
            setattr(e, name, getattr(e, name))


def test_what_lacks_a_member_is_not_trainable():
    assert not isinstance(object(), Trainable)


@pytest.mark.parametrize("kind", KINDS)
def test_the_engine_and_theory_ask_for_nothing_else(kind):
    [plain], [run] = train([KINDS[kind]]), train([Only(KINDS[kind])])
    np.testing.assert_array_equal(run.loss, plain.loss)
    assert initial_weight(run.experiment, 0).shape == run.weights["linear.0.weight"].shape
    if run.experiment.depth:
        assert len(predict(run.experiment, 1.0).chi) == run.experiment.depth


def test_the_rules_and_remedies_ask_for_nothing_else():
    experiments = [rule.fires_on.but(samples=64, steps=40) for rule in RULES]
    experiments += [Houses(samples=64, steps=40, depth=depth) for depth in (0, 2)]
    found = []
    for run in train(experiments, snapshots=4):
        found += diagnose(replace(run, experiment=Only(run.experiment)))
    assert len({finding.rule for finding in found}) > 6
    assert any(finding.remedies for finding in found)
