"""Gradient descent on two weights and on many: where it goes, and how long it takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from core.charts.style import BACKWARD, FORWARD, PALETTE, THEORY, WEIGHTS, chart, drawable, log_axis
from core.lessons.feature_scaling.table import PIPELINES
from core.lessons.feature_scaling.theory import (
    MOST_STEPS,
    kappa_of_correlation,
    kappa_of_mean,
    predicted_steps,
)
from core.words import short

if TYPE_CHECKING:
    from core.lessons.feature_scaling.measured.valley import Landscape


def contours(found: Landscape) -> go.Figure:
    """The loss over two weights as contours, and the way of gradient descent."""
    counted = (
        f"{found.counted:.0f} steps" if np.isfinite(found.counted) else f"more than {MOST_STEPS:,} steps"
    )
    title = f"{' and '.join(found.names)}, {PIPELINES[found.pipeline]}: κ = {short(found.kappa)}, {counted}"
    depth = np.log10(np.maximum(found.excess / found.excess.max(), 1e-4))
    path = found.path[:21]
    return chart(
        [
            go.Contour(
                x=found.grid[0],
                y=found.grid[1],
                z=depth.astype(np.float32),
                colorscale="Greys",
                reversescale=True,
                opacity=0.55,
                showscale=False,
                ncontours=14,
                hoverinfo="skip",
            ),
            go.Scatter(
                x=path[:, 0],
                y=path[:, 1],
                name="gradient descent",
                mode="lines+markers",
                line=dict(color=BACKWARD, width=1),
                marker=dict(size=5, color=BACKWARD),
            ),
            go.Scatter(
                x=found.best[:1],
                y=found.best[1:],
                name="lowest loss",
                mode="markers",
                marker=dict(symbol="star", size=14, color=WEIGHTS),
            ),
        ],
        title=title,
        alt=f"Loss contours over two weights with the path of gradient descent. {title}.",
        how="Every mark is one real step from weights of 0 (the first 20), at the best constant rate "
        "2 / (λ_max + λ_min). Contours are steps of the loss above its lowest value, on a logarithmic scale.",
        height=400,
        hovermode="closest",
        xaxis=dict(title=f"weight of {found.names[0]}"),
        yaxis=dict(title=f"weight of {found.names[1]}"),
    )


def iterations(pipelines: dict[str, tuple[float, float]], ratios: tuple[np.ndarray, np.ndarray]) -> go.Figure:
    """Steps to a millionth of the loss against kappa: pipelines, two orthogonal features, the prediction."""
    kappas = np.array([k for k, _ in pipelines.values()])
    counted = np.array([n for _, n in pipelines.values()])
    late = ~np.isfinite(counted) & np.isfinite(kappas)
    line = np.logspace(0.05, np.log10(max(np.nanmax(kappas), 1e4)) + 0.3, 80)
    lowest, highest = (list(pipelines)[i] for i in (np.nanargmin(kappas), np.nanargmax(kappas)))
    title = (
        f"κ from {short(np.nanmin(kappas))} ({PIPELINES[lowest]}) to {short(np.nanmax(kappas))} "
        f"({PIPELINES[highest]}): the steps that gradient descent takes follow it"
    )
    named = np.array(
        [f"{PIPELINES[name]}: κ {short(kappa)}" for name, kappa in zip(pipelines, kappas, strict=True)]
    )
    traces = [
        go.Scatter(
            x=line,
            y=predicted_steps(line),
            name="predicted: at most",
            mode="lines",
            line=dict(color=THEORY, dash="dash", width=2),
        ),
        go.Scatter(
            x=ratios[0],
            y=ratios[1],
            name="two orthogonal features, ratio 3, 10, 30",
            mode="markers",
            marker=dict(color=PALETTE[9], size=9, symbol="diamond"),
        ),
        go.Scatter(
            x=kappas[~late],
            y=drawable(counted[~late]),
            text=named[~late],
            name="the columns of the table, counted",
            mode="markers",
            marker=dict(color=FORWARD, size=11),
            hovertemplate="%{text}, %{y} steps<extra></extra>",
        ),
        go.Scatter(
            x=kappas[late],
            y=np.full(late.sum(), 2.0 * MOST_STEPS),
            text=named[late],
            name=f"not done after {MOST_STEPS:,} steps",
            mode="markers",
            marker=dict(color=BACKWARD, size=11, symbol="triangle-up"),
            hovertemplate="%{text}, not done<extra></extra>",
        ),
    ]
    return chart(
        traces,
        title=title,
        alt=f"Steps of gradient descent against the condition number. {title}.",
        how="Linear regression with a bias on all columns, from weights of 0 at the best constant rate, "
        "until the loss is a millionth of the way from its lowest value. A start with little error in a slow "
        "direction needs fewer steps than predicted; the diamonds start with as much in both.",
        height=440,
        hovermode="closest",
        xaxis=log_axis(line, "condition number κ"),
        yaxis=log_axis([1, 4 * MOST_STEPS], "steps"),
    )


def limits(correlated: tuple, shifted: tuple) -> tuple[go.Figure, go.Figure]:
    """kappa against correlation and against the mean, measured over the closed forms."""
    rho, mean = np.linspace(0, 0.995, 100), np.linspace(0, shifted[0][-1], 100)
    figures = []
    for (x, y), grid, theory, label, title, how in (
        (
            correlated,
            rho,
            kappa_of_correlation,
            "correlation of two z-scored features",
            f"No scaling of single columns undoes correlation: at {correlated[0][-1]:g} κ is still "
            f"{short(correlated[1][-1])}",
            "Both features have mean 0 and standard deviation 1. Dashed is (1 + ρ) / (1 − ρ).",
        ),
        (
            shifted,
            mean,
            kappa_of_mean,
            "mean of a feature with standard deviation 1",
            f"Centring matters as much as scaling: a mean of {shifted[0][-1]:g} makes κ "
            f"{short(shifted[1][-1])}",
            "One feature and a bias. Dashed is the ratio of the eigenvalues of [[1, m], [m, 1 + m²]].",
        ),
    ):
        figures.append(
            chart(
                [
                    go.Scatter(
                        x=x, y=y, name="measured", mode="markers", marker=dict(color=FORWARD, size=10)
                    ),
                    go.Scatter(
                        x=grid,
                        y=theory(grid),
                        name="predicted",
                        line=dict(color=THEORY, dash="dash", width=2),
                    ),
                ],
                title=title,
                alt=f"Condition number against the {label}. {title}.",
                how=how,
                height=320,
                xaxis=dict(title=label),
                yaxis=log_axis(y, "κ"),
            )
        )
    return tuple(figures)
