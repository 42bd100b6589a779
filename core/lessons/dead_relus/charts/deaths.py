"""The register of deaths: when units died, what of that step killed them, and which came back."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from core.charts.style import PALETTE, chart
from core.diagnosis.wording import NAMES
from core.experiment import Experiment
from core.words import listed, short

if TYPE_CHECKING:
    from core.lessons.dead_relus.measured.births import Births
    from core.lessons.dead_relus.measured.deaths import Death, Deaths
    from core.lessons.dead_relus.measured.history import UnitHistory

COLOURS = {
    "momentum": PALETTE[0],
    "gradient": PALETTE[1],
    "inputs": PALETTE[8],
    "decay": PALETTE[3],
    "several": PALETTE[5],
}
BARS = 100
SLOPES = {
    "leaky_relu": "its slope there is 0.01",
    "elu": "its slope there is eᶻ, which fades further down",
    "selu": "its slope there is 1.76 eᶻ, which fades further down",
    "gelu": "its slope there only fades further down",
    "silu": "its slope there only fades further down",
    "tanh": "its slope is the same on both sides, and fades far off on either",
    "sigmoid": "its slope is the same on both sides, and fades far off on either",
    "identity": "its slope is 1 everywhere",
}
"""Activation functions that are not flat below 0."""
BATCHNORM = (
    "With batch normalization no death is pinned on a cause. Units are counted in evaluation mode, and there "
    "what a unit says depends on its weights and bias, on γ and β, on its inputs and on the running "
    "statistics, which all move at every step. In training mode every batch is normalized by its own mean: a "
    "unit that counts as dead may still get gradients."
)


def untold(history: UnitHistory) -> str:
    """Why no unit of this network has a cause of death; "" where they have."""
    h, e = history, history.experiment
    if e.activation not in SLOPES:
        return BATCHNORM * e.batchnorm
    text = (
        "No unit is called dead here: one that is negative on all data may learn all the same, as "
        f"{NAMES.get(e.activation, e.activation)} is not flat below 0: {SLOPES[e.activation]}."
    )
    negative, flat = h.dead[-1].sum(), h.flat[-1].sum()
    if not flat:
        return text
    return (
        f"{text} At step {h.at[-1]}, {flat} of the {negative} units that are negative on all data are so far "
        f"down that in {e.precision} their slope is exactly 0 on every training sample."
    )


def part(name: str, e: Experiment) -> str:
    """A part of a unit's own update in words."""
    momentum = "momentum" if e.optimizer == "sgd" else "Adam's moving average"
    return {"gradient": "its own gradient", "momentum": momentum, "decay": "weight decay"}[name]


def _counted(number: int, cause: str, e: Experiment) -> str:
    if cause == "inputs":
        return f"{number} because {'its' if number == 1 else 'their'} inputs moved"
    if cause == "several":
        return f"{number} by several parts of a step"
    return f"{number} by {part(cause, e).replace('its', 'its' if number == 1 else 'their')} alone"


def sentence(found: Deaths) -> str:
    """The tally: how many deaths, of what, and how many were undone."""
    e, deaths = found.experiment, found.deaths
    if not deaths:
        return f"No unit died in {found.last} steps" if found.last != 1 else "No unit died in the one step"
    layers = sorted({death.layer + 1 for death in deaths})
    where = f"layer {layers[0]}" if len(layers) == 1 else f"{len(layers)} layers"
    causes = Counter(death.cause for death in deaths)
    parts = [_counted(number, cause, e) for cause, number in causes.most_common()]
    back = sum(death.returned is not None for death in deaths)
    until = f" until step {found.last}" if found.last < e.steps else ""
    text = f"{len(deaths)} death{'s' * (len(deaths) > 1)} in {where}{until}: {', '.join(parts)}"
    still = sum(death.no_gradient for death in deaths if death.cause == "momentum")
    if still:
        few = f"{still} of these " if still < causes["momentum"] else ""
        momentum = _counted(causes["momentum"], "momentum", e)
        text = text.replace(momentum, f"{momentum} ({few}while their own gradient was exactly 0)")
    return f"{text}; {back or 'none'} came back"


def balance(found: Deaths) -> str:
    """From the units that were dead before the first step to those at the end, as a sum."""
    back = sum(death.returned is not None for death in found.deaths)
    born = f"{found.born.sum()} dead before the first step − {found.woke.sum()} of them that woke + "
    return (
        f"{born * bool(found.born.any())}{len(found.deaths)} deaths − {back} that came back = "
        f"{found.silent.sum()} dead after step {found.last}."
    )


