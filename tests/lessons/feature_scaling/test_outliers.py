"""Outliers and heavy tails: least squares on drawn data against errors-in-variables theory."""

import numpy as np
import pytest

from core.lessons.feature_scaling.measured.outliers import (
    line,
    outliers,
    with_outliers,
    without_log,
)
from core.lessons.feature_scaling.theory import (
    SIZES,
    SPREADS,
    clipped_theory,
    log_theory,
    slope_theory,
    squeezed_share,
)

FOUND = outliers(share=0.01, bound=3, seeds=25)


def test_a_line_is_that_of_numpy():
    x, y = with_outliers(0, 0.01, 5)
    slope, r2 = line(x, y)
    assert slope == pytest.approx(np.polyfit(x, y, 1)[0])
    assert r2 == pytest.approx(np.corrcoef(x, y)[0, 1] ** 2)


@pytest.mark.parametrize(("size", "slope"), [(5, 1.597), (20, 0.397), (100, 0.0196)])
def test_outliers_flatten_the_slope_as_predicted(size, slope):
    assert slope_theory(0.01, size) == pytest.approx(slope, rel=0.01)
    measured = np.median(FOUND["slope"][list(SIZES).index(size)])
    assert measured == pytest.approx(slope_theory(0.01, size), rel=0.1)


def test_clipping_gives_most_of_it_back_as_predicted():
    raw_slope, raw_r2 = clipped_theory(0.01, SIZES, np.inf)
    slope, r2 = clipped_theory(0.01, SIZES, 3)
    np.testing.assert_allclose(raw_slope, slope_theory(0.01, SIZES), rtol=1e-12)
    np.testing.assert_allclose(np.median(FOUND["clipped"], axis=1), slope, rtol=0.02)
    np.testing.assert_allclose(np.median(FOUND["clipped_r2"], axis=1), r2, rtol=0.02)
    np.testing.assert_allclose(np.median(FOUND["r2"], axis=1), raw_r2, rtol=0.05, atol=0.005)
    assert slope[-1] == pytest.approx(1.836, abs=0.002)
    assert r2[-1] == pytest.approx(0.855, abs=0.005)


@pytest.mark.parametrize("bound", [1, 2, 4])
def test_the_closed_form_of_clipping_holds_for_any_bound(bound):
    x, y = with_outliers(1, 0.05, 50)
    slope, _ = clipped_theory(0.05, 50, bound)
    assert line(np.clip(x, -bound, bound), y)[0] == pytest.approx(float(slope), rel=0.05)


def test_a_few_outliers_press_all_other_rows_together():
    middle = dict(zip(SIZES, np.median(FOUND["squeezed"], axis=1), strict=True))
    assert middle[5] < 0.5
    assert min(middle[20], middle[50], middle[100]) > 0.9
    assert squeezed_share(np.array([0.0, 0, 0, 100, np.nan])) == 0.75


def test_r2_without_the_logarithm():
    kept = np.median(without_log(seeds=30), axis=1)
    small = SPREADS <= 1
    np.testing.assert_allclose(kept[small], log_theory(SPREADS[small]), atol=0.06)
    assert log_theory(1) == pytest.approx(0.582, abs=0.001)
