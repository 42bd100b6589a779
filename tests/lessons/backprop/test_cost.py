"""Counted costs against what PyTorch reports while it computes, and the two slow ways against autograd."""

import pytest
import torch

from core.lessons.backprop.cost import (
    BATCH,
    DEPTHS,
    WIDTHS,
    backward_flops,
    difference_flops,
    forward_flops,
    forward_mode_flops,
    parameter_count,
    recorded_bytes,
    reverse_mode_flops,
    shape,
    tangent_flops,
)
from core.lessons.backprop.measured import (
    count_bytes,
    count_flops,
    differences,
    forward_mode,
    loss,
    network,
    time_gradients,
)


def test_pytorch_needs_exactly_the_operations_that_are_counted():
    flops = count_flops()
    assert flops.widths == [shape(width) for width in WIDTHS]
    for i, widths in enumerate(flops.widths):
        assert flops.forward[i] == forward_flops(widths, BATCH)
        assert flops.backward[i] == backward_flops(widths, BATCH)
        assert flops.tangent[i] == tangent_flops(widths, BATCH)


@pytest.mark.parametrize("width", [16, 64])
def test_pytorch_keeps_exactly_the_bytes_that_are_counted(width):
    assert count_bytes(width).tolist() == [recorded_bytes(shape(width, depth), BATCH) for depth in DEPTHS]


def test_the_backward_pass_costs_less_than_twice_the_forward_pass_whatever_the_size():
    for widths in [(2, 1), (2, 8, 8, 1), (2, 1024, 1024, 1), (1000, 8, 1), (2, *[64] * 20, 1)]:
        ratio = backward_flops(widths, 32) / forward_flops(widths, 32)
        assert 1 <= ratio < 2
        assert reverse_mode_flops(widths, 32) / forward_flops(widths, 32) < 3
    assert backward_flops(shape(8), 1) / forward_flops(shape(8), 1) == pytest.approx(160 / 88)
    assert backward_flops(shape(1024), 1) / forward_flops(shape(1024), 1) == pytest.approx(1.998, abs=1e-3)


def test_the_slow_ways_cost_a_pass_or_two_for_every_parameter():
    widths = shape(8)
    assert parameter_count(widths) == sum(layer.numel() for layer in network(widths)[0])
    assert difference_flops(widths, 4) == 2 * parameter_count(widths) * forward_flops(widths, 4)
    assert forward_mode_flops(widths, 4) == parameter_count(widths) * tangent_flops(widths, 4)


def test_memory_grows_by_one_layer_of_activations_per_layer():
    kept = [recorded_bytes(shape(64, depth), 32) for depth in (1, 2, 3)]
    assert kept[1] - kept[0] == kept[2] - kept[1] == 4 * 32 * 64


def test_the_three_ways_that_are_timed_find_the_same_gradient():
    layers, x = network(shape(4))
    exact = torch.cat([g.flatten() for g in torch.autograd.grad(loss(layers, x), layers)])
    torch.testing.assert_close(forward_mode(layers, x), exact, rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(differences(layers, x), exact, rtol=1e-2, atol=1e-3)


def test_every_way_is_timed_for_every_network(monkeypatch):
    monkeypatch.setattr("core.lessons.backprop.measured.TIMED", (2, 4))
    ticks = []
    seconds = time_gradients(lambda: ticks.append(1))
    assert ticks
    for times in (seconds.reverse, seconds.forward_mode, seconds.differences):
        assert len(times) == len(seconds.parameters) and (times > 0).all()
