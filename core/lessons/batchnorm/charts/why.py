"""Why it helps: the scale of the weights does not matter, and the loss is smoother along its gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go
from plotly.colors import hex_to_rgb

from core.charts.style import BACKWARD, FORWARD, chart, drawable, log_axis
from core.lessons.batchnorm.charts.gains import DASHED, PAIR, WITH, WITHOUT
from core.words import short

if TYPE_CHECKING:
    from core.lessons.batchnorm.measured.scale import Rescaled
    from core.lessons.batchnorm.measured.surface import Surface


def _band(x, low, high, colour, **more):
    rgb = ", ".join(map(str, hex_to_rgb(colour)))
    return go.Scatter(
        x=np.concatenate([x, x[::-1]]),
        y=np.concatenate([high, low[::-1]]),
        fill="toself",
        fillcolor=f"rgba({rgb}, 0.35)",
        line_width=0,
        mode="lines",
        hoverinfo="skip",
        **more,
    )


def invariance(result: Rescaled) -> go.Figure:
    """How far output and gradients change when all hidden weights are multiplied by a."""
    exact, usual = result.output
    i = int(np.argmin(np.abs(np.log10(result.factors) + 1)))
    title = (
        f"Without ε the weights' scale changes the network by at most {short(result.changed)}; "
        f"ε = {short(usual)} lets {short(100 * result.output[usual][i])} % through at "
        f"a = {short(result.factors[i])}"
    )
    traces = [
        go.Scatter(
            x=result.factors,
            y=drawable(values[epsilon]),
            name=f"{name}, ε = {short(epsilon)}",
            line=dict(color=colour, width=2),
            mode="lines+markers",
            marker_symbol="circle" if epsilon else "circle-open",
        )
        for epsilon in (exact, usual)
        for name, values, colour in (
            ("output", result.output, FORWARD),
            ("gradient × a", result.gradient, BACKWARD),
        )
    ]
    return chart(
        traces,
        title=title,
        alt=f"Relative change of output and gradients against the factor on the weights. {title}.",
        how="float64; relative to the same network at a = 1, where the change is 0 and no dot is drawn.",
        xaxis=log_axis(result.factors, "factor a on all hidden weights"),
        yaxis=log_axis([*result.output.values(), *result.gradient.values()], "relative change"),
        hovermode="closest",
    )


def growth(result: Rescaled) -> go.Figure:
    """The squared norm of the hidden weights over plain gradient steps."""
    steps = np.arange(len(result.norm))
    gained = result.norm[-1] - result.norm[0]
    title = f"In {steps[-1]} steps |w|² only grows, by {short(gained)}, as predicted to {short(result.off)}"
    return chart(
        [
            go.Scatter(
                x=steps,
                y=result.norm - result.norm[0],
                name="measured",
                mode="markers",
                marker=dict(color=FORWARD, size=5),
            ),
            go.Scatter(
                x=steps,
                y=result.predicted - result.norm[0],
                name="learning rate² × Σ|gradient|²",
                line=DASHED,
            ),
        ],
        title=title,
        alt=f"Growth of the squared norm of the hidden weights. {title}.",
        how="The gradient is at right angles to the weights, so by Pythagoras every step makes them longer, "
        "and the effective learning rate, learning rate / |w|², falls by itself.",
        xaxis=dict(title="step"),
        yaxis=dict(title="|w|² − its start"),
        hovermode="closest",
    )


def useless_bias(result: Rescaled) -> str:
    """What becomes of a bias that batch normalization follows."""
    return (
        "**A bias below batch normalization is useless**: the mean takes it away again. Its largest gradient "
        f"here is {short(result.bias)}, rounding of float64; the largest of a weight {short(result.weight)}. "
        f"Weights and their gradient are at right angles: the cosine is at most {short(result.radial)}."
    )


def smoothness(found: Surface) -> go.Figure:
    """The range of losses along the gradient at every step, without and with."""
    typical, lengths = np.median(found.spans, axis=1), found.lengths
    span = f"{short(lengths[0])} to {short(lengths[-1])}"
    title = (
        f"Along the gradient, over steps of {span}, the loss spans {short(typical[1])} with batchnorm and "
        f"{short(typical[0])} without"
    )
    _, seeds, steps, _ = found.losses.shape
    bounds = [np.median(values, axis=1) for values in (found.lowest, found.highest)]
    return chart(
        [
            _band(np.arange(steps), *pair, colour, name=name)
            for *pair, name, colour in zip(*bounds, (WITHOUT, WITH), PAIR, strict=True)
        ],
        title=title,
        alt=f"Lowest and highest loss along the gradient over {steps} steps. {title}.",
        how=f"At every step, the lowest and highest loss of the same batch {span} along its gradient: "
        f"medians over {seeds} seeds (Santurkar et al. 2018, figure 4a).",
        xaxis=dict(title="step"),
        yaxis=log_axis(np.ravel(bounds), "loss along the gradient"),
        hovermode="closest",
    )
