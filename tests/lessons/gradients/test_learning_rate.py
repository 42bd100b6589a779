"""What is said beside a learning rate: against which bound, by which law, and what counts as learned."""

from dataclasses import replace

import numpy as np
import pytest

from core.engine.train import train
from core.experiment import Experiment
from core.lessons.gradients.charts import learning_rate as charts
from core.lessons.gradients.measured import descent
from core.lessons.gradients.measured.curvature import Sharpness
from core.lessons.gradients.measured.rates import Ruler
from core.run import LEARNED
from core.words import short

SMALL = Experiment(depth=2, width=8, samples=64, steps=20, learning_rate=0.05)


def sharp(values, diverged_at=None, **changes):
    [run] = train([SMALL.but(**changes)], 2)
    values = np.array(values, dtype=float)
    return Sharpness(replace(run, diverged_at=diverged_at), np.arange(len(values)), values)


@pytest.mark.parametrize(("beta", "bound"), [(0, 40), (0.9, 76)])
def test_the_sharpness_is_measured_against_the_bound_that_is_named(beta, bound):
    title = charts.sharpness(sharp([bound / 2, bound / 4], momentum=beta)).layout.meta["title"]
    name = "2 (1 + momentum) / learning rate" if beta else "2 / learning rate"
    assert title.startswith(f"The sharpness stays below {name} ({bound}), at most 0.5 of it")
    above = charts.sharpness(sharp([bound, bound, 2 * bound], momentum=beta)).layout.meta["title"]
    assert f"is 1.5 times {name} ({bound}) on average" in above


def test_a_run_that_diverges_says_when_and_no_nan():
    title = charts.sharpness(sharp([80, np.nan], 3, momentum=0)).layout.meta["title"]
    assert title == "The run diverges at step 3; the sharpness is at first 2 times 2 / learning rate (40)"
    assert "not finite" in charts.sharpness(sharp([np.nan], 0)).layout.meta["title"]


def test_what_keeps_a_run_from_the_theory_is_named():
    def how(**changes):
        return charts.sharpness(sharp([1, 2], **changes)).layout.meta["how"]

    assert "this run has" not in how()
    assert "this run has batches and clipping." in how(batch_size=32, clip_norm=1)
    assert "this run has Adam." in how(optimizer="adam", batch_size=64)


@pytest.mark.parametrize("ratio", [0.6, 0.99, 1.05])
@pytest.mark.parametrize("beta", [0.5, 0.9])
def test_with_momentum_least_squares_has_the_law_of_the_heavy_ball(ratio, beta):
    """The roots are those of numpy; the factor without momentum is not said."""
    one = descent.least_squares(ratio, beta, steps=50)
    how = charts.least_squares(one, one).layout.meta["how"]
    roots = np.roots([1, -(1 + beta - one.learning_rate * one.curvature[0]), beta])
    assert f"has the size {short(abs(roots).max())}" in how and "Goh 2017" in how
    assert "multiplied by 1 −" not in how


def test_without_momentum_it_has_one_factor():
    one = descent.least_squares(0.9, 0.0, steps=50)
    how = charts.least_squares(one, one).layout.meta["how"]
    assert "multiplied by 1 − learning rate × λ" in how and "threshold is 2 / λ_max" in how


def test_at_the_threshold_it_is_said_where_the_loss_ends():
    one = descent.least_squares(1.0, 0.9)
    title = charts.least_squares(one, one).layout.meta["title"]
    assert f"does not converge and ends at {short(one.loss[-1])}" in title


def ruled(loss, sharpness=10.0, **changes):
    rates = np.array([0.001, 0.01, 0.1])
    return Ruler(SMALL.but(**changes), 20, rates, np.array(loss)[:, None], np.log(2), sharpness)


def test_a_ruler_without_a_rate_that_learns_compares_none():
    about = charts.ruler(ruled([0.69, 0.6, np.inf])).layout.meta
    assert "At no learning rate is anything learned" in about["title"]
    assert "from 0.1 on most seeds diverge" in about["title"]
    assert "best rate" not in about["how"]


def test_the_best_rate_is_said_as_a_multiple_or_a_share_of_the_limit():
    """The limit is 2 (1 + 0.9) / λ_max."""
    how = charts.ruler(ruled([0.69, 0.1, 0.2])).layout.meta["how"]
    assert f"on circles; it learns where the median loss is below half of what guessing gives, {0.347}" in how
    assert f"= 0.38 converge; a network is none: the best rate here is {short(0.01 / 0.38)} of that" in how
    steep = charts.ruler(ruled([0.69, 0.1, 0.2], 3.8e6)).layout.meta["how"]
    assert "the best rate here is 10,000 times that" in steep
    flat = charts.ruler(ruled([0.1, 0.2, 0.3], 3.8e-3)).layout.meta["how"]
    assert "the best rate here is 1 part in 1 million of that" in flat


def test_learned_is_the_rule_of_a_run():
    half = LEARNED * np.log(2)
    assert ruled([half * 0.99, 1, 1]).learns and not ruled([half * 1.01, 1, 1]).learns
