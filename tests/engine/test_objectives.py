"""Losses, their gradients, accuracies and the best constant answer, against torch.nn and autograd."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from core.engine.objectives import accuracy, chance, objective, objective_delta

SAMPLES, NETWORKS = 12, 3
CLASSES = {"mse": 1, "bce": 1, "cross_entropy": 4}


def drawn(kind, scale=2.0, outputs=None):
    """Outputs and targets [K, outputs, samples] of an objective."""
    rng, outputs = np.random.default_rng(0), outputs or CLASSES[kind]
    output = torch.tensor(scale * rng.normal(size=(NETWORKS, outputs, SAMPLES)))
    if kind == "mse":
        return output, torch.tensor(rng.normal(size=output.shape))
    if kind == "bce":
        return output, torch.tensor(rng.integers(0, 2, output.shape)).double()
    classes = torch.tensor(rng.integers(0, outputs, (NETWORKS, SAMPLES)))
    return output, F.one_hot(classes, outputs).mT.double()


def by_torch(kind, output, target):
    """The mean loss of one network: output and target [outputs, samples]."""
    if kind == "cross_entropy":
        return F.cross_entropy(output.T, target.argmax(dim=0))
    return {"mse": F.mse_loss, "bce": F.binary_cross_entropy_with_logits}[kind](output, target)


@pytest.mark.parametrize("scale", [0.0, 2.0, 1000.0])
@pytest.mark.parametrize("kind", CLASSES)
def test_the_loss_is_that_of_torch(kind, scale):
    output, target = drawn(kind, scale)
    found = objective(kind, output, target)
    assert found.shape == (NETWORKS, SAMPLES)
    for k in range(NETWORKS):
        expected = by_torch(kind, output[k], target[k])
        torch.testing.assert_close(found[k].mean(), expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("scale", [0.0, 2.0, 1000.0])
@pytest.mark.parametrize("kind", CLASSES)
def test_the_delta_is_the_gradient_of_the_mean_loss(kind, scale):
    output, target = drawn(kind, scale)
    leaf = output.clone().requires_grad_()
    objective(kind, leaf, target).mean(dim=1).sum().backward()
    found = objective_delta(kind, output, target)
    torch.testing.assert_close(found, leaf.grad, rtol=1e-12, atol=1e-14)


def test_several_outputs_of_a_regression_share_its_loss():
    output, target = drawn("mse", outputs=3)
    leaf = output.clone().requires_grad_()
    F.mse_loss(leaf[0], target[0]).backward()
    torch.testing.assert_close(objective("mse", output, target)[0].mean(), F.mse_loss(output[0], target[0]))
    torch.testing.assert_close(objective_delta("mse", output, target)[0], leaf.grad[0])


@pytest.mark.parametrize("logit", [1e30, torch.inf])
def test_a_class_that_is_ruled_out_does_no_harm_to_the_right_one(logit):
    output = torch.tensor([[[0.0], [-logit]]], dtype=torch.float64)
    right, wrong = (F.one_hot(torch.tensor([[i]]), 2).mT.double() for i in (0, 1))
    assert objective("cross_entropy", output, right) == 0
    assert objective("cross_entropy", output, wrong) == logit


def test_accuracy_is_the_share_of_right_classes():
    output, target = drawn("cross_entropy")
    right = (output.argmax(dim=1) == target.argmax(dim=1)).double().mean(dim=1)
    torch.testing.assert_close(accuracy("cross_entropy", output, target), right)


def test_of_two_classes_the_second_is_meant_above_0_only():
    output = torch.tensor([[[-1.0, 0.0, 1e-30, 2.0]]])
    assert accuracy("bce", output, torch.ones(1, 1, 4)) == 0.5
    assert accuracy("bce", output, torch.zeros(1, 1, 4)) == 0.5


def test_accuracy_of_a_regression_is_the_explained_variance():
    output, target = drawn("mse")
    for found, o, t in zip(accuracy("mse", output, target), output, target, strict=True):
        assert found == pytest.approx(float(1 - F.mse_loss(o, t) / t.var(correction=0)), rel=1e-12)
    torch.testing.assert_close(accuracy("mse", target, target), torch.ones(NETWORKS).double())
    mean = target.mean(dim=2, keepdim=True).expand_as(target)
    torch.testing.assert_close(accuracy("mse", mean, target), torch.zeros(NETWORKS).double())


@pytest.mark.parametrize("kind", CLASSES)
def test_no_constant_answer_is_better_than_chance(kind):
    """By gradient descent on the one constant that all samples get."""
    _, target = drawn(kind)
    answer = torch.zeros(CLASSES[kind], 1, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([answer], max_iter=100, tolerance_grad=1e-12)

    def loss():
        optimizer.zero_grad()
        value = objective(kind, answer.expand_as(target[0])[None], target[:1]).mean()
        value.backward()
        return value

    optimizer.step(loss)
    assert chance(kind, target[0]) == pytest.approx(loss().item(), rel=1e-9)


def test_chance_of_equal_classes_is_the_logarithm_of_their_number():
    assert chance("bce", torch.tensor([[0.0, 1.0]])) == pytest.approx(np.log(2))
    assert chance("cross_entropy", torch.eye(4)) == pytest.approx(np.log(4))


@pytest.mark.parametrize("kind", CLASSES)
def test_one_class_only_leaves_nothing_to_chance(kind):
    target = torch.zeros(CLASSES[kind], 5)
    target[0] = 1
    assert chance(kind, target) == 0
