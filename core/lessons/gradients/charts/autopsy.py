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
    "activation": ("activations", PALETTE[2]),
    "delta": ("error signal δ", BACKWARD),
    "weight_gradient": ("weight gradients", PALETTE[4]),
}
NAMES = {name: title for name, (title, _) in KINDS.items()} | {"loss": "loss"}


def sentence(autopsy: Autopsy) -> str:
    """What went first, where and when."""
    a, e = autopsy, autopsy.run.experiment
    where = f"of layer {a.layer}" if a.layer <= e.depth else "of the output layer"
    share = f"{100 * a.share:.2g} % of the " if a.kind != "loss" else "the "
    verb = "is" if a.kind == "loss" else "are"
    words = f"At step {a.step}, {share}{NAMES[a.kind]} {where if a.kind != 'loss' else ''}".rstrip()
    return f"{words} {verb} {short(a.value)}, and everything computed before was still finite"


def prediction(autopsy: Autopsy) -> str:
    """When theory expects the overflow: by layers in a forward pass, by steps on a parabola."""
    a, e = autopsy, autopsy.run.experiment
    limit, said = float(np.finfo(e.precision).max), []
    growth = sigma_w(e, e.width, e.width)
    if e.activation == "relu" and not (e.batchnorm or e.residual or e.dropout) and growth > 2**0.5:
        depth = overflow_depth(growth) * np.log(limit) / np.log(float(np.finfo(np.float32).max))
        said.append(
            f"Before the first step a ReLU signal with σ_w = {short(growth)} grows by "
            f"×{short(growth / 2**0.5)} per layer: it would overflow after {depth:.0f} layers, of which this "
            f"network has {e.depth}."
        )
    start = float(a.run.loss[0])
    parabola = np.array([start, a.sharpness])
    if not OPTIMIZERS[e.optimizer].rescales and np.isfinite(parabola).all() and (parabola > 0).all():
        step = overflow_step(*parabola, e.learning_rate, momentum(e), limit)
        rate = f"With λ_max = {short(a.sharpness)} at the start, a parabola would"
        if np.isfinite(step):
            said.append(
                f"{rate} overflow at step {step:.0f}; the network did at step {a.step}, "
                f"{'as its curvature grows with its weights' if a.step < step else 'later'}."
            )
        else:
            said.append(
                f"{rate} not diverge at all with this learning rate: its curvature changed on the way."
            )
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
        how += f"In the last step before, the pre-activations changed ×{short(rise)}. "
    figure = chart(
        traces,
        title=title,
        alt=f"Largest magnitudes over the last steps. {title}.",
        how=how + "Beyond the dashed line a number is inf, and inf − inf or 0 × inf is NaN.",
        xaxis=dict(title="step", range=[a.at[0] - 0.5, a.at[-1] + 0.5]),
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
    title = (
        f"At step {a.step} the pre-activations reach {short(sizes[-1][last[-1]])} in layer {last[-1] + 1}, "
        f"the last that is finite"
        if len(last)
        else f"At step {a.step} no layer has finite pre-activations"
    )
    figure = chart(
        [
            go.Scatter(
                x=layers, y=drawable(values), name=f"step {step}", line_color=colour, mode="lines+markers"
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
