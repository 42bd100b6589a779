"""The last layer by itself: what enters it, and what becomes of it when that alone is changed."""

import numpy as np
import pytest
import torch

from core.engine.network import Stack
from core.lessons.gradients.charts.why import pulled_apart_sentence
from core.lessons.gradients.lesson import LESSON
from core.lessons.gradients.measured.last_layer import LastLayer, PulledApart, pulled_apart, signal_below

START = LESSON.start.but(depth=4, width=8, samples=64, precision="float64")


@pytest.mark.parametrize(
    "changes", [{}, {"batchnorm": True}, {"activation": "relu", "init": "pytorch"}], ids=str
)
def test_what_enters_the_last_layer_is_what_the_whole_network_sends_it(changes):
    e = START.but(**changes)
    stack = Stack([e])
    with torch.inference_mode():
        stack.forward(stack.x_train, stack.y_train)
    expected = stack.signal[e.depth - 1][0].T.numpy()
    np.testing.assert_allclose(signal_below(e, e.load().x_train), expected, rtol=1e-10, atol=1e-14)


def test_pulled_apart_is_the_same_but_for_mean_and_size():
    as_it_comes, apart = (LastLayer(START, way).load() for way in (False, True))
    centred = as_it_comes.x_train - as_it_comes.x_train.mean(axis=0)
    factor = apart.x_train / centred
    np.testing.assert_allclose(factor, factor[0, 0], rtol=1e-6)
    assert np.mean(apart.x_train**2) == pytest.approx(1)
    held_out = (as_it_comes.x_test - as_it_comes.x_train.mean(axis=0)) * factor[0, 0]
    np.testing.assert_allclose(apart.x_test, held_out, rtol=1e-6)
    assert (as_it_comes.y_train == apart.y_train).all()


def test_what_looks_alike_is_learned_once_it_is_pulled_apart():
    found = pulled_apart(LESSON.preset("ReLU, default init"))
    assert found.as_it_comes.min() > 0.69 > 0.5 > found.pulled_apart.max()
    assert pulled_apart_sentence(12, found).endswith("clearly lower in 4 of 4: that is what holds it back.")


@pytest.mark.parametrize(
    ("losses", "verdict"),
    [
        ([0.1, 0.1, 0.1, 0.2], "that is what holds it back"),
        ([0.6, 0.62, 0.6, 0.64], "that holds it back, but not that alone"),
        ([0.1, 0.1, 0.1, 0.68], "whether that holds it back is not decided"),
        ([0.69, 0.69, 0.68, 0.69], "that is not what holds it back"),
    ],
)
def test_what_does_not_help_is_not_called_the_cause(losses, verdict):
    found = PulledApart(np.full(4, 0.69), np.array(losses))
    assert pulled_apart_sentence(9, found).endswith(f" of 4: {verdict}.")
