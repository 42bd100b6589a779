"""How deep it trains: accuracy over depth and sigma_w, and chi over sigma_w, both over mean-field theory."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from core.charts.style import PALETTE, SCALE, THEORY, chart, drawable, log_axis
from core.lessons.gradients.depth import DepthMap, Expected
from core.words import short

if TYPE_CHECKING:
    from core.lessons.gradients.measured.chi import Chi


def _edges(values: np.ndarray) -> np.ndarray:
    middle = (values[1:] + values[:-1]) / 2
    return np.array([1.5 * values[0] - values[1] / 2, *middle, 1.5 * values[-1] - values[-2] / 2])


def _finding(found: DepthMap) -> str:
    reached, gains, best = found.reached, found.gains, found.reached.max()
    at = [short(gains[i]) for i in np.flatnonzero(reached == best)[[0, -1]]]
    where = at[0] if at[0] == at[1] else f"{at[0]} to {at[1]}"
    return (
        f"Up to {best} {found.activation} layers train with σ_w = {where}, "
        f"but {reached[0]} with {short(gains[0])} and {reached[-1]} with {short(gains[-1])}"
    )


def depth_map(found: DepthMap, expected: Expected) -> go.Figure:
    """A cell for every depth and sigma_w: the mean accuracy, and the predicted depth.

    A click on a cell selects a point whose customdata is its number in [depth, sigma_w].
    """
    x, y = np.log2(found.gains), np.log2(found.depths)
    low, high = _edges(y)[[0, -1]]
    line = np.log2(expected.gains)
    shown = np.where(np.log2(expected.depths) < high, np.log2(np.maximum(expected.depths, 1e-9)), np.nan)
    px, py = (v.ravel() for v in np.meshgrid(x, y))
    lost = found.diverged.ravel()
    hover = [
        f"{d} layers, σ_w = {short(w)}: accuracy {accuracy:.2f}" + (", diverged" if gone else "")
        for (d, w), accuracy, gone in zip(
            product(found.depths, found.gains), found.accuracy.ravel(), lost, strict=True
        )
    ]
    inside = (expected.at >= found.depths[0]) & (expected.at <= found.depths[-1]) & (found.reached > 0)
    ratio = found.reached[inside] / expected.at[inside]
    factor = ""
    if ratio.size:
        factor = f" Here the trained depth is {ratio.min():.1f} to {ratio.max():.1f} times that."
    title = _finding(found)
    figure = chart(
        [
            go.Heatmap(
                x=_edges(x),
                y=_edges(y),
                z=found.accuracy.astype(np.float32),
                zmin=0.25,
                zmax=1,
                colorscale=SCALE,
                hoverinfo="skip",
                colorbar=dict(title="accuracy", thickness=12, len=1),
            ),
            go.Scatter(x=line, y=shown, showlegend=False, line=dict(color="#FFFFFF", width=5)),
            go.Scatter(
                x=line,
                y=shown,
                name="6ξ, predicted",
                showlegend=True,
                line=dict(color=THEORY, dash="dash", width=3),
            ),
            go.Scatter(
                x=px,
                y=py,
                mode="markers",
                showlegend=False,
                text=hover,
                hovertemplate="%{text}<extra></extra>",
                customdata=np.arange(px.size),
                marker=dict(
                    size=22 if len(y) < 8 else 14,
                    symbol=np.where(lost, "x-thin", "square"),
                    color="rgba(0, 0, 0, 0)",
                    line=dict(width=np.where(lost, 2, 0), color="#FFFFFF"),
                ),
            ),
        ],
        title=title,
        alt=f"Heat map of held-out accuracy over the number of hidden layers and σ_w. {title}.",
        how="Mean held-out accuracy; a cross marks a cell in which a network diverged. The dashed line is "
        f"6ξ, ξ = 1 / |ln χ|, the depth that should still train (Schoenholz et al. 2017).{factor} "
        "A click on a cell opens its first network.",
        height=460,
        hovermode="closest",
        clickmode="event+select",
        xaxis=dict(title="σ_w of the initial weights", tickvals=x[:: len(x) // 8], range=_edges(x)[[0, -1]]),
        yaxis=dict(
            title="hidden layers", tickvals=y, ticktext=[str(d) for d in found.depths], range=[low, high]
        ),
    )
    figure.update_xaxes(ticktext=[short(w) for w in found.gains[:: len(x) // 8]], showgrid=False)
    figure.update_yaxes(showgrid=False)
    if expected.edge:
        figure.add_vline(
            np.log2(expected.edge),
            line=dict(color="#FFFFFF", width=1),
            annotation=dict(text="edge of chaos", font_size=11, y=1, yanchor="bottom", xanchor="center"),
        )
    return figure


def chi_curves(measured: Mapping[str, Chi]) -> go.Figure:
    """chi over sigma_w by activation: theory as a line, every network as a dot."""
    traces, parts = [], []
    for (activation, found), colour in zip(measured.items(), PALETTE, strict=False):
        edge = found.edge
        parts.append(f"{activation} " + (f"crosses 1 at σ_w = {short(edge)}" if edge else "jumps over 1"))
        traces += [
            go.Scatter(
                x=found.line,
                y=drawable(found.predicted),
                name=f"{activation} predicted",
                showlegend=False,
                line=dict(color=THEORY, dash="dash", width=2),
            ),
            go.Scatter(
                x=np.repeat(found.gains, found.values.shape[1]),
                y=drawable(found.values.ravel()),
                mode="markers",
                name=f"{activation}: off by {100 * found.off:.0f} % at most",
                marker=dict(color=colour, size=6, opacity=0.7),
            ),
        ]
        if edge:
            traces.append(
                go.Scatter(
                    x=[edge],
                    y=[1],
                    mode="markers",
                    showlegend=False,
                    name="edge of chaos",
                    marker=dict(symbol="circle-open", size=14, color=colour, line_width=2),
                )
            )
    title = "χ, the factor per layer: " + ", ".join(parts)
    figure = chart(
        traces,
        title=title,
        alt=f"χ over σ_w. {title}.",
        how="Dots are networks of 15 layers before their first step, with features scaled so that every "
        "layer has the length q* of theory; dashed is χ = σ_w² E[φ′(z)²], z ~ N(0, q*). Below 1 the error "
        "signal vanishes, above 1 it explodes; a ring marks the edge of chaos.",
        hovermode="closest",
        xaxis=dict(title="σ_w", type="log", tickvals=[0.3, 1, 3, 10, 30]),
        yaxis=log_axis([v for found in measured.values() for v in found.values.ravel()], "χ", dtick=1),
    )
    figure.add_hline(1, line=dict(color=THEORY, width=1))
    return figure
