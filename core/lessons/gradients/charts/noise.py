"""Signal and noise of the weight gradients: their sizes and their ratio by layer, and layer 1 over depth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from core.charts.style import AFTER, BACKWARD, BEFORE, PALETTE, THEORY, chart, drawable, log_axis
from core.charts.sweeps import over_seeds
from core.sweep import typical
from core.words import short

if TYPE_CHECKING:
    from core.lessons.gradients.measured.noise import ByLayer, OverDepth

NEAR = 1.5
"""Up to so many times the floor, a ratio cannot be told from pure noise."""
RATIO = "signal / noise"


def _times(values: np.ndarray) -> str:
    """How much of the last layer's size the first has."""
    return f"{short(values[0] / values[-1])} times"


def sizes(found: ByLayer) -> go.Figure:
    """Signal and noise of every layer's weight gradient before the first step."""
    start, depth = found.start, found.run.experiment.depth
    signal, noise = start.signal[0], start.noise[0]
    if not np.isfinite([*signal, *noise]).all():
        title = "Before the first step the gradient is not finite in every layer"
    elif not signal.all():
        title = f"Before the first step no gradient arrives at {np.sum(signal == 0)} of {depth} hidden layers"
    elif depth == 1:
        title = f"In the one hidden layer the signal is {short(signal[0])}, the noise {short(noise[0])}"
    else:
        title = f"Layer 1 gets {_times(signal)} the signal of layer {depth}, and {_times(noise)} its noise"
    return chart(
        [
            go.Scatter(
                x=np.arange(1, depth + 1),
                y=drawable(values),
                name=name,
                line_color=colour,
                mode="lines+markers",
            )
            for name, values, colour in (("signal", signal, BACKWARD), ("noise", noise, PALETTE[7]))
        ],
        title=title,
        alt=f"Signal and noise of the weight gradients of every hidden layer before the first step. {title}.",
        how=f"Signal: the norm of the mean weight gradient over {start.batches} batches of 32 samples. "
        "Noise: how far the gradient of one batch lies from that mean (root of the mean squared distance).",
        xaxis=dict(title="hidden layer", dtick=max(1, depth // 10)),
        yaxis=log_axis([*signal, *noise], "norm"),
    )


def ratios(found: ByLayer) -> go.Figure:
    """Signal over noise of every layer before the first step and after the last."""
    e, floor = found.run.experiment, found.start.floor
    layers = np.arange(1, e.depth + 1)
    shown = {"before the first step": (found.start.ratio[0], BEFORE)}
    if found.end:
        shown[f"after step {e.steps}"] = (found.end.ratio[0], AFTER)
    title = _title(found.start.ratio[0], floor)
    figure = chart(
        [
            go.Scatter(x=layers, y=drawable(y), name=name, line_color=colour, mode="lines+markers")
            for name, (y, colour) in shown.items()
        ],
        title=title,
        alt=f"Signal over noise of the weight gradients of every hidden layer. {title}.",
        how="At 1 a batch of 32 errs by as much as it says. Dashed is what gradients without any signal "
        f"would show over {found.start.batches} batches. 32 / ratio² is the simple noise scale "
        "(McCandlish et al. 2018): the batch at which signal and noise are equal.",
        xaxis=dict(title="hidden layer", dtick=max(1, e.depth // 10)),
        yaxis=log_axis([v for y, _ in shown.values() for v in y] + [floor], RATIO),
    )
    return figure.add_hline(
        floor,
        line=dict(color=THEORY, dash="dash", width=2),
        label=dict(text="pure noise", textposition="end", yanchor="top", font_size=11),
    )


def _title(ratio: np.ndarray, floor: float) -> str:
    when = "Before the first step"
    if not np.isfinite(ratio).all():
        return f"{when} the gradient is not finite in every layer"
    if ratio[0] == 0:
        return f"{when} no gradient arrives at layer 1: it has neither signal nor noise"
    said = f"{when} the signal in layer 1 is {short(ratio[0])} times its noise"
    if len(ratio) > 1:
        said += f", in layer {len(ratio)} {short(ratio[-1])} times"
    return said + (": in layer 1 about what pure noise would show" if ratio[0] < NEAR * floor else "")


def _course(few: float, many: float, found: OverDepth) -> str:
    """From the shallowest to the deepest networks, in a few words."""
    if not np.isfinite([few, many]).all():
        return "not finite"
    if not many:
        return f"no gradient arrives at {found.depths[-1]} layers"
    near = ", hardly more than pure noise" if few < NEAR * found.floor else ""
    near = ", no more than pure noise" if max(few, many) <= found.floor else near
    return f"{short(few)} to {short(many)}{near}"


def over_depth(found: OverDepth) -> go.Figure:
    """Signal over noise of layer 1 before the first step, in networks of growing depth."""
    shallow, deep = found.depths[[0, -1]]
    falls, keeps = [], []
    for name, values in found.ratios.items():
        few, many = typical(values)[[0, -1]]
        (falls if many < few / 2 else keeps).append(f"{name} ({_course(few, many, found)})")
    title = f"From {shallow} to {deep} layers signal / noise of layer 1 falls by more than half with "
    title += ", ".join(falls or ["none of these"])
    title += (
        f", but not with {', '.join(keeps)}" if keeps and falls else ": " * bool(keeps) + ", ".join(keeps)
    )
    return over_seeds(
        found.depths,
        found.ratios,
        x_title="hidden layers",
        y_title=RATIO,
        title=title,
        alt=f"Signal over noise of the weight gradient of layer 1 over depth. {title}.",
        how=f"Before the first step: every dot is a network, lines are medians over "
        f"{values.shape[1]} seeds. Where a line falls, a batch tells layer 1 less of "
        "what all batches agree on; at the dashed line nothing is left (Balduzzi et al. 2017).",
        log_y=True,
        theory={"pure noise": (found.depths, np.full(len(found.depths), found.floor))},
        colours=(AFTER, PALETTE[8], BACKWARD),
    )
