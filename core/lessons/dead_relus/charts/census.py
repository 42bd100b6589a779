"""Units that die: the census of all of them, and what brings them back."""

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.charts.compared import colours
from core.charts.style import PALETTE, chart, panels, played
from core.diagnosis import census
from core.run import Run

DEAD = PALETTE[1]
SHARES = [[0, DEAD], [1e-4, DEAD], [1e-4, "#D6E6F4"], [0.5, "#4A90C8"], [1, "#08306B"]]
KINDS = (DEAD, PALETTE[3], PALETTE[7], PALETTE[0])
NUMBERS = 200_000


def census_grid(run: Run, picked: tuple[int, int] | None = None) -> go.Figure:
    """Every unit of every layer, coloured by the share of the training set on which it is active."""
    e, kept = run.experiment, run.kept
    frames = kept[:: max(1, len(kept) * e.depth * e.width * 2 // NUMBERS)]
    frames = [i for i in sorted({*frames, run.last}) if i <= run.last]
    y, x = (1 + np.indices((e.depth, e.width))).reshape(2, -1)

    def state(i):
        share = run.active_fraction[i].astype(np.float32)
        return [dict(type="heatmap", z=share), dict(type="scatter", customdata=share.ravel())]

    heat, dots = state(run.last)
    traces = [
        go.Heatmap(
            heat,
            x=np.arange(1, e.width + 1),
            y=np.arange(1, e.depth + 1),
            zmin=0,
            zmax=1,
            xgap=1,
            ygap=1,
            colorscale=SHARES,
            hoverinfo="skip",
            colorbar=dict(thickness=12, tickformat=".0%", len=1, outlinewidth=0),
        ),
        go.Scatter(
            dots,
            x=x,
            y=y,
            mode="markers",
            marker=dict(opacity=0, size=12),
            selected=dict(marker_opacity=0),
            unselected=dict(marker_opacity=0),
            hovertemplate="layer %{y}, unit %{x}: above 0 on %{customdata:.2%} of the samples<extra></extra>",
            showlegend=False,
        ),
    ]
    if picked:
        traces.append(
            go.Scatter(
                x=[picked[1] + 1],
                y=[picked[0] + 1],
                name="picked",
                mode="markers",
                marker=dict(size=11, color="#000000", line=dict(color="#FFFFFF", width=2)),
                hoverinfo="skip",
                showlegend=False,
            )
        )
    title = census.sentence(run)
    figure = chart(
        traces,
        title=title,
        alt=f"Grid of all {e.depth * e.width} hidden units, layers over units, step by step. {title}.",
        how="A cell is a unit; orange: at or below 0 on every training sample, blue: above 0 on some, on the "
        "more the darker. Click a unit to look at it below; ▶ runs through the steps.",
        height=230 + min(24 * e.depth, 300),
        xaxis=dict(
            title="unit",
            range=[0.5, e.width + 0.5],
            dtick=1 if e.width < 10 else 5 * max(1, e.width // 32),
            showgrid=False,
            zeroline=False,
        ),
        yaxis=dict(
            title="hidden layer",
            range=[0.5, e.depth + 0.5],
            dtick=max(1, e.depth // 8),
            showgrid=False,
            zeroline=False,
        ),
        hovermode="closest",
    )
    frames = [dict(data=state(i), traces=[0, 1], name=str(run.at[i])) for i in frames]
    played(figure, frames, "step ", redraw=True)
    for slider in figure.layout.sliders:
        slider.active = len(frames) - 1
    return figure


def counts(run: Run) -> go.Figure:
    """Dead, nearly dead, sparse and healthy units over the steps, for the six layers that lost most."""
    e, kept = run.experiment, [i for i in run.kept if i <= run.last]
    share, values = census.dead_share(run), census.counts(run)
    layers = np.sort(np.argsort(-share, kind="stable")[:6])
    columns = min(2, len(layers))
    rows = -(-len(layers) // columns)
    titles = [f"layer {layer + 1}" for layer in layers]
    grid = make_subplots(rows, columns, shared_xaxes=True, shared_yaxes=True, subplot_titles=titles)
    for place, layer in enumerate(layers):
        for kind, name in enumerate(census.kinds(e.activation)):
            trace = go.Scatter(
                x=run.at[kept],
                y=values[kept, layer, kind],
                name=name,
                stackgroup=str(layer),
                line=dict(width=0.5, color=KINDS[kind]),
                fillcolor=KINDS[kind],
                legendgroup=name,
                showlegend=place == 0,
            )
            grid.add_trace(trace, place // columns + 1, place % columns + 1)
    title = census.since(run)
    figure = panels(
        grid,
        title=title,
        alt=f"Stacked counts of units over steps, layer by layer. {title}.",
        how=f"Units of {len(layers)} of {e.depth} layers, by the share of the training samples on which they "
        "are above 0: none, at most 1 %, at most 10 %, more.",
        height=220 + 130 * rows,
        margin=dict(l=8, r=8, t=70, b=8),
    )
    figure.update_layout(legend_y=1.12)
    figure.update_yaxes(range=[0, e.width])
    figure.update_xaxes(title_text="step", row=rows)
    return figure


def before_and_after(runs: dict[str, Run]) -> go.Figure:
    """Units that are never above 0 over the steps, of runs with the same seed."""
    names = list(runs)
    title = "; ".join(f"{name}: {_ended(run)}" for name, run in runs.items())
    return chart(
        [
            go.Scatter(
                x=run.at[: run.last + 1],
                y=100 * run.probes["dead_fraction"][: run.last + 1].mean(axis=1),
                name=name,
                line=dict(color=colour, width=2.5),
            )
            for (name, run), colour in zip(runs.items(), colours(names), strict=True)
        ],
        title=title[0].upper() + title[1:],
        alt=f"Units that are never above 0 over the steps. {title}.",
        how="All hidden units together.",
        xaxis=dict(title="step", range=[0, max(run.experiment.steps for run in runs.values())]),
        yaxis=dict(title="% of units at or below 0 on all data", range=[-2, 102]),
    )


def _ended(run):
    """How many units a run has left silent, and when it is not the end."""
    silent, e = (run.active_fraction[run.last] == 0).sum(), run.experiment
    at = "" if run.diverged_at is None else f" at step {run.at[run.last]}, then it diverged"
    return f"{silent} of {e.depth * e.width} units {census.word(e.activation)}{at}"
