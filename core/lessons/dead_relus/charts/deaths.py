"""The register of deaths: when units died, what of that step killed them, and which came back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from core.charts.style import PALETTE, chart
from core.experiment import Experiment
from core.lessons.dead_relus.charts.obituaries import part

if TYPE_CHECKING:
    from core.lessons.dead_relus.measured.deaths import Death, Deaths

COLOURS = {
    "momentum": PALETTE[0],
    "gradient": PALETTE[1],
    "inputs": PALETTE[8],
    "decay": PALETTE[3],
    "several": PALETTE[5],
}
BARS = 100


def _counted(cause: str, deaths: Sequence[Death], e: Experiment) -> str:
    """How many died of one cause, and how many of momentum while they got no gradient."""
    number = len(deaths)
    if cause == "inputs":
        return f"{number} because {_their(number)} inputs moved"
    if cause == "several":
        return f"{number} by several parts of a step"
    text = f"{number} by {part(cause, e).replace('its', _their(number))} alone"
    still = sum(death.no_gradient for death in deaths)
    if not still:
        return text
    few = f"{still} of these " if still < number else ""
    return f"{text} ({few}while {_their(still)} own gradient was exactly 0)"


def _their(number):
    return "its" if number == 1 else "their"


def sentence(found: Deaths) -> str:
    """The tally: how many deaths, of what, and how many were undone."""
    e, deaths = found.experiment, found.deaths
    if not deaths:
        return f"No unit died in {found.last} steps" if found.last != 1 else "No unit died in the one step"
    layers = {death.layer + 1 for death in deaths}
    where = f"{len(layers)} layers" if len(layers) > 1 else f"layer {min(layers)}"
    by_cause = [(cause, [death for death in deaths if death.cause == cause]) for cause in COLOURS]
    by_cause.sort(key=lambda of_one: -len(of_one[1]))
    causes = ", ".join(_counted(cause, died, e) for cause, died in by_cause if died)
    back = sum(death.returned is not None for death in deaths)
    until = f" until step {found.last}" if found.last < e.steps else ""
    number = f"{len(deaths)} death{'s' * (len(deaths) > 1)}"
    return f"{number} in {where}{until}: {causes}; {back or 'none'} came back"


def balance(found: Deaths) -> str:
    """From the units that were dead before the first step to those at the end, as a sum; "" if none moved."""
    back = sum(death.returned is not None for death in found.deaths)
    terms = {
        "{} dead before the first step": found.born.sum(),
        "− {} of them that woke": found.woke.sum(),
        f"+ {{}} death{'s' * (len(found.deaths) > 1)}": len(found.deaths),
        "− {} that came back": back,
    }
    told = " ".join(term.format(number) for term, number in terms.items() if number).removeprefix("+ ")
    moved = found.deaths or found.woke.any()
    return f"{told} = {found.silent.sum()} dead after step {found.last}." if moved else ""


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
