"""One unit over the steps: what it saw, what reached it, what it became, and what killed it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from core.charts.style import BACKWARD, FORWARD, PALETTE, THEORY, chart, drawable, ends, log_axis
from core.diagnosis import census
from core.lessons.dead_relus.charts.obituaries import name, part
from core.words import listed, short

if TYPE_CHECKING:
    from core.lessons.dead_relus.measured.history import UnitHistory

DEAD = PALETTE[1]


def _death(figure: go.Figure, history: UnitHistory) -> go.Figure:
    if history.died:
        step = history.at[history.died]
        figure.add_vline(
            step,
            line=dict(color=DEAD, width=1.5),
            annotation=dict(text=_since(history), font_size=11),
            annotation_position="top left" if 2 * step > history.experiment.steps else "top right",
        )
    return figure


def _since(history):
    return "dies" if history.experiment.activation == "relu" else "negative on all data"


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
    what = f"{'normalized ' * h.experiment.batchnorm}weighted sum"
    title = f"{name(h).capitalize()}: its {what} ends between {short(z[-1, 0])} and {short(z[-1, -1])}"
    figure = chart(
        traces,
        title=title,
        alt=f"Distribution of the pre-activation of {name(h)} over the training set and the steps. {title}.",
        how=f"The {what}s of all training samples{', in evaluation mode' * h.experiment.batchnorm}"
        + (
            "; the gate is open above the line at 0."
            if h.experiment.activation == "relu"
            else ", and a line at 0."
        ),
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
    silent = len(passed) if h.died is None else h.died
    if not len(passed):
        title = "The training diverged before the next step that is looked at"
    elif nothing[silent:].any() and nothing[silent:].all():
        number = len(passed) - silent
        when = f"in all {number} steps looked at" if number > 1 else "in the one step looked at"
        title = f"Once {census.word(h.experiment.activation)}, it lets exactly 0 through, {when}"
        if silent and nothing[silent - 1]:
            title += ", and on the step before"
    elif nothing.any() and nothing.all():
        number = f"all {len(nothing)} batches" if len(nothing) > 1 else "the one batch"
        title = f"Exactly 0 gets through on {number} looked at"
    elif nothing.any():
        title = (
            f"On {nothing.sum()} of {len(nothing)} batches exactly 0 gets through, on the others something"
        )
    else:
        title = f"Something gets through on every batch{' looked at' * (h.every > 1)}"
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
            hovertemplate="exactly 0<extra></extra>",
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
    first, last = short(h.bias[0]), short(h.bias[-1])
    title = f"Its bias goes from {first} to {last}"
    if first == last:
        title = f"Its bias ends where it began, at {last}"
    if h.died is not None and len(h.at) - h.died > 1 and not h.gradient[h.died : -1].any():
        title = _without_gradient(h)
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


def _without_gradient(history):
    """What becomes of a unit that got no gradient at any look since it fell silent."""
    h, e = history, history.experiment
    once = f"Once {census.word(e.activation)}"
    if not h.update[h.died :].any():
        return f"{once}, not a bit of its weights and bias changes"
    moved = np.hypot(np.linalg.norm(h.weight[-1] - h.weight[h.died]), h.bias[-1] - h.bias[h.died])
    rest = f"by {short(100 * moved / h.size[h.died])} % in all"
    if h.every > 1:
        return f"{once}, its weights and bias still move, {rest}"
    parts = ["momentum"] * (e.optimizer == "adam" or e.momentum > 0) + ["decay"] * (e.weight_decay > 0)
    movers = listed([part(one, e) for one in parts])
    return f"{once}, {movers} alone still move{'s' * (len(parts) == 1)} its weights and bias, {rest}"


def asleep(history: UnitHistory) -> go.Figure:
    """Silent on the step's batch against silent on the whole training set, for the unit's layer."""
    h, e, layer = history, history.experiment, history.layer
    dead, asleep = h.dead[:, layer], h.asleep[:, layer]
    most, place = int(asleep.max()), f"In layer {layer + 1}"
    if e.activation == "relu":
        whole, batch = "dead: silent on all training samples", "those and the silent on this step's batch"
        some, none = "asleep on a batch without being dead", "no living unit is asleep on a whole batch"
    else:
        whole, batch = "negative on all training samples", "those and the negative on this step's batch"
        some, none = "negative on a batch but not on all data", "no unit is negative on a batch only"
    number = f"{most} unit{' is' if most == 1 else 's are'}"
    title = f"{place} up to {number} {some}" if most else f"{place} {none}"
    mode = ", in evaluation mode," * (e.batchnorm or e.dropout > 0)
    how = (
        f"The gap between the lines: units at or below 0 on all {e.batch} samples of the step's batch, and "
        f"yet{mode} above 0 on some of all {e.samples}."
    )
    if e.batch == e.samples and not mode:
        how = "Every batch is the whole training set, so that the lines are one."
    return chart(
        [
            go.Scatter(x=h.at, y=dead, name=whole, line_color=DEAD),
            go.Scatter(x=h.at, y=dead + asleep, name=batch, line=dict(color=FORWARD, width=1.5)),
        ],
        title=title,
        alt=f"Units of layer {layer + 1} that are silent, over the steps. {title}.",
        how=how,
        xaxis=dict(title="step", range=[0, e.steps]),
        yaxis=dict(title="units", rangemode="tozero"),
    )
