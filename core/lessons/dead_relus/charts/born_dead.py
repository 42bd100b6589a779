"""Narrow networks that are dead before the first step, against depth, over the theory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go
from plotly.colors import hex_to_rgb

from core.charts.style import PALETTE, THEORY, chart
from core.lessons.dead_relus.theory import born_dead, born_dead_everywhere

if TYPE_CHECKING:
    from core.lessons.dead_relus.measured.born_dead import BornDead


def born(drawn: BornDead) -> go.Figure:
    """Networks that one input cannot pass, against depth, over the exact formula."""
    fine, traces = drawn.depths, []
    for i, width in enumerate(drawn.widths):
        traces.append(
            go.Scatter(
                x=fine,
                y=drawn.at_point[i],
                mode="markers",
                marker=dict(color=PALETTE[i], size=5),
                name=f"{width} units wide",
            )
        )
        traces.append(
            go.Scatter(
                x=fine,
                y=drawn.exact[i],
                line=dict(color=THEORY, dash="dash", width=1.5),
                mode="lines",
                name="exact: 1 − (1 − 2⁻ᴺ)ᴸ",
                showlegend=i == 0,
            )
        )
    narrow, wide = 100 * drawn.at_point[[0, -1], -1]
    off = 100 * np.abs(drawn.at_point - drawn.exact).max()
    title = (
        f"At {fine[-1]} layers {narrow:.0f} % of the networks {drawn.widths[0]} units wide let nothing of an "
        f"input through, {wide:.0f} % of those {drawn.widths[-1]} wide"
    )
    return chart(
        traces,
        title=title,
        alt=f"Share of networks that are dead at one input, against depth. {title}.",
        how=f"{drawn.networks:,} fresh networks a width, He's weights, no biases, no training. Dashed is the "
        f"exact probability (Rister & Rubin 2020); the dots are at most {off:.1f} points off.",
        xaxis=dict(title="hidden layers"),
        yaxis=dict(title="share of networks", range=[-0.03, 1.03]),
        hovermode="closest",
    )


def born_everywhere(drawn: BornDead) -> go.Figure:
    """Networks that are constant on a whole interval, between the two bounds of Lu et al. 2020."""
    traces, inside, total = [], 0, 0
    for i, width in enumerate(drawn.widths):
        colour = PALETTE[i]
        rgb = ", ".join(map(str, hex_to_rgb(colour)))
        depths = drawn.depths[1:]
        low = np.array([born_dead_everywhere(width, int(d)) for d in depths])
        high = np.array([born_dead(width, int(d)) for d in depths])
        y, error = drawn.everywhere[i, 1:], drawn.error[i, 1:] + 1 / drawn.networks
        inside += int(((y >= low - 3 * error) & (y <= high + 3 * error)).sum())
        total += len(depths)
        traces += [
            go.Scatter(
                x=np.concatenate([depths, depths[::-1]]),
                y=np.concatenate([low, high[::-1]]),
                fill="toself",
                fillcolor=f"rgba({rgb}, 0.15)",
                line=dict(color=THEORY, dash="dash", width=1),
                mode="lines",
                hoverinfo="skip",
                name="between the bounds of Lu et al. 2020",
                showlegend=i == 0,
            ),
            go.Scatter(
                x=depths, y=y, mode="markers", marker=dict(color=colour, size=5), name=f"{width} units wide"
            ),
        ]
    title = f"Constant on a whole interval: {inside} of {total} points lie between the bounds"
    return chart(
        traces,
        title=title,
        alt=f"Share of networks of one input that are constant around 0, against depth. {title}.",
        how="The same networks, silent for 1 and for −1 and hence, without biases, for every input. The "
        "upper bound is the probability for one input; up to three standard errors count as inside.",
        xaxis=dict(title="hidden layers"),
        yaxis=dict(title="share of networks", range=[-0.03, 1.03]),
        hovermode="closest",
    )
