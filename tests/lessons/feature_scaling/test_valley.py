"""Condition numbers, counted steps and predicted overflow against closed forms."""

from typing import ClassVar

import numpy as np
import pandas as pd
import pytest

from core.data import DATA, stream
from core.engine.train import train
from core.lessons.feature_scaling.charts.valley import contours, contours_title, iterations, limits
from core.lessons.feature_scaling.houses import Houses
from core.lessons.feature_scaling.measured.valley import (
    conditioning,
    correlation_and_mean,
    count_steps,
    landscape,
    least_squares,
    ratio_steps,
    steepest,
)
from core.lessons.feature_scaling.table import TableExperiment
from core.lessons.feature_scaling.theory import (
    MOST_STEPS,
    kappa,
    kappa_of_correlation,
    kappa_of_mean,
    predicted_steps,
    with_bias,
)
from core.theory import overflow_step
from core.words import short

HOUSES = Houses()


class Scales(TableExperiment):
    """Two independent features, the second `size` times the first, and a target that needs both."""

    target: ClassVar[str] = "y"
    samples: ClassVar[int] = 500
    size: float = 10.0

    def draw(self):
        a, b, noise = stream(self.seed, DATA).normal(size=(3, 1000))
        return pd.DataFrame({"a": a, "b": self.size * b, "y": a + b + 0.5 * noise})

    def choice(self, name):
        return "none"


class Constant(Scales):
    """Two columns of one value each."""

    def draw(self):
        return super().draw().assign(a=1.0, b=2.0)

    def everywhere(self, scaling):
        return self.but(scaling=scaling)

    def choice(self, name):
        return "as above"


@pytest.mark.parametrize("ratio", [3, 10, 30, 100])
def test_steps_follow_the_condition_number_of_two_orthogonal_features(ratio):
    [found], [counted] = ratio_steps([ratio])
    assert found == ratio**2
    assert 0 <= counted - predicted_steps(found) <= 1


def test_kappa_is_numpys_condition_number_squared():
    x = stream(0, DATA).normal(size=(300, 4)) * [1, 5, 20, 3]
    assert kappa(x) == pytest.approx(np.linalg.cond(x) ** 2, rel=1e-9)
    assert np.isnan(kappa(np.array([[1.0, np.nan], [2.0, 3.0]])))
    constant = np.column_stack([x[:, 0], np.zeros(300)])
    assert kappa(constant) == pytest.approx(1)


def test_counted_steps_are_those_of_a_plain_loop():
    x = stream(1, DATA).normal(size=(200, 3)) * [1, 2, 4]
    y = x @ [1.0, -2.0, 0.5]
    hessian, best = least_squares(x, y)
    values = np.linalg.eigvalsh(hessian)
    rate, w, steps = 2 / (values[0] + values[-1]), np.zeros(3), 0
    start = np.mean(y**2)
    while np.mean((x @ w - y) ** 2) > 1e-6 * start:
        w = w - rate * 2 / len(x) * x.T @ (x @ w - y)
        steps += 1
    assert count_steps(hessian[None], -best[None])[0] == steps
    assert np.isnan(count_steps(hessian[None], -best[None], limit=steps - 1)[0])


def test_correlation_and_mean_against_their_closed_forms():
    (rhos, correlated), (means, shifted) = correlation_and_mean(seed=0, rows=200_000)
    np.testing.assert_allclose(correlated, kappa_of_correlation(rhos), rtol=0.02)
    np.testing.assert_allclose(shifted, kappa_of_mean(means), rtol=1e-6)
    assert kappa_of_mean(3) == pytest.approx(119, rel=0.001)


def test_every_pipeline_stays_within_its_prediction():
    found = conditioning(HOUSES)
    for kappa_, counted in found.values():
        assert np.isnan(counted) or counted <= np.ceil(predicted_steps(kappa_))
    assert found["none"][0] > 1e9
    assert found["zscore"][0] < 1.5 < 100 < found["unit"][0]
    assert found["linear"][1] > 100 * found["zscore"][1]
    figure = iterations(found, ratio_steps((3,)))
    arrived = sum(np.isfinite(counted) for _, counted in found.values())
    assert arrived < len(found)
    assert f"of the {arrived} that arrive none took more steps" in figure.layout.meta["title"]
    [late] = [trace for trace in figure.data if trace.marker.symbol == "triangle-up"]
    assert set(late.y) == {MOST_STEPS}
    for axis in (
        figure.layout.xaxis,
        figure.layout.yaxis,
        limits(*correlation_and_mean(0, 200))[0].layout.yaxis,
    ):
        assert axis.range[0] > -0.2
    slow = {"zscore": (2.0, 1e4)}
    assert "of the 1 that arrive 1 took more" in iterations(slow, ratio_steps((3,))).layout.meta["title"]
    never = {"zscore": (2.0, np.nan)}
    assert "none arrives within" in iterations(never, ratio_steps((3,))).layout.meta["title"]


