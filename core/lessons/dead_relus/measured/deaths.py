"""Every death of a training and what did it: each part of that one step is made alone."""

from dataclasses import dataclass

import numpy as np
import torch

from core.engine.network import Stack, weighted_sum
from core.engine.optimizers import OPTIMIZERS
from core.engine.train import clipped
from core.engine.watch import Tick, watched
from core.experiment import Experiment

PARTS = ("gradient", "momentum", "decay")
"""What an update is the sum of: this step's own gradient, the steps before it (the momentum of SGD, the
moving average of Adam), and weight decay."""
CAUSES = ("inputs", *PARTS, "several")


@dataclass
class Death:
    """A unit is at or below 0 on the whole training set after an update, and was not before it.

    step: updates made when it is found silent. Layer and unit count from 0.
    before, own, after: its highest pre-activation on the training set before the step, with its new weights
        and bias on the inputs it had before the step, and after the step.
    alone: the same on the inputs it had when only one of the PARTS of its update is made, for those that
        change its weights or bias at all.
    no_gradient: whether the gradient of all its weights and its bias was exactly 0 on that step.
    returned: updates made when it was next found above 0 somewhere; None if it never was.
    """

    step: int
    layer: int
    unit: int
    before: float
    own: float
    after: float
    alone: dict[str, float]
    no_gradient: bool
    returned: int | None = None

    @property
    def enough(self) -> list[str]:
        """The parts of its update that alone silence it on the inputs it had, or the only part there is."""
        return [name for name, top in self.alone.items() if top <= 0 or len(self.alone) == 1]

    @property
    def cause(self) -> str:
        """One of CAUSES: its `inputs` where its own update leaves it above 0 on the inputs it had; else the
        one part of that update which is enough; else `several`, as none is, or more than one."""
        return "inputs" if self.own > 0 else self.enough[0] if len(self.enough) == 1 else "several"


@dataclass(frozen=True)
class Deaths:
    """All deaths of a training, in the order of their steps.

    born, silent [L, U]: units that are silent before the first step, and at the end.
    woke [L, U]: those born silent that were ever above 0 somewhere.
    last: updates made at the end, fewer than the experiment's where it diverged.
    """

    experiment: Experiment
    deaths: list[Death]
    born: np.ndarray
    silent: np.ndarray
    woke: np.ndarray
    last: int

    def of(self, layer: int, unit: int) -> list[Death]:
        """The deaths of one unit."""
        return [death for death in self.deaths if (death.layer, death.unit) == (layer, unit)]


def deaths(experiment: Experiment, tick: Tick = None) -> Deaths:
    """Train again and look at every unit after every step. ValueError with batch normalization, where what a
    unit says depends on running statistics too."""
    if experiment.batchnorm:
        raise ValueError("With batch normalization a step has more parts than are tried here.")
    register = _Register()
    watched([experiment], register.look, experiment.steps, tick)
    return Deaths(
        experiment,
        register.deaths,
        born=register.born.numpy(),
        silent=register.silent.numpy(),
        woke=register.woke.numpy(),
        last=register.step,
    )


class _Register:
    """What is kept from one look to the next, and every death so far."""

    def __init__(self):
        self.deaths, self.open, self.optimizer = [], {}, None

    def look(self, step: int, stack: Stack) -> None:
        """Compare with the look before, then take this step's update apart."""
        highest = torch.stack([z[0].amax(dim=1) for _, z in stack.inference(stack.x_train)][:-1])
        silent = highest <= 0
        if self.optimizer is None:
            self.optimizer = OPTIMIZERS[stack.like.optimizer](stack)
            self.born, self.woke = silent, torch.zeros_like(silent)
        else:
            self._returns(step, self.silent & ~silent)
            self._deaths(step, silent & ~self.silent, highest, stack)
        self.step, self.silent, self.highest = step, silent, highest
        self._take_apart(stack)

    def _returns(self, step, back):
        self.woke |= back & self.born
        for unit in map(tuple, back.nonzero().tolist()):
            if unit in self.open:
                self.open.pop(unit).returned = step

    def _deaths(self, step, died, highest, stack):
        if not died.any():
            return
        own, *alone = self._on_old_inputs(stack)
        for layer, unit in died.nonzero().tolist():
            tried = zip(PARTS, self.parts, alone, strict=True)
            death = self.open[layer, unit] = Death(
                step,
                layer,
                unit,
                before=float(self.highest[layer, unit]),
                own=float(own[layer, unit]),
                after=float(highest[layer, unit]),
                alone={
                    name: float(top[layer, unit])
                    for name, part, top in tried
                    if _moves(part, stack, layer, unit)
                },
                no_gradient=not _moves(self.gradient, stack, layer, unit),
            )
            self.deaths.append(death)

    def _on_old_inputs(self, stack):
        """Highest pre-activations [L, U] on the inputs from before the step: with the whole update of a
        layer's own weights and biases, and with each part of it alone."""
        now = stack.parameters.clone()
        tried = [now, *(self.parameters - part for part in self.parts)]
        stack.parameters.copy_(self.parameters)
        found = []
        for layer, (signal, _) in zip(range(stack.like.depth), stack.inference(stack.x_train), strict=False):
            own = stack.weight[layer], stack.bias[layer]
            sums = (weighted_sum(_view(one, own[0]), signal, _view(one, own[1])) for one in tried)
            found.append(torch.stack([z[0].amax(dim=1) for z in sums]))
        stack.parameters.copy_(now)
        return torch.stack(found, dim=1)

    def _take_apart(self, stack):
        """The PARTS that add up to what this step's update takes off the parameters: [P] each."""
        e, share = stack.like, self.optimizer.share
        self.parameters = stack.parameters.clone()
        self.gradient = clipped(stack, torch.tensor([e.clip_norm], dtype=stack.dtype))
        decay = self.parameters * e.weight_decay
        direction = self.optimizer.direction(self.gradient + decay)
        parts = share(self.gradient), direction - share(self.gradient + decay), share(decay)
        self.parts = [e.learning_rate * part for part in parts]


def _view(flat, tensor):
    """Of another set of all parameters, what lies where this tensor does."""
    return flat.as_strided(tensor.shape, tensor.stride(), tensor.storage_offset())


def _moves(flat, stack, layer, unit):
    """Whether a change of all parameters has anything but 0 for the weights and bias of one unit."""
    return any(_view(flat, own[layer])[0, unit].any() for own in (stack.weight, stack.bias))
