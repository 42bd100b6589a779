"""Dropout beside real ensembles: held-out losses of single networks and of their means."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from core.charts.style import AFTER, BEFORE, PALETTE, THEORY, chart, log_axis
from core.sweep import typical
from core.words import short, two_digits

if TYPE_CHECKING:
    from core.lessons.dropout.measured.members import Members


def losses(found: Members) -> go.Figure:
    """Every seed a dot, the median a bar."""
    names = list(found.losses)[::-1]
    middle = {name: float(typical(values)) for name, values in found.losses.items()}
    apart = next(name for name in names if "apart, full" in name)
    said = {name: two_digits(value) if np.isfinite(value) else "∞" for name, value in middle.items()}
    title = (
        f"Held-out loss: one thinned network {said['one thinned network']}, the mean of "
        f"{'all ' * found.counted}{found.thinned:,} {said['their mean']}, evaluation mode "
        f"{said['evaluation mode']}; {apart} {said[apart]}"
    )
    colours = [
        AFTER if n in list(found.losses)[:3] else PALETTE[3] if "thinned" in n else BEFORE for n in names
    ]
    rows = [np.where(np.isfinite(found.losses[name]), found.losses[name], np.nan) for name in names]
    sampled = (
        "all of them, each weighted by its probability"
        if found.counted
        else f"{found.thinned} sampled: the loss of their mean is off by {short(100 * found.sampling)} % "
        "(jackknife standard error, median of the seeds)"
    )
    return chart(
        [
            go.Scatter(
                x=np.concatenate(rows),
                y=[name for name, row in zip(names, rows, strict=True) for _ in row],
                mode="markers",
                marker=dict(color=THEORY, size=5, opacity=0.7),
                hoverinfo="skip",
            ),
            go.Scatter(
                x=[middle[name] if np.isfinite(middle[name]) else None for name in names],
                y=names,
                mode="markers",
                marker=dict(color=colours, size=15, symbol="line-ns-open", line_width=4),
                text=[said[name] for name in names],
                hovertemplate="%{y}: %{text}<extra></extra>",
            ),
        ],
        title=title,
        alt=f"Held-out losses of thinned networks and of networks trained apart. {title}.",
        how=f"Bars are medians of {len(rows[0])} seeds, dots the seeds. Thinned networks: {sampled}. Trained "
        "apart are networks without dropout on the same data, from weights drawn anew, of the same width and "
        "of that of a thinned network. The loss of a mean is never above the mean of the losses (Jensen).",
        height=120 + 34 * len(names),
        hovermode="closest",
        showlegend=False,
        xaxis=log_axis(np.concatenate(rows), "held-out loss", ticks=5),
    )
