"""Courses of gradient descent in closed form, against the recursions they solve."""

import numpy as np
import pytest
import torch

from core.lessons.gradients.theory import catapult, errors
from core.theory import momentum_threshold

CURVATURES = np.array([3.0, 1.0, 0.1])
START = np.array([1.0, -2.0, 0.5])


@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.9])
@pytest.mark.parametrize("ratio", [0.1, 0.9, 1.1])
def test_the_errors_on_a_parabola_are_those_of_sgd(ratio, momentum):
    rate, steps = ratio * momentum_threshold(CURVATURES[0], momentum), 60
    w = torch.tensor(START, requires_grad=True)
    optimizer, path = torch.optim.SGD([w], lr=rate, momentum=momentum), [START]
    for _ in range(steps):
        optimizer.zero_grad()
        (torch.tensor(CURVATURES) * w**2 / 2).sum().backward()
        optimizer.step()
        path.append(w.detach().numpy().copy())
    found = errors(START, CURVATURES, rate, momentum, steps)
    np.testing.assert_allclose(found, path, rtol=1e-8, atol=1e-12)


def test_an_error_that_overflows_is_not_a_warning():
    found = errors(np.ones(1), np.ones(1), 100.0, 0.0, 300)
    assert np.isfinite(found[0]) and np.isinf(found[-1])


def walked(u, v, rate, steps):
    """Outputs f = u v / sqrt(n) and curvatures of gradient descent on f^2 / 2."""
    n, path = len(u), []
    for _ in range(steps + 1):
        f = u @ v / np.sqrt(n)
        path.append((f, (u @ u + v @ v) / n))
        u, v = u - rate * f * v / np.sqrt(n), v - rate * f * u / np.sqrt(n)
    return np.array(path).T


@pytest.mark.parametrize("ratio", [0.5, 1.5, 2.5, 3.5])
def test_the_catapult_is_gradient_descent_on_the_product_of_two_layers(ratio):
    rng = np.random.default_rng(0)
    u, v = rng.normal(size=(2, 20))
    (f, *_), (curvature, *_) = walked(u, v, 0.0, 0)
    rate = ratio / curvature
    expected = walked(u, v, rate, 40)
    found = catapult(f, curvature, 20, rate, 40)
    np.testing.assert_allclose(found, expected, rtol=1e-8, atol=1e-12)


def test_a_catapult_beyond_four_overflows_without_a_warning():
    f, curvature = catapult(1.0, 2.0, 20, 5.0, 100)
    assert not np.isfinite(f[-1])
    assert len(f) == len(curvature) == 101
