"""The synthetic table: what is in its columns, what the price is made of, and what its settings change."""

import numpy as np
import pytest

from core.lessons.feature_scaling.houses import Houses, recipe
from core.lessons.feature_scaling.houses import variance as variance_of_price
from core.lessons.feature_scaling.table import PIPELINES

SMALL = Houses(samples=200)
LARGE = Houses(samples=4000)


def test_the_columns_are_what_the_page_says():
    table = LARGE.draw()
    assert len(table) == 8000
    assert table["age"].between(0, 90).all()
    assert set(table["rooms"]) == set(range(1, 11))
    assert np.log(table["income"]).std() == pytest.approx(1, abs=0.03)
    assert np.log(table["population"]).std() == pytest.approx(2.5, abs=0.06)
    assert (table["sensor"] == 500).mean() == pytest.approx(0.01, abs=0.004)
    assert table["sensor"].median() == pytest.approx(50, abs=0.3)


def explained(table):
    """The price by least squares on columns without skew, of rows in which the sensor works: both parts."""
    works = table[table["sensor"] < 100]
    columns = works.assign(income=np.log(works["income"]), population=np.log(works["population"]))
    x = columns[LARGE.features] - columns[LARGE.features].mean()
    y = works["price"] - works["price"].mean()
    slopes, *_ = np.linalg.lstsq(x, y, rcond=None)
    return slopes * x, y - x @ slopes


def test_the_page_tells_how_the_price_is_made():
    shares, _ = explained(LARGE.draw())
    told = recipe(0.5)
    for name, variance in shares.var().items():
        assert name in told and variance == pytest.approx(0.25 if name == "rooms" else 1, rel=0.06)
    assert "standard deviation 0.5" in told and "no noise" in recipe(0)
    assert LARGE.draw()["price"].var() == pytest.approx(variance_of_price(0.5), rel=0.05)


def test_without_noise_the_price_is_the_sum_of_what_the_columns_mean():
    shares, rest = explained(LARGE.but(noise=0).draw())
    np.testing.assert_allclose(rest, 0, atol=1e-9)
    np.testing.assert_allclose(shares.std(), [1, 0.5, 1, 1, 1], rtol=0.03)


def test_noise_is_what_no_column_explains_of_the_price():
    _, rest = explained(LARGE.but(noise=2).draw())
    assert rest.std() == pytest.approx(2, rel=0.03)


def test_the_sensor_sticks_at_the_outlier_in_its_share_of_the_rows_and_changes_nothing_else():
    stuck, working = (SMALL.but(outlier=1e5, outlier_share=share).draw() for share in (0.2, 0))
    rows = stuck["sensor"] == 1e5
    assert rows.mean() == pytest.approx(0.2, abs=0.05)
    assert working["sensor"].between(25, 75).all()
    assert stuck[~rows].equals(working[~rows])
    assert stuck.drop(columns="sensor").equals(working.drop(columns="sensor"))


def test_a_wider_income_has_the_same_middle_and_says_the_same_of_the_price():
    narrow, wide = (SMALL.but(income_spread=spread).draw() for spread in (0.5, 2))
    np.testing.assert_allclose((narrow["income"] / 30_000) ** 4, wide["income"] / 30_000)
    assert narrow["price"].equals(wide["price"])


def test_settings_of_scaling_and_network_leave_the_table_as_it_is():
    same = SMALL.but(scaling="zscore", age="log", clip=1, depth=2, learning_rate=1)
    assert same.draw().equals(SMALL.draw())
    assert not SMALL.but(seed=1).draw().equals(SMALL.draw())


def test_missing_cells_are_in_training_rows_and_the_rest_stays():
    gaps = SMALL.but(missing=7).draw()
    assert gaps["income"].isna().sum() == gaps["income"][:200].isna().sum() == 7
    np.testing.assert_array_equal(gaps.drop(columns="income"), SMALL.draw().drop(columns="income"))
    more = SMALL.but(missing=8).draw()["income"].isna()
    assert more[gaps["income"].isna()].all()


def test_every_column_takes_its_own_choice_unless_one_is_for_all():
    e = SMALL.but(age="log", sensor="clip")
    assert [e.choice(name) for name in e.features] == ["log", "as above", "as above", "as above", "clip"]
    assert e.everywhere("zscore") == SMALL.but(scaling="zscore")


def test_the_spread_of_income_is_off_where_logarithm_and_z_score_take_it_away():
    off = {name for name in PIPELINES if "income_spread" in SMALL.but(income=name).unused}
    assert off == {"log_zscore", "log_clip_zscore"}
