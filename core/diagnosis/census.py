"""Unit census: how many units of every layer are dead, nearly dead, sparse or healthy, and when they died.

A unit is dead when its pre-activation is at or below 0 on every sample of the training set: a ReLU then
passes nothing on and gets no gradient. Silent on one batch is not dead. What is not flat below 0 (leaky ReLU,
ELU, GELU, ...) still gets a gradient there: such units are called negative on all data.
"""

import numpy as np

from core.run import Run
from core.words import listed

STATES = {"dead": 0.0, "nearly dead": 0.01, "sparse": 0.1, "healthy": 1.0}
"""The largest share of the training set on which a unit of this kind is active."""


def word(activation: str) -> str:
    """What a unit is called whose pre-activation is never above 0."""
    return "dead" if activation == "relu" else "negative on all data"


def kinds(activation: str) -> tuple[str, ...]:
    """What the kinds of units are called, in the order of `STATES`."""
    if activation == "relu":
        return tuple(STATES)
    return word(activation), "above 0 on at most 1 %", "on at most 10 %", "on more"


def counts(run: Run) -> np.ndarray:
    """Units per snapshot, layer and kind, in the order of `STATES`: [S, L, 4]; of no kind if not finite."""
    edges = np.array(list(STATES.values()))
    kind = (run.active_fraction[..., None] > edges).sum(axis=-1) - np.isnan(run.active_fraction)
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


def moment(run: Run) -> str:
    """When units are counted: after the last step, or when a run that diverged was last measured finite."""
    step = int(run.at[run.last])
    if run.diverged_at is None:
        return f"after {step} step{'s' * (step != 1)}"
    return f"at step {step} (the last measured with a finite loss)" if step else "before the first step"


def sentence(run: Run) -> str:
    """The finding: how many units are dead, where they are, and how many were so before the first step."""
    e, silent = run.experiment, run.active_fraction == 0
    end, name, units = silent[run.last], word(e.activation), e.depth * e.width
    total, layers = int(end.sum()), end.sum(axis=1)
    at = moment(run).capitalize()
    if np.isnan(run.active_fraction[run.last]).any():
        return f"{at} what the units say is not finite"
    if not total:
        return f"{at} {f'none of the {units} units' if units > 1 else 'no unit'} is {name}"
    text = f"{at} {total} of {units} unit{'s' if units > 1 else ''} {'is' if total == 1 else 'are'} {name}"
    if e.depth > 1 and total < units:
        text += f", {_where(layers, e.width)}"
    before = int((silent[0] & end).sum())
    if run.last and before:
        who = f"{before} of them " if before < total else "all " * (total > 1)
        text += f"; {who}before the first step too"
    return text


def _where(layers: np.ndarray, width: int) -> str:
    """Counts per layer [L] of `width` units each, of which some are not 0, in words."""
    some, most = np.flatnonzero(layers), int(layers.argmax())
    if len(some) == 1:
        return f"all in layer {most + 1}" if layers[most] > 1 else f"in layer {most + 1}"
    if len(layers) <= 3:
        return listed([f"{n} in layer {layer}" for layer, n in enumerate(layers, 1)])
    least = int(layers.argmin())
    if layers[least] == layers[most]:
        return f"{layers[most]} in every layer"
    return f"from {layers[least]} of {width} in layer {least + 1} to {layers[most]} in layer {most + 1}"


def since(run: Run) -> str:
    """When the units that are dead in the end became so: half of them, and all."""
    e, steps = run.experiment, np.sort(died_at(run), axis=None)
    steps, name = steps[steps >= 0], word(e.activation)
    if np.isnan(run.active_fraction[run.last]).any():
        return sentence(run)
    if not len(steps):
        most = counts(run)[: run.last + 1, :, 0].sum(axis=1)
        ever = f"{most.max()} {'was' if most.max() == 1 else 'were'} at most, at step {run.at[most.argmax()]}"
        text = f"{moment(run).capitalize()} no unit is {name}; whenever measured"
        return f"{text}, {ever if most.any() else 'none was'}"
    those = steps[(len(steps) - 1) // 2], steps[-1]
    half, last = (f"since step {step}" if step else "from the start" for step in those)
    who = f"The {len(steps)} units that are" if len(steps) > 1 else "The one unit that is"
    end = "at the end" if run.diverged_at is None else f"at step {run.at[run.last]}"
    text = f"{who} {name} {end} {'have' if len(steps) > 1 else 'has'} been so, whenever measured, {last}"
    return text if half == last else f"{text}, at least half of them {half}"


def tiles(run: Run) -> dict[str, tuple[str, str]]:
    """How many units are dead in all, in the first and in the last layer: title -> (number, what it is)."""
    e, end = run.experiment, run.active_fraction[run.last]
    name, mode = word(e.activation).capitalize(), ", in evaluation mode" * e.batchnorm
    meaning = f"Units that are at or below 0 on every training sample {moment(run)}{mode}."
    places = {f"{name} units" if name == "Dead" else name: end, f"{name.split()[0]} in layer 1": end[:1]}
    if e.depth > 1:
        places[f"{name.split()[0]} in the last layer"] = end[-1:]
    return {
        title: (
            f"{(share == 0).sum()} of {share.size}" if np.isfinite(share).all() else "not finite",
            meaning,
        )
        for title, share in places.items()
    }
