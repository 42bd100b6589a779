"""What batch normalization buys, and why: many networks, with it and without."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go
from plotly.colors import hex_to_rgb

from core.charts.style import AFTER, BACKWARD, BEFORE, FORWARD, THEORY, chart, drawable, log_axis
from core.charts.sweeps import over_seeds
from core.diagnosis.measures import TARGET, final_loss, short, steps_to_target
from core.run import Run
from core.sweep import Sweep

if TYPE_CHECKING:
    from core.lessons.batchnorm.measured import Rescaled

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


def speed(sweep: Sweep, runs: Sequence[Run]) -> dict[str, go.Figure]:
    """One chart per learning rate, over batchnorm, learning_rate and seed."""
    without, with_it = sweep.of(runs)
    rates = sweep.axes["learning_rate"]
    return {f"rate {rate:g}": _race(*pair) for rate, *pair in zip(rates, without, with_it, strict=True)}


def _race(plain: Sequence[Run], normed: Sequence[Run]) -> go.Figure:
    """Loss over steps of several seeds, without and with, and the step at which they meet the target."""
    traces, reached, steps = [], [], plain[0].experiment.steps
    width = min(10, steps)
    x = np.arange(width - 1, steps)
    every = []
    for runs, name, colour in ((plain, WITHOUT, BEFORE), (normed, WITH, AFTER)):
        means = np.array([np.convolve(r.loss.astype(float), np.ones(width) / width, "valid") for r in runs])
        means[~np.isfinite(means)] = np.inf
        low, middle, high = (drawable(f(means, axis=0)) for f in (np.min, np.median, np.max))
        shown = np.isfinite(low) & np.isfinite(high)
        at = float(np.median([steps_to_target(run) for run in runs]))
        reached.append(at)
        every += [low, high]
        traces += [
            _band(x[shown], low[shown], high[shown], colour, showlegend=False),
            go.Scatter(x=x, y=middle, name=name, line=dict(color=colour, width=2.5)),
        ]
        if np.isfinite(at):
            marker = dict(color=colour, size=11, symbol="diamond")
            mark = dict(mode="markers+text", marker=marker, text=[f"{at:.0f}"], textposition="top right")
            traces.append(go.Scatter(x=[at], y=[TARGET], showlegend=False, **mark))
    rate = short(plain[0].experiment.learning_rate)
    title = (
        f"Learning rate {rate}: a loss of {TARGET} {_count(reached[1])} with batchnorm, {_count(reached[0])}"
    )
    title += " without"
    if np.isfinite(reached).all():
        title += f", a factor of {short(reached[0] / reached[1])}"
    figure = chart(
        traces,
        title=title,
        alt=f"Training loss of {len(plain)} seeds with and without batch normalization. {title}.",
        height=330,
        xaxis=dict(title="step", range=[0, steps]),
        yaxis=log_axis(np.concatenate(every), "loss, mean of 10 steps"),
        hovermode="closest",
    )
    figure.add_hline(TARGET, line=dict(color=THEORY, width=1))
    return figure


def _learned(x, losses, chance: float) -> str:
    good = np.asarray(x)[np.median(np.where(np.isfinite(losses), losses, np.inf), axis=1) < chance / 2]
    if not len(good):
        return f"at none of {len(x)} values"
    where = f" ({short(good[0])} to {short(good[-1])})" if len(good) > 1 else f" ({short(good[0])})"
    return f"at {len(good)} of {len(x)} values{where}"


def reach(sweep: Sweep, runs: Sequence[Run], here: float) -> go.Figure:
    """Final training loss over batchnorm, one setting and seed."""
    _, setting, _ = sweep.axes
    values, losses = sweep.axes[setting], sweep.of(runs, final_loss)
    name, chance = type(runs[0].experiment).model_fields[setting].title, runs[0].chance
    title = (
        f"{name}: with batchnorm the networks learn {_learned(values, losses[1], chance)}, "
        f"without {_learned(values, losses[0], chance)}"
    )
    return over_seeds(
        values,
        {WITHOUT: losses[0], WITH: losses[1]},
        x_title=name.lower(),
        y_title="final training loss",
        title=title,
        alt=f"Final training loss against {name.lower()}. {title}.",
        how="Dots are seeds, lines their median; a cross is a run that diverged. Learned: the median loss is "
        f"below half of what guessing gives, {short(chance)}.",
        log_x=True,
        log_y=True,
        colours=PAIR,
        here=here,
    )


def invariance(result: Rescaled) -> go.Figure:
    """How far output and gradients change when all hidden weights are multiplied by a."""
    exact, usual = result.output
    worst = max(result.output[exact].max(), result.gradient[exact].max())
    i = int(np.argmin(np.abs(np.log10(result.factors) + 1)))
    title = (
        f"Without ε the weights' scale changes the network by at most {short(worst)}; "
        f"ε = {usual:g} lets {short(100 * result.output[usual][i])} % through at "
        f"a = {short(result.factors[i])}"
    )
    traces = [
        go.Scatter(
            x=result.factors,
            y=drawable(values[epsilon]),
            name=f"{name}, ε = {epsilon:g}",
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
        xaxis=dict(title="factor a on all hidden weights", type="log"),
        yaxis=log_axis([*result.output.values(), *result.gradient.values()], "relative change"),
        hovermode="closest",
    )


def growth(result: Rescaled) -> go.Figure:
    """The squared norm of the hidden weights over plain gradient steps."""
    steps = np.arange(len(result.norm))
    off = float(np.abs(result.norm / result.predicted - 1).max())
    gained = result.norm[-1] - result.norm[0]
    title = f"In {steps[-1]} steps |w|² only grows, by {short(gained)}, as predicted to {short(off)}"
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


def smoothness(lengths: np.ndarray, losses: np.ndarray) -> go.Figure:
    """The range of losses along the gradient, [2, seeds, steps, lengths], at every step."""
    bounded = np.minimum(np.where(np.isfinite(losses), losses, np.inf), 1e30)
    low, high = bounded.min(axis=3), bounded.max(axis=3)
    ranges = (high - low).mean(axis=2)
    typical = np.median(ranges, axis=1)
    span = f"{short(lengths[0])} to {short(lengths[-1])}"
    title = (
        f"Along the gradient, over steps of {span}, the loss spans {short(typical[1])} with batchnorm and "
        f"{short(typical[0])} without"
    )
    steps = np.arange(losses.shape[2])
    middle = [(np.median(low[i], axis=0), np.median(high[i], axis=0)) for i in (0, 1)]
    return chart(
        [
            _band(steps, *bounds, colour, name=name)
            for bounds, name, colour in zip(middle, (WITHOUT, WITH), (BEFORE, AFTER), strict=True)
        ],
        title=title,
        alt=f"Lowest and highest loss along the gradient over {len(steps)} steps. {title}.",
        how=f"At every step, the lowest and highest loss of the same batch {span} along its gradient: "
        f"medians over {losses.shape[1]} seeds (Santurkar et al. 2018, figure 4a).",
        xaxis=dict(title="step"),
        yaxis=log_axis(np.concatenate([np.ravel(m) for m in middle]), "loss along the gradient"),
        hovermode="closest",
    )
