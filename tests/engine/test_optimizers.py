"""Every optimizer against its namesake in torch.optim, and what its class says of it."""

from types import SimpleNamespace

import pytest
import torch

from core.engine.optimizers import OPTIMIZERS, momentum
from core.experiment import Experiment

START = Experiment()
CURVATURES = torch.tensor([30.0, 3.0, 0.1, 0.0], dtype=torch.float64)


def course(step, w, steps=50):
    """The weights after every step on the quadratic sum(CURVATURES w^2) / 2."""
    found = []
    for _ in range(steps):
        step(CURVATURES * w)
        found.append(w.clone())
    return torch.stack(found)


@pytest.mark.parametrize("beta", [0, 0.9])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_its_steps_are_those_of_its_namesake(name, beta):
    kind, rate, w = OPTIMIZERS[name], 0.02, torch.ones(4, dtype=torch.float64)
    stack = SimpleNamespace(
        parameters=w, experiments=[START.but(momentum=beta)], owner=torch.zeros(4, dtype=torch.long)
    )
    optimizer = kind(stack)
    ours = course(lambda gradient: w.sub_(rate * optimizer.direction(gradient)), w)

    theirs = torch.ones(4, dtype=torch.float64, requires_grad=True)
    options = {"momentum": beta} if kind.has_momentum else {}
    reference = getattr(torch.optim, kind.__name__)([theirs], lr=rate, **options)

    def step(gradient):
        theirs.grad = gradient.detach()
        reference.step()

    torch.testing.assert_close(ours, course(step, theirs).detach(), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_direction_is_the_share_of_its_gradient_and_what_is_left_of_the_steps_before(name):
    w, (first, second) = torch.ones(4, dtype=torch.float64), CURVATURES * torch.tensor([[1.0], [-3.0]])
    about = dict(parameters=w, experiments=[START], owner=torch.zeros(4, dtype=torch.long))
    optimizer = OPTIMIZERS[name](SimpleNamespace(**about))
    torch.testing.assert_close(optimizer.direction(first), optimizer.share(first))
    past = optimizer.direction(second) - optimizer.share(second)
    expected = START.momentum * first
    if name == "adam":
        average, square = 0.1 * first, 0.999 * 0.001 * first**2 + 0.001 * second**2
        expected = 0.9 * average / (1 - 0.9**2) / ((square / (1 - 0.999**2)).sqrt() + 1e-8)
    torch.testing.assert_close(past, expected, rtol=1e-12, atol=1e-15)
    torch.testing.assert_close(optimizer.share(second / 2), optimizer.share(second) / 2)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_what_rescales_makes_the_same_step_of_a_gradient_a_thousand_times_as_large(name):
    def first(scale):
        w = torch.ones(4, dtype=torch.float64)
        stack = SimpleNamespace(parameters=w, experiments=[START], owner=torch.zeros(4, dtype=torch.long))
        return OPTIMIZERS[name](stack).direction(scale * (w + 1))

    scale = 1 if OPTIMIZERS[name].rescales else 1000
    torch.testing.assert_close(first(1000), scale * first(1), rtol=1e-6, atol=0)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_rate_that_is_offered_is_a_usual_one(name):
    kind = OPTIMIZERS[name]
    low, high = kind.usual
    assert 0 < low <= kind.rate <= high
    assert not kind.rescales or kind.linear_rate >= kind.rate


def test_momentum_counts_where_it_is_a_setting():
    assert momentum(START.but(momentum=0.5)) == 0.5
    assert momentum(START.but(momentum=0.5, optimizer="adam")) == 0
