"""What dropout does: confidence and answers of a network trained with it and without."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from core.charts.style import (
    AFTER,
    BACKWARD,
    BEFORE,
    FORWARD,
    PALETTE,
    THEORY,
    chart,
    single,
)
from core.data import load
from core.lessons.dropout.charts.modes import answer_title, percent
from core.run import Run
from core.words import short

if TYPE_CHECKING:
    from core.lessons.dropout.measured.answers import Pooled, Spread, Surface

BINS = 5
TWO_CLASSES = [[0, BACKWARD], [0.5, "#C9CFD3"], [1, FORWARD]]


def calibration(found: dict[str, Pooled]) -> go.Figure:
    """How often held-out answers are right, by how sure the network is (a reliability diagram)."""
    traces = [go.Scatter(x=[0, 1], y=[0, 1], name="as sure as right", line=dict(color=THEORY, dash="dash"))]
    for (name, r), colour in zip(found.items(), (BEFORE, AFTER), strict=True):
        traces.append(
            go.Scatter(
                x=r.confidence,
                y=r.right,
                name=name,
                mode="lines+markers",
                line_color=colour,
                error_y=dict(array=2 * r.error, thickness=1.5, width=4, color=colour),
                marker=dict(size=5 + 20 * np.sqrt(r.count / max(r.count.sum(), 1))),
                text=[f"{n:,} answers" for n in r.count],
                hovertemplate=f"{name}<br>%{{x:.2f}} sure, %{{y:.2f}} right, %{{text}}<extra></extra>",
            )
        )
    errors = ", ".join(f"{percent(r.ece)} with {name}" for name, r in found.items())
    title = f"Confidence is off by {errors}"
    seeds = max(r.seeds for r in found.values())
    over = f"pooled over {seeds} seeds" if seeds > 1 else "of one seed"
    return chart(
        traces,
        title=title,
        alt=f"Reliability diagram of the held-out answers. {title}.",
        how=f"Below the diagonal the network is surer than it is right. The number is the expected "
        f"calibration error (Guo et al. 2017) in {BINS} bins, {over}; bars are two standard errors of the "
        "share right as of so many independent answers.",
        hovermode="closest",
        xaxis=dict(title="mean confidence", range=[0, 1.03]),
        yaxis=dict(title="share right", range=[0, 1.05]),
    )


def surface(run: Run, found: Surface, name: str) -> go.Figure:
    """The answer over the plane of the first two features, the others at 0, and training points."""
    e, data, p = run.experiment, load(run.experiment), found.answer
    classes = p.shape[2]
    two = classes == 2
    z = p[..., 1] if two else p.argmax(axis=2)
    steps = [[(i + j) / classes, PALETTE[i]] for i in range(classes) for j in (0, 1)]
    traces = [
        go.Heatmap(
            x=found.across.astype(np.float32),
            y=found.up.astype(np.float32),
            z=z.astype(np.float32),
            zmin=0 if two else -0.5,
            zmax=1 if two else classes - 0.5,
            colorscale=TWO_CLASSES if two else steps,
            opacity=0.85 if two else 0.5,
            colorbar=dict(thickness=10, title=None),
            showscale=two,
            hovertemplate="%{z:.2f}<extra></extra>",
        )
    ]
    if e.inputs == 2:
        for label in range(classes):
            chosen = data.x_train[data.y_train == label]
            colour = (BACKWARD, FORWARD)[label] if two else PALETTE[label]
            traces.append(
                go.Scatter(
                    x=chosen[:, 0].astype(np.float32),
                    y=chosen[:, 1].astype(np.float32),
                    mode="markers",
                    hoverinfo="skip",
                    marker=dict(color=colour, size=6, line=dict(width=1, color="#FFFFFF")),
                )
            )
    wrong = percent(1 - run.test_accuracy[run.last])
    title = f"With {name}: {wrong} wrong on held-out data (seed\N{NO-BREAK SPACE}{e.seed})"
    where = "" if e.inputs == 2 else f", the other {e.inputs - 2} at 0"
    points = " Dots are training samples, with the labels they were given." if e.inputs == 2 else ""
    return chart(
        traces,
        title=title,
        alt=f"Decision surface over the first two features. {title}.",
        how=f"Colour is the {answer_title(e) if two else 'most probable class'} over the first two "
        f"features{where}.{points}",
        height=340,
        showlegend=False,
        hovermode="closest",
        xaxis=dict(title="feature 1", range=found.across[[0, -1]]),
        yaxis=dict(title="feature 2", range=found.up[[0, -1]]),
    )


def uncertainty(run: Run, found: Spread) -> go.Figure:
    """A regression over one feature: its answer, and the spread of many thinned networks."""
    e, data, x = run.experiment, load(run.experiment), found.x
    low, high = found.mean - 2 * found.deviation, found.mean + 2 * found.deviation
    title = f"Where there is data, {found.networks} thinned networks differ by {short(found.known)}"
    if np.isfinite(found.unknown):
        title += f", in the gap by {short(found.unknown)}"
    title += f", beyond the data by {short(found.beyond)}"
    return chart(
        [
            go.Scatter(
                x=np.concatenate([x, x[::-1]]),
                y=single(np.concatenate([low, high[::-1]])),
                fill="toself",
                fillcolor="rgba(0, 114, 178, 0.18)",
                line_width=0,
                mode="lines",
                name="mean ± 2 standard deviations",
                hoverinfo="skip",
            ),
            go.Scatter(x=x, y=single(found.mean), name="mean of thinned networks", line_color=AFTER),
            go.Scatter(
                x=x,
                y=single(found.evaluation),
                name="evaluation mode",
                line=dict(color=BEFORE, width=1.5),
            ),
            go.Scatter(
                x=data.x_train[:, 0],
                y=data.y_train,
                name="training data",
                mode="markers",
                marker=dict(color=BACKWARD, size=5),
            ),
        ],
        title=title,
        alt=f"Regression with the spread of {found.networks} thinned networks. {title}.",
        how=f"Every thinned network drops {percent(e.dropout)} of its units for the whole curve "
        "(Gal & Ghahramani 2016). The spread follows the rate and the weights; it is no promise that the "
        "truth lies inside.",
        hovermode="closest",
        xaxis=dict(title="feature"),
        yaxis=dict(title="target"),
    )
