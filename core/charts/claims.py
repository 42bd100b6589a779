"""The seeds behind a verdict: one dot per training, pairs joined."""

import numpy as np
import plotly.graph_objects as go

from core.charts.style import AFTER, BEFORE, THEORY, chart, log_axis
from core.diagnosis.claims import Outcome
from core.diagnosis.measures import MEASURES


def dots(outcome: Outcome, measure_name: str) -> go.Figure:
    """Both sides of one case over all seeds; a cross at the edge is a run that diverged."""
    measure, labels = MEASURES[measure_name], outcome.case.labels()
    sides = (outcome.without.astype(float), outcome.helped.astype(float))
    finite = np.concatenate(sides)[np.isfinite(np.concatenate(sides))]
    if measure.logarithmic:
        axis = log_axis(finite, measure.title)
        edge = 10.0 ** axis["range"][1]
    else:
        low, high = (finite.min(), finite.max()) if len(finite) else (0, 1)
        pad = 0.08 * (high - low) or 0.1
        edge = high + pad
        axis = dict(title=measure.title, range=[low - pad, edge])
    drawn = [np.where(np.isfinite(side), side, edge) for side in sides]
    lines_x = [v for a, b in zip(*drawn, strict=True) for v in (a, b, None)]
    traces = [
        go.Scatter(
            x=lines_x, y=[1, 0, None] * len(drawn[0]), line=dict(color=THEORY, width=1), hoverinfo="skip"
        )
    ]
    for y, side, x, colour in zip((1, 0), sides, drawn, (BEFORE, AFTER), strict=True):
        symbol = np.where(np.isfinite(side), "circle", "x")
        traces.append(
            go.Scatter(
                x=x,
                y=np.full(len(x), y),
                mode="markers",
                marker=dict(color=colour, size=10, symbol=symbol),
                cliponaxis=False,
                text=[f"seed {i}: {measure.text(v)}" for i, v in enumerate(side)],
                hovertemplate="%{text}<extra></extra>",
            )
        )
    medians = [measure.text(float(np.median(side))) for side in sides]
    title = f"{labels[0]}: {medians[0]}. {labels[1]}: {medians[1]}"
    return chart(
        traces,
        title=title,
        alt=f"{measure.title} of {len(sides[0])} pairs of runs, {outcome.case.condition}. {title}.",
        height=170,
        showlegend=False,
        hovermode="closest",
        xaxis=axis,
        yaxis=dict(tickvals=[0, 1], ticktext=[labels[1], labels[0]], range=[-0.5, 1.5], showgrid=False),
        margin=dict(l=8, r=16, t=8, b=8),
    )
