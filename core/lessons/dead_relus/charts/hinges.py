"""A ReLU network with one hidden layer is made of hinges: where each unit switches, over the steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.charts.style import BACKWARD, FORWARD, PALETTE, THEORY, chart, panels, played, single
from core.data import load

if TYPE_CHECKING:
    from core.lessons.dead_relus.measured.hinges import Hinges

DEAD = PALETTE[1]


def _ending(found: Hinges) -> str:
    first, last = int(found.silent[0].sum()), int(found.silent[-1].sum())
    if found.at[-1] < found.experiment.steps:
        return f"the training diverges after step {found.at[-1]}, with {last} unit{'s' * (last != 1)} dead"
    dead = f"{last} of {found.silent.shape[1]} units {'is' if last == 1 else 'are'} dead"
    return f"{dead} at the end, {first} before the first step"


def line(found: Hinges) -> go.Figure:
    """The fit of a curve, and the hinge of every unit, active to one side of it."""
    data, edge = load(found.experiment), found.edge
    units = np.arange(1, found.bias.shape[1] + 1)

    def state(t):
        x, y = found.hinge[t]
        symbol = np.where(found.weight[t, :, 0] > 0, "triangle-right", "triangle-left")
        colour = np.where(found.silent[t], DEAD, FORWARD)
        bends = ~found.silent[t] & (np.abs(x) < edge)
        return [
            dict(zip("xy", single(found.fit[t]), strict=True)),
            dict(x=x[bends], y=y[bends]),
            dict(x=x, y=units, marker=dict(symbol=symbol, color=colour)),
        ]

    last, figure = (
        state(-1),
        make_subplots(2, 1, shared_xaxes=True, row_heights=[0.6, 0.4], vertical_spacing=0.04),
    )
    x, y = data.x_train[:, 0], data.y_train
    hover = "unit %{y}: x = %{x:.2f}<extra></extra>"
    fit = go.Scatter(last[0], name="the network", line=dict(color=FORWARD, width=2.5), mode="lines")
    bends = go.Scatter(last[1], name="its hinges", mode="markers", marker=dict(color=FORWARD, size=8))
    units_at = go.Scatter(
        last[2], name="units", mode="markers", marker_size=9, showlegend=False, hovertemplate=hover
    )
    dots = go.Scatter(x=x, y=y, name="data", mode="markers", marker=dict(color=THEORY, size=4, opacity=0.6))
    key = go.Scatter(
        x=[None], y=[None], name="dead", mode="markers", marker=dict(color=DEAD, symbol="triangle-left")
    )
    figure.add_traces([fit, bends, units_at, dots, key], rows=[1, 1, 2, 1, 2], cols=[1] * 5)
    title = _ending(found)
    done = panels(
        figure,
        title=f"On a line, {title}",
        alt=f"Piecewise linear fit of a curve with the hinge of every unit, step by step. {title}.",
        how="Above, the fit bends where a unit switches on or off. Below, every unit's hinge, pointing to "
        "the side on which it is active; the band is where the data lie. A dead unit points away from them.",
        height=560,
        hovermode="closest",
    )
    spread = np.ptp(y)
    done.update_xaxes(range=[-1.04 * edge, 1.04 * edge])
    done.update_layout(
        yaxis=dict(range=[y.min() - 0.4 * spread, y.max() + 0.4 * spread], title="output"),
        yaxis2=dict(title="unit", range=[0, len(units) + 1]),
        xaxis2_title="input",
    )
    done.add_vrect(x.min(), x.max(), fillcolor="rgba(128, 136, 149, 0.12)", line_width=0, layer="below")
    return _over_time(
        done, [dict(data=state(t), traces=[0, 1, 2], name=str(s)) for t, s in enumerate(found.at)]
    )


def _over_time(figure: go.Figure, frames: list[dict]) -> go.Figure:
    played(figure, frames, "step ")
    for slider in figure.layout.sliders:
        slider.active = len(frames) - 1
    return figure


def plane(found: Hinges) -> go.Figure:
    """Two features: the straight line on which every unit switches, over the data of both classes."""
    data, edge, silent = load(found.experiment), found.edge, found.silent

    def lines(t, chosen):
        normal, bias = found.weight[t][chosen].astype(float), found.bias[t][chosen].astype(float)
        length = np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)
        foot = -bias[:, None] * normal / length**2
        along = np.stack([-normal[:, 1], normal[:, 0]], axis=1) / length * 4 * edge
        ends = np.stack([foot - along, foot + along, np.full_like(foot, np.nan)], axis=1).reshape(-1, 2)
        return dict(x=ends[:, 0].astype(np.float32), y=ends[:, 1].astype(np.float32))

    def state(t):
        return [lines(t, ~silent[t]), lines(t, silent[t])]

    alive, dead = state(-1)
    traces = [
        go.Scatter(
            alive, mode="lines", line=dict(color=FORWARD, width=1.5), name="live units", hoverinfo="skip"
        ),
        go.Scatter(
            dead,
            mode="lines",
            line=dict(color=DEAD, width=2, dash="dot"),
            name="dead units",
            hoverinfo="skip",
        ),
    ]
    for label, colour, symbol in ((0, PALETTE[9], "circle"), (1, BACKWARD, "diamond")):
        points = data.x_train[data.y_train == label]
        traces.append(
            go.Scatter(
                x=points[:, 0],
                y=points[:, 1],
                mode="markers",
                marker=dict(color=colour, size=4, symbol=symbol, opacity=0.7),
                name=f"class {label}",
                hoverinfo="skip",
            )
        )
    title = _ending(found)
    figure = chart(
        traces,
        title=f"On a plane, {title}",
        alt=f"The boundary of every unit over two classes of points, step by step. {title}.",
        how="Every line is a unit: active on one side, silent on the other. The line of a dead unit has all "
        "data on its silent side.",
        height=560,
        hovermode="closest",
        xaxis=dict(title="feature 1", range=[-edge, edge]),
        yaxis=dict(title="feature 2", range=[-edge, edge], scaleanchor="x"),
    )
    return _over_time(
        figure, [dict(data=state(t), traces=[0, 1], name=str(s)) for t, s in enumerate(found.at)]
    )
