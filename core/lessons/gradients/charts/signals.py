"""The signal on its way through the layers: forward, and back."""

from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go

from core.charts.style import (
    BACKWARD,
    FORWARD,
    HEALTHY,
    THEORY,
    WEIGHTS,
    chart,
    drawable,
    played,
)
from core.diagnosis.numbers import first_over_last, per_layer
from core.lessons.gradients.charts.moved import moved_sentence
from core.run import Run
from core.spread import spread
from core.theory import predict
from core.words import power_of_ten, share, short


class Signal(NamedTuple):
    """A line of the chart. entry: the layer, counted from 0, at which it comes in: there it is 1."""

    title: str
    colour: str
    entry: int


SIGNALS = {
    "activation_std": Signal("activations forward (spread over samples)", FORWARD, 0),
    "delta_norm": Signal("error signal δ back", BACKWARD, -1),
    "weight_grad_norm": Signal("weight gradient ∂L/∂W", WEIGHTS, -1),
}
DECADES = 10
"""The axis reaches so far up and down from 1, for every run."""
MARKS = {"not finite": ("x", 1), "above": ("triangle-up", 1), "below": ("triangle-down-open", -1)}
MARKS |= {"exactly 0": ("triangle-down", -1)}
EDGE = DECADES - 0.3


def signal_sentence(run: Run, snapshot: int = 0) -> str:
    """What layer 1 hears of the error, in one sentence."""
    layers, ratio = run.experiment.depth, first_over_last(run, snapshot)
    if layers == 1:
        return "With one hidden layer the error signal has no way to go"
    if not run.probes["delta_norm"][snapshot].any():
        return f"At step {run.at[snapshot]} the error signal is exactly 0 in all hidden layers"
    if not np.isfinite(ratio):
        return f"The error signal is not finite at step {run.at[snapshot]}"
    if ratio == 0:
        return f"Nothing of the error signal at layer {layers} reaches layer 1: it is exactly 0"
    if short(ratio) == "1":
        return f"Layer 1 receives as much of the error signal as layer {layers}"
    part = f"{share(ratio)} of" if ratio < 1 else f"{short(ratio)} times"
    return (
        f"Layer 1 receives {part} the error signal that layer {layers} receives: "
        f"×{short(per_layer(run, snapshot))} per layer"
    )


def _relative(run: Run, name: str, snapshot: int) -> np.ndarray:
    """A signal of every layer over that of the layer at which it comes in [layers]; NaN where none is."""
    values = run.probes[name][snapshot].astype(float)
    with np.errstate(all="ignore"):
        return values / values[SIGNALS[name].entry]


def _signals(run: Run, snapshot: int) -> list[dict]:
    """What a frame changes: the three signals, marks for what is not on the axis, and the note."""
    layers = np.arange(1, run.experiment.depth + 1)
    lines, marks = [], {mark: [] for mark in MARKS}
    for name, signal in SIGNALS.items():
        values, relative = run.probes[name][snapshot], _relative(run, name, snapshot)
        hover = [
            f"layer {n}: {short(v)}, ×{short(r)}" for n, v, r in zip(layers, values, relative, strict=True)
        ]
        inside = (relative >= 10.0**-DECADES) & (relative <= 10.0**DECADES)
        lines.append(dict(y=np.where(inside, relative, np.nan), text=hover))
        kinds = {
            "exactly 0": values == 0,
            "above": (relative > 10.0**DECADES) & np.isfinite(values),
            "below": (relative < 10.0**-DECADES) & (values > 0),
        }
        kinds["not finite"] = ~(inside | np.any(list(kinds.values()), axis=0))
        for mark, mask in kinds.items():
            marks[mark] += [
                (n, signal.colour, text) for n, text, on in zip(layers, hover, mask, strict=True) if on
            ]
    data = list(lines)
    for mark, (_, side) in MARKS.items():
        x, colour, text = zip(*marks[mark], strict=True) if marks[mark] else ((), (), ())
        data.append(dict(x=x, y=[10.0 ** (side * EDGE)] * len(x), text=text, marker=dict(color=colour)))
    return [*data, dict(text=[f"step {run.at[snapshot]}: {_heard(run, snapshot)}"])]


