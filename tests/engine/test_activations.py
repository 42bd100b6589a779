"""Forward and backward passes of every activation, written into buffers, against autograd."""

import numpy as np
import pytest
import torch

from core import slopes
from core.engine.activations import ACTIVATIONS
from tests.reference import PHI

KINKED = [-30.0, -1.0, -1e-30, -0.0, 0.0, 1e-30, 1.0, 30.0]


def drawn(dtype):
    """Weighted sums [K, units, batch] with the kink among them, and an error signal from above."""
    rng = np.random.default_rng(0)
    z, g = 3 * rng.normal(size=(2, 2, 3, 8))
    z[0, 0] = KINKED
    return torch.tensor(z, dtype=dtype), torch.tensor(g, dtype=dtype)


def passes(name, z, g):
    """What both passes leave in buffers that held something else."""
    a, delta = torch.full_like(z, 7), torch.full_like(z, 7)
    ACTIVATIONS[name].forward(z, a)
    ACTIVATIONS[name].backward(g, z, a, delta)
    return a, delta


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_both_passes_are_those_of_autograd(name, dtype):
    z, g = drawn(dtype)
    a, delta = passes(name, z, g)
    leaf = z.clone().requires_grad_()
    expected = PHI[name](leaf)
    expected.backward(g)
    rtol, atol = (1e-5, 1e-6) if dtype == torch.float32 else (1e-12, 1e-15)
    torch.testing.assert_close(a, expected.detach(), rtol=rtol, atol=atol)
    torch.testing.assert_close(delta, leaf.grad, rtol=rtol, atol=atol)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_neither_pass_changes_what_it_reads(name):
    z, g = drawn(torch.float64)
    before = z.clone(), g.clone()
    passes(name, z, g)
    assert torch.equal(z, before[0]) and torch.equal(g, before[1])


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_a_forward_pass_may_overwrite_its_input(name):
    z, g = drawn(torch.float64)
    expected, _ = passes(name, z, g)
    ACTIVATIONS[name].forward(z, z)
    assert torch.equal(z, expected)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_theory_and_engine_mean_the_same_function(name):
    z, g = drawn(torch.float64)
    a, delta = passes(name, z, g)
    phi, slope = slopes.ACTIVATIONS[name]
    np.testing.assert_allclose(phi(z.numpy()), a, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(slope(z.numpy()) * g.numpy(), delta, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_what_is_not_a_number_stays_where_it_is(name):
    z, g = drawn(torch.float64)
    expected, _ = passes(name, z, g)
    z[1, 2, 3] = torch.nan
    a, _ = passes(name, z, g)
    assert a[1, 2, 3].isnan()
    a[1, 2, 3] = expected[1, 2, 3]
    assert torch.equal(a, expected)
