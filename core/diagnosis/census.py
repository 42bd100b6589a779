"""Unit census: how many units of every layer are dead, nearly dead, sparse or healthy, and when they died.

A unit is dead when its pre-activation is at or below 0 on every sample of the training set: a ReLU then
passes nothing on and gets no gradient. Silent on one batch is not dead. What is not flat below 0 (leaky ReLU,
ELU, GELU, ...) still gets a gradient there: such units are called negative on all data.
"""

import numpy as np

from core.run import Run

STATES = {"dead": 0.0, "nearly dead": 0.01, "sparse": 0.1, "healthy": 1.0}
"""The largest share of the training set on which a unit of this kind is active."""


def word(activation: str) -> str:
    """What a unit is called whose pre-activation is never above 0."""
    return "dead" if activation == "relu" else "negative on all data"


def counts(run: Run) -> np.ndarray:
    """Units per snapshot, layer and kind, in the order of `STATES`: [S, L, 4]."""
    edges = np.array(list(STATES.values()))
    kind = (run.active_fraction[..., None] > edges).sum(axis=-1)
    return np.stack([(kind == k).sum(axis=2) for k in range(len(STATES))], axis=-1)


def died_at(run: Run) -> np.ndarray:
    """For every unit the step of the first snapshot from which on it stays dead, -1 if it lives: [L, U]."""
    alive = (run.active_fraction[: run.last + 1] > 0)[::-1]
    silent = np.where(alive.any(axis=0), alive.argmax(axis=0), len(alive))
    first = len(alive) - silent
    return np.where(silent == 0, -1, run.at[np.minimum(first, run.last)])


def dead_share(run: Run, snapshot: int | None = None) -> np.ndarray:
    """Share of dead units in every layer at a snapshot, the last finite one if none is named: [L]."""
    return run.probes["dead_fraction"][run.last if snapshot is None else snapshot]


def interesting(run: Run) -> tuple[int, int]:
    """Layer and unit to look at first: one that died in training, else one dead from the start, else any."""
    died = died_at(run)
    for chosen in (died > 0, died == 0):
        if chosen.any():
            return tuple(int(i) for i in np.argwhere(chosen)[0])
    return run.experiment.depth - 1, 0


def sentence(run: Run) -> str:
    """The finding: which layers have lost how many units."""
    e, share, start = run.experiment, dead_share(run), dead_share(run, 0)
    name, layers = word(e.activation), np.arange(1, e.depth + 1)
    if not share.any():
        return f"After {run.at[run.last]} steps no unit is {name}"
    worst = int(share.argmax())
    text = f"{100 * share[worst]:.0f} % of the units of layer {layers[worst]} are {name}"
    if start[worst]:
        text += f", {100 * start[worst]:.0f} % before the first step"
    others = np.delete(share, worst)
    if len(others) == 1:
        text += f"; of layer {layers[1 - worst]} {100 * others[0]:.0f} %"
    elif len(others):
        text += f"; of the other layers {100 * others.min():.0f} to {100 * others.max():.0f} %"
    return text
