"""OPTIMIZERS: how a gradient becomes a step."""

import torch

from core.engine.network import Stack


class SGD:
    """torch.optim.SGD with heavy-ball momentum: v = momentum v + g, w -= learning_rate v."""

    def __init__(self, stack: Stack):
        self.velocity = torch.zeros_like(stack.parameters)
        self.momentum = per_parameter(stack, "momentum")

    def direction(self, gradient):
        return self.velocity.mul_(self.momentum).add_(gradient)


class Adam:
    """torch.optim.Adam with its defaults (Kingma & Ba 2015, algorithm 1)."""

    beta1, beta2, epsilon = 0.9, 0.999, 1e-8

    def __init__(self, stack: Stack):
        self.mean, self.square = torch.zeros_like(stack.parameters), torch.zeros_like(stack.parameters)
        self.count = 0

    def direction(self, gradient):
        self.count += 1
        self.mean.mul_(self.beta1).add_(gradient * (1 - self.beta1))
        self.square.mul_(self.beta2).add_(gradient.square().mul_(1 - self.beta2))
        root = torch.sqrt(self.square / (1 - self.beta2**self.count)).add_(self.epsilon)
        return self.mean / (1 - self.beta1**self.count) / root


OPTIMIZERS = {"sgd": SGD, "adam": Adam}


def per_parameter(stack: Stack, setting: str) -> torch.Tensor:
    """One setting of every network, spread over its parameters."""
    values = torch.tensor([getattr(e, setting) for e in stack.experiments], dtype=stack.dtype)
    return values[stack.owner]
