"""What every chart shares: axes that hold all that can be drawn, curves of bounded length."""

import numpy as np

from core.charts import style


def test_a_log_axis_holds_all_that_can_be_drawn_on_it():
    values = [0.0, np.nan, np.inf, -1, 3e-7, 40]
    low, high = style.log_axis(values, "x")["range"]
    assert low <= np.log10(3e-7) and np.log10(40) <= high
    assert list(np.isnan(style.drawable(values))) == [True, True, True, True, False, False]
    assert style.log_axis([np.nan, 0], "x")["range"][0] < style.log_axis([], "x")["range"][1]


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