def test_a_valley_is_named_after_what_is_done_to_its_columns():
    """A logarithm that would not help is not taken, and not spoken of."""
    assert contours_title(landscape(HOUSES, ("age", "rooms"), "log")).startswith("age and rooms, raw: ")
    title = contours_title(landscape(HOUSES, ("age", "income"), "log_zscore"))
    assert title.startswith("age (z-score) and income (log, z-score): ")


def test_a_landscape_is_gradient_descent_on_the_real_loss():
    found = landscape(HOUSES, ("age", "rooms"), "none")
    data = HOUSES.load()
    x, y = data.x_train[:, :2], data.y_train

    def loss(w):
        return np.mean((x @ w - y) ** 2)

    np.testing.assert_allclose(found.best, np.linalg.lstsq(x, y, rcond=None)[0], rtol=1e-9)
    above = loss(np.zeros(2)) - loss(found.best)
    for distance in (1, 0.5):
        for w in found.ring(distance)[::20]:
            assert loss(w) - loss(found.best) == pytest.approx(distance**2 * above, rel=1e-6)
    losses = [loss(w) for w in found.path]
    assert losses[-1] < losses[0]
    assert found.kappa > 100
    assert found.counted > 100 * landscape(HOUSES, ("age", "rooms"), "zscore").counted


@pytest.mark.parametrize("pipeline", ["none", "unit", "zscore"])
def test_a_valley_is_drawn_in_equal_units_along_the_eigenvectors(pipeline):
    found = landscape(HOUSES, ("income", "sensor"), pipeline)
    figure = contours(found)
    assert (figure.layout.yaxis.scaleanchor, figure.layout.yaxis.scaleratio) == ("x", 1)
    x, y = (np.ptp(axis.range) for axis in (figure.layout.xaxis, figure.layout.yaxis))
    assert x == pytest.approx(y)
    outer = np.column_stack([figure.data[0].x, figure.data[0].y])[:-1] - found.best
    _, sizes, axes = np.linalg.svd(outer, full_matrices=False)
    assert sizes[0] / sizes[1] == pytest.approx(np.sqrt(found.kappa), rel=1e-6)
    data = HOUSES.everywhere(pipeline).load().x_train[:, [2, 4]]
    _, vectors = np.linalg.eigh(data.T @ data)
    assert abs(axes[0] @ vectors[:, 0]) == pytest.approx(1)
    assert short(found.stretch) in figure.layout.meta["title"]


def test_the_valley_of_two_equal_columns_has_no_end():
    found = landscape(HOUSES, ("age", "age"), "zscore")
    assert "more than a million times as long as wide" in contours_title(found)
    assert np.isfinite(found.ring(1)).all()
    np.testing.assert_allclose(found.path[1:], found.best[None].repeat(20, axis=0))


def test_columns_that_do_not_vary_have_no_valley():
    found = landscape(Constant(scaling="zscore"), ("a", "b"), "zscore")
    assert found.flat and "no valley" in contours(found).layout.meta["title"]
    assert not found.path.any()


@pytest.mark.parametrize(("size", "rate"), [(10, 0.1), (30, 0.1), (100, 0.1), (1000, 0.01), (1e5, 0.01)])
def test_the_step_of_the_overflow_is_known_before_training(size, rate):
    experiments = [Scales(size=size, learning_rate=rate, steps=40, seed=seed) for seed in range(5)]
    for e, run in zip(experiments, train(experiments, snapshots=2), strict=True):
        lambda_max, furthest = steepest(e)
        assert abs(run.diverged_at - overflow_step(furthest**2, lambda_max, rate)) < 1


def test_a_short_step_does_not_overflow():
    e = Scales(learning_rate=0.001, steps=40)
    lambda_max, furthest = steepest(e)
    assert lambda_max == pytest.approx(2 * np.linalg.norm(with_bias(e.load().x_train), 2) ** 2 / 500)
    assert overflow_step(furthest**2, lambda_max, 0.001) == np.inf
    assert train([e], snapshots=2)[0].diverged_at is None
