"""A network with one hidden layer over its training: where its units switch, and what it answers."""

from dataclasses import dataclass

import numpy as np

from core.data import load
from core.engine.forward import forward
from core.engine.watch import Tick, watched
from core.experiment import Experiment

REACH = 2.0
"""How far beyond the data is looked, as a factor."""


@dataclass(frozen=True)
class Hinges:
    """T moments of a training, U hidden units; the last two where there is one input feature, else None.

    weight [T, U, inputs], bias [T, U]: of the hidden layer.
    silent [T, U]: units that are at or below 0 on every training sample.
    edge: how far the picture goes to every side, REACH times the data.
    hinge [T, 2, U]: where every unit switches, x = -bias / weight, within the edges; and the answer there.
    fit [T, 2, n]: the answer over inputs from edge to edge, the hinges among them.
    """

    experiment: Experiment
    at: np.ndarray
    weight: np.ndarray
    bias: np.ndarray
    silent: np.ndarray
    edge: float
    hinge: np.ndarray | None = None
    fit: np.ndarray | None = None


def hinges(experiment: Experiment, snapshots: int = 40, tick: Tick = None) -> Hinges:
    """Train a network with one hidden layer, one output and no batch normalization."""
    looks, x = {}, load(experiment).x_train
    watched([experiment], lambda step, stack: looks.update({step: stack.state(0)}), snapshots, tick)
    at, states = np.array(list(looks)), list(looks.values())
    weight, bias = (np.array([state[f"linear.0.{name}"] for state in states]) for name in ("weight", "bias"))
    silent = (np.einsum("tui,ni->tun", weight, x) + bias[..., None] <= 0).all(axis=2)
    found = experiment, at, weight, bias, silent, float(REACH * np.abs(x).max())
    return Hinges(*found) if experiment.inputs > 1 else Hinges(*found, *_on_a_line(*found, states))


def _on_a_line(e, at, weight, bias, silent, edge, states):
    with np.errstate(divide="ignore", invalid="ignore"):
        place = np.nan_to_num(-bias / weight[..., 0], nan=edge, posinf=edge, neginf=-edge)
    place = np.clip(place, -edge, edge)
    grid = np.broadcast_to(np.linspace(-edge, edge, 161), (len(at), 161))

    def answered(x):
        y = [forward(e, state, row[:, None]).output[:, 0] for state, row in zip(states, x, strict=True)]
        return np.stack([x, y], axis=1)

    return answered(place), answered(np.sort(np.concatenate([grid, place], axis=1)))
