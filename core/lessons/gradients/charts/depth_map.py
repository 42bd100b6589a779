"""How deep it trains: loss over depth and sigma_w, and chi over sigma_w, both over mean-field theory."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from core.charts.style import PALETTE, SCALE, THEORY, chart, drawable, log_axis
from core.diagnosis.wording import NAMES
from core.lessons.gradients.depth import SEEDS, DepthMap, Expected
from core.run import LEARNED
from core.words import short

if TYPE_CHECKING:
    from core.lessons.gradients.measured.chi import Chi


def _edges(values: np.ndarray) -> np.ndarray:
    middle = (values[1:] + values[:-1]) / 2
    return np.array([1.5 * values[0] - values[1] / 2, *middle, 1.5 * values[-1] - values[-2] / 2])


def _finding(found: DepthMap) -> str:
    reached, gains, best = found.reached, found.gains, found.reached.max()
    activation = NAMES.get(found.experiment.activation, found.experiment.activation)
    if not best:
        return f"None of these {activation} networks learns, not even with {found.depths[0]} layers"
    at = np.flatnonzero(reached == best)
    where = [short(gains[i]) for i in at]
    if len(at) > 2 and len(at) == at[-1] - at[0] + 1:
        where = [f"{where[0]} to {where[-1]}"]
    most = " (more were not tried)" if best == found.depths[-1] else ""
    return (
        f"Up to {best} {activation} layers learn{most}, with σ_w = {', '.join(where)}; "
        f"{reached[0]} with {short(gains[0])}, {reached[-1]} with {short(gains[-1])}"
    )


def _networks(found: DepthMap) -> str:
    """What was trained, and by which rule it counts as learned."""
    e = found.experiment
    return (
        f"Not the data above: every cell is the median of {SEEDS} networks of {e.width} units a layer on "
        f"{e.dataset}, {e.inputs} features and {e.outputs} classes, after {e.steps} steps of SGD with "
        f"learning rate {short(e.learning_rate)}. Colour is the training loss over that of guessing; below "
        f"{LEARNED:g}, a loss of {short(LEARNED * found.chance)}, counts as learned. "
    )


def depth_map(found: DepthMap, expected: Expected) -> go.Figure:
    """A cell for every depth and sigma_w: how much loss is left, and the predicted depth.

    A click on a cell selects a point whose customdata is its number in [depth, sigma_w].
    """
    gains, step = found.gains, max(1, len(found.gains) // 8)
    x, y = np.log2(gains), np.log2(found.depths)
    low, high = _edges(y)[[0, -1]]
    line = np.log2(expected.gains)
    shown = np.where(np.log2(expected.depths) < high, np.log2(np.maximum(expected.depths, 1e-9)), np.nan)
    px, py = (v.ravel() for v in np.meshgrid(x, y))
    lost = found.diverged.ravel()
    hover = [
        f"{d} layers, σ_w = {short(w)}: {short(left)} of the loss of guessing"
        + (", diverged" if gone else "")
        for (d, w), left, gone in zip(
            product(found.depths, found.gains), found.left.ravel(), lost, strict=True
        )
    ]
    inside = (expected.at >= found.depths[0]) & (expected.at <= found.depths[-1]) & (found.reached > 0)
    ratio = found.reached[inside] / expected.at[inside]
    factor = ""
    if ratio.size:
        factor = f" Here it is {short(ratio.min())} to {short(ratio.max())} times that, of the depths tried."
    title = _finding(found)
    figure = chart(
        [
            go.Heatmap(
                x=_edges(x),
                y=_edges(y),
                z=np.minimum(found.left, 1).astype(np.float32),
                zmin=0,
                zmax=1,
                colorscale=SCALE,
                reversescale=True,
                hoverinfo="skip",
                colorbar=dict(title="loss left", tickvals=[0, LEARNED, 1], thickness=12, len=1),
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
        alt=f"Heat map of the loss that is left over the number of hidden layers and σ_w. {title}.",
        how=f"{_networks(found)}A cross marks a cell in which a network diverged. The dashed line is 6ξ, ξ = "
        f"1 / |ln χ|, the depth that should still train (Schoenholz et al. 2017).{factor} "
        "A click on a cell opens its first network.",
        height=460,
        hovermode="closest",
        clickmode="event+select",
        xaxis=dict(title="σ_w of the initial weights", tickvals=x[::step], range=_edges(x)[[0, -1]]),
        yaxis=dict(
            title="hidden layers", tickvals=y, ticktext=[str(d) for d in found.depths], range=[low, high]
        ),
    )
    figure.update_xaxes(ticktext=[short(w) for w in gains[::step]], showgrid=False)
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
        xaxis=log_axis(np.concatenate([found.line for found in measured.values()]), "σ_w"),
        yaxis=log_axis(np.concatenate([found.values.ravel() for found in measured.values()]), "χ"),
    )
    figure.add_hline(1, line=dict(color=THEORY, width=1))
    return figure
