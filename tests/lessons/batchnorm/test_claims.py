"""What the notes beside the verdicts take for granted, on some of the networks behind them."""

import pytest

from core.engine.train import train
from core.lessons.batchnorm.claims import CLAIMS
from core.lessons.batchnorm.settings import BRIDGE
from core.quotes import KAGGLE, is_quote
from core.run import ENDS

PREDICTION = next(claim for claim in CLAIMS if "prediction performance" in claim.sentence)


@pytest.mark.slow
def test_where_prediction_is_compared_both_sides_learn_their_training_samples():
    for case in PREDICTION.cases:
        sides = [
            side.but(learning_rate=0.3, seed=seed) for side in (case.without, case.helped) for seed in (0, 1)
        ]
        assert min(run.train_accuracy[-1] for run in train(sides, ENDS)) > 0.95, case.condition


def test_the_bridge_is_the_courses_own():
    assert is_quote(BRIDGE, KAGGLE)
