"""What batch normalization buys, and why: many networks, with it and without."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go
from plotly.colors import hex_to_rgb

from core.charts.style import AFTER, BACKWARD, BEFORE, FORWARD, THEORY, chart, drawable, log_axis
from core.charts.sweeps import over_seeds
from core.diagnosis.numbers import TARGET
from core.lessons.batchnorm.measured.gains import Race, Reach
from core.words import short

if TYPE_CHECKING:
    from core.lessons.batchnorm.measured.scale import Rescaled
    from core.lessons.batchnorm.measured.surface import Surface

WITHOUT, WITH = "without batchnorm", "with batchnorm"
PAIR = (BEFORE, AFTER)
DASHED = dict(color=THEORY, dash="dash", width=2)


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


def _count(step: float) -> str:
    return f"after {step:.0f} steps" if np.isfinite(step) else "never"


def race(found: Race) -> go.Figure:
    """Loss over steps of several seeds, without and with, and the step at which they meet the target."""
    traces, every = [], []
    for losses, at, name, colour in zip(found.losses, found.reached, (WITHOUT, WITH), PAIR, strict=True):
        low, middle, high = (drawable(f(losses, axis=0)) for f in (np.min, np.median, np.max))
        shown = np.isfinite(low) & np.isfinite(high)
        every += [low, high]
        traces += [
            _band(found.steps[shown], low[shown], high[shown], colour, showlegend=False),
            go.Scatter(x=found.steps, y=middle, name=name, line=dict(color=colour, width=2.5)),
        ]
        if np.isfinite(at):
            marker = dict(color=colour, size=11, symbol="diamond")
            mark = dict(mode="markers+text", marker=marker, text=[f"{at:.0f}"], textposition="top right")
            traces.append(go.Scatter(x=[at], y=[TARGET], showlegend=False, **mark))
    without, with_it = found.reached
    title = (
        f"Learning rate {short(found.learning_rate)}: a loss of {TARGET} {_count(with_it)} with batchnorm, "
        f"{_count(without)} without"
    )
    if np.isfinite(found.factor):
        title += f", a factor of {short(found.factor)}"
    figure = chart(
        traces,
        title=title,
        alt=f"Training loss of {found.losses.shape[1]} seeds with and without batch normalization. {title}.",
        height=330,
        xaxis=dict(title="step", range=[0, found.steps[-1] + 1]),
        yaxis=log_axis(np.concatenate(every), "loss, mean of 10 steps"),
        hovermode="closest",
    )
    figure.add_hline(TARGET, line=dict(color=THEORY, width=1))
    return figure


def _learned(good: np.ndarray, of: int) -> str:
    if not len(good):
        return f"at none of {of} values"
    where = f" ({short(good[0])} to {short(good[-1])})" if len(good) > 1 else f" ({short(good[0])})"
    return f"at {len(good)} of {of} values{where}"


def reach(found: Reach, here: float) -> go.Figure:
    """Final training loss over one setting, without and with."""
    without, with_it = (_learned(good, len(found.values)) for good in found.learned)
    title = f"{found.title}: with batchnorm the networks learn {with_it}, without {without}"
    return over_seeds(
        found.values,
        dict(zip((WITHOUT, WITH), found.losses, strict=True)),
        x_title=found.title.lower(),
        y_title="final training loss",
        title=title,
        alt=f"Final training loss against {found.title.lower()}. {title}.",
        how="Dots are seeds, lines their median; a cross is a run that diverged. Learned: the median loss is "
        f"below half of what guessing gives, {short(found.chance)}.",
        log_x=True,
        log_y=True,
        colours=PAIR,
        here=here,
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
        f"The weights and their gradient are at right angles to {short(result.radial)}."
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
