"""Gradient norms before and after clipping, and what both ways of clipping do to one real gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from core.charts.style import AFTER, BEFORE, PALETTE, THEORY, chart, drawable, ends, few_points, log_axis
from core.words import short

if TYPE_CHECKING:
    from core.lessons.gradients.measured.clipping import Clipping


def _fate(clipping: Clipping) -> str:
    run = clipping.run
    if run.diverged_at is not None:
        return f"the loss is {short(run.diverged_to)} at step {run.diverged_at}"
    quality = "R²" if run.experiment.loss == "mse" else "accuracy"
    return f"the training {quality} is {short(run.train_accuracy[-1])} after {run.experiment.steps} steps"


def norms(without: Clipping, helped: Clipping) -> go.Figure:
    """The norm of the whole gradient at every step: never clipped, and before and after clipping."""
    title = f"Without clipping {_fate(without)}; with norms cut to {short(helped.limit)} {_fate(helped)}"
    series = {
        "never clipped": (without.before, BEFORE, 2.5),
        "clipped run, before": (helped.before, PALETTE[1], 1.5),
        "clipped run, after": (helped.after, AFTER, 2.5),
    }
    axis = log_axis([*without.before, *helped.before, helped.limit], "norm of the gradient")
    traces, lost = [], ""
    for name, (y, colour, width) in series.items():
        i = few_points(y)
        traces.append(
            go.Scatter(x=i, y=drawable(y[i]), name=name, line=dict(color=colour, width=width), mode="lines")
        )
        end = int(np.isfinite(y).sum())
        if end < len(y):
            lost = " A cross marks the first step without a finite gradient."
            mark = dict(symbol="x", size=10, color=colour)
            said = f"{name}: no finite gradient at step {end}<extra></extra>"
            traces.append(
                go.Scatter(
                    x=[end],
                    y=[ends(axis)[1]],
                    mode="markers",
                    marker=mark,
                    name=name,
                    hovertemplate=said,
                    showlegend=False,
                )
            )
    figure = chart(
        traces,
        title=title,
        alt=f"Norm of the gradient over the steps with and without clipping. {title}.",
        how="The norm of all weights' and biases' gradients together. Clipping multiplies the gradient by "
        "limit / norm where the norm is larger (Pascanu, Mikolov & Bengio 2013, algorithm 1); dashed "
        f"is the limit, {short(helped.limit)}.{lost}",
        xaxis=dict(title="step", range=[0, len(helped.before)]),
        yaxis=axis,
    )
    return figure.add_hline(helped.limit, line=dict(color=THEORY, dash="dash", width=2))


def _turned(clipping: Clipping) -> str:
    """What both ways of clipping do to the largest gradient."""
    largest = clipping.norm[0]
    if not largest:
        return "No step of this run has a finite gradient that is not 0: there is nothing to clip"
    if largest <= clipping.limit:
        return f"The largest gradient has the norm {short(largest)}: neither way of clipping changes it"
    kept, turned = np.degrees(np.arccos(np.clip(clipping.cosine[1:], -1, 1)))
    return (
        f"Clipping the norm turns the gradient by {short(round(kept, 3))}°, "
        f"clipping every value turns it by {short(turned)}°"
    )


def arrows(clipping: Clipping) -> go.Figure:
    """One real gradient in two of its components: as it came, and clipped by norm and by value."""
    raw, by_norm, by_value = clipping.arrows
    title, longest = _turned(clipping), np.abs(raw).max()
    reach = 1.15 * np.abs([by_norm, by_value]).max() or 1.0
    far = raw / max(longest, 1e-30) * min(longest, 2 * reach)
    leaves = " It leaves the chart." if longest > reach else ""
    span = dict(range=[-reach, reach], zeroline=True)
    return chart(
        [
            go.Scatter(
                x=[0, far[0]],
                y=[0, far[1]],
                name=f"as it came: norm {short(clipping.norm[0])}",
                mode="lines",
                hoverinfo="name",
                line=dict(color=THEORY, dash="dash"),
            ),
            *(
                go.Scatter(
                    x=[0, v[0]],
                    y=[0, v[1]],
                    name=f"{name}: norm {short(length)}",
                    mode="lines+markers",
                    hoverinfo="name",
                    line=dict(color=colour, width=4),
                    marker=dict(symbol="arrow", size=[0, 16], angleref="previous"),
                )
                for name, v, length, colour in (
                    ("by value", by_value, clipping.norm[2], PALETTE[1]),
                    ("by norm", by_norm, clipping.norm[1], AFTER),
                )
            ),
        ],
        title=title,
        alt=f"Two components of a gradient as arrows. {title}.",
        how=f"The gradient of step {clipping.step}, the largest of the clipped run, with norm "
        f"{short(clipping.norm[0])}: its largest component across, the one nearest to a third of that up."
        f"{leaves} Angles and norms are over all components.",
        height=380,
        hovermode="closest",
        xaxis=dict(title="largest component", constrain="domain", **span),
        yaxis=dict(title="another component", scaleanchor="x", **span),
    )
