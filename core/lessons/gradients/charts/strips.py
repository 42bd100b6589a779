"""Histograms as strips: one column per layer, over the steps."""

import numpy as np
import plotly.graph_objects as go

from core.charts.style import SCALE, chart, played
from core.run import DELTA_EDGES, Run, activation_edges
from core.words import power_of_ten, short

RARE = 0.01


def _strips(
    run: Run, shares: np.ndarray, edges: np.ndarray, marks: dict, zero: str = "", **text
) -> go.Figure:
    """A column per layer, a row per bin that ever holds 1 %; `marks` label edges, `zero` bin 0."""
    e, kept, first = run.experiment, run.kept, int(bool(zero))
    most = np.nanmax(shares[kept], axis=(0, 1), initial=0)
    used = np.flatnonzero(most[first:] > RARE) + first
    low, high = (
        (max(used.min() - 1, first), min(used.max() + 1, len(edges))) if len(used) else (first, len(edges))
    )
    ticks = {np.searchsorted(edges, value) + 0.5: label for value, label in marks.items()}
    ticks = {y: label for y, label in ticks.items() if low - 0.5 <= y <= high + 0.5}
    ticks = dict(list(ticks.items())[:: len(ticks) // 8 + 1])
    if zero:
        ticks[low - 2] = zero

    def strip(i):
        z = np.sqrt(shares[i].T[low : high + 1])
        if zero:
            z = np.concatenate([np.sqrt(shares[i].T[:1]), np.full((1, e.depth), np.nan), z])
        return dict(type="heatmap", z=z.astype(np.float32))

    figure = chart(
        [
            go.Heatmap(
                strip(0),
                x=np.arange(1, e.depth + 1),
                y=np.arange(low - 2 * first, high + 1),
                zmin=0,
                zmax=1,
                colorscale=SCALE,
                showscale=False,
                hoverinfo="x",
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


def activations(run: Run) -> go.Figure:
    """The distribution of every layer's activations, one column per layer, over the steps."""
    e, edges = run.experiment, activation_edges(run.experiment.activation)
    if e.activation in ("tanh", "sigmoid"):
        values = np.linspace(-1, 1, 9) if e.activation == "tanh" else np.linspace(0, 1, 11)
    else:
        tail = 10.0 ** np.arange(-3, 7)
        values = np.concatenate([-tail[::-1], tail])
    spread, saturated = run.probes["activation_std"][0], run.probes["saturated_fraction"][0]
    title = f"Before the first step the activations of layer {e.depth} are not finite"
    if np.isfinite(spread[-1]):
        title = (
            f"From layer 1 to layer {e.depth} the spread of the activations over samples goes from "
            f"{short(spread[0])} to {short(spread[-1])}; there {100 * saturated[-1]:.0f} % of them sit where "
            "the slope is all but 0"
        )
    return _strips(
        run,
        run.activation_histogram,
        edges,
        {v: f"{v:g}" for v in values},
        title=title,
        alt=f"Histograms of the activations of every layer. {title}.",
        how="A column is a layer; the brighter, the more of its activations have that value, of all samples "
        "and units: it stays wide where all samples look the same and only the units differ.",
        yaxis=dict(title="activation"),
    )


def deltas(run: Run) -> go.Figure:
    """The distribution of |delta| in every layer, one column per layer, over the steps."""
    size, nothing = run.probes["delta_norm"][0, 0], 100 * run.delta_histogram[0, 0, 0]
    title = f"Before the first step the error signal in layer 1 has an RMS of {short(size)}"
    if not np.isfinite(size):
        title = "Before the first step the error signal in layer 1 is not finite"
    elif nothing > 1:
        title += f", and {nothing:.0f} % of it is 0"
    return _strips(
        run,
        run.delta_histogram,
        DELTA_EDGES,
        {10.0**x: power_of_ten(x) for x in range(-30, 11)},
        zero="0",
        title=title,
        alt=f"Histograms of the size of the error signal in every layer. {title}.",
        how="The same for the error signal, on a logarithmic axis; the row at 0 holds all below 10⁻³⁰.",
        yaxis=dict(title="size of δ"),
    )
