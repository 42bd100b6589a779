"""What the claims say without counting it: their conditions, their notes, and the rates they offer."""

import numpy as np
import pytest

from core.diagnosis.claims import SEEDS
from core.diagnosis.measures import MEASURES
from core.engine.train import train
from core.lessons.feature_scaling.claims import (
    CLAIMS,
    CLEAN,
    KEPT,
    LINEAR,
    RATES,
    SMALL,
    SPREAD,
)
from core.lessons.feature_scaling.controlled import PowerLaw, Resized
from core.lessons.feature_scaling.measured.valley import steepest
from core.lessons.feature_scaling.table import PIPELINES
from core.run import ENDS
from core.sweep import Sweep


def test_a_heavy_tail_is_not_centred_by_a_range():
    i = SMALL.features.index("population")
    for seed in range(SEEDS):
        population = SMALL.but(scaling="linear", seed=seed).load().x_train[:, i]
        assert np.mean(population < -0.9) > 0.75


def test_one_rate_is_too_long_for_raw_columns_and_the_other_is_not():
    case, short, _ = next(claim for claim in CLAIMS if claim.measure == "survived").cases
    for seed in range(SEEDS):
        limit = 2 / steepest(LINEAR.but(seed=seed))[0]
        assert short.without.learning_rate < limit < case.without.learning_rate


@pytest.mark.parametrize("scaling", PIPELINES)
def test_scaling_passes_a_gap_on_and_filling_is_a_step_of_its_own(scaling):
    gap = LINEAR.but(missing=1, scaling=scaling)
    assert np.isnan(gap.load().x_train).sum() == 1
    assert np.isfinite(gap.but(impute=True).load().x_train).all()


def test_the_price_follows_the_logarithms_of_the_log_normal_columns_and_age_itself():
    table = CLEAN.but(noise=0).draw()
    columns = [table.age, table.rooms, np.log(table.income), np.log(table.population), table.sensor]
    x = np.column_stack([*columns, np.ones(len(table))])
    best = np.linalg.lstsq(x, table.price, rcond=None)[0]
    np.testing.assert_allclose(x @ best, table.price, atol=1e-9)


def test_age_is_uniform():
    age = np.sort(CLEAN.draw().age) / 90
    assert np.abs(age - np.linspace(0, 1, len(age))).max() < 0.06


@pytest.mark.parametrize("limit", [1.5, 2, 4])
def test_the_power_law_is_one(limit):
    table = PowerLaw(seed=1).draw()
    assert table.x.min() >= 1
    assert np.mean(table.x > limit) == pytest.approx(limit**-3, abs=0.05)


@pytest.mark.parametrize(("follows", "signal"), [("logarithm", np.log), ("feature", np.asarray)])
def test_its_target_is_what_it_follows_and_noise(follows, signal):
    table = PowerLaw(follows=follows).draw()
    rest = table.target - (signal(table.x) - signal(table.x).mean()) / signal(table.x).std(ddof=0)
    assert rest.std() == pytest.approx(0.5, rel=0.1)
    assert abs(np.corrcoef(rest, signal(table.x))[0, 1]) < 0.15


def test_sizes_spread_around_their_middle_or_below_the_largest():
    assert np.prod(SPREAD.sizes) == pytest.approx(1)
    assert SPREAD.sizes.max() / SPREAD.sizes.min() == pytest.approx(100)
    assert KEPT.sizes.max() == pytest.approx(1) and KEPT.sizes.min() == pytest.approx(0.01)
    for e in (SPREAD, KEPT):
        np.testing.assert_allclose(e.but(spread=1).sizes, 1)


@pytest.mark.parametrize("change", [{"spread": 100}, {"first": 10}, {"spread": 10, "held": "largest"}])
def test_only_the_sizes_change(change):
    plain = Resized(**dict(SMALL.but(scaling="zscore")))
    e = plain.but(**change)
    for rows in ("x_train", "x_test"):
        np.testing.assert_allclose(getattr(e.load(), rows), getattr(plain.load(), rows) * e.sizes)
    np.testing.assert_array_equal(e.load().y_train, plain.load().y_train)


def test_what_differs_is_said_in_words():
    labels = [label for claim in CLAIMS for case in claim.cases for label in case.labels()]
    said = {"raw columns", "linear to [-1, 1] scaling", "z-score scaling", "age: log, clip, z-score"}
    assert said <= set(labels)
    assert not [label for label in labels if "_" in label or "none" in label or "as above" in label]


TUNED = [claim for claim in CLAIMS if claim.rates]


@pytest.mark.parametrize("claim", TUNED, ids=lambda claim: claim.sentence)
def test_no_side_would_do_better_at_rates_that_are_not_tried(claim):
    """The best of the grid is within it, if anything is reached at all."""
    sides = [side for case in claim.cases for side in (case.without, case.helped)]
    sweep = Sweep.made(
        lambda e, rate, seed: e.but(learning_rate=rate, seed=seed),
        e=dict.fromkeys(sides),
        rate=claim.rates,
        seed=range(1),
    )
    values = sweep.of(train(sweep.experiments, ENDS), MEASURES[claim.measure].of)
    values = values if claim.goal == "lower" else -values
    ends = values[:, [0, -1]].min(axis=1)
    assert ((values.min(axis=1) < ends) | np.isinf(values.min(axis=1))).all()


def test_the_rates_reach_from_what_raw_columns_need_to_what_none_can_take():
    raw = [2 / steepest(SMALL.but(seed=seed))[0] for seed in range(SEEDS)]
    assert RATES[0] < min(raw) / 10
    scaled = [2 / steepest(SMALL.but(seed=seed, scaling=s))[0] for seed in range(SEEDS) for s in PIPELINES]
    assert RATES[-1] > max(scaled)
