"""Initial weights: their mean square and shape, as each scheme promises."""

import numpy as np
import pytest

from core.engine.initial import INITS

SHAPES = [(300, 100), (100, 300), (1, 400), (400, 1)]
MEAN_SQUARE = {
    "he": lambda fan_out, fan_in: 2 / fan_in,
    "xavier": lambda fan_out, fan_in: 2 / (fan_in + fan_out),
    "lecun": lambda fan_out, fan_in: 1 / fan_in,
    "pytorch": lambda fan_out, fan_in: 1 / (3 * fan_in),
    "normal": lambda fan_out, fan_in: 1 / fan_in,
    "orthogonal": lambda fan_out, fan_in: 1 / max(fan_out, fan_in),
    "zeros": lambda fan_out, fan_in: 0,
    "constant": lambda fan_out, fan_in: 1 / fan_in**2,
}


def draw(name, shape, seed=0):
    return INITS[name](np.random.default_rng(seed), *shape)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", INITS)
def test_weights_have_their_shape_and_mean_square(name, shape):
    weight = draw(name, shape)
    assert (weight.shape, weight.dtype) == (shape, float)
    assert np.mean(weight**2) == pytest.approx(MEAN_SQUARE[name](*shape), rel=0.2)
    np.testing.assert_array_equal(weight, draw(name, shape))


@pytest.mark.parametrize("fan_in", [1, 30])
def test_the_pytorch_default_is_uniform_up_to_its_bound(fan_in):
    largest = np.abs(draw("pytorch", (3000, fan_in))).max()
    assert 0.999 < largest * np.sqrt(fan_in) <= 1


@pytest.mark.parametrize("shape", [*SHAPES, (64, 64)], ids=str)
def test_orthogonal_keeps_lengths_and_prefers_no_direction(shape):
    weight = draw("orthogonal", shape)
    small = weight.T if shape[0] < shape[1] else weight
    np.testing.assert_allclose(small.T @ small, np.eye(min(shape)), atol=1e-12)
    signs = [draw("orthogonal", (8, 8), seed)[0, 0] > 0 for seed in range(40)]
    assert 8 < sum(signs) < 32
