"""Titles that must stay true at the ends of what can be set."""

import numpy as np
import pytest

from core.lessons.feature_scaling.charts import not_finite
from core.lessons.feature_scaling.charts.columns import column
from core.lessons.feature_scaling.charts.outliers import outlier_lines, squeezed
from core.lessons.feature_scaling.houses import Houses
from core.lessons.feature_scaling.measured.outliers import outliers
from core.lessons.feature_scaling.pipelines import before_and_after
from core.lessons.feature_scaling.trials import Overflows


def title(figure):
    return figure.layout.meta["title"]


@pytest.mark.parametrize("bound", [0.5, 3])
def test_a_slope_that_a_clip_makes_steeper_is_on_the_chart(bound):
    found = outliers(0.002, bound, seeds=1)
    figure = outlier_lines(found, 0.002, bound)
    assert max(max(trace.y) for trace in figure.data) < figure.layout.yaxis.range[1]


def test_a_small_part_is_not_nothing_and_a_large_one_not_all():
    assert " has 0 % " not in title(outlier_lines(outliers(0.2, 3, seeds=1), 0.2, 3))
    assert "100 % of the rows" not in title(squeezed({"squeezed": np.full((7, 1), 0.9998)}, 0.0002))
    e = Houses(samples=32)
    raw = np.append(np.zeros(63), 1.0)
    assert "100 % of the held-out rows" not in title(column(e, "age", raw, scaled=True))


def test_filled_gaps_and_constants_are_named():
    e = Houses(samples=32, missing=3, impute=True)
    _, after = before_and_after(e)
    assert title(column(e, "income", after[:, 2], scaled=True)).startswith("income, raw, gaps filled: ")
    assert title(column(e, "age", np.full(64, 7.0), scaled=False)).startswith("age, raw: always 7")


def test_a_prediction_that_fails_is_not_called_known():
    found = Overflows((2.0, 3.0), np.array([[5.0], [9.0]]), np.array([[4.5], [2.0]]))
    assert title(not_finite.overflow(found)).endswith("right to within one in 1 of 2 runs")
