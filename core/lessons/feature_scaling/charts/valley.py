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
from core.words import short, two_digits

if TYPE_CHECKING:
    from core.lessons.feature_scaling.measured.valley import Landscape


RINGS = (1, 0.5, 0.25, 0.125)
"""Distances of the contours from the lowest loss, in that of the one through the start."""


def contours_title(found: Landscape) -> str:
    """How narrow the valley is, and how many steps lead down it."""
    done = [PIPELINES[pipeline] for pipeline in found.pipelines]
    name = f"{' and '.join(found.names)}, {done[0]}"
    if done[0] != done[1]:
        name = " and ".join(f"{column} ({how})" for column, how in zip(found.names, done, strict=True))
    counted = (
        f"{found.counted:,.0f} step{'s' * (found.counted != 1)}"
        if np.isfinite(found.counted)
        else f"more than {MOST_STEPS:,} steps"
    )
    if found.flat:
        return f"{name}: no valley, as neither column varies"
    if not np.isfinite(found.stretch):
        return f"{name}: a valley more than a million times as long as wide; {counted}"
    return (
        f"{name}: a valley {short(found.stretch)} times as long as wide, κ = {short(found.kappa)}, {counted}"
    )


def contours(found: Landscape) -> go.Figure:
    """The loss over two weights as contours in equal units, and the way of gradient descent."""
    title, path = contours_title(found), found.path
    reach = 1.3 * np.abs(path - found.best).max() or 1.0
    rings = [found.ring(distance).T for distance in RINGS]
    traces = [
        go.Scatter(
            x=x,
            y=y,
            mode="lines",
            line=dict(color=THEORY, width=1),
            fill="toself",
            fillcolor="rgba(128, 136, 149, 0.15)",
            showlegend=False,
            hoverinfo="skip",
        )
        for x, y in rings
    ]
    traces += [
        go.Scatter(
            x=path[:, 0],
            y=path[:, 1],
            name="gradient descent from weights of 0",
            mode="lines+markers",
            line=dict(color=BACKWARD, width=1),
            marker=dict(size=[11, *[5] * (len(path) - 1)], color=BACKWARD),
        ),
        go.Scatter(
            x=found.best[:1],
            y=found.best[1:],
            name="lowest loss",
            mode="markers",
            marker=dict(symbol="star", size=14, color=WEIGHTS),
        ),
    ]
    x, y = (
        dict(range=[at - reach, at + reach], zeroline=False, nticks=5, exponentformat="power")
        for at in found.best
    )
    return chart(
        traces,
        title=title,
        alt=f"Loss contours over two weights with the path of gradient descent. {title}.",
        how=f"Linear regression on these two columns alone, without a bias. One unit is equally long on both "
        f"axes. From the large dot, every dot is one real step, the first {len(path) - 1}, at the best "
        f"constant rate 2 / (λ_max + λ_min): they cover {_part(found.done)} of the distance to the lowest "
        "loss. The outer contour is the loss of the start; each one further in is half as far from the "
        "lowest loss, which is a quarter of what the loss is above it.",
        height=440,
        hovermode="closest",
        xaxis=dict(title=f"weight of {found.names[0]}") | x,
        yaxis=dict(title=f"weight of {found.names[1]}", scaleanchor="x", scaleratio=1) | y,
    )


def _part(share: float) -> str:
    """A share of a distance that steps cover, which may lead away too."""
    percent = 100 * share
    if percent > 99.95:
        return "all" if share > 1 - 1e-9 else "nearly all"
    return f"{two_digits(percent)} %" if percent > 0 else "nothing"


def iterations(pipelines: dict[str, tuple[float, float]], ratios: tuple[np.ndarray, np.ndarray]) -> go.Figure:
    """Steps to a millionth of the loss against kappa: pipelines, two orthogonal features, the prediction."""
    kappas = np.array([k for k, _ in pipelines.values()])
    counted = np.array([n for _, n in pipelines.values()])
    late = ~np.isfinite(counted) & np.isfinite(kappas)
    over = counted > np.maximum(np.ceil(predicted_steps(kappas)), 1)
    bounded = f"none arrives within {MOST_STEPS:,} steps"
    if arrived := np.isfinite(counted).sum():
        bounded = f"of the {arrived} that arrive {over.sum() or 'none'} took more steps than κ predicts"
    line = np.logspace(0.05, np.log10(max(np.nanmax(kappas), 1e4)) + 0.3, 80)
    lowest, highest = (list(pipelines)[i] for i in (np.nanargmin(kappas), np.nanargmax(kappas)))
    title = (
        f"κ from {short(np.nanmin(kappas))} ({PIPELINES[lowest]}) to {short(np.nanmax(kappas))} "
        f"({PIPELINES[highest]}): {bounded}"
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
            y=np.full(late.sum(), float(MOST_STEPS)),
            text=named[late],
            name=f"stopped after {MOST_STEPS:,} steps, not done",
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
        "until what the loss is above its lowest value is down to a millionth: there it arrives. A "
        "start with little error in a slow direction needs fewer steps than predicted; the diamonds start "
        "with as much in both.",
        height=440,
        hovermode="closest",
        xaxis=log_axis([1, *line], "condition number κ of the Hessian"),
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
            f"A mean far from 0 makes a valley of one column, too: at {shifted[0][-1]:g} standard deviations "
            f"κ is {short(shifted[1][-1])}",
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
                yaxis=log_axis(np.maximum(y, 1), "κ"),
            )
        )
    return tuple(figures)
