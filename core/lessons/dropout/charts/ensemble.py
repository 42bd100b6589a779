"""The ensemble inside a network trained with dropout."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from core.charts.style import BACKWARD, FORWARD, PALETTE, THEORY, WEIGHTS, chart, log_axis
from core.lessons.dropout.charts.modes import percent

if TYPE_CHECKING:
    from core.lessons.dropout.measured.ensemble import Gaps, Sampled


def gaps(found: Gaps) -> go.Figure:
    """How far the scaled network is from the mean of all its thinned networks, over rates."""
    x, relative = found.rates, found.by_network
    exact = [name for name, values in relative.items() if values.max() < 1e-10]
    deep = list(relative)[-1]
    low, high = (percent(float(relative[deep][i])) for i in (1, 3))
    title = f"Exact: {' and '.join(exact)}. Only close: {deep}, off by {low} at rate 0.2 and {high} at 0.5"
    colours = (FORWARD, WEIGHTS, BACKWARD, PALETTE[5])
    return chart(
        [
            go.Scatter(x=x, y=np.maximum(v, 1e-17), name=name, line_color=c, mode="lines+markers")
            for (name, v), c in zip(relative.items(), colours, strict=True)
        ],
        title=title,
        alt=f"Distance of the scaled network from the mean of all thinned ones, over rates. {title}.",
        how=f"All {found.thinned:,} thinned networks of 10 hidden units, each weighted by its "
        "probability, against one pass without dropout; RMS difference over the spread of the mean. 10⁻¹⁶ is "
        "the precision of a double.",
        hovermode="closest",
        xaxis=dict(title="dropout rate", range=[0, 0.75]),
        yaxis=log_axis([1e-17, *np.concatenate(list(relative.values()))], "relative difference"),
    )


def sampled(found: Sampled) -> go.Figure:
    """How fast the mean over sampled masks approaches the mean over all masks."""
    counts, errors, theory = found.counts, found.errors, found.theory
    title = f"The error of T sampled masks falls as T to the power {found.slope:.2f}; theory says −1/2"
    return chart(
        [
            go.Scatter(
                x=counts, y=errors, name="measured", mode="markers", marker=dict(color=FORWARD, size=9)
            ),
            go.Scatter(x=counts, y=theory, name="σ/√T", mode="lines", line=dict(color=THEORY, dash="dash")),
        ],
        title=title.replace("power -", "power −"),
        alt=f"Error of the mean over T sampled masks. {title}.",
        how="RMS distance from the mean over all masks; σ is the standard deviation over all masks, counted "
        "out, not fitted. For a tenth of the error you need a hundred times as many passes.",
        hovermode="closest",
        xaxis=log_axis(counts, "sampled masks T"),
        yaxis=log_axis([*errors, *theory], "error"),
    )
