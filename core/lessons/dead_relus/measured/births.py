"""Units that are silent before the first step: each setting that may have done it is changed alone."""

from dataclasses import dataclass

import numpy as np
import torch

from core.engine.network import Stack
from core.engine.watch import Tick
from core.experiment import Experiment

NEUTRAL = {"bias": 0, "input_shift": 0}


@dataclass(frozen=True)
class Births:
    """A network before its first step, in evaluation mode on the training set.

    active [L, U]: share of the samples on which a unit's pre-activation is above 0.
    fed [L]: whether any input of a layer is other than 0 on any sample.
    without: setting of NEUTRAL -> the shares [L, U] with only this setting at its neutral value, the random
        numbers of the seed the same; of those that are not there already.
    """

    experiment: Experiment
    active: np.ndarray
    fed: np.ndarray
    without: dict[str, np.ndarray]


def births(experiment: Experiment, tick: Tick = None) -> Births:
    """Before the first step, with the settings as they are and with each changed alone."""
    e = experiment
    changed = [name for name, value in NEUTRAL.items() if getattr(e, name) != value and name not in e.unused]
    active, fed = _before_training(e)
    without = {name: _before_training(e.but(**{name: NEUTRAL[name]}))[0] for name in changed}
    return Births(e, active, fed, without)


@torch.inference_mode()
def _before_training(e):
    stack, active, fed = Stack([e]), [], []
    for _, (signal, z) in zip(range(e.depth), stack.inference(stack.x_train), strict=False):
        active.append((z[0] > 0).double().mean(dim=1).numpy())
        fed.append(bool(signal.any()))
    return np.array(active), np.array(fed)
