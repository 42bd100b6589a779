"""What is done to the columns of a table, and networks without hidden layers trained on it."""

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from torch import nn

from core.data import WEIGHTS, stream
from core.diagnosis.measures import MEASURES
from core.engine.initial import he
from core.engine.optimizers import OPTIMIZERS
from core.engine.train import train
from core.lessons.feature_scaling import trials
from core.lessons.feature_scaling.houses import Houses
from core.lessons.feature_scaling.pipelines import before_and_after
from core.lessons.feature_scaling.table import farthest, skewness, summary
from core.run import ENDS

SMALL = Houses(samples=200, steps=30)


def test_kelleys_skewness_is_that_of_the_normal_quantiles_and_deaf_to_outliers():
    z = np.random.default_rng(0).normal(size=100_000)
    q = 1.2815515655446004
    exact = (np.exp(q) + np.exp(-q) - 2) / (np.exp(q) - np.exp(-q))
    assert skewness(np.exp(z)) == pytest.approx(exact, abs=0.02)
    assert skewness(np.where(np.arange(100_000) % 100, z, 500)) == pytest.approx(0, abs=0.03)
    assert skewness(np.ones(10)) == 0


def test_the_farthest_value_is_told_where_skewness_is_deaf():
    table = Houses(outlier_share=0.002).draw()[:1000]
    sensor = table["sensor"].to_numpy()
    assert abs(skewness(sensor)) < 0.1
    assert farthest(sensor) == pytest.approx(450 / 5, rel=0.1)
    normal = [farthest(values) for values in np.random.default_rng(0).normal(size=(200, 1000))]
    assert np.mean([3 < value < 4 for value in normal]) > 0.7
    assert np.isnan(farthest(np.ones(10)))


def test_the_summary_has_no_second_half_where_scaling_changes_nothing():
    table = summary(SMALL, *before_and_after(SMALL))
    assert "farthest" in table and not {"scaled", "from", "to"} & set(table)


def test_logs_are_taken_of_skewed_columns_only_unless_they_were_asked_for():
    done = SMALL.but(scaling="log_clip_zscore", age="log_zscore", rooms="unit").pipelines()
    assert done == {
        "age": "log_zscore",
        "rooms": "unit",
        "income": "log_clip_zscore",
        "population": "log_clip_zscore",
        "sensor": "clip_zscore",
    }
    assert set(SMALL.but(age="log").everywhere("unit").pipelines().values()) == {"unit"}


def test_the_summary_says_what_is_in_the_columns():
    table = summary(
        SMALL.but(scaling="linear", missing=2), *before_and_after(SMALL.but(scaling="linear", missing=2))
    )
    assert list(table["column"]) == SMALL.features
    assert list(table["missing"]) == [0, 0, 2, 0, 0]
    np.testing.assert_allclose(table["from"], -1)
    np.testing.assert_allclose(table["to"], 1)
    assert [sum(counts) for counts in table["values"]] == [200, 200, 198, 200, 200]


@pytest.mark.parametrize(
    ("optimizer", "scaling"), [("sgd", "log_clip_zscore"), *((name, "linear") for name in OPTIMIZERS)]
)
def test_a_linear_model_trains_as_nn_linear_does(optimizer, scaling):
    """On columns off 0, except for SGD: on centred ones the first gradient of the bias is rounding, which
    an optimizer that divides gradients by their size makes a whole step."""
    e = SMALL.but(scaling=scaling, optimizer=optimizer, learning_rate=0.05, seed=3)
    [run] = train([e])
    data, layer = e.load(), nn.Linear(5, 1)
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(he(stream(3, WEIGHTS, 0), 1, 5)))
        layer.bias.zero_()
    x, y = torch.tensor(data.x_train).float(), torch.tensor(data.y_train).float()[:, None]
    stepper = getattr(torch.optim, OPTIMIZERS[optimizer].__name__)(layer.parameters(), lr=0.05)
    losses = []
    for _ in range(e.steps):
        loss = nn.functional.mse_loss(layer(x), y)
        losses.append(loss.item())
        stepper.zero_grad()
        loss.backward()
        stepper.step()
    np.testing.assert_allclose(run.loss, losses, rtol=1e-4)
    np.testing.assert_allclose(run.weights["linear.0.weight"], layer.weight.detach(), rtol=1e-3, atol=1e-5)


def test_a_run_is_the_same_alone_and_among_others_that_diverge():
    e = SMALL.but(scaling="zscore")
    [alone] = train([e])
    together = train([SMALL, e, SMALL.but(missing=3), e.but(seed=1)])[1]
    np.testing.assert_allclose(together.loss, alone.loss, rtol=1e-6)


def test_the_ladder_of_representations():
    """Feature scaling beats the model: median held-out R2 of 5 seeds, linear model by SGD."""
    sweep = trials.ladder(Houses(), all_models=False)
    medians = trials.compared(sweep, train(sweep.experiments, ENDS)).medians("this model")
    assert np.isneginf([medians[name] for name in ("none", "clip", "log")]).all()
    best = medians.pop("log_clip_zscore")
    assert best > 0.9
    assert best > max(medians.values()) + 0.08
    assert medians["clip_zscore"] > medians["log_zscore"] > medians["zscore"] + 0.1


def test_adam_survives_raw_columns_and_learns_nothing():
    [run] = train([Houses(depth=2, optimizer="adam", learning_rate=0.01)], snapshots=2)
    assert run.diverged_at is None
    assert MEASURES["test_r2"].of(run) < -10


def test_too_much_work_is_refused_with_what_is_allowed():
    with pytest.raises(ValidationError) as error:
        Houses(depth=4, width=128, steps=2000, samples=4000)
    [sentence] = Houses.complaints(error.value)
    assert sentence.startswith(
        "steps cannot be 2000 here: 2000 steps at depth 4 and width 128 over 4000 rows"
    )


def test_experiments_that_only_train_differently_share_what_is_prepared():
    data = SMALL.load()
    assert SMALL.but(depth=2, learning_rate=1, steps=5, optimizer="adam").load() is data
    assert SMALL.but(seed=1).load() is not data
    with pytest.raises(ValueError, match="read-only"):
        data.x_train[0] = 0
