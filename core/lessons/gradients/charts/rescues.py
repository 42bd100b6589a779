"""What rescues a stuck network: a bar for every remedy, a dot for every seed."""

import numpy as np
import plotly.graph_objects as go

from core.charts.style import BEFORE, PALETTE, THEORY, chart, drawable, ends, log_axis
from core.lessons.gradients.measured.rescues import UNCHANGED, Rescues
from core.run import LEARNED
from core.words import listed, short

COLOURS = {"all": PALETTE[8], "some": PALETTE[0], "none": BEFORE}


def _finding(found: Rescues) -> str:
    """Which changes rescue the network, and how many never do."""
    n, always, seeds = sum(name != UNCHANGED for name in found.names), found.always, found.loss.shape[1]
    rescued = (
        f"{listed(always) or 'Nothing'} rescue{'s' * (len(always) < 2)} it with every one of {seeds} seeds"
    )
    return (
        f"{rescued}; {len(found.never)} of {n} change{'s' * (n > 1)} never do{'es' * (len(found.never) == 1)}"
    )


def rescues(found: Rescues) -> go.Figure:
    """Final loss and the gradient of layer 1 before the first step, over change and seed.

    customdata is the number of the change.
    """
    names, loss, gradient, e = found.names, found.loss, found.gradient, found.experiment
    seeds, median = loss.shape[1], np.median(loss, axis=1)
    kinds = ["all" if n == seeds else "some" if n else "none" for n in found.saved]
    title, half = _finding(found), LEARNED * found.chance
    order = np.arange(len(names))
    axis = log_axis([*loss[np.isfinite(loss)], half], "final training loss", floor=1e-6, ticks=5)
    edges = ends(axis)
    text = [
        f"{name}: learns with {n} of {seeds} seeds, median loss {short(m) if np.isfinite(m) else 'diverged'}"
        for name, n, m in zip(names, found.saved, median, strict=True)
    ]
    shared = dict(customdata=order, hovertext=text, hovertemplate="%{hovertext}<extra></extra>")
    dots = dict(mode="markers", hoverinfo="skip", customdata=np.repeat(order, seeds))
    level = np.repeat(order, seeds) + np.tile(np.linspace(-0.2, 0.2, seeds), len(names))
    shown = np.clip(np.where(np.isfinite(loss), loss, edges[1]), *edges).ravel()
    symbols = np.where(np.isfinite(loss.ravel()), "circle", "x")
    below = " What is lower than the axis lies at its left end." if (loss < edges[0]).any() else ""
    start = log_axis(gradient[gradient > 0], "‖∂L/∂W₁‖", ticks=4)
    figure = chart(
        [
            go.Bar(
                x=np.clip(np.where(np.isfinite(median), median, edges[1]), *edges),
                y=order,
                orientation="h",
                marker_color=[COLOURS[kind] for kind in kinds],
                opacity=0.75,
                **shared,
            ),
            go.Scatter(x=shown, y=level, marker=dict(size=5, symbol=symbols, color=BEFORE), **dots),
            go.Scatter(
                x=drawable(gradient.ravel()),
                y=level,
                xaxis="x2",
                marker=dict(size=6, color=np.repeat([COLOURS[kind] for kind in kinds], seeds)),
                cliponaxis=False,
                **dots,
            ),
        ],
        title=title,
        alt=f"Bars of the final training loss of {len(names)} variants of one network. {title}.",
        how=f"{e.depth} hidden layers of {e.width} units on {e.dataset}, {e.steps} steps. Rescued means: the "
        f"training loss ends below half of what guessing gives, {short(half)}, the dotted line. The bar "
        f"is the median over {seeds} seeds, a dot one seed, a cross one that diverged. On the right the norm "
        f"of the gradient of layer 1 before the first step.{below} A click on a bar opens it.",
        height=80 + 34 * len(names),
        showlegend=False,
        hovermode="closest",
        clickmode="event+select",
        margin=dict(l=8, r=16, t=8, b=8),
        xaxis=axis | dict(domain=[0, 0.6]),
        xaxis2=start | dict(domain=[0.7, 1], anchor="y", tickangle=0),
        yaxis=dict(
            tickvals=order, ticktext=names, range=[len(names) - 0.5, -0.5], showgrid=False, automargin=True
        ),
    )
    return figure.add_vline(half, line=dict(color=THEORY, dash="dot", width=1.5))
