"""Every activation and its slope against torch and autograd in float64."""

from typing import get_args

import numpy as np
import pytest
import torch
from scipy.stats import norm

from core import slopes
from core.experiment import Activation
from tests.reference import PHI

NAMES = get_args(Activation)
KINKS = {
    "relu": (0.0, 0.0),
    "leaky_relu": (0.0, slopes.LEAK),
    "elu": (0.0, 1.0),
    "selu": (0.0, slopes.SELU_SCALE * slopes.SELU_ALPHA),
}
"""Name -> value and slope at 0."""
PLACES = {
    "in the middle": np.linspace(-8, 8, 161),
    "beside the kink": np.array([-5e-324, -1e-300, -1e-16, -0.0, 0.0, 1e-16, 1e-300, 5e-324]),
    "far out": np.array([-1e150, -1e4, -745, -700, -50, 50, 700, 745, 1e4, 1e150]),
}


def torch_says(name, x):
    """The value and the slope in float64, by autograd."""
    z = torch.tensor(x, requires_grad=True)
    a = PHI[name](z)
    return a.detach().numpy(), torch.autograd.grad(a.sum(), z)[0].numpy()


def test_there_is_one_of_every_name_that_can_be_chosen():
    assert set(slopes.ACTIVATIONS) == set(NAMES)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", NAMES)
def test_value_and_slope_are_those_of_torch(name, place):
    x = PLACES[place]
    phi, slope = slopes.ACTIVATIONS[name]
    value, expected = torch_says(name, x)
    np.testing.assert_allclose(phi(x), value, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(slope(x), expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("name", KINKS)
def test_at_a_kink_the_slope_is_the_one_from_below(name):
    phi, slope = slopes.ACTIVATIONS[name]
    assert (phi(np.zeros(1))[0], slope(np.zeros(1))[0]) == pytest.approx(KINKS[name])
    assert torch_says(name, [0.0]) == (pytest.approx([KINKS[name][0]]), pytest.approx([KINKS[name][1]]))


@pytest.mark.parametrize("name", NAMES)
def test_any_shape_is_kept_and_the_argument_left_alone(name):
    x = np.random.default_rng(0).normal(size=(2, 3, 4))
    before = x.copy()
    for f in slopes.ACTIVATIONS[name]:
        assert f(x).shape == x.shape
    np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_not_a_number_stays_so(name):
    phi, _ = slopes.ACTIVATIONS[name]
    assert np.isnan(phi(np.array([np.nan]))).all()


def test_the_normal_density_is_that_of_scipy():
    x = np.linspace(-30, 30, 61)
    np.testing.assert_allclose(slopes.normal_pdf(x), norm.pdf(x), rtol=1e-12)
