"""Lanczos against the full Hessian in float64, and what the sharpness of real runs does."""

import numpy as np
import pytest
import torch
from scipy.sparse import linalg

from core.engine.network import Stack
from core.experiment import Experiment
from core.lessons.gradients.measured import curvature
from core.lessons.gradients.ruler import curvature_samples
from core.lessons.gradients.settings import EDGE

SMALL = Experiment(depth=2, width=5, samples=32, activation="tanh", init="lecun", precision="float64")
KINDS = [
    {},
    {"activation": "relu", "init": "he", "depth": 3},
    {"activation": "gelu", "residual": True, "depth": 3},
    {"activation": "sigmoid", "dataset": "blobs"},
    {"activation": "selu", "dataset": "curve"},
    {"batchnorm": True},
    {"activation": "silu", "batchnorm": True, "residual": True, "gain": 3},
]


def full_hessian(experiment):
    """The Hessian [P, P] by differentiating twice over one flat vector of parameters."""
    stack = Stack([experiment])
    values = curvature.parameters(stack)
    x, y = stack.x_train[0].double(), stack.y_train[0].double()
    sizes = [v.numel() for v in values]

    def of_flat(flat):
        pieces = [p.view(v.shape) for p, v in zip(flat.split(sizes), values, strict=True)]
        return curvature.loss(experiment, pieces, x, y)

    flat = torch.cat([v.flatten() for v in values])
    return torch.autograd.functional.hessian(of_flat, flat).numpy()


@pytest.mark.parametrize("changes", KINDS, ids=str)
def test_lanczos_finds_the_largest_eigenvalue_of_the_full_hessian(changes):
    e = SMALL.but(**changes)
    eigenvalues = np.linalg.eigvalsh(full_hessian(e))
    assert curvature.at_start(e) == pytest.approx(eigenvalues[-1], rel=1e-4)


def test_a_product_is_the_hessian_times_the_vector():
    stack = Stack([SMALL])
    values = curvature.parameters(stack)
    x, y = stack.x_train[0], stack.y_train[0]
    product = curvature.hessian_vector(lambda values: curvature.loss(SMALL, values, x, y), values)
    hessian = full_hessian(SMALL)
    v = torch.from_numpy(np.random.default_rng(0).normal(size=len(hessian)))
    np.testing.assert_allclose(product(v).numpy(), hessian @ v.numpy(), rtol=1e-9, atol=1e-12)


def test_lanczos_is_not_fooled_by_a_larger_negative_eigenvalue():
    rng = np.random.default_rng(1)
    q, _ = np.linalg.qr(rng.normal(size=(40, 40)))
    matrix = torch.from_numpy(q @ np.diag(np.concatenate([[-50, 3], rng.uniform(-1, 1, 38)])) @ q.T)
    assert curvature.largest_eigenvalue(lambda v: matrix @ v, 40) == pytest.approx(3, rel=1e-4)


@pytest.mark.parametrize("size", [1, 2, 10, 11, 200])
def test_matrices_of_any_size_have_the_eigenvalue_that_numpy_finds(size):
    half = np.random.default_rng(size).normal(size=(size, size))
    matrix = torch.from_numpy(half + half.T)
    largest = np.linalg.eigvalsh(matrix.numpy())[-1]
    assert curvature.largest_eigenvalue(lambda v: matrix @ v, size) == pytest.approx(largest, rel=1e-5)


def test_every_product_ticks_and_the_first_that_is_not_finite_is_the_last():
    ticks, products, spread = [], [], torch.linspace(-1, 1, 50, dtype=torch.float64)

    def product(v):
        products.append(v)
        return spread * v if len(products) < 3 else v * torch.inf

    assert np.isnan(curvature.largest_eigenvalue(product, 50, lambda: ticks.append(1)))
    assert len(ticks) == len(products) == 3


def test_what_does_not_converge_has_no_eigenvalue(monkeypatch):
    def gives_up(*_, **__):
        raise linalg.ArpackNoConvergence("no convergence", np.empty(0), np.empty((5, 0)))

    monkeypatch.setattr(linalg, "eigsh", gives_up)
    assert np.isnan(curvature.largest_eigenvalue(lambda v: 2 * v, 5))


def test_a_matrix_may_be_a_multiple_of_one_or_zero():
    assert curvature.largest_eigenvalue(lambda v: 2 * v, 5) == pytest.approx(2, rel=1e-12)
    assert curvature.largest_eigenvalue(lambda v: 0 * v, 3) == 0


def test_a_loss_that_is_not_finite_has_no_sharpness():
    e = Experiment(
        activation="relu", init="normal", gain=100, depth=60, width=8, samples=32, precision="float32"
    )
    assert curvature.at_start(e.but(input_scale=1e6, precision="float64")) > 0
    assert np.isnan(curvature.largest_eigenvalue(lambda v: v * np.nan, 4))


def test_sharpness_rises_to_the_edge_and_hovers():
    """Cohen et al. 2021: [0.93, 1.10] over the second half; the loss then rises in many steps."""
    measured = curvature.over_steps(EDGE, 40)
    relative = measured.values * EDGE.learning_rate / 2
    assert relative[0] < 0.9
    assert 0.93 < relative[len(relative) // 2 :].mean() < 1.10
    assert (np.diff(measured.run.loss) > 0).sum() > 50


def test_a_run_that_never_gets_to_the_edge_never_rises():
    calm = EDGE.but(learning_rate=0.02)
    measured = curvature.over_steps(calm, 20)
    assert measured.values.max() < 2 / calm.learning_rate
    assert (np.diff(measured.run.loss) > 0).sum() == 0


def test_a_large_network_is_measured_over_fewer_samples():
    large = Experiment(depth=20, width=128, samples=512, steps=1)
    n = curvature_samples(large)
    assert 32 <= n < 512
    assert curvature_samples(SMALL) == 32
    assert curvature.at_start(large.but(samples=32)) > 0
