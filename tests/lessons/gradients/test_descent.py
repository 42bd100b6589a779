"""torch.optim.SGD against closed forms: least squares, heavy ball, overflow, catapult."""

import numpy as np
import pytest

from core import theory
from core.lessons.gradients.measured import descent

LIMIT = float(np.finfo(np.float32).max)


@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.9])
@pytest.mark.parametrize("ratio", [0.5, 0.98, 0.999, 1.001, 1.02, 1.1])
def test_the_whole_trajectory_is_known(ratio, momentum):
    d = descent.least_squares(ratio, momentum)
    seen = d.predicted > 1e-12 * d.predicted[0]
    np.testing.assert_allclose(d.loss[seen], d.predicted[seen], rtol=1e-6)
    assert seen.sum() > 10


@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.9])
def test_the_threshold_is_exactly_on_the_side_that_theory_says(momentum):
    below, above = (descent.least_squares(ratio, momentum, steps=1500) for ratio in (0.98, 1.02))
    assert below.loss[-1] < 1e-25
    assert not above.loss[-1] < 1e25


@pytest.mark.parametrize("ratio", [1.05, 1.1, 1.5, 3])
def test_float32_overflows_when_predicted(ratio):
    single = descent.least_squares(ratio, 0.0, "float32", steps=700)
    exact = descent.least_squares(ratio, 0.0, steps=700)
    top = int(np.argmax(exact.predicted > LIMIT))
    lost = np.flatnonzero(~np.isfinite(single.loss))[0]
    assert abs(lost - top) <= 1
    estimate = theory.overflow_step(exact.loss[0], exact.curvature[0], exact.learning_rate, 0.0, LIMIT)
    assert estimate == pytest.approx(top, rel=0.05, abs=2)


@pytest.mark.parametrize("seed", range(3))
def test_the_catapult_follows_its_recursion(seed):
    for d in descent.catapults(seed):
        seen = (d.predicted > 1e-12) & np.isfinite(d.loss) & (d.predicted < 1e12)
        np.testing.assert_allclose(d.loss[seen], d.predicted[seen], rtol=1e-6)
        np.testing.assert_allclose(d.curvature[seen], d.predicted_curvature[seen], rtol=1e-8)


@pytest.mark.parametrize("seed", range(3))
def test_between_two_and_four_it_is_thrown_up_and_lands_flatter(seed):
    calm, *thrown, lost = descent.catapults(seed)
    assert calm.loss.argmax() == 0
    for d in thrown:
        assert d.loss.max() > 10 * d.loss[0]
        assert d.loss[-1] < d.loss[0] / 50
        assert d.curvature[-1] < 2 / d.learning_rate < d.curvature[0]
    assert not np.isfinite(lost.loss[-1])
