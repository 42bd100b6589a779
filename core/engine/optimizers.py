"""OPTIMIZERS: how a gradient becomes a step, and what remedies, charts and scripts need to know of it.

Every optimizer is one class with the name that it has in torch.optim; the setting is that in small letters.
`direction(gradient)` is what the parameters lose, times the learning rate: [P] over all parameters of a
stack; `share(gradient)` is what a gradient, or a part of one, has added to the last direction: the rest of it
comes from the steps before. What else a class says:

    has_momentum   whether the setting `momentum` is one of its own
    rescales       whether it divides gradients by their own size: then the curvature of the loss does not
                   say which steps it bears
    usual          lowest and highest learning rate that suit a deep network with good initial weights
    rate           the learning rate that remedies offer there
    linear_rate    the same for a model without hidden layers, if it rescales; else the curvature says it
    why            what a change to it does for a network that fails; "" where it is no remedy

Learning rates are those without momentum; with it they are multiplied by (1 - momentum).
"""

from core.trainable import Trainable


class SGD:
    """torch.optim.SGD with heavy-ball momentum: v = momentum v + g, w -= learning_rate v."""

    has_momentum, rescales = True, False
    usual, rate = (0.02, 0.05), 0.05
    why = ""

    def __init__(self, stack):
        self.velocity = stack.parameters.new_zeros(stack.parameters.shape)
        self.momentum = per_parameter(stack, "momentum")

    def direction(self, gradient):
        return self.velocity.mul_(self.momentum).add_(gradient)

    def share(self, gradient):
        return gradient


class Adam:
    """torch.optim.Adam with its defaults (Kingma & Ba 2015, algorithm 1)."""

    has_momentum, rescales = False, True
    usual, rate, linear_rate = (1e-4, 0.01), 0.003, 0.1
    why = "Adam divides every gradient by its own size and so sets the size of its steps (Kingma & Ba 2015)."
    beta1, beta2, epsilon = 0.9, 0.999, 1e-8

    def __init__(self, stack):
        self.mean, self.square = stack.parameters.new_zeros(2, *stack.parameters.shape)
        self.count = 0

    def direction(self, gradient):
        self.count += 1
        self.mean.mul_(self.beta1).add_(gradient * (1 - self.beta1))
        self.square.mul_(self.beta2).add_(gradient.square().mul_(1 - self.beta2))
        return self._rescaled(self.mean)

    def share(self, gradient):
        return self._rescaled(gradient * (1 - self.beta1))

    def _rescaled(self, mean):
        root = (self.square / (1 - self.beta2**self.count)).sqrt_().add_(self.epsilon)
        return mean / (1 - self.beta1**self.count) / root


OPTIMIZERS = {optimizer.__name__.lower(): optimizer for optimizer in (SGD, Adam)}


def momentum(e: Trainable) -> float:
    """The momentum that counts: the setting, or 0 with an optimizer that does not have it."""
    return e.momentum if OPTIMIZERS[e.optimizer].has_momentum else 0.0


def per_parameter(stack, setting: str):
    """One setting of every network, spread over its parameters: [P]."""
    values = stack.parameters.new_tensor([getattr(e, setting) for e in stack.experiments])
    return values[stack.owner]