def register(found: Deaths) -> go.Figure:
    """Deaths and returns over the steps, by cause."""
    e, width = found.experiment, -(-found.last // BARS) or 1
    edges = np.arange(1, found.last + width + 1, width)

    def bars(steps):
        return np.histogram(steps, edges)[0]

    def bar(number, name, **look):
        shown = np.flatnonzero(number)
        first = edges[shown]
        span = [
            f"step {a}" if width == 1 else f"steps {a} to {min(a + width - 1, found.last)}" for a in first
        ]
        return go.Bar(
            x=first + (width - 1) / 2,
            y=number[shown],
            width=0.9 * width,
            name=name,
            customdata=[f"{where}: {abs(n)} {name}" for where, n in zip(span, number[shown], strict=True)],
            hovertemplate="%{customdata}<extra></extra>",
            **look,
        )

    traces = []
    for cause, colour in COLOURS.items():
        steps = [death.step for death in found.deaths if death.cause == cause]
        name = {"inputs": "moved inputs", "several": "several parts of a step"}.get(cause) or part(cause, e)
        if steps:
            traces.append(bar(bars(steps), name.removeprefix("its "), marker_color=colour))
    returned = [death.returned for death in found.deaths if death.returned is not None]
    if returned:
        look = dict(marker=dict(color="rgba(0, 0, 0, 0)", line=dict(color=PALETTE[6], width=1.5)))
        traces.append(bar(-bars(returned), "came back", **look))
    title = sentence(found)
    return chart(
        traces,
        title=title,
        alt=f"Bars: deaths at every step by cause, and below 0 those that came back. {title}.",
        how="A death: at or below 0 on every training sample after a step and not before it. Where a unit's "
        "own new weights and bias would have left it above 0 on the inputs it had, its moved inputs killed "
        "it. Else every part of its update is made alone on those inputs, and what silences it is named: its "
        "own gradient, what momentum adds from the steps before, or weight decay; several parts, where none "
        f"does so alone or more than one. {balance(found)}",
        height=300,
        barmode="relative",
        hovermode="closest",
        xaxis=dict(title="step", range=[0, found.last + 1]),
        yaxis=dict(title="units"),
    )


def told(death: Death, e: Experiment) -> str:
    """What killed a unit, with the numbers that say so."""
    if death.cause == "inputs":
        return (
            "On the inputs it had, its new weights and bias would have left it a highest weighted sum of "
            f"{short(death.own)}; its inputs, moved by the layers below, brought it to {short(death.after)}."
        )
    names = {name: part(name, e) for name in death.alone}
    came = f"its highest weighted sum from {short(death.before)} to {short(death.own)}"
    zero = "Its own gradient was exactly 0 on that step. " * death.no_gradient
    if len(names) == 1:
        return f"{zero}On the inputs it had, {names[death.cause]} alone took {came}."
    (first, top), *others = death.alone.items()
    tried = [f"{names[first]} alone would have left {short(top)}"]
    tried += [f"{names[name]} alone {short(top)}" for name, top in others]
    text = f"{zero}On the inputs it had, its update took {came}, where {listed(tried)}"
    if death.cause != "several":
        return f"{text}: {names[death.cause]} killed it."
    if death.enough:
        return f"{text}: {listed([names[name] for name in death.enough])} would each have killed it alone."
    return f"{text}: {'neither' if len(names) == 2 else 'none'} was enough alone."


def before_training(found: Births) -> str:
    """How many units are dead before the first step, and how many with one setting changed alone."""
    e, silent = found.experiment, found.active == 0
    if not silent.any():
        return ""
    text = f"Dead before the first step: {silent.sum()} of {silent.size} units"
    if unfed := silent[~found.fed].sum():
        text += f", {unfed} of them as nothing but zeros comes from the layers below"
    for name, share in found.without.items():
        changed = f"the {_setting(name)} at 0 instead of {short(getattr(e, name))}"
        text += f"; with {changed}, all else the same, {(share == 0).sum() or 'none'}"
    return f"{text}."


def born(found: Births, layer: int, unit: int) -> str:
    """Why a unit is silent before the first step, as far as one change alone tells."""
    e = found.experiment
    woken = {name: share[layer, unit] for name, share in found.without.items() if share[layer, unit]}
    if woken:
        return " ".join(
            f"You set the {_setting(name)} to {short(getattr(e, name))}: at 0, with the same first weights, "
            f"it would be above 0 on {short(100 * share)} % of the samples."
            for name, share in woken.items()
        )
    if not found.fed[layer]:
        return f"Nothing comes to it from layer {layer}, and its bias alone does not lift it above 0."
    others = "".join(f"; so they do with the {_setting(name)} at 0" for name in found.without)
    return f"Its first weights and bias make that of its inputs{others}."


def _setting(name):
    return Experiment.model_fields[name].title.lower()
