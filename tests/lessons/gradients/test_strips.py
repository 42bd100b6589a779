"""Histograms as strips: every share lies in its row, and what is not a number is not drawn as one."""

import numpy as np
import pytest
import torch

from core.engine.train import train
from core.experiment import Experiment
from core.lessons.gradients.charts import strips
from core.lessons.gradients.settings import DIVERGING
from core.run import DELTA_EDGES, activation_edges

SMALL = Experiment(depth=4, width=16, samples=64, steps=20)


def drawn(figure):
    """What every row is called under the pointer, and its shares [layers], bottom to top."""
    heat = figure.data[0]
    return {said[0]: np.asarray(z) for said, z in zip(heat.text, heat.z, strict=True) if said[0]}


def labels(figure):
    return dict(zip(figure.layout.yaxis.ticktext, figure.layout.yaxis.tickvals, strict=True))


@pytest.fixture(scope="module")
def overflow():
    e = DIVERGING["Overflow before the first step"]
    return train([e.but(steps=2, samples=64)], 2)[0]


@pytest.mark.parametrize("chart", [strips.activations, strips.deltas])
def test_what_is_not_a_number_has_a_row_of_its_own(overflow, chart):
    rows = drawn(chart(overflow))
    lost = rows.pop("are NaN")
    np.testing.assert_allclose(lost[-5:], 1)
    for share in rows.values():
        np.testing.assert_array_equal(share[-5:], 0)
    assert labels(chart(overflow))["NaN"] == max(chart(overflow).data[0].y)
    assert "not finite" in chart(overflow).layout.meta["title"]
    assert "not a number any more" in chart(overflow).layout.meta["how"]


@pytest.mark.parametrize("chart", [strips.activations, strips.deltas])
def test_a_finite_run_has_no_such_row(chart):
    figure = chart(train([SMALL], 2)[0])
    assert "are NaN" not in drawn(figure) and "NaN" not in labels(figure)
    assert "not a number" not in figure.layout.meta["how"]
    np.testing.assert_allclose(sum(drawn(figure).values()), 1, atol=0.05)


@pytest.mark.parametrize("activation", ["relu", "sigmoid", "tanh", "elu", "selu", "gelu", "silu"])
def test_every_row_can_hold_an_activation(activation):
    run = train([SMALL.but(activation=activation, gain=3, bias=-3)], 2)[0]
    lowest = getattr(torch, activation, getattr(torch.nn.functional, activation, None))(
        torch.linspace(-50, 0, 100_001, dtype=torch.float64)
    ).min()
    bottom = int(strips.activations(run).data[0].y[0])
    assert activation_edges(activation)[bottom] >= lowest


def test_a_zero_of_relu_is_labelled_0_and_nothing_below():
    figure = strips.activations(train([SMALL.but(activation="relu", gain=4)], 2)[0])
    marks, bottom = labels(figure), figure.data[0].y[0]
    assert marks["0"] == bottom
    assert not any(text.startswith("-") for text in marks)
    edges = activation_edges("relu")
    assert edges[int(bottom) - 1] < 0 < edges[int(bottom)]


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "identity"])
def test_a_label_is_where_its_value_lies(activation):
    edges = activation_edges(activation)
    full = [-1.0 if activation == "tanh" else 0.0, *edges, 1.0] if activation != "identity" else None
    for y, text in strips._marks(activation, edges).items():
        if activation == "identity":
            if text not in ("0", "more", "10⁴", "10⁵", "10⁶", "-10⁴", "-10⁵", "-10⁶"):
                assert edges[int(y - 0.5)] == pytest.approx(float(text.replace(",", "")))
        else:
            assert np.interp(y + 0.5, np.arange(len(full)), full) == pytest.approx(float(text), abs=1e-9)


def test_a_label_of_delta_is_at_its_edge():
    run = train([SMALL.but(activation="sigmoid", depth=8)], 2)[0]
    for text, y in labels(strips.deltas(run)).items():
        if text != "0":
            power = int(text[2:].translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")))
            assert DELTA_EDGES[int(y - 0.5)] == pytest.approx(10.0**power)


def test_colours_tell_shares_apart_by_their_square_root():
    places = [place for place, _ in strips.SHARES]
    np.testing.assert_allclose(np.sqrt(places), np.linspace(0, 1, 10))
