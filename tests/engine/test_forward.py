"""A trained network answers in numpy what the engine computed, in both modes, with the masks it used."""

from itertools import islice

import numpy as np
import pytest

from core.data import load
from core.engine.forward import (
    answers,
    draw_masks,
    forward,
    reliability,
    score,
    used_masks,
)
from core.engine.initial import initial_weight
from core.engine.network import Stack
from core.engine.train import train
from core.experiment import Experiment

BASE = Experiment(
    dataset="moons",
    samples=64,
    depth=3,
    width=9,
    steps=6,
    learning_rate=0.02,
    precision="float64",
    dropout=0.3,
)
KINDS = {
    "plain": BASE.but(dropout=0),
    "dropout": BASE,
    "between": BASE.but(dropout_last=False),
    "all dropped": BASE.but(dropout=1),
    "batchnorm": BASE.but(batchnorm=True),
    "residual": BASE.but(residual=True, activation="tanh"),
    "both": BASE.but(batchnorm=True, residual=True, activation="gelu"),
    "classes": BASE.but(dataset="blobs", activation="elu", batchnorm=True),
    "regression": BASE.but(dataset="gap", activation="sigmoid"),
    "scaled": BASE.but(dataset="xor", features=7, scaling="zscore", activation="leaky_relu"),
}


@pytest.fixture(scope="module")
def runs():
    """Every kind after 5 and after 6 steps: what the sixth step saw is the weights after five."""
    both = [e.but(steps=steps) for e in KINDS.values() for steps in (5, 6)]
    found = train(both, snapshots=2)
    return {kind: found[2 * i : 2 * i + 2] for i, kind in enumerate(KINDS)}


@pytest.mark.parametrize("kind", KINDS)
def test_evaluation_mode_is_the_engine_s(kind, runs):
    for run in runs[kind]:
        data = load(run.experiment)
        loss, accuracy = score(
            run.experiment, forward(run.experiment, run.weights, data.x_test).output, data.y_test
        )
        assert loss == pytest.approx(run.test_loss[-1], rel=1e-10)
        assert accuracy == pytest.approx(run.test_accuracy[-1], rel=1e-10)


@pytest.mark.parametrize("kind", KINDS)
def test_training_mode_with_the_masks_that_were_used_gives_the_loss_of_that_step(kind, runs):
    before, after = runs[kind]
    e, data = before.experiment, load(before.experiment)
    masks = []
    for layer in range(e.depth):
        p = e.dropout_after(layer)
        kept = next(islice(used_masks(e, layer), 5, None)).T
        masks.append(kept / (1 - p) if p < 1 else np.zeros(kept.shape))
    output = forward(e, before.weights, data.x_train, masks, batch_statistics=True).output
    assert score(e, output, data.y_train)[0] == pytest.approx(after.loss[5], rel=1e-10)


def test_every_step_and_every_layer_has_masks_of_its_own():
    first, second = islice(used_masks(BASE, 0), 2)
    assert first.shape == (BASE.width, BASE.batch)
    assert (first != second).any()
    assert (first != next(used_masks(BASE, 1))).any()
    assert next(used_masks(BASE.but(dropout_last=False), 2)).all()
    assert not next(used_masks(BASE.but(dropout=1), 0)).any()


@pytest.mark.parametrize("init", ["he", "pytorch", "orthogonal"])
def test_initial_weights_are_those_of_the_engine(init):
    e = BASE.but(init=init, gain=1.5, precision="float32")
    stack = Stack([e])
    for layer in range(e.depth + 1):
        np.testing.assert_array_equal(initial_weight(e, layer), stack.weight[layer][0].numpy())


def test_drawn_masks_keep_the_mean_and_add_p_over_1_minus_p_of_variance():
    for p in (0.1, 0.5, 0.9):
        mask = draw_masks(BASE.but(dropout=p, width=256), np.random.default_rng(0), 4000)[0]
        assert set(np.unique(mask)) == {0, 1 / (1 - p)}
        assert mask.mean() == pytest.approx(1, abs=0.01)
        assert mask.var() == pytest.approx(p / (1 - p), rel=0.01)


def test_masks_stay_between_hidden_layers_when_asked():
    *others, last = draw_masks(BASE.but(dropout_last=False), np.random.default_rng(0), 50)
    assert (last == 1).all()
    assert all((mask == 0).any() for mask in others)


@pytest.mark.parametrize("kind", ["dropout", "classes"])
def test_reliability_counts_every_held_out_answer(kind, runs):
    run = runs[kind][1]
    e, data = run.experiment, load(run.experiment)
    p = answers(e, forward(e, run.weights, data.x_test).output)
    np.testing.assert_allclose(p.sum(axis=1), 1)
    found = reliability(run, bins=4)
    chance, error = 1 / p.shape[1], 0.0
    for low in chance + (1 - chance) * np.arange(4) / 4:
        inside = (p.max(axis=1) >= low) & (p.max(axis=1) < low + (1 - chance) / 4)
        if inside.any():
            right = p.argmax(axis=1)[inside] == data.y_test[inside]
            error += abs(right.sum() - p.max(axis=1)[inside].sum()) / len(p)
    assert found.count.sum() == e.samples
    assert found.right @ found.count / e.samples == pytest.approx(run.test_accuracy[-1])
    assert found.ece == pytest.approx(error, rel=1e-9)


def test_a_regression_has_no_confidence(runs):
    with pytest.raises(ValueError, match="gap is a regression"):
        reliability(runs["regression"][0])
