"""The life of one unit: what it saw, what reached it, what it became, and what killed it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from core.charts.style import BACKWARD, FORWARD, PALETTE, THEORY, chart, drawable, ends, log_axis
from core.diagnosis import census
from core.words import short

if TYPE_CHECKING:
    from core.lessons.dead_relus.measured.history import UnitHistory

DEAD = PALETTE[1]


def name(history: UnitHistory) -> str:
    """The unit, as readers count."""
    return f"unit {history.unit + 1} of layer {history.layer + 1}"


def verdict(history: UnitHistory) -> str:
    """When the unit died and what did it: one sentence, or why there is none to tell."""
    h, died, word = history, history.died, census.word(history.experiment.activation)
    subject = name(h).capitalize()
    if died is None:
        return f"{subject} lives: at the end it is active on {100 * h.active[-1]:.1f} % of the samples."
    if died == 0:
        return f"{subject} is {word} before the first step: its weights and bias were drawn that way."
    between = "one update" if h.at[died] - h.at[died - 1] == 1 else f"{h.at[died] - h.at[died - 1]} updates"
    size = 100 * h.update[died - 1] / h.size[died - 1]
    text = (
        f"{subject} is {word} from step {h.at[died]} on. Before, it was active on "
        f"{100 * h.active[died - 1]:.1f} % of the samples; {between} of {short(size)} % of its weights and "
        "bias"
    )
    if np.isnan(h.own_highest[died]):
        return f"{text} ended that."
    if h.own_highest[died] <= 0:
        return (
            f"{text} pushed its highest weighted sum from {short(h.pre_activation[died - 1, -1])} to "
            f"{short(h.own_highest[died])}: that alone killed it."
        )
    return (
        f"{text} would have left it a highest weighted sum of {short(h.own_highest[died])}; "
        f"its inputs, moved by the layers below, brought it to {short(h.pre_activation[died, -1])}."
    )


def _death(figure: go.Figure, history: UnitHistory) -> go.Figure:
    if history.died:
        note = dict(text="dies", font_size=11)
        figure.add_vline(
            history.at[history.died],
            line=dict(color=DEAD, width=1.5),
            annotation=note,
            annotation_position="top",
        )
    return figure


def pre_activation(history: UnitHistory) -> go.Figure:
    """The distribution of the unit's pre-activation over the training set, step by step."""
    h, z = history, history.pre_activation
    bands = [(0, 6, 0.12, "all"), (1, 5, 0.2, "90 %"), (2, 4, 0.35, "half")]
    traces = []
    for low, high, opacity, share in bands:
        traces.append(
            go.Scatter(
                x=np.concatenate([h.at, h.at[::-1]]),
                y=np.concatenate([z[:, low], z[::-1, high]]),
                fill="toself",
                fillcolor=f"rgba(0, 114, 178, {opacity})",
                line_width=0,
                mode="lines",
                name=share,
                hoverinfo="skip",
            )
        )
    traces.append(go.Scatter(x=h.at, y=z[:, 3], name="median", line_color=FORWARD))
    title = f"{name(h).capitalize()}: its weighted sum ends between {short(z[-1, 0])} and {short(z[-1, -1])}"
    figure = chart(
        traces,
        title=title,
        alt=f"Distribution of the pre-activation of {name(h)} over the training set and the steps. {title}.",
        how="The weighted sums of all training samples; the gate is open above the line at 0.",
        xaxis=dict(title="step", range=[0, h.experiment.steps]),
        yaxis=dict(title="pre-activation"),
    )
    figure.add_hline(0, line=dict(color=THEORY, width=2, dash="dash"))
    return _death(figure, h)


