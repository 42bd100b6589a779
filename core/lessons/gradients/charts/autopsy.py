"""How a run became NaN: the largest magnitudes over the last steps and over the layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from core.charts.style import BACKWARD, FORWARD, PALETTE, THEORY, WEIGHTS, chart, drawable, log_axis
from core.engine.optimizers import OPTIMIZERS, momentum
from core.theory import overflow_depth, overflow_step, sigma_w
from core.words import short

if TYPE_CHECKING:
    from core.lessons.gradients.measured.autopsy import Autopsy

KINDS = {
    "weight": ("weights", WEIGHTS),
    "pre_activation": ("pre-activations", FORWARD),
    "activation": ("activations", PALETTE[5]),
    "delta": ("error signal δ", BACKWARD),
    "weight_gradient": ("weight gradients", PALETTE[4]),
}
NAMES = {name: title for name, (title, _) in KINDS.items()} | {"loss": "loss"}


def sentence(autopsy: Autopsy) -> str:
    """What went first, where and when."""
    a, e = autopsy, autopsy.run.experiment
    if a.kind == "loss":
        what = f"the loss is {short(a.value)}"
    else:
        where = f"layer {a.layer}" if a.layer <= e.depth else "the output layer"
        part = "all" if a.share == 1 else f"{short(100 * a.share)} % of the"
        lost = f"the first is {short(a.value)}"
        what = f"{part} {NAMES[a.kind]} of {where} are not finite, {lost}"
    return f"At step {a.step}, {what}; everything computed before was still finite"


def prediction(autopsy: Autopsy) -> str:
    """When theory expects the overflow: by layers in a forward pass, by steps on a parabola."""
    a, e = autopsy, autopsy.run.experiment
    limit, said = float(np.finfo(e.precision).max), []
    growth = sigma_w(e, e.width, e.width)
    if e.activation == "relu" and not (e.batchnorm or e.residual or e.dropout) and growth > 2**0.5:
        depth = overflow_depth(growth) * np.log(limit) / np.log(float(np.finfo(np.float32).max))
        said.append(
            f"Before the first step a ReLU signal with σ_w = {short(growth)} grows by "
            f"×{short(growth / 2**0.5)} per layer: it would overflow after {depth:.0f} layers; this network "
            f"has {e.depth}."
        )
    start = float(a.run.loss[0])
    parabola = np.array([start, a.sharpness])
    if not OPTIMIZERS[e.optimizer].rescales and np.isfinite(parabola).all() and (parabola > 0).all():
        step = overflow_step(*parabola, e.learning_rate, momentum(e), limit)
        rate = f"With λ_max = {short(a.sharpness)} at the start, a parabola would"
        course = (
            f"overflow at step {step:.0f}" if np.isfinite(step) else "not diverge with this learning rate"
        )
        said.append(f"{rate} {course}; the network, which is none, did at step {a.step}.")
    return " ".join(said) or "Theory gives no step for this one."


def _limit(figure: go.Figure, precision: str) -> None:
    figure.add_hline(
        float(np.finfo(precision).max),
        line=dict(color=THEORY, dash="dash", width=2),
        label=dict(
            text=f"{precision} limit: {short(float(np.finfo(precision).max))}",
            textposition="start",
            yanchor="top",
            font_size=11,
        ),
    )


def over_steps(autopsy: Autopsy) -> go.Figure:
    """The largest magnitude of every kind of tensor at every one of the last steps."""
    a, e = autopsy, autopsy.run.experiment
    limit = float(np.finfo(e.precision).max)
    traces, every = [], [limit]
    for kind, (title, colour) in KINDS.items():
        sizes = a.largest[kind]
        top = np.where(np.isfinite(sizes), sizes, -1).max(axis=1)
        every += list(top)
        line = dict(color=colour)
        traces.append(go.Scatter(x=a.at, y=drawable(top), name=title, line=line, mode="lines+markers"))
    traces.append(
        go.Scatter(
            x=[a.step],
            y=[limit],
            name=f"first not finite: {NAMES[a.kind]}",
            mode="markers",
            marker=dict(symbol="x", size=12, color=KINDS.get(a.kind, ("", BACKWARD))[1]),
        )
    )
    before = a.largest["pre_activation"][:-1]
    title = sentence(a)
    how = "The largest magnitude in any layer. "
    if len(before) > 1 and np.isfinite(before[-2:]).any(axis=1).all():
        rise = np.nanmax(before[-1]) / np.nanmax(before[-2])
        how += f"From step {a.at[-3]} to step {a.at[-2]} the largest pre-activation changed ×{short(rise)}. "
    ticks = dict(dtick=1) if len(a.at) < 10 else {}
    figure = chart(
        traces,
        title=title,
        alt=f"Largest magnitudes over the last steps. {title}.",
        how=how + "Beyond the dashed line a number is ∞, and ∞ − ∞ or 0 × ∞ is NaN.",
        xaxis=dict(title="step", range=[a.at[0] - 0.5, a.at[-1] + 0.5]) | ticks,
        yaxis=log_axis(every, "largest magnitude"),
    )
    _limit(figure, e.precision)
    return figure


def over_layers(autopsy: Autopsy) -> go.Figure:
    """The largest pre-activation of every layer at the last steps before the end."""
    a, e = autopsy, autopsy.run.experiment
    sizes, steps = a.largest["pre_activation"][-4:], a.at[-4:]
    layers = np.arange(1, e.depth + 2)
    last = np.where(np.isfinite(sizes[-1]))[0]
    title = f"At step {a.step} no layer has finite pre-activations"
    if len(last) == e.depth + 1:
        most = short(sizes[-1].max())
        title = f"At step {a.step} the pre-activations of all layers are finite, at most {most}"
    elif len(last):
        reach, where = short(sizes[-1][last[-1]]), f"layer {last[-1] + 1}, the last that is finite"
        title = f"At step {a.step} the pre-activations reach {reach} in {where}"
    figure = chart(
        [
            go.Scatter(
                x=layers,
                y=drawable(values),
                name=f"step {step}",
                line=dict(color=colour, width=3.5 if step == a.step else 1.5),
                mode="lines+markers",
            )
            for step, values, colour in zip(steps, sizes, PALETTE, strict=False)
        ],
        title=title,
        alt=f"Largest pre-activations per layer at the last steps. {title}.",
        how="A line is a forward pass; where it ends, the next layer was not finite or was never computed.",
        xaxis=dict(title="layer; the last is the output", dtick=max(1, e.depth // 10)),
        yaxis=log_axis([*sizes.ravel(), float(np.finfo(e.precision).max)], "largest |z|"),
        hovermode="closest",
    )
    _limit(figure, e.precision)
    return figure
