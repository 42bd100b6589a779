"""Where linear models end, and what a leak makes of pure noise, against other ways to compute it."""

import numpy as np
import pytest
from sklearn.feature_selection import SelectKBest, r_regression
from sklearn.linear_model import LinearRegression

from core.lessons.feature_scaling.charts.ladder import END, end_sentence, ladder
from core.lessons.feature_scaling.charts.leak import chosen, refitted
from core.lessons.feature_scaling.houses import Houses
from core.lessons.feature_scaling.measured.least_squares import best_columns, limits, r2, selection
from core.lessons.feature_scaling.table import AFFINE, PIPELINES
from core.lessons.feature_scaling.theory import CHOSEN
from core.lessons.feature_scaling.trials import Ladder
from core.words import short

SMALL = Houses(samples=128)
FOUND = limits(SMALL, (0, 1, 2))


def of(*names):
    return FOUND[[list(PIPELINES).index(name) for name in names]]


def test_r2_is_that_of_scikit_learn():
    data = SMALL.but(scaling="log_clip_zscore").load()
    model = LinearRegression().fit(data.x_train, data.y_train)
    expected = model.score(data.x_test, data.y_test)
    assert r2(data.x_train, data.y_train, data.x_test, data.y_test) == pytest.approx(expected, rel=1e-9)
    assert of("log_clip_zscore")[0, 0] == pytest.approx(expected, rel=1e-9)


def test_shifting_and_stretching_moves_no_end_and_bending_does():
    affine = of(*AFFINE)
    np.testing.assert_allclose(affine, affine[:1].repeat(4, axis=0), rtol=0, atol=1e-9)
    assert (np.abs(of("clip", "log") - affine[0]) > 0.02).all()
    np.testing.assert_allclose(of("clip_zscore", "log_zscore"), of("clip", "log"), rtol=0, atol=1e-9)


def test_the_ends_are_said_and_drawn():
    said = end_sentence(FOUND)
    assert "raw, linear to [-1, 1], linear to [0, 1] and z-score: " in said
    assert f"{short(np.median(of('none')))}, the median of 3 seeds" in said
    assert f"log, clip, z-score {short(np.median(of('log_clip_zscore')))}" in said
    found = Ladder(tuple(PIPELINES), {"this model": FOUND})
    hollow = ladder(found, FOUND).data[-1]
    assert END in hollow.name and hollow.marker.symbol == "diamond-open"
    np.testing.assert_allclose(hollow.x[::-1], np.maximum(np.median(FOUND, axis=1), -0.25))
    assert END not in str(ladder(found).data)


def test_a_gap_leaves_no_end_to_speak_of():
    gaps = limits(SMALL.but(missing=1), (0,))
    assert np.isnan(gaps).all() and end_sentence(gaps) == "" == refitted(gaps, gaps)


def test_fitting_on_all_rows_moves_bounds_and_no_straight_line():
    every = limits(SMALL.but(fit_on="all rows"), (0, 1, 2))
    apart = dict(zip(PIPELINES, np.abs(every - FOUND).max(axis=1), strict=True))
    assert max(apart[name] for name in AFFINE) < 1e-9 < apart["clip"]
    most = max(set(PIPELINES) - set(AFFINE), key=apart.get)
    assert f"the most is {short(apart[most])}, behind {PIPELINES[most]}" in refitted(FOUND, every)
    shifted = FOUND + 1e-12 * np.isin(list(PIPELINES), AFFINE)[:, None]
    assert "behind clip. " in refitted(FOUND, shifted)


def test_medians_that_fill_gaps_move_even_straight_lines():
    gaps = SMALL.but(missing=30, impute=True)
    training, every = (limits(gaps.but(fit_on=rows), (0, 1)) for rows in ("training rows", "all rows"))
    apart = np.abs(every - training).max(axis=1)
    most = list(PIPELINES)[apart.argmax()]
    said = refitted(training, every)
    assert "rounding" not in said and f"at most {short(apart.max())}, behind {PIPELINES[most]}" in said


def test_the_best_columns_are_those_of_scikit_learn():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(60, 30)), rng.normal(size=60)
    picked = SelectKBest(lambda x, y: np.abs(r_regression(x, y)), k=CHOSEN).fit(x, y)
    assert sorted(best_columns(x, y)) == list(picked.get_support(indices=True))


def test_noise_chosen_with_a_look_at_the_held_out_rows_lies_and_without_it_does_not():
    found = selection(8)
    (leaks, truth), (fair, also_truth) = found
    assert np.median(leaks) > 0 > max(map(np.median, (truth, fair, also_truth)))
    assert (leaks - truth).min() > 0.1
    title = chosen(found).layout.meta["title"]
    assert title.count("(a leak)") == title.count("(no leak shown)") == 1
    assert f"on all rows they score {short(np.median(leaks - truth))} higher" in title
