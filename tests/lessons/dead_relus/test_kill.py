"""Units killed before the first step: they stay dead, nothing else changes, and titles say what follows."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch

from core.diagnosis.claims import NOT_HERE, TRUE, UNDECIDED
from core.engine.train import train
from core.lessons.dead_relus.charts import kill as charts
from core.lessons.dead_relus.measured.kill import Kill, Killed, kill
from core.lessons.dead_relus.settings import CALM, numbers_killed
from tests.reference import Network

SMALL = CALM.but(width=8, samples=64, batch_size=0, steps=15, precision="float64")


@pytest.mark.parametrize(
    "change", [{}, {"optimizer": "adam", "learning_rate": 0.01}, {"batchnorm": True}], ids=str
)
@pytest.mark.parametrize("layer", [0, 1])
def test_killed_units_never_move_whatever_the_optimizer(change, layer):
    e = SMALL.but(weight_decay=0.1, **change)
    [run] = train([e], stack=partial(Killed, layer, 3))
    for name in ("weight", "bias"):
        assert not run.weights[f"linear.{layer}.{name}"][:3].any()
    assert not run.active_fraction[:, layer, :3].any() and run.active_fraction[:, layer, 3:].any()


def test_the_rest_is_trained_as_plain_pytorch_trains_it():
    e = SMALL.but(momentum=0)
    [run] = train([e], stack=partial(Killed, 1, 5))
    model, data = Network(e), e.load()
    model.linear[1].weight.data[:5], model.linear[1].bias.data[:5] = 0, 0
    x, y = torch.from_numpy(data.x_train), torch.from_numpy(data.y_train).double()
    for loss in run.loss:
        model.zero_grad()
        value = torch.nn.functional.binary_cross_entropy_with_logits(model(x)[:, 0], y)
        value.backward()
        for parameter in model.parameters():
            parameter.data -= e.learning_rate * parameter.grad
        assert loss == pytest.approx(value.item(), rel=1e-9)


def test_killing_none_changes_nothing_and_killing_all_leaves_one_answer():
    found = kill(SMALL, 1)
    runs = train(SMALL.vary(seed=range(8)), 2)
    assert list(found.accuracy[0]) == [run.test_accuracy[-1] for run in runs]
    shares = [SMALL.but(seed=seed).load().y_test.mean() for seed in range(8)]
    assert all(
        min(abs(a - s), abs(a - 1 + s)) < 1e-9 for a, s in zip(found.accuracy[-1], shares, strict=True)
    )
    assert (found.dead >= found.killed[:, None]).all() and (found.dead[-1] == SMALL.width).all()
    assert found.returned == 0


def test_what_is_killed_is_dense_where_few_are_left():
    assert numbers_killed(64) == (0, 32, 48, 56, 60, 62, 63, 64)
    assert numbers_killed(1) == (0, 1)
    assert numbers_killed(12) == (0, 4, 8, 10, 11, 12)


def made(*falls, layer=0, dataset="gaussians", residual=False):
    """Of a layer of 4 units; the accuracy of every seed falls by these when 2, 3 and 4 are killed."""
    accuracy = 0.9 - np.array([np.zeros(8), *(np.broadcast_to(fall, 8) for fall in falls)])
    e = SMALL.but(width=4, depth=2, dataset=dataset, residual=residual, features=0)
    killed = np.array([0, 2, 3, 4])
    return Kill(e, layer, killed, accuracy, np.broadcast_to(killed[:, None], (4, 8)), 0)


MIXED = np.repeat([0.0, 0.1], 4)


@pytest.mark.parametrize(
    ("falls", "words", "title"),
    [
        (
            (0, 0.01, 0.4),
            {NOT_HERE: [2, 3], TRUE: [4]},
            "3 of 4 units of layer 1 can die, and the held-out accuracy falls by less than 3 points; with "
            "4 dead "
            "it falls by 3 points or more",
        ),
        (
            (0, MIXED, 0.4),
            {NOT_HERE: [2], UNDECIDED: [3], TRUE: [4]},
            "2 of 4 units of layer 1 can die, and the held-out accuracy falls by less than 3 points; with "
            "4 dead "
            "it falls by 3 points or more; not decided with 3",
        ),
        (
            (-0.1, -0.1, 0),
            {NOT_HERE: [2, 3, 4]},
            "4 of 4 units of layer 1 can die, and the held-out accuracy falls by less than 3 points",
        ),
        (
            (0.1, 0, 0.1),
            {NOT_HERE: [3], TRUE: [2, 4]},
            "With 3 of 4 units of layer 1 dead the held-out accuracy falls by less than 3 points; with 2 "
            "and 4 "
            "dead it falls by 3 points or more",
        ),
        (
            (MIXED, 0.1, np.inf),
            {UNDECIDED: [2], TRUE: [3, 4]},
            "Of 4 units of layer 1 no number tried, from 2 up, is shown to die at a cost of less than 3 "
            "points; with 3 and 4 dead the held-out accuracy falls by 3 points or more; not decided with 2",
        ),
    ],
)
def test_the_title_is_what_the_rule_of_the_claims_says(falls, words, title):
    found = made(*falls)
    assert {word: found.at(word) for word in (TRUE, NOT_HERE, UNDECIDED) if found.at(word)} == words
    assert charts.killing(found).layout.meta["title"] == title
    for word, killed in words.items():
        [outcome] = [o for o in found.verdict.outcomes if o.word == word]
        assert all(str(k) in outcome.condition for k in killed)


def test_the_guess_stands_on_the_chart_between_the_numbers_tried():
    found = made(0, 0.01, 0.4)
    assert not charts.killing(found).layout.shapes
    [line] = charts.killing(found, guess=1).layout.shapes
    assert line.x0 == 0.5 and "your guess: 1" in line.label.text
    assert charts.answer(found, 1).endswith(
        "the most shown to cost less than 3 points is 3; the fewest shown to cost as much is 4."
    )
    worse = charts.answer(made(1, 1, 1, dataset="curve"), 2)
    assert "of the numbers tried, from 2 up, none is shown to cost less than 0.03" in worse


def test_a_layer_that_dies_by_itself_shows_nothing():
    found = replace(made(0, 0, 0), dead=np.full((4, 8), 4))
    assert charts.killing(found).layout.meta["title"] == (
        "With none killed all 4 units of layer 1 die in the median: killing them shows nothing"
    )


def test_a_dead_layer_is_passed_only_by_a_residual_connection():
    for layer, residual in ((0, True), (1, True), (1, False)):
        how = charts.killing(made(0, 0, 0, layer=layer, residual=residual)).layout.meta["how"]
        assert ("residual" in how) == (layer == 1 and residual)


def test_a_run_stands_beside_at_least_as_many_killed():
    e = SMALL.but(width=4, learning_rate=1, bias=-100)
    [run] = train([e], 2)
    said = charts.beside(made(0, 0.01, 0.4), run)
    assert "4 of 4 units of layer 1 are dead" in said and "with 4 killed at a learning rate of 0.1" in said
    assert "the median is 50 %" in said
    [alive] = train([SMALL.but(width=4, bias=5)], 2)
    assert charts.beside(made(0, 0.01, 0.4), alive) == ""
