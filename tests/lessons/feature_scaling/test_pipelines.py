"""Every scikit-learn pipeline against its formula, and which rows it learns from."""

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import make_pipeline

from core.lessons.feature_scaling.export import pytorch_script
from core.lessons.feature_scaling.houses import Houses
from core.lessons.feature_scaling.pipelines import Clip, before_and_after, scaled, scaler, transformers
from core.lessons.feature_scaling.table import PIPELINES
from core.lessons.feature_scaling.upload import Upload, Uploaded

SMALL = Houses(samples=200, steps=30)


def by_hand(name, x, bound):
    low, middle, high = np.quantile(x, [0.25, 0.5, 0.75], axis=0)
    reach = bound * (high - low) / 1.349

    def clip(v):
        return np.clip(v, middle - reach, middle + reach)

    def z(v):
        return (v - v.mean(axis=0)) / v.std(axis=0)

    logged = np.log(x)
    span = (x - x.min(axis=0)) / np.ptp(x, axis=0)
    low, middle_log, high = np.quantile(logged, [0.25, 0.5, 0.75], axis=0)
    reach_log = bound * (high - low) / 1.349
    return {
        "none": x,
        "linear": 2 * span - 1,
        "unit": span,
        "zscore": z(x),
        "clip": clip(x),
        "log": logged,
        "log_zscore": z(logged),
        "clip_zscore": z(clip(x)),
        "log_clip_zscore": z(np.clip(logged, middle_log - reach_log, middle_log + reach_log)),
    }[name]


@pytest.mark.parametrize("name", PIPELINES)
def test_every_pipeline_is_its_formula(name):
    e = SMALL.but(clip=1.5)
    x = e.draw()[e.features].to_numpy()
    done = make_pipeline(*transformers(name, 1.5)).fit_transform(x)
    np.testing.assert_allclose(done, by_hand(name, x, 1.5), rtol=1e-9, atol=1e-12)


def test_every_column_goes_through_its_own_pipeline():
    e = SMALL.but(scaling="zscore", age="linear", income="log_clip_zscore", clip=1.5)
    x = e.draw()[e.features].to_numpy()
    done = scaler(e).fit_transform(x)
    for i, name in enumerate(("linear", "zscore", "log_clip_zscore", "zscore", "zscore")):
        np.testing.assert_allclose(done[:, [i]], by_hand(name, x[:, [i]], 1.5), rtol=1e-9, atol=1e-12)


def test_names_that_scikit_learn_keeps_for_itself_can_be_scaled():
    table = pd.DataFrame(np.random.default_rng(0).normal(size=(60, 3)), columns=["a__b", "a_b", "y"])
    e = Uploaded.of(SMALL.but(scaling="zscore"), Upload(table, "y"), {})
    assert np.isfinite(scaled(e)).all()
    assert "column 0" in pytorch_script(e)


def test_scaling_is_fitted_on_the_training_rows_unless_it_may_leak():
    fair, leaking = (
        scaled(SMALL.but(scaling="zscore", fit_on=rows)) for rows in ("training rows", "all rows")
    )
    np.testing.assert_allclose(fair[:200].mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(leaking.mean(axis=0), 0, atol=1e-12)
    assert np.abs(fair.mean(axis=0)).max() > 0.01
    linear = scaled(SMALL.but(scaling="linear"))
    assert np.abs(linear[:200]).max() == pytest.approx(1)
    assert np.abs(linear[200:]).max() > 1.01


def test_clip_leaves_a_column_alone_whose_middle_half_is_one_value():
    x = np.r_[np.zeros(90), np.ones(10)][:, None]
    np.testing.assert_array_equal(Clip(0.5).fit(x).transform(x), x)


def test_gaps_stay_unless_they_are_filled_with_the_training_median():
    e = SMALL.but(missing=5, scaling="log_clip_zscore")
    assert np.isnan(scaled(e)).sum() == 5
    before, after = before_and_after(e.but(impute=True, scaling="none"))
    filled = after[np.isnan(before)]
    np.testing.assert_array_equal(filled, np.nanmedian(before[:200, 2]))
