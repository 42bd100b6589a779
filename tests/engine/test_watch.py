"""Looks inside a training: at which steps, at what, and none where nothing is finite any more."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from core.engine.train import train
from core.engine.watch import tensors, watched
from core.experiment import Experiment

SMALL = Experiment(
    dataset="moons", samples=32, depth=2, width=4, steps=12, learning_rate=0.02, precision="float64"
)
BREAKS = Experiment(dataset="curve", samples=32, depth=2, width=4, steps=12, learning_rate=100)


def looked_at(e, looks):
    steps = []
    watched([e], lambda step, stack: steps.append(step), looks, None)
    return steps


@pytest.mark.parametrize(
    ("steps", "looks", "expected"),
    [
        (12, 12, list(range(13))),
        (12, 100, list(range(13))),
        (12, 6, [0, 2, 4, 6, 8, 10, 12]),
        (12, 5, [0, 3, 6, 9, 12]),
        (11, 5, [0, 3, 6, 9, 11]),
        (12, 1, [0, 12]),
        (1, 1, [0, 1]),
    ],
)
def test_looks_are_even_and_the_last_is_after_the_last_update(steps, looks, expected):
    assert looked_at(SMALL.but(steps=steps), looks) == expected


@pytest.mark.parametrize("looks", range(1, 15))
def test_they_are_at_most_two_more_than_asked_for(looks):
    assert len(looked_at(SMALL, looks)) <= looks + 2


def test_there_is_none_once_the_loss_is_not_finite():
    [run] = train([BREAKS])
    assert looked_at(BREAKS, 12) == list(range(run.diverged_at))


def test_a_look_finds_the_weights_and_the_loss_of_the_run():
    [run], seen = train([SMALL]), {}

    def look(step, stack):
        seen[step] = stack.state(0), float(stack.forward(stack.x_train, stack.y_train))

    watched([SMALL], look, 12, None)
    assert [loss for _, loss in seen.values()][:-1] == run.loss.tolist()
    for name, value in seen[12][0].items():
        np.testing.assert_array_equal(value, run.weights[name])


def test_a_look_finds_the_gradient_of_its_step():
    steps = []

    def look(step, stack):
        steps.append((stack.parameters.clone(), stack.gradients.clone()))

    watched([SMALL.but(momentum=0)], look, 12, None)
    for (before, gradient), (after, _) in pairwise(steps):
        torch.testing.assert_close(after, before - SMALL.learning_rate * gradient, rtol=1e-12, atol=1e-15)


def test_several_networks_are_looked_at_together():
    counts = []
    watched(SMALL.vary(seed=range(3)), lambda step, stack: counts.append(stack.count), 1, None)
    assert counts == [3, 3]


def named(e, step=0):
    """(kind, layer) -> tensor of one step, in the order in which they are computed."""
    found = []

    def watch(at, stack, loss):
        if at == step:
            found.extend((kind, layer, tensor.clone()) for kind, layer, tensor in tensors(stack, loss))

    train([e], 2, watch=watch)
    return found


def test_the_tensors_of_a_step_come_in_the_order_of_both_passes():
    order = [(kind, layer) for kind, layer, _ in named(SMALL)]
    assert order == [
        *(("weight", layer) for layer in (0, 1, 2)),
        *(("pre_activation", 0), ("activation", 0), ("pre_activation", 1), ("activation", 1)),
        *(("pre_activation", 2), ("loss", 2), ("weight_gradient", 2)),
        *(("delta", 1), ("weight_gradient", 1), ("delta", 0), ("weight_gradient", 0)),
    ]


def test_each_is_computed_from_those_before():
    found = {(kind, layer): tensor for kind, layer, tensor in named(SMALL)}
    above = found["weight", 1].mT @ found["delta", 1]
    slope = found["pre_activation", 0] > 0
    torch.testing.assert_close(found["delta", 0], above * slope, rtol=1e-12, atol=1e-15)
    entered = found["delta", 1] @ found["activation", 0].mT
    torch.testing.assert_close(found["weight_gradient", 1], entered, rtol=1e-12, atol=1e-15)


def test_after_a_loss_that_is_not_finite_there_is_no_backward_pass():
    [run] = train([BREAKS])
    *_, last = named(BREAKS, run.diverged_at)
    assert last[0] == "loss" and not last[2].isfinite().all()
