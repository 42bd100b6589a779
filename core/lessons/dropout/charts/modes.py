"""Dropout at work: the masks on the network, and the two modes of the same weights."""

from __future__ import annotations

from itertools import islice, pairwise
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from core.charts.style import BACKWARD, FORWARD, THEORY, chart, played
from core.data import DATASETS
from core.engine.forward import used_masks
from core.experiment import Experiment
from core.words import short

if TYPE_CHECKING:
    from core.lessons.dropout.measured.answers import Asked

UNITS, LAYERS, STEPS = 12, 4, 30


def percent(share: float) -> str:
    """0.5 as 50 %."""
    return f"{100 * share:.3g} %"


def _shown(e: Experiment, steps: int) -> np.ndarray:
    """Which of the first units are kept for the first sample of the batch: [steps, layers, units]."""
    layers = [
        [mask[:UNITS, 0] for mask in islice(used_masks(e, layer), steps)]
        for layer in range(min(e.depth, LAYERS))
    ]
    return np.array(layers).swapaxes(0, 1)


def _kept(row: np.ndarray, p: float) -> str:
    if not p:
        return "all kept"
    factor = f" × {short(1 / (1 - p))}" if p < 1 else ""
    return f"{row.sum()} of {len(row)}<br>kept{factor}"


def _title(e: Experiment, steps: int, dropped: list[float]) -> str:
    """What was dropped; dropped: percent in every layer shown that has dropout."""
    if not dropped:
        return "Without dropout every unit takes part at every step"
    where = "" if e.dropout_last else " between hidden layers"
    if e.dropout == 1:
        return f"Every unit{where} is dropped at every step: no sample gets through to the output"
    times = f"A new mask at every step: in {steps} steps" if steps > 1 else "In the only step"
    seen = f"{times} {short(np.mean(dropped))} % of these units were dropped"
    return seen + (", in the layers with dropout" if len(dropped) < min(e.depth, LAYERS) else "")


def _explained(rates: list[float]) -> str:
    """What a picture of layers with these rates shows."""
    if not any(rates):
        return "."
    if max(rates) == 1:
        return ". Grey crosses are dropped, for every sample: what comes after them gets nothing but biases."
    return (
        ", as the first sample of the batch meets them; every sample has a mask of its own. These are the "
        "masks this run was trained with. Grey crosses are dropped; kept units are multiplied by 1/(1 − p): "
        "on average over masks the weighted sums behind them are those without dropout."
    )


def network(e: Experiment) -> go.Figure:
    """The network as the first sample of the batch meets it at each of the first gradient steps."""
    steps = min(e.steps, STEPS)
    kept = _shown(e, steps)
    output = [e.outputs] if e.depth <= LAYERS else []
    sizes = [min(e.inputs, UNITS), *kept.shape[1] * [kept.shape[2]], *output]
    spots = [np.stack([np.full(n, x), (np.arange(n) - (n - 1) / 2) / n], 1) for x, n in enumerate(sizes)]
    places, rates = np.concatenate(spots), [e.dropout_after(layer) for layer in range(kept.shape[1])]
    numbers = np.split(np.arange(len(places)), np.cumsum(sizes)[:-1])
    edges = np.array([(i, j) for a, b in pairwise(numbers) for i in a for j in b])
    scale = np.concatenate(
        [
            np.ones(sizes[0]),
            *(np.full(kept.shape[2], 1 / (1 - min(p, 0.99))) for p in rates),
            np.ones(sum(output)),
        ]
    )

    def lines(some):
        ends = np.full((len(some), 3, 2), np.nan)
        ends[:, :2] = places[some]
        return dict(zip("xy", ends.reshape(-1, 2).T.astype(np.float32), strict=True))

    def frame(step):
        alive = np.concatenate([np.ones(sizes[0], bool), kept[step].ravel(), np.ones(sum(output), bool)])
        size = np.where(alive, 11 * np.minimum(scale, 4) ** 0.5, 9)
        colour, symbol = np.where(alive, FORWARD, THEORY), np.where(alive, "circle", "x-thin-open")
        marker = dict(size=size, color=colour, symbol=symbol)
        node = dict(name="units", x=places[:, 0], y=places[:, 1], marker=marker)
        words = ["input", *map(_kept, kept[step], rates), *(["output"] if output else [])]
        tops = [dict(text=text, x=x, y=0.64, showarrow=False, font_size=12) for x, text in enumerate(words)]
        return [lines(edges[alive[edges].all(axis=1)]), node], dict(annotations=tops)

    data, layout = frame(0)
    dropped = [100 * (1 - kept[:, i].mean()) for i, p in enumerate(rates) if p]
    title = _title(e, steps, dropped)
    part = f"the first {kept.shape[2]} of {e.width} units" if e.width > UNITS else "all units"
    layers = f" of the first {LAYERS} layers" if e.depth > LAYERS else ""
    figure = chart(
        [
            go.Scatter(lines(edges), mode="lines", line=dict(color=THEORY, width=0.4), opacity=0.35),
            go.Scatter(data[0], mode="lines", line=dict(color=FORWARD, width=0.8), opacity=0.7),
            go.Scatter(data[1], mode="markers"),
        ],
        title=title,
        alt=f"The network with the dropout masks of its first {steps} gradient steps. {title}.",
        how=f"Shown are {part}{layers}{_explained(rates)}",
        height=470,
        showlegend=False,
        hovermode=False,
        xaxis=dict(visible=False, range=[-0.4, len(sizes) - 0.6], fixedrange=True),
        yaxis=dict(visible=False, range=[-0.52, 0.72], fixedrange=True),
        **layout,
    )
    frames = []
    for step in range(steps):
        data, layout = frame(step)
        frames.append(dict(data=data, traces=[1, 2], name=str(step), layout=layout))
    return played(figure, frames, "gradient step ")


def answer_title(e: Experiment) -> str:
    return "answer" if e.loss == "mse" else f"probability of class {DATASETS[e.dataset].classes - 1}"


def mode(e: Experiment, found: Asked, training: bool) -> go.Figure:
    """What the same weights answer to the same held-out samples when asked again and again, in one mode."""
    asked = found.training if training else found.evaluation
    draws, samples = asked.shape
    spread = found.spread(asked)
    name = "Training" if training else "Evaluation"
    title = f"{name} mode: asked {draws} times, " + (
        f"the answers to one sample scatter by {short(spread)}" if spread else "a sample gets the same answer"
    )
    both = np.concatenate([found.training, found.evaluation]).astype(float)
    finite = both[np.isfinite(both)]
    low, high = (finite.min(), finite.max()) if e.loss == "mse" and len(finite) else (0, 1)
    pad = 0.05 * (high - low) or 0.1
    return chart(
        [
            go.Scatter(
                x=np.tile(np.arange(1, samples + 1), draws),
                y=asked.ravel().astype(np.float32),
                mode="markers",
                marker=dict(color=BACKWARD if training else FORWARD, size=5, opacity=0.45),
            )
        ],
        title=title,
        alt=f"Answers of the network to {samples} held-out samples in {name.lower()} mode. {title}.",
        how="One column per held-out sample, one dot per time it is asked; same weights on both sides.",
        height=300,
        showlegend=False,
        hovermode="closest",
        xaxis=dict(title="held-out sample, sorted"),
        yaxis=dict(title=answer_title(e), range=[low - pad, high + pad]),
    )
