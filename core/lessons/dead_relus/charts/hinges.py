"""A ReLU network with one hidden layer is made of hinges: where each unit switches, over the steps."""

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.charts.style import BACKWARD, FORWARD, PALETTE, THEORY, chart, panels, played
from core.data import load
from core.lessons.dead_relus.measured.hinges import Weights

DEAD = PALETTE[1]
REACH = 2.0
"""How far the picture goes beyond the data, as a factor."""


def _silent(weights: Weights, x: np.ndarray) -> np.ndarray:
    """Which units are at or below 0 on every sample x [samples, inputs]: [T, U]."""
    z = np.einsum("tui,ni->tun", weights.weight, x) + weights.bias[..., None]
    return (z <= 0).all(axis=2)


def _ending(weights: Weights, silent: np.ndarray) -> str:
    first, last = int(silent[0].sum()), int(silent[-1].sum())
    if weights.at[-1] < weights.experiment.steps:
        return f"the training diverges after step {weights.at[-1]}, with {last} units dead"
    return f"{last} of {silent.shape[1]} units are dead at the end, {first} before the first step"


def line(weights: Weights) -> go.Figure:
    """The fit of a curve, and the hinge of every unit: x = -bias / weight, active to one side of it."""
    w, data = weights, load(weights.experiment)
    silent = _silent(w, data.x_train)
    edge = REACH * np.abs(data.x_train).max()
    slope = w.weight[..., 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        hinge = np.nan_to_num(-w.bias / slope, nan=edge, posinf=edge, neginf=-edge)
    place, units = np.clip(hinge, -edge, edge), np.arange(1, slope.shape[1] + 1)
    grid = np.linspace(-edge, edge, 161)

    def answer(t, x):
        return np.maximum(slope[t] * x[:, None] + w.bias[t], 0) @ w.out[t] + w.offset[t]

    def state(t):
        x = np.unique(np.concatenate([grid, place[t]]))
        symbol = np.where(slope[t] > 0, "triangle-right", "triangle-left")
        colour = np.where(silent[t], DEAD, FORWARD)
        at_hinge = ~silent[t] & (np.abs(hinge[t]) < edge)
        return [
            dict(x=x.astype(np.float32), y=answer(t, x).astype(np.float32)),
            dict(x=place[t][at_hinge], y=answer(t, place[t][at_hinge])),
            dict(x=place[t], y=units, marker=dict(symbol=symbol, color=colour)),
        ]

    last, figure = (
        state(-1),
        make_subplots(2, 1, shared_xaxes=True, row_heights=[0.6, 0.4], vertical_spacing=0.04),
    )
    x, y = data.x_train[:, 0], data.y_train
    hover = "unit %{y}: x = %{x:.2f}<extra></extra>"
    fit = go.Scatter(last[0], name="the network", line=dict(color=FORWARD, width=2.5), mode="lines")
    bends = go.Scatter(last[1], name="its hinges", mode="markers", marker=dict(color=FORWARD, size=8))
    units_at = go.Scatter(last[2], mode="markers", marker_size=9, showlegend=False, hovertemplate=hover)
    dots = go.Scatter(x=x, y=y, name="data", mode="markers", marker=dict(color=THEORY, size=4, opacity=0.6))
    key = go.Scatter(
        x=[None], y=[None], name="dead", mode="markers", marker=dict(color=DEAD, symbol="triangle-left")
    )
    figure.add_traces([fit, bends, units_at, dots, key], rows=[1, 1, 2, 1, 2], cols=[1] * 5)
    title = _ending(w, silent)
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
    return _over_time(done, [dict(data=state(t), traces=[0, 1, 2], name=str(s)) for t, s in enumerate(w.at)])


def _over_time(figure: go.Figure, frames: list[dict]) -> go.Figure:
    played(figure, frames, "step ")
    for slider in figure.layout.sliders:
        slider.active = len(frames) - 1
    return figure


def plane(weights: Weights) -> go.Figure:
    """Two features: the straight line on which every unit switches, over the data of both classes."""
    w, data = weights, load(weights.experiment)
    silent = _silent(w, data.x_train)
    edge = REACH * np.abs(data.x_train).max()

    def lines(t, chosen):
        normal, bias = w.weight[t][chosen].astype(float), w.bias[t][chosen].astype(float)
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
    title = _ending(w, silent)
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
    return _over_time(figure, [dict(data=state(t), traces=[0, 1], name=str(s)) for t, s in enumerate(w.at)])