def gradient(history: UnitHistory) -> go.Figure:
    """The error signal that arrives at the unit, and what its slope lets through to its weights."""
    h = history
    received, passed, steps = h.received[:-1], h.passed[:-1], h.at[:-1]
    nothing = passed == 0
    axis = log_axis([*received, *passed], "size (norm over the batch)")
    if h.died is not None and nothing[h.died :].all():
        title = f"Once dead, it lets exactly 0 through, in all {len(passed[h.died :])} steps looked at"
    elif nothing.any():
        title = f"On {nothing.sum()} of {len(nothing)} batches nothing gets through: asleep, not dead"
    else:
        title = "Something gets through on every batch"
    edge = ends(axis)[0]
    traces = [
        go.Scatter(x=steps, y=drawable(received), name="arrives from above", line_color=BACKWARD),
        go.Scatter(
            x=steps,
            y=drawable(passed),
            name="gets through",
            line_color=FORWARD,
            mode="lines+markers",
            marker_size=4,
        ),
        go.Scatter(
            x=steps[nothing],
            y=np.full(nothing.sum(), edge),
            name="exactly 0",
            mode="markers",
            marker=dict(symbol="triangle-down", color=FORWARD, size=8),
            cliponaxis=False,
        ),
    ]
    return _death(
        chart(
            traces,
            title=title,
            alt=f"Error signal at {name(h)} over the steps. {title}.",
            how="Gradient of the loss by the unit's output, and by its weighted sum, on each step's batch. "
            "What gets through is all its weights and bias learn from.",
            xaxis=dict(title="step", range=[0, h.experiment.steps]),
            yaxis=axis,
        ),
        h,
    )


def parameters(history: UnitHistory) -> go.Figure:
    """Weights and bias of the unit over the steps."""
    h = history
    shown = np.argsort(-np.abs(h.weight[-1]))[:64]
    gap = np.full((1, len(shown)), np.nan)
    weights = go.Scatter(
        x=np.tile([*h.at, h.at[-1]], len(shown)),
        y=np.concatenate([h.weight[:, shown], gap]).T.ravel().astype(np.float32),
        line=dict(color=PALETTE[2], width=1),
        opacity=0.5,
        name="weights",
        mode="lines",
        hoverinfo="skip",
    )
    traces = [weights, go.Scatter(x=h.at, y=h.bias, name="bias", line=dict(color=BACKWARD, width=3))]
    if h.died is not None and len(h.at) - h.died > 1:
        rest = 100 * h.update[h.died :].sum() / h.size[h.died]
        cause = "weight decay" if h.experiment.weight_decay else "momentum"
        title = (
            f"Once dead, {cause} alone still moves its weights and bias, by {short(rest)} % in all"
            if rest
            else "Once dead, not a bit of its weights and bias changes"
        )
    else:
        title = f"Its bias goes from {short(h.bias[0])} to {short(h.bias[-1])}"
    return _death(
        chart(
            traces,
            title=title,
            alt=f"Weights and bias of {name(h)} over the steps. {title}.",
            how="Flat lines: frozen. Shown are the 64 largest weights at most.",
            xaxis=dict(title="step", range=[0, h.experiment.steps]),
            yaxis=dict(title="value"),
        ),
        h,
    )


def asleep(history: UnitHistory) -> go.Figure:
    """Silent on the step's batch against silent on the whole training set, for the unit's layer."""
    h, layer = history, history.layer
    dead, asleep = h.dead[:, layer], h.asleep[:, layer]
    woke = int(asleep.max())
    title = (
        f"In layer {layer + 1} up to {woke} units are asleep on a batch without being dead"
        if woke
        else f"In layer {layer + 1} no living unit is ever asleep on a whole batch"
    )
    return chart(
        [
            go.Scatter(x=h.at, y=dead, name="dead: silent on all training samples", line_color=DEAD),
            go.Scatter(
                x=h.at,
                y=dead + asleep,
                name="silent on this step's batch",
                line=dict(color=FORWARD, width=1.5),
            ),
        ],
        title=title,
        alt=f"Units of layer {layer + 1} that are silent, over the steps. {title}.",
        how=f"The gap between the lines is units that only sleep: none of the {h.experiment.batch} samples "
        "of the batch wakes them, others do.",
        xaxis=dict(title="step", range=[0, h.experiment.steps]),
        yaxis=dict(title="units", rangemode="tozero"),
    )
