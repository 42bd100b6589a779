"""One number of many runs against one setting: dots, median, band, and crosses for what diverged."""

import numpy as np

from core.charts.sweeps import over_seeds

ABOUT = dict(x_title="x", y_title="y", title="Title", alt="Alt")


def test_every_seed_is_a_dot_around_the_median_and_the_lost_are_crosses(the):
    values = np.array([[1.0, 3.0, 2.0], [4.0, np.nan, np.inf]])
    figure = over_seeds([10, 20], {"loss": values}, **ABOUT)
    band, line = the(figure, fill="toself"), the(figure, name="loss")
    dots = the(figure, mode="markers", hoverinfo="skip")
    [lost] = [trace for trace in figure.data if trace.marker.symbol == "x"]
    assert sorted(y for y in dots.y if np.isfinite(y)) == [1, 2, 3, 4]
    np.testing.assert_array_equal(line.y, [2, np.nan])
    np.testing.assert_array_equal(band.y, [1, 4, 4, 3])
    assert (list(lost.x), list(lost.text)) == ([20], ["2 of 3 diverged"])
    assert 4 < lost.y[0] < figure.layout.yaxis.range[1]


def test_the_lost_are_on_the_chart_where_nobody_is_left():
    figure = over_seeds([1, 10], {"loss": np.full((2, 2), np.nan)}, log_x=True, log_y=True, **ABOUT)
    [lost] = [trace for trace in figure.data if trace.marker.symbol == "x"]
    low, high = figure.layout.yaxis.range
    assert len(lost.y) == 2 and all(low < np.log10(y) < high for y in lost.y)
    low, high = figure.layout.xaxis.range
    assert low < 0 and high > 1


def test_here_is_marked_unless_it_is_not_on_the_axis():
    values = {"loss": np.ones((2, 1))}
    assert len(over_seeds([1, 10], values, here=3, log_x=True, **ABOUT).layout.shapes) == 1
    assert not over_seeds([1, 10], values, here=0, log_x=True, **ABOUT).layout.shapes


def test_the_label_of_here_lies_inside_the_chart():
    values = {"loss": np.ones((3, 1))}
    for here, log_x, side in (
        (-6, False, "left"),
        (0, False, "right"),
        (0.01, True, "left"),
        (9, True, "right"),
    ):
        x = [0.01, 0.1, 10] if log_x else [-6, -5, 0]
        [line] = over_seeds(x, values, here=here, log_x=log_x, **ABOUT).layout.shapes
        assert line.label.xanchor == side
