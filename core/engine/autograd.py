"""The same network once more, differentiated by autograd: for what the written-out passes do not give."""

import torch
from torch.nn import functional as F

from core.engine.objectives import objective
from core.experiment import BN_EPSILON
from core.trainable import Trainable

FUNCTIONS = {
    "relu": F.relu,
    "leaky_relu": F.leaky_relu,
    "elu": F.elu,
    "selu": F.selu,
    "gelu": F.gelu,
    "silu": F.silu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "identity": lambda z: z,
}


def output(e: Trainable, values: list[torch.Tensor], x: torch.Tensor, epsilon: float = BN_EPSILON):
    """What the network answers [outputs, n] to x [features, n], without dropout.

    values: weights [fan_out, fan_in] and biases [fan_out, 1] of all layers, then, with batch normalization,
    gamma and beta [units, 1]. It takes mean and variance of all of x, as a training step on all samples does.
    """
    layers = e.depth + 1
    weight, bias = values[:layers], values[layers : 2 * layers]
    gamma, beta = values[2 * layers : 2 * layers + e.depth], values[2 * layers + e.depth :]
    signal = x
    for layer in range(e.depth):
        z = weight[layer] @ signal + bias[layer]
        if e.batchnorm:
            variance, mean = torch.var_mean(z, dim=1, correction=0, keepdim=True)
            z = gamma[layer] * (z - mean) / torch.sqrt(variance + epsilon) + beta[layer]
        activated = FUNCTIONS[e.activation](z)
        signal = activated + signal if e.residual and layer else activated
    return weight[-1] @ signal + bias[-1]


def loss(e: Trainable, values: list[torch.Tensor], x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """The objective over x and targets y [outputs, n]."""
    return objective(e.loss, output(e, values, x)[None], y[None]).mean()
