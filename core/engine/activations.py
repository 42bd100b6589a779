"""Activation functions with their backward pass, both written into buffers that exist already."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

aten = torch.ops.aten
LEAK = 0.01
SELU_ALPHA, SELU_SCALE = 1.6732632423543772, 1.0507009873554805


@dataclass(frozen=True)
class Activation:
    """`forward(z, a)` writes a = phi(z); `backward(g, z, a, delta)` writes delta = g * phi'(z)."""

    forward: Callable
    backward: Callable


def _tanh(z, a):
    np.tanh(z.numpy(), out=a.numpy())


ACTIVATIONS = {
    "relu": Activation(
        lambda z, a: torch.clamp_min(z, 0, out=a),
        lambda g, z, a, delta: aten.threshold_backward(g, z, 0, grad_input=delta),
    ),
    "leaky_relu": Activation(
        lambda z, a: aten.leaky_relu(z, LEAK, out=a),
        lambda g, z, a, delta: aten.leaky_relu_backward(g, z, LEAK, False, grad_input=delta),
    ),
    "elu": Activation(
        lambda z, a: aten.elu(z, 1.0, 1.0, 1.0, out=a),
        lambda g, z, a, delta: aten.elu_backward(g, 1.0, 1.0, 1.0, False, z, grad_input=delta),
    ),
    "selu": Activation(
        lambda z, a: aten.elu(z, SELU_ALPHA, SELU_SCALE, 1.0, out=a),
        lambda g, z, a, delta: aten.elu_backward(g, SELU_ALPHA, SELU_SCALE, 1.0, False, z, grad_input=delta),
    ),
    "gelu": Activation(
        lambda z, a: aten.gelu(z, out=a),
        lambda g, z, a, delta: aten.gelu_backward(g, z, grad_input=delta),
    ),
    "silu": Activation(
        lambda z, a: aten.silu(z, out=a),
        lambda g, z, a, delta: aten.silu_backward(g, z, grad_input=delta),
    ),
    "tanh": Activation(
        _tanh,
        lambda g, z, a, delta: aten.tanh_backward(g, a, grad_input=delta),
    ),
    "sigmoid": Activation(
        lambda z, a: torch.sigmoid(z, out=a),
        lambda g, z, a, delta: aten.sigmoid_backward(g, a, grad_input=delta),
    ),
    "identity": Activation(
        lambda z, a: a.copy_(z),
        lambda g, z, a, delta: delta.copy_(g),
    ),
}
