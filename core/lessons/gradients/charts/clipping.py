"""Gradient norms before and after clipping, and what both ways of clipping do to one real gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from core.charts.style import AFTER, BEFORE, PALETTE, THEORY, chart, drawable, log_axis
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
        "never clipped": (without.before, BEFORE, "lines+markers"),
        "clipped run, before": (helped.before, PALETTE[1], "lines"),
        "clipped run, after": (helped.after, AFTER, "lines"),
    }
    figure = chart(
        [
            go.Scatter(x=np.arange(len(y)), y=drawable(y), name=name, line_color=colour, mode=mode)
            for name, (y, colour, mode) in series.items()
        ],
        title=title,
        alt=f"Norm of the gradient over the steps with and without clipping. {title}.",
        how="The norm of all weights' and biases' gradients together. Clipping multiplies the gradient by "
        "limit / norm where the norm is larger (Pascanu, Mikolov & Bengio 2013, algorithm 1).",
        xaxis=dict(title="step"),
        yaxis=log_axis([*without.before, *helped.before, helped.limit], "norm of the gradient"),
    )
    figure.add_hline(
        helped.limit,
        line=dict(color=THEORY, dash="dash", width=2),
        label=dict(text="limit", textposition="end", font_size=11),
    )
    return figure


def arrows(clipping: Clipping) -> go.Figure:
    """One real gradient in two of its components: as it came, and clipped by norm and by value."""
    raw, by_norm, by_value = clipping.arrows
    angle = np.degrees(np.arccos(np.clip(clipping.cosine, -1, 1)))
    title = (
        f"Clipping the norm keeps the direction (cosine {clipping.cosine[1]:.6f}), clipping every value "
        f"turns the gradient by {angle[2]:.0f}° (cosine {clipping.cosine[2]:.3f})"
    )
    reach = 1.15 * np.abs([by_norm, by_value]).max()
    far = raw / max(np.abs(raw).max(), 1e-30) * 2 * reach
    span = dict(range=[-reach, reach], zeroline=True)
    return chart(
        [
            go.Scatter(
                x=[0, far[0]],
                y=[0, far[1]],
                name="as it came",
                mode="lines",
                line=dict(color=THEORY, dash="dash"),
            ),
            *(
                go.Scatter(
                    x=[0, v[0]],
                    y=[0, v[1]],
                    name=f"{name}: norm {short(length)}",
                    mode="lines+markers",
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
        f"{short(clipping.norm[0])}: its largest component across, the one nearest to a third of that up. "
        "Angles and norms are over all components.",
        height=380,
        hovermode="closest",
        xaxis=dict(title="largest component", constrain="domain", **span),
        yaxis=dict(title="another component", scaleanchor="x", **span),
    )
