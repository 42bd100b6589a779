"""Units silenced before the first step: how many speak again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.charts.style import PALETTE, panels
from core.lessons.dead_relus.wording import percent
from core.words import short

if TYPE_CHECKING:
    from core.lessons.dead_relus.measured.revival import Revival


def revival(revivals: Mapping[str, Sequence[Revival]]) -> go.Figure:
    """How many of the units that were silenced speak again, per optimizer a panel and per layer a line."""
    grid = make_subplots(1, len(revivals), shared_yaxes=True, subplot_titles=list(revivals))
    for column, group in enumerate(revivals.values(), 1):
        for r, colour in zip(group, PALETTE, strict=False):
            share = r.alive / r.units
            grid.add_scatter(
                x=r.at,
                y=share.mean(axis=1),
                name=f"layer {r.layer + 1}",
                legendgroup=str(r.layer),
                line=dict(color=colour, width=3),
                showlegend=column == 1,
                row=1,
                col=column,
            )
    some = next(iter(revivals.values()))[0]
    ends = {name: [r.returned.mean() for r in group] for name, group in revivals.items()}
    title = "Back at the end: " + "; ".join(
        f"{name} "
        + ", ".join(f"{percent(v)} of layer {r.layer + 1}" for v, r in zip(v, revivals[name], strict=True))
        for name, v in ends.items()
    )
    figure = panels(
        grid,
        title=title,
        alt=f"Share of silenced units that are active again, over steps. {title}.",
        how=f"{some.units} units of one layer are silenced before the first step, their highest weighted sum "
        f"at −{some.margin:g}; the line is the mean over {some.alive.shape[1]} seeds.",
        margin=dict(l=8, r=8, t=60, b=8),
    )
    figure.update_layout(legend_y=1.1)
    figure.update_xaxes(title_text="step")
    figure.update_yaxes(range=[-0.03, 1.03], tickformat=".0%")
    return figure


def far(revivals: Mapping[str, Sequence[Revival]]) -> str:
    """How many of the units come back that were silenced by more."""
    every = [r for group in revivals.values() for r in group]
    back = sum(round(float(r.alive[-1].sum())) for r in every)
    total = sum(r.units * r.alive.shape[1] for r in every)
    return (
        f"Silenced by {short(every[0].margin)} instead, **{back or 'none'} of {total:,} units** "
        f"{'is' if back == 1 else 'are'} back at the end, over all layers and ways to train."
    )
