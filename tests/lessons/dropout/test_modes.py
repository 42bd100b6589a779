"""Both modes on the same samples, and what is said when `eval()` is forgotten, whichever mode is better."""

import numpy as np
import pytest

from core.data import load
from core.engine.forward import answers, forward, score
from core.engine.train import train
from core.experiment import Experiment
from core.lessons.dropout.charts.forgotten import sentence, table
from core.lessons.dropout.charts.modes import network
from core.lessons.dropout.measured.modes import MOST, Modes, modes, score_of_answers

SMALL = Experiment(dataset="xor", depth=2, width=8, samples=64, steps=30, dropout=0.5)


def held(accuracy, in_training, loss=0.5, training_loss=0.5, mean_loss=0.5, one_sample=0.01):
    """As measured, with draws that scatter by a thousandth."""
    jitter = np.array([-1e-3, 0, 1e-3])
    return Modes(one_sample, loss, accuracy, training_loss + jitter, in_training + jitter, mean_loss, 0.9)


@pytest.mark.parametrize(
    ("found", "start"),
    [
        (held(0.96, 0.9), "The silent bug"),
        (held(0.9, 0.905), "Forget `eval()` here"),
        (held(0.88, 0.97), "By accuracy evaluation mode is the worse one here"),
    ],
)
def test_there_is_a_sentence_for_either_sign(found, start):
    assert sentence(SMALL, found).startswith(start)


def test_the_shortcut_is_blamed_only_where_averaging_closes_the_gap():
    closes = held(0.88, 0.97, loss=0.25, training_loss=0.17, mean_loss=0.16)
    open_still = held(0.88, 0.97, loss=0.25, training_loss=0.17, mean_loss=0.3)
    assert "shortcut" in sentence(SMALL, closes)
    assert "does not explain it" in sentence(SMALL, open_still)
    assert "shortcut" not in sentence(SMALL.but(batchnorm=True), closes)


@pytest.mark.parametrize("accuracy", [0.4, 0.5, 0.6])
def test_at_rate_1_neither_mode_is_praised(accuracy):
    told = sentence(SMALL.but(dropout=1), held(accuracy, 0.5))
    assert told.startswith("At rate 1 nothing but a constant answer") and "silent bug" not in told


def test_both_modes_are_asked_about_all_the_same_samples():
    [run] = train([SMALL], 2)
    found, data = modes(run), load(SMALL)
    for name, x, y in (("training", data.x_train, data.y_train), ("held out", data.x_test, data.y_test)):
        assert found[name][1:3] == score(SMALL, forward(SMALL, run.weights, x).output, y)
        assert found[name].draws == MOST and found[name].one_sample == 1 / 64
    assert sentence(SMALL, found["held out"]).count("standard error") == 1
    assert len(table(SMALL, found)) == 3


@pytest.mark.parametrize("dataset", ["xor", "blobs", "gap"])
def test_evaluation_mode_is_what_the_training_measured(dataset):
    [run] = train([SMALL.but(dataset=dataset, features=0, precision="float64")], 2)
    found = modes(run)
    assert found["training"].loss == pytest.approx(run.train_loss[-1], rel=1e-10)
    assert found["held out"].accuracy == pytest.approx(run.test_accuracy[-1], rel=1e-10)
    assert found["held out"].training_loss.std() > 0


def test_the_mean_of_the_answers_loses_no_more_than_the_answers():
    [run] = train([SMALL], 2)
    for found in modes(run).values():
        assert found.mean_loss <= found.training_loss.mean()


@pytest.mark.parametrize("dataset", ["xor", "blobs", "curve"])
def test_answers_are_scored_as_outputs_are(dataset):
    e = SMALL.but(dataset=dataset, features=0)
    [run] = train([e], 2)
    output, y = forward(e, run.weights, load(e).x_test).output, load(e).y_test
    assert score_of_answers(answers(e, output), y) == pytest.approx(score(e, output, y))


def test_where_nothing_is_dropped_nothing_can_be_forgotten():
    [run] = train([SMALL.but(dropout=0)], 2)
    found = modes(run)["held out"]
    assert not found.differs
    np.testing.assert_allclose(found.training_loss, found.loss, rtol=1e-12)
    assert (
        sentence(run.experiment, found) == "Without dropout and batch normalization both modes are the same."
    )


@pytest.mark.parametrize(
    ("rate", "said", "never"),
    [
        (0, "Without dropout every unit takes part", "mask"),
        (0.5, "A new mask at every step", "no sample gets through"),
        (1, "Every unit is dropped at every step", "new mask"),
    ],
)
def test_the_picture_of_the_masks_says_what_is_dropped(rate, said, never):
    about = network(SMALL.but(dropout=rate)).layout.meta
    assert said in about["title"] and never not in about["title"] + about["how"]
    assert ("on average over masks" in about["how"]) == (rate == 0.5)
