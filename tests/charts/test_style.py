"""What every chart shares: axes that hold all that can be drawn, curves of bounded length."""

import re

import numpy as np
import plotly.graph_objects as go
import pytest

from core.charts import style


def test_a_log_axis_holds_all_that_can_be_drawn_on_it():
    values = [0.0, np.nan, np.inf, -1, 3e-7, 40]
    low, high = style.log_axis(values, "x")["range"]
    assert low <= np.log10(3e-7) and np.log10(40) <= high
    assert list(np.isnan(style.drawable(values))) == [True, True, True, True, False, False]
    assert style.log_axis([np.nan, 0], "x")["range"][0] < style.log_axis([], "x")["range"][1]


def read(text):
    """The number that a label says."""
    if power := re.fullmatch("(?:([0-9.]+)×)?10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)", text):
        exponent = power[2].translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))
        return float(f"{power[1] or 1}e{exponent}")
    return float(text.replace(",", "").replace(" million", "e6").replace(" billion", "e9"))


@pytest.mark.parametrize("span", [0, 0.01, 0.1, 0.3, 0.5, 0.7, 0.95, 1, 1.5, 2, 3, 3.3, 5, 8, 12, 25, 45, 80])
@pytest.mark.parametrize("start", [-40, -7.3, -0.49, -2, 0.13, 2.4, 5.9])
@pytest.mark.parametrize("most", [4, 5, style.TICKS])
def test_a_log_axis_has_ticks_to_read_over_any_span(span, start, most):
    values = 10.0 ** np.array([start, start + span])
    axis = style.log_axis(values, "x", ticks=most)
    at, (low, high) = np.log10(axis["tickvals"]), axis["range"]
    assert 2 <= len(at) == len(set(axis["ticktext"])) <= most
    assert low - 1e-9 <= at[0] and at[-1] <= high + 1e-9
    gaps = np.diff([low, *at, high])
    assert gaps.max() < max(0.63 * (high - low), 0.1)
    for value, text in zip(axis["tickvals"], axis["ticktext"], strict=True):
        assert read(text) == pytest.approx(value, rel=1e-6)
    assert not any("e" in text for text in axis["ticktext"])
    assert low < np.log10(values[0]) and np.log10(values[1]) < high


def test_long_axes_count_in_powers_of_ten_and_short_ones_in_numbers():
    assert style.log_axis([1e-9, 1e9], "x")["ticktext"][0] == "10⁻⁹"
    assert style.log_axis([2, 3], "x")["ticktext"] == ["2", "2.5", "3", "3.5"]
    assert style.log_axis([0.02, 20], "x")["ticktext"] == ["0.01", "0.1", "1", "10", "100"]


def test_what_lies_beyond_an_axis_is_drawn_inside_its_ends():
    axis = style.log_axis([1e-3, 1e5], "x")
    low, high = axis["range"]
    assert low < -3 and high > 5
    assert np.log10(style.ends(axis)) == pytest.approx(
        [low + 0.02 * (high - low), high - 0.02 * (high - low)]
    )
    assert style.ends(dict(range=[0, 100])) == (2, 98)


def test_under_the_pointer_numbers_are_as_people_read_them():
    line = go.Scatter(x=[1, 2, 3], y=[1.070912e-5, 1234567, np.nan], name="loss")
    named = go.Scatter(x=[1], y=[1], text=["as it is"])
    figure = style.chart([line, named], "Title", "Alt", xaxis=dict(title="step: one gradient"))
    assert list(figure.data[0].text) == ["1.1×10⁻⁵", "1.23 million", ""]
    assert figure.data[0].hovertemplate == "loss: %{text}<extra></extra>"
    assert figure.layout.xaxis.unifiedhovertitle.text == "step %{x}"
    assert figure.data[1].hovertemplate is None
    alone = style.chart([line], "Title", "Alt", xaxis=dict(title="step"), hovermode="closest")
    assert alone.data[0].hovertemplate.startswith("step %{x}<br>loss: %{text}")


def test_names_on_an_axis_are_no_numbers():
    line = go.Scatter(x=[1], y=[0.0])
    figure = style.chart([line], "Title", "Alt", yaxis=dict(tickvals=[0], ticktext=["as it is"]))
    assert figure.data[0].text is None


def test_a_frame_says_its_own_numbers():
    figure = style.chart([go.Scatter(x=[1], y=[2.0])], "Title", "Alt")
    style.played(figure, [dict(data=[dict(y=np.array([v]))], name=str(v)) for v in (2.0, 3e-9)], "step ")
    assert [list(frame.data[0].text) for frame in figure.frames] == [["2"], ["3×10⁻⁹"]]


def test_long_curves_are_thinned_and_keep_their_ends():
    i = style.few_points(np.zeros(5001))
    assert len(i) <= 2000 and i[0] == 0 and i[-1] == 5000


def test_what_float32_cannot_hold_is_not_drawn():
    values = style.single([1.5, 1e300, -np.inf, np.nan])
    assert values.dtype == np.float32
    np.testing.assert_array_equal(values, np.float32([1.5, np.nan, np.nan, np.nan]))


def test_a_chart_that_plays_has_a_step_for_every_frame():
    frames = [dict(data=[], name=str(i)) for i in range(3)]
    figure = style.played(style.chart([], "Title", "Alt"), frames, "step ")
    assert [step.label for step in figure.layout.sliders[0].steps] == ["0", "1", "2"]
    assert not style.played(style.chart([], "Title", "Alt"), frames[:1], "step ").layout.sliders
