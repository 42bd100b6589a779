"""The network that autograd differentiates is the one of torch.nn with the same parameters."""

import pytest
import torch

from core.engine import autograd
from core.experiment import Experiment
from tests.reference import LOSS, PHI, Network

SMALL = Experiment(
    dataset="moons", samples=32, depth=2, width=5, init="pytorch", activation="tanh", precision="float64"
)
KINDS = {
    "classes": SMALL.but(dataset="blobs"),
    "regression": SMALL.but(dataset="curve"),
    "one layer": SMALL.but(depth=1),
    "residual": SMALL.but(depth=3, residual=True),
    "batchnorm": SMALL.but(batchnorm=True),
    "both": SMALL.but(depth=3, batchnorm=True, residual=True),
    **{name: SMALL.but(activation=name) for name in PHI},
}


def drawn(e):
    """A torch.nn network with random parameters, gamma and beta too, and data: x [n, inputs], y [n]."""
    model, data = Network(e).train(), e.load()
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.3 * torch.randn(parameter.shape, generator=generator, dtype=parameter.dtype)
    return model, torch.from_numpy(data.x_train).double(), torch.from_numpy(data.y_train)


def parameters(model):
    """Weights, biases, gammas and betas, as torch.nn has them."""
    layers = [
        [layer.weight for layer in group] + [layer.bias for layer in group]
        for group in (model.linear, model.norm)
    ]
    return layers[0] + layers[1]


def columns(tensors):
    """The same with every vector as a column, leaves of their own."""
    return [t.detach().clone().reshape(len(t), -1).requires_grad_() for t in tensors]


@pytest.mark.parametrize("kind", KINDS)
def test_output_loss_and_gradients_are_those_of_torch_nn(kind):
    e = KINDS[kind]
    model, x, y = drawn(e)
    expected = LOSS[e.loss](model(x), y if e.loss == "cross_entropy" else y.double())
    values = columns(parameters(model))
    targets = torch.nn.functional.one_hot(y, e.outputs) if e.loss == "cross_entropy" else y[:, None]
    found = autograd.loss(e, values, x.T, targets.T.double())
    torch.testing.assert_close(autograd.output(e, values, x.T), model(x).T, rtol=1e-9, atol=1e-12)
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-12)
    for mine, theirs in zip(
        torch.autograd.grad(found, values), torch.autograd.grad(expected, parameters(model)), strict=True
    ):
        torch.testing.assert_close(mine, theirs.reshape(mine.shape), rtol=1e-9, atol=1e-12)


def test_an_epsilon_of_ones_own_is_that_of_every_normalization():
    e = KINDS["both"]
    model, x, _ = drawn(e)
    for norm in model.norm:
        norm.eps = 0.5
    found = autograd.output(e, columns(parameters(model)), x.T, epsilon=0.5)
    torch.testing.assert_close(found, model(x).T, rtol=1e-9, atol=1e-12)


def test_nothing_is_dropped():
    model, x, _ = drawn(SMALL)
    values = columns(parameters(model))
    assert torch.equal(
        autograd.output(SMALL.but(dropout=0.5), values, x.T), autograd.output(SMALL, values, x.T)
    )
