"""What a gradient costs, counted: operations by three ways of finding it, and the memory that one way needs.

Fully connected networks, inputs first in `widths`, on a batch. An operation is a multiplication or addition
in a matrix product, as torch.utils.flop_counter counts them; biases, activations and the loss are left out.
The forward pass needs 2 B n_in n_out of them per layer; the backward pass that much for the gradient of the
weights and again for the gradient of the inputs, which the first layer does not need. So a gradient costs
less than three forward passes, however many parameters there are: the cheap gradient principle (Baur and
Strassen 1983; Griewank 1989, "no more than five times").
"""

from collections.abc import Sequence
from itertools import pairwise

BYTES = 4
BATCH = 32
INPUTS = 2
MEMORY_WIDTH = 64
WIDTHS = (4, 8, 16, 32, 64, 128, 256, 512, 1024)
DEPTHS = (1, 2, 4, 6, 8, 12, 16)


def shape(width: int, depth: int = 2) -> tuple[int, ...]:
    """Two inputs, `depth` hidden layers of `width` units, one output."""
    return (INPUTS, *(width,) * depth, 1)


def parameter_count(widths: Sequence[int]) -> int:
    """Weights and biases."""
    return sum((fan_in + 1) * fan_out for fan_in, fan_out in pairwise(widths))


def forward_flops(widths: Sequence[int], batch: int) -> int:
    """One forward pass."""
    return sum(2 * batch * fan_in * fan_out for fan_in, fan_out in pairwise(widths))


def backward_flops(widths: Sequence[int], batch: int) -> int:
    """One backward pass for the gradient of every parameter, after a forward pass."""
    return 2 * forward_flops(widths, batch) - forward_flops(widths[:2], batch)


def reverse_mode_flops(widths: Sequence[int], batch: int) -> int:
    """The gradient of every parameter by backpropagation: one forward and one backward pass."""
    return forward_flops(widths, batch) + backward_flops(widths, batch)


def tangent_flops(widths: Sequence[int], batch: int) -> int:
    """One pass of forward mode: W x, and for its derivative along one direction dW x + W dx."""
    return 3 * forward_flops(widths, batch)


def forward_mode_flops(widths: Sequence[int], batch: int) -> int:
    """The gradient of every parameter by forward mode: one pass per parameter."""
    return parameter_count(widths) * tangent_flops(widths, batch)


def difference_flops(widths: Sequence[int], batch: int) -> int:
    """The gradient of every parameter by central differences: two forward passes per parameter."""
    return 2 * parameter_count(widths) * forward_flops(widths, batch)


def recorded_bytes(widths: Sequence[int], batch: int) -> int:
    """What is kept between the passes, in float32: the inputs, every hidden activation, and the output."""
    return BYTES * batch * sum(widths)
