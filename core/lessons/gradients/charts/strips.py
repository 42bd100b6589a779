"""Histograms as strips: one column per layer, over the steps."""

import numpy as np
import plotly.graph_objects as go
from plotly.colors import sequential

from core.charts.style import chart, played
from core.diagnosis.skill import percent
from core.diagnosis.wording import NAMES
from core.run import DELTA_EDGES, Run, activation_edges
from core.slopes import ACTIVATIONS
from core.words import power_of_ten, short

RARE, SURE = 0.01, 1e-4
SHARES = [((i / 9) ** 2, colour) for i, colour in enumerate(sequential.Viridis)]
"""Small shares are told apart: the place of a colour is the square of what it is on the usual scale."""


def _between(edges: np.ndarray, row: int) -> str:
    if row == 0:
        return f"at most {short(edges[0])}"
    if row == len(edges):
        return f"over {short(edges[-1])}"
    return f"from {short(edges[row - 1])} to {short(edges[row])}"


def _strips(run: Run, shares: np.ndarray, edges: np.ndarray, marks: dict, bottom: int, **text) -> go.Figure:
    """A column per layer, a row per bin from `bottom` on that ever holds 1 %; apart from them bin 0, where
    `bottom` is 1, and what is not a number. `marks` label heights.
    """
    e, kept, zero = run.experiment, run.kept, bottom == 1
    most = np.nanmax(shares[kept], axis=(0, 1), initial=0)
    used = np.flatnonzero(most[bottom:] > RARE) + bottom
    low, high = (
        (max(used.min() - 1, bottom), min(used.max() + 1, len(edges))) if len(used) else (bottom, len(edges))
    )
    lost, apart = bool((1 - shares[kept].sum(axis=2) > SURE).any()), (high - low) / 20
    bounds = low + apart * zero - 0.5, high - apart * (lost and high not in marks) + 0.5
    ticks = {y: label for y, label in sorted(marks.items()) if bounds[0] <= y <= bounds[1]}
    ticks = dict(list(ticks.items())[:: len(ticks) // 8 + 1])
    rows, gap = np.arange(low, high + 1), np.full((1, e.depth), np.nan)
    said = [f"of the values {_between(edges, row)}" for row in rows]
    if zero:
        ticks, said, rows = ticks | {low - 2: "0"}, ["are 0", "", *said], [low - 2, low - 1, *rows]
    if lost:
        text["how"] += " The row at the top holds what is not a number any more."
        ticks, said, rows = ticks | {high + 2: "NaN"}, [*said, "", "are NaN"], [*rows, high + 1, high + 2]

    def strip(i):
        z = [shares[i].T[low : high + 1]]
        if zero:
            z = [shares[i].T[:1], gap, *z]
        if lost:
            z = [*z, gap, np.maximum(1 - shares[i].sum(axis=1), 0)[None]]
        return dict(type="heatmap", z=np.concatenate(z).astype(np.float32))

    figure = chart(
        [
            go.Heatmap(
                strip(0),
                x=np.arange(1, e.depth + 1),
                y=rows,
                zmin=0,
                zmax=1,
                colorscale=SHARES,
                showscale=False,
                text=np.repeat(np.array(said)[:, None], e.depth, axis=1),
                hovertemplate="layer %{x}: %{z:.1%} %{text}<extra></extra>",
                hoverongaps=False,
            )
        ],
        height=440,
        xaxis=dict(title="hidden layer", dtick=max(1, e.depth // 10)),
        hovermode="closest",
        **text,
    )
    figure.update_yaxes(tickvals=list(ticks), ticktext=list(ticks.values()))
    frames = [dict(data=[strip(i)], name=str(run.at[i])) for i in sorted({*kept[::2], kept[-1]})]
    return played(figure, frames, "step ", redraw=True)


def _height(edges: np.ndarray, value: float) -> float:
    """Where an edge lies on a scale on which bin i reaches from i - 1/2 to i + 1/2."""
    return np.abs(edges - value).argmin() + 0.5


def _marks(activation: str, edges: np.ndarray) -> dict[float, str]:
    """Labels at round activations; without bounds they are powers of ten around 0, which has a bin."""
    if activation in ("tanh", "sigmoid"):
        lowest, values = (-1, np.linspace(-1, 1, 9)) if activation == "tanh" else (0, np.linspace(0, 1, 11))
        bins = (len(edges) + 1) / (1 - lowest)
        return {(v - lowest) * bins - 0.5: f"{v:g}" for v in values}
    marks = {np.searchsorted(edges, 0): "0", len(edges): "more"}
    for power in range(-2, 7):
        text = short(10.0**power) if power < 4 else power_of_ten(power)
        marks |= {_height(edges, s * 10.0**power): f"{'-' * (s < 0)}{text}" for s in (1, -1)}
    return marks


def _bottom(activation: str, edges: np.ndarray) -> int:
    """The lowest bin that an activation can fall into."""
    phi, _ = ACTIVATIONS[activation]
    return int(np.searchsorted(edges, phi(-np.logspace(-3, 7, 2001)).min()))


def activations(run: Run) -> go.Figure:
    """The distribution of every layer's activations, one column per layer, over the steps."""
    e, edges = run.experiment, activation_edges(run.experiment.activation)
    spread, saturated = run.probes["activation_std"][0], run.probes["saturated_fraction"][0]
    title = f"Before the first step the activations of layer {e.depth} are not finite"
    if np.isfinite(spread[-1]):
        way = f"From layer 1 to layer {e.depth} the spread of the activations over samples goes from "
        way += f"{short(spread[0])} to {short(spread[-1])}"
        if e.depth == 1:
            way = f"In the one hidden layer the spread of the activations over samples is {short(spread[0])}"
        flat = f"{percent(saturated[-1])} of them lie where {NAMES.get(e.activation, e.activation)} is flat"
        title = way if e.activation == "identity" else f"{way}; there {flat}"
    return _strips(
        run,
        run.activation_histogram,
        edges,
        _marks(e.activation, edges),
        _bottom(e.activation, edges),
        title=title,
        alt=f"Histograms of the activations of every layer. {title}.",
        how="A column is a layer; the brighter, the more of its activations have that value, of all samples "
        "and units: it stays wide where all samples look the same and only the units differ.",
        yaxis=dict(title="activation"),
    )


def deltas(run: Run) -> go.Figure:
    """The distribution of |delta| in every layer, one column per layer, over the steps."""
    size, nothing = run.probes["delta_norm"][0, 0], run.delta_histogram[0, 0, 0]
    title = f"Before the first step the error signal in layer 1 has an RMS of {short(size)}"
    if not np.isfinite(size):
        title = "Before the first step the error signal in layer 1 is not finite"
    elif not size:
        title = "Before the first step the error signal in layer 1 is exactly 0"
    elif nothing > RARE:
        title += f", and {percent(nothing)} of it is 0 or below 10⁻³⁰"
    return _strips(
        run,
        run.delta_histogram,
        DELTA_EDGES,
        {_height(DELTA_EDGES, 10.0**x): power_of_ten(x) for x in range(-30, 11)},
        bottom=1,
        title=title,
        alt=f"Histograms of the size of the error signal in every layer. {title}.",
        how="The same for the error signal, on a logarithmic axis; the row at 0 holds all below 10⁻³⁰.",
        yaxis=dict(title="size of δ"),
    )
