"""A stack of networks: its passes against autograd and torch.nn; no network feels another."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from core.engine import autograd
from core.engine.network import Stack, send_back, weight_gradient, weighted_sum
from core.experiment import Experiment
from tests.reference import LOSS, PHI, Network

SMALL = Experiment(
    dataset="moons", samples=32, depth=3, width=5, init="pytorch", activation="tanh", precision="float64"
)
KINDS = {
    "plain": SMALL,
    "one layer": SMALL.but(depth=1),
    "one unit": SMALL.but(width=1),
    "one feature": SMALL.but(dataset="curve"),
    "classes": SMALL.but(dataset="blobs", activation="gelu"),
    "residual": SMALL.but(residual=True, activation="silu"),
    "batchnorm": SMALL.but(batchnorm=True),
    "both": SMALL.but(batchnorm=True, residual=True, activation="elu"),
}


def moved(e, seeds=3):
    """Networks whose every parameter is random, gamma and beta too."""
    stack, rng = Stack(e.vary(seed=range(seeds))), np.random.default_rng(1)
    stack.parameters += torch.tensor(0.3 * rng.normal(size=len(stack.parameters)))
    return stack


def values(stack, k):
    """Copies of the parameters of one network: weights, biases, gamma, beta."""
    return [v[k].clone() for v in stack.weight + stack.bias + stack.gamma + stack.beta]


def gradients(stack, k):
    return [v[k] for v in stack.d_weight + stack.d_bias + stack.d_gamma + stack.d_beta]


def close(found, expected):
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_forward_and_backward_are_those_of_autograd(kind):
    e, stack = KINDS[kind], moved(KINDS[kind])
    loss = stack.forward(stack.x_train, stack.y_train)
    stack.backward(stack.y_train)
    for k in range(stack.count):
        leaves = [v.requires_grad_() for v in values(stack, k)]
        expected = autograd.loss(e, leaves, stack.x_train[k], stack.y_train[k])
        close(loss[k], expected.detach())
        for found, slope in zip(gradients(stack, k), torch.autograd.grad(expected, leaves), strict=True):
            close(found, slope)


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_signal_is_kept_when_asked_for(kind):
    e, stack = KINDS[kind], moved(KINDS[kind], seeds=1)
    stack.forward(stack.x_train, stack.y_train)
    stack.backward(stack.y_train, keep=True)
    model = reference(e, stack)
    output = model.train()(stack.x_train[0].T)
    loss = LOSS[e.loss](output, targets(e, stack.y_train[0]))
    loss.backward()
    for layer, entered in enumerate(model.entered):
        close(stack.pre_activation[layer, 0], entered.detach().T)
        close(stack.activated[layer, 0], model.left[layer].detach().T)
        close(stack.delta[layer, 0], entered.grad.T)


def targets(e, y):
    return y.argmax(dim=0) if e.loss == "cross_entropy" else y[0]


def reference(e, stack):
    """The torch.nn network with the parameters of the first of a stack."""
    model = Network(e)
    state = {name: torch.from_numpy(value) for name, value in stack.state(0).items()}
    missing, unexpected = model.load_state_dict(state, strict=False)
    assert not unexpected and all(name.endswith("num_batches_tracked") for name in missing)
    return model


@pytest.mark.parametrize("kind", KINDS)
def test_evaluation_mode_is_that_of_torch_nn_with_the_same_state(kind):
    e, stack = KINDS[kind], moved(KINDS[kind], seeds=1)
    for _ in range(3):
        stack.forward(stack.x_train, stack.y_train)
    model = reference(e, stack).eval()
    with torch.no_grad():
        output = model(stack.x_test[0].T)
    seen = [z[0].clone() for _, z in stack.inference(stack.x_test)]
    active = torch.empty(e.depth, 1, e.width, dtype=torch.float64)
    loss, _ = stack.evaluate(stack.x_test, stack.y_test, active)
    close(seen[-1], output.T)
    close(loss[0], LOSS[e.loss](output, targets(e, stack.y_test[0])))
    for layer, entered in enumerate(model.entered):
        close(seen[layer], entered.T)
        close(active[layer, 0], (entered > 0).double().mean(dim=0))


def test_evaluation_says_what_every_layer_receives():
    stack = moved(SMALL.but(residual=True), seeds=1)
    received, sums = zip(*((h.clone(), z.clone()) for h, z in stack.inference(stack.x_train)), strict=True)
    for layer, (h, z) in enumerate(zip(received, sums, strict=True)):
        close(z, stack.weight[layer] @ h + stack.bias[layer])
        if layer < SMALL.depth:
            skipped = h if layer else 0
            close(received[layer + 1], PHI[SMALL.activation](z) + skipped)


def test_running_statistics_are_those_of_torch_nn():
    e, stack = KINDS["batchnorm"], moved(KINDS["batchnorm"], seeds=1)
    model = reference(e, stack).train()
    for _ in range(3):
        stack.forward(stack.x_train, stack.y_train)
        model(stack.x_train[0].T)
    for layer, norm in enumerate(model.norm):
        close(stack.running_mean[layer][0].flatten(), norm.running_mean)
        close(stack.running_var[layer][0].flatten(), norm.running_var)


def test_dropout_multiplies_by_the_mask_forward_and_backward():
    e = SMALL.but(depth=1, activation="identity", dropout=0.5)
    stack = moved(e)
    stack.forward(stack.x_train, stack.y_train)
    stack.backward(stack.y_train, keep=True)
    mask = stack.mask[0]
    assert set(mask.unique().tolist()) == {0, 2}
    close(stack.output, stack.weight[1] @ (stack.activated[0] * mask) + stack.bias[1])
    close(stack.delta[0], (stack.weight[1].mT @ stack.output_delta) * mask)


def test_evaluation_mode_drops_nothing():
    dropping, plain = (moved(SMALL.but(dropout=p)) for p in (0.5, 0))
    for found, expected in zip(
        dropping.evaluate(dropping.x_test, dropping.y_test),
        plain.evaluate(plain.x_test, plain.y_test),
        strict=True,
    ):
        assert torch.equal(found, expected)


def all_of(stack):
    """What a step and an evaluation leave of every network: losses, gradients, statistics [K, ...]."""
    loss = stack.forward(stack.x_train, stack.y_train)
    stack.backward(stack.y_train)
    trained, accuracy = stack.evaluate(stack.x_train, stack.y_train)
    found = [loss, trained, accuracy, *stack.d_weight, *stack.d_bias, *stack.d_gamma, *stack.d_beta]
    if stack.like.batchnorm:
        found += [*stack.running_mean, *stack.running_var]
    return [values.clone() for values in found]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("value", [torch.nan, torch.inf])
def test_a_broken_network_harms_no_neighbour(kind, value):
    healthy, broken = moved(KINDS[kind]), moved(KINDS[kind])
    for weight in broken.weight:
        weight[1] = value
    for found, expected in zip(all_of(broken), all_of(healthy), strict=True):
        assert torch.equal(found[[0, 2]], expected[[0, 2]])


@pytest.mark.parametrize("kind", KINDS)
def test_a_network_has_the_same_numbers_alone_to_the_bit(kind):
    together = all_of(Stack(KINDS[kind].vary(seed=range(4))))
    alone = all_of(Stack([KINDS[kind].but(seed=2)]))
    for found, expected in zip(alone, together, strict=True):
        assert torch.equal(found[0], expected[2])


def test_a_broken_network_has_neither_accuracy_nor_active_units():
    stack = moved(SMALL)
    stack.weight[-1][1] = torch.nan
    active = torch.empty(SMALL.depth, 3, SMALL.width, dtype=torch.float64)
    loss, accuracy = stack.evaluate(stack.x_test, stack.y_test, active)
    assert loss.isnan().tolist() == accuracy.isnan().tolist() == [False, True, False]
    assert active.isnan().all(dim=2).tolist() == [[False, True, False]] * SMALL.depth


def test_every_parameter_is_part_of_one_tensor_that_knows_its_owner():
    stack = Stack(KINDS["batchnorm"].vary(seed=range(3)))
    stack.parameters.copy_(stack.owner)
    for group in (stack.weight, stack.bias, stack.gamma, stack.beta):
        for values in group:
            assert torch.equal(values, torch.arange(3.0)[:, None, None].double().expand_as(values))


def test_the_state_of_a_network_is_a_copy():
    stack = Stack([KINDS["batchnorm"]])
    state = stack.state(0)
    before = {name: value.copy() for name, value in state.items()}
    stack.forward(stack.x_train, stack.y_train)
    stack.parameters.zero_()
    for name, value in state.items():
        np.testing.assert_array_equal(value, before[name])


def test_targets_of_classes_are_one_hot():
    stack = Stack([KINDS["classes"]])
    y = torch.from_numpy(SMALL.but(dataset="blobs").load().y_train)
    assert torch.equal(stack.y_train[0], F.one_hot(y, 4).T.double())


def test_every_layer_and_every_drawn_tensor_is_a_tick():
    ticks = []
    stack = Stack([SMALL], lambda: ticks.append(1))
    drawn = len(ticks)
    stack.forward(stack.x_train, stack.y_train)
    stack.backward(stack.y_train)
    assert drawn >= SMALL.depth and len(ticks) - drawn == 2 * SMALL.depth


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (1, 4), (4, 1), (3, 4)])
def test_products_of_any_size_are_those_of_einsum(rows, columns):
    rng = np.random.default_rng(0)
    weight, h, delta, bias = (
        torch.tensor(rng.normal(size=(2, *shape)))
        for shape in ((rows, columns), (columns, 6), (rows, 6), (rows, 1))
    )
    close(weighted_sum(weight, h, bias), torch.einsum("kij,kjn->kin", weight, h) + bias)
    close(
        weight_gradient(delta, h, torch.empty(2, rows, columns).double()),
        torch.einsum("kin,kjn->kij", delta, h),
    )
    close(
        send_back(weight, delta, torch.empty(2, columns, 6).double()),
        torch.einsum("kij,kin->kjn", weight, delta),
    )
