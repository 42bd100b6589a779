"""What batch normalization does to a network while it trains: losses, pre-activations, scale and shift."""

import numpy as np
import plotly.graph_objects as go
from plotly.colors import sample_colorscale

from core.charts.compared import losses
from core.charts.style import (
    SCALE,
    chart,
    played,
)
from core.run import LEARNED, PRE_ACTIVATION_EDGES, Run
from core.words import listed, short, two_digits

PANELS = (dict(domain=[0, 0.42]), dict(domain=[0.58, 1]))


def learning(plain: Run, normed: Run) -> go.Figure:
    """The losses of both in both modes; a network that has learned in one of them only is in the title."""
    figure = losses({"without batchnorm": plain, "with batchnorm": normed}, evaluated=True)
    trained = float(normed.loss[-10:].mean())
    if normed.learned or not trained < LEARNED * normed.chance:
        return figure
    title = (
        f"With batchnorm the network has learned in training mode only: a loss of {two_digits(trained)} over "
        f"its last {min(10, len(normed.loss))} batches, {two_digits(normed.train_loss[-1])} in evaluation "
        "mode"
    )
    meta = figure.layout.meta
    return figure.update_layout(meta={**meta, "title": title, "alt": f"{meta['alt']} {title}."})


def inside(plain: Run, normed: Run) -> go.Figure:
    """What enters the activation functions, a column per layer, without and with, over the steps."""
    shares = [run.pre_activation_histogram for run in (plain, normed)]
    used = np.flatnonzero(np.nansum(np.concatenate(shares), axis=(0, 1)) > 0.002 * len(shares[0]))
    ticks = np.array([-1000, -100, -30, -10, -3, -1, 0, 1, 3, 10, 30, 100, 1000])
    layers, depth = np.arange(1, plain.experiment.depth + 1), plain.experiment.depth
    spreads = [short(run.probes["activation_std"][0, -1]) for run in (plain, normed)]
    title = (
        f"Before the first step the activations of layer {depth} spread by {spreads[0]} over the samples "
        f"without batch normalization and by {spreads[1]} with it"
    )

    def strips(i):
        return [
            dict(type="heatmap", z=_relative(share[i]).T, xaxis=f"x{n}", yaxis=f"y{n}")
            for n, share in enumerate(shares, start=1)
        ]

    axis = dict(
        tickvals=np.interp(ticks, PRE_ACTIVATION_EDGES, np.arange(len(PRE_ACTIVATION_EDGES)) + 0.5),
        ticktext=[f"{v:g}" for v in ticks],
        range=[used.min(initial=45) - 1.5, used.max(initial=55) + 1.5],
    )
    columns, where = dict(dtick=max(1, depth // 10)), "layer %{x}<extra></extra>"
    figure = chart(
        [
            go.Heatmap(
                strip, x=layers, zmin=0, zmax=1, colorscale=SCALE, showscale=False, hovertemplate=where
            )
            for strip in strips(0)
        ],
        title=title,
        alt=f"Histograms of the pre-activations of {depth} layers, without and with. {title}.",
        how="Left without, right with batch normalization, same seed: a column is a layer, the brighter, the "
        "more of its pre-activations have that value, relative to the commonest.",
        height=460,
        xaxis=dict(title="layer, without", **columns) | PANELS[0],
        xaxis2=dict(title="layer, with", **columns) | PANELS[1],
        yaxis=dict(title="pre-activation") | axis,
        yaxis2=axis | dict(anchor="x2", showticklabels=False),
        hovermode="closest",
    )
    frames = [dict(data=strips(i), name=str(plain.at[i])) for i in range(0, len(plain.at), 2)]
    return played(figure, frames, "step ", redraw=True)


def _relative(share: np.ndarray) -> np.ndarray:
    """Histograms [L, bins] relative to their highest bin; NaN where there is none."""
    highest = share.max(axis=1, keepdims=True)
    return np.divide(share, highest, out=np.full_like(share, np.nan), where=highest > 0).astype(np.float32)


def _from_to(values: np.ndarray) -> str:
    low, high = short(values.min()), short(values.max())
    return low if low == high else f"{low} to {high}"


def learned(run: Run) -> go.Figure:
    """The median scale and shift of every layer over the steps."""
    kept, depth = run.last + 1, run.experiment.depth
    places = [0.5] if depth == 1 else list(np.linspace(0.25, 0.8, depth))
    colours = sample_colorscale(SCALE, places)
    said = []
    for name, values in (("γ", run.gamma[kept - 1]), ("β", run.beta[kept - 1])):
        middle = np.median(values, axis=1)
        said.append(f"{name} is {_from_to(middle)} in the layers' medians (single units: {_from_to(values)})")
    title = f"At step {run.at[kept - 1]} {listed(said)}"
    traces = [
        go.Scatter(
            x=run.at[:kept],
            y=np.median(values[:kept, layer], axis=1),
            name=f"layer {layer + 1}",
            legendgroup=layer,
            showlegend=n == 1 and layer in (0, depth - 1),
            line_color=colour,
            xaxis=f"x{n}",
            yaxis=f"y{n}",
        )
        for n, values in enumerate((run.gamma, run.beta), start=1)
        for layer, colour in enumerate(colours)
    ]
    return chart(
        traces,
        title=title,
        alt=f"Median scale and shift of every layer over {run.experiment.steps} steps. {title}.",
        how="A line is the median over the units of a layer, dark for the first, bright for the last. γ "
        "starts at 1 and β at 0.",
        height=340,
        xaxis=dict(title="scale γ by step") | PANELS[0],
        xaxis2=dict(title="shift β by step") | PANELS[1],
        yaxis2=dict(anchor="x2"),
        hovermode="closest",
    )
