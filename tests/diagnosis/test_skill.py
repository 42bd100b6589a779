"""Right in sign and no better than guessing: what counts as that, and what is said of it."""

from dataclasses import replace

import numpy as np
import pytest

from core.diagnosis.numbers import given_to_right
from core.diagnosis.skill import skill, unsure, yardstick
from core.engine.train import train
from core.experiment import Experiment


@pytest.fixture(scope="module")
def run():
    return train([Experiment(samples=512, depth=2, width=8, steps=2)], 2)[0]


@pytest.mark.parametrize(
    ("accuracy", "train_loss", "test_loss", "answer"),
    [
        (0.97, 0.69, 0.69, True),
        (0.52, 0.69, 0.69, False),
        (0.97, 0.1, 0.2, False),
        (0.77, 0.2, 1.02, False),
        (0.77, 0.2, 0.69, False),
        (np.nan, np.nan, np.nan, False),
    ],
)
def test_answers_are_unsure_where_most_are_right_and_none_better_than_a_guess(
    run, accuracy, train_loss, test_loss, answer
):
    """A network that is too sure of itself has a high loss too, but not in training."""
    ends = dict(test_accuracy=accuracy, train_loss=train_loss, test_loss=test_loss)
    ended = replace(run, **{name: np.array([value]) for name, value in ends.items()})
    assert unsure(ended) == answer
    assert np.isnan(test_loss) or given_to_right(ended) == pytest.approx(np.exp(-test_loss))


def test_what_guessing_gets_is_the_share_of_the_larger_class(run):
    known = skill(replace(run, test_accuracy=np.array([0.9])))
    y = run.experiment.load().y_test
    assert known.guessing == max(np.mean(y == 0), np.mean(y == 1))
    share = f"{100 * known.guessing:.3g} %"
    assert yardstick(run) == f"Guessing one class for all gets at most {share} of the held-out samples right."
    assert "R² of 0" in yardstick(replace(run, experiment=run.experiment.but(dataset="curve")))
    assert known.right == 0.9