def _heard(run: Run, snapshot: int) -> str:
    ratio = first_over_last(run, snapshot)
    if run.experiment.depth == 1 or not np.isfinite(ratio):
        return "one hidden layer" if run.experiment.depth == 1 else "δ is not finite"
    return f"layer 1 receives {share(ratio)}" if ratio < 1 else f"layer 1 receives ×{short(ratio)}"


def signal_by_layer(run: Run) -> go.Figure:
    """Forward and backward signal per layer at every snapshot, relative to where each comes in, over theory.

    The axis is the same for every run, so that slopes can be compared by eye.
    """
    e, kept = run.experiment, run.kept
    layers = np.arange(1, e.depth + 1)
    expected = spread(e, e.load().x_train)
    with np.errstate(all="ignore"):
        theory = expected / expected[0], predict(e, run.input_mean_square).delta_ratio
    dashed = dict(color=THEORY, dash="dash", width=2)
    told = "dashed is what mean-field theory predicts before the first step, from data and kind of weights"
    if e.init == "constant":
        told = "no line is dashed: the weights of a layer are equal, and mean-field theory is of random ones"
    start = _signals(run, 0)
    hover = dict(hovertemplate="%{text}<extra>%{fullData.name}</extra>")
    traces = [
        go.Scatter(x=layers, name=signal.title, line_color=signal.colour, mode="lines+markers", **hover)
        for signal in SIGNALS.values()
    ]
    traces += [
        go.Scatter(
            name=mark,
            mode="markers",
            marker=dict(symbol=symbol, size=10),
            cliponaxis=False,
            showlegend=False,
            **hover,
        )
        for mark, (symbol, _) in MARKS.items()
    ]
    place = dict(x=[0.5], y=[10.0**DECADES], mode="text", textposition="bottom right", textfont_size=13)
    traces.append(go.Scatter(name="note", showlegend=False, hoverinfo="skip", cliponaxis=False, **place))
    sentence = ". ".join(filter(None, (moved_sentence(run), signal_sentence(run))))
    every = range(-DECADES, DECADES + 1, 2)
    figure = chart(
        [
            *(trace.update(data) for trace, data in zip(traces, start, strict=True)),
            *(
                go.Scatter(
                    x=layers,
                    y=np.where(np.abs(np.log10(drawable(line))) <= DECADES, line, np.nan),
                    line=dashed,
                    mode="lines",
                    hoverinfo="skip",
                    name="predicted at the start",
                    showlegend=not i,
                )
                for i, line in enumerate(theory)
            ),
        ],
        title=sentence,
        alt=f"Size of the signals in {e.depth} layers, step by step. {sentence}.",
        how="Each dot is a layer, as a multiple of where the signal comes in: layer 1 for the activations "
        f"(blue), layer {e.depth} for the error signal (orange) and the weight gradient (green). A straight "
        "fall: every layer takes the same share; the axis is the same for every run. Blue is each unit's "
        "standard deviation over the batch, RMS over units: where it falls, the inputs look ever more alike, "
        f"and near the last digit of {e.precision} it leaves the dashed line; {told}. The band is a tenth to "
        "ten times. At the edges: ▼ exactly 0, ▽ and ▲ beyond the axis, × not finite.",
        height=540,
        xaxis=dict(
            title="hidden layer: data goes right, gradients go left",
            range=[0.5, e.depth + 0.5],
            dtick=max(1, e.depth // 12),
        ),
        yaxis=dict(
            type="log",
            title="relative to where it comes in",
            range=[-DECADES, DECADES],
            tickvals=[10.0**n for n in every],
            ticktext=[power_of_ten(n) for n in every],
        ),
        hovermode="closest",
    )
    figure.add_hrect(0.1, 10, fillcolor=HEALTHY, line_width=0, layer="below")
    frames = [dict(data=_signals(run, i), traces=list(range(len(start))), name=str(run.at[i])) for i in kept]
    return played(figure, frames, "step ")
