"""How far training really moved the weights of every layer."""

import numpy as np
import plotly.graph_objects as go

from core.charts.runs import steps_axis
from core.charts.style import SCALE, chart, drawable
from core.run import Run
from core.words import power_of_ten, short

EVEN, FAR, LITTLE = 3, 10, 0.01
"""Distances are alike if they differ less than EVEN times; next to nothing if all are below LITTLE, unless
they differ FAR more than that."""


def _known(run: Run) -> list[int]:
    """Snapshots after the start at which the distance of every layer is a number."""
    moved = np.isfinite(run.probes["weight_moved"]).all(axis=1)
    return [i for i in run.kept if run.at[i] > 0 and moved[i]]


def moved_sentence(run: Run) -> str:
    """How far training really moved the layers; "" where no distance is known."""
    if not (known := _known(run)):
        return ""
    moved = run.probes["weight_moved"][known[-1]].astype(float)
    least, most = int(moved.argmin()), int(moved.argmax())
    low, high = moved[least], moved[most]
    after = int(run.at[known[-1]])
    steps = f"In {after} step{'s' * (after > 1)}"
    if run.diverged_at is not None:
        steps += ", before the training diverges,"
    if high == 0:
        return f"{steps} no weight of a hidden layer moves at all"
    if low == 0:
        still = int((moved == 0).sum())
        others = f"layer {most + 1} moves {_distance(high)}"
        verb = "does" if still == 1 else "do"
        return f"{steps} {still} of {len(moved)} layers {verb} not move at all; {others}"
    if len(moved) == 1:
        return f"{steps} the weights of the one hidden layer move {_distance(high)}"
    many = "both" if len(moved) == 2 else f"all {len(moved)}"
    span = f"{_distance(low)} to {_distance(high).removeprefix('by ')}"
    if high < min(LITTLE, FAR * low):
        return f"{steps} {many} layers hardly move: {span}"
    if high < EVEN * low:
        return f"{steps} {many} layers move alike: {span}"
    return (
        f"{steps} layer {least + 1} moves {short(high / low)} times less than layer {most + 1}: "
        f"{_distance(low)} against {_distance(high).removeprefix('by ')}"
    )


def _distance(moved: float) -> str:
    """How far weights have come, in words: relative to their size at the start."""
    if moved == 0:
        return "not at all"
    return f"by {short(100 * moved)} %" if moved < 10 else f"by {short(moved)} times its size"


def weights_moved(run: Run) -> go.Figure:
    """How far every layer's weights have come from their start, over the steps."""
    e, kept = run.experiment, _known(run)
    moved = run.probes["weight_moved"][kept].astype(float)
    title = "No relative distance to show: the weights start at 0, or the run ended before its first update"
    if kept:
        first, last = _distance(moved[-1, 0]), _distance(moved[-1, -1])
        title = f"The weights of layer 1 moved {first}, those of layer {e.depth} {last}"
        if e.depth == 1:
            title = f"The weights of the one hidden layer moved {first}"
    exponents = np.log10(drawable(moved)).T
    low = np.floor(np.nanmin(exponents)) if np.isfinite(exponents).any() else -1
    high = max(np.ceil(np.nanmax(exponents)), low + 1) if np.isfinite(exponents).any() else 0
    ticks = np.arange(low, high + 1, max(1, round((high - low) / 6)))
    return chart(
        [
            go.Heatmap(
                x=run.at[kept],
                y=np.arange(1, e.depth + 1),
                z=exponents.astype(np.float32),
                zmin=low,
                zmax=high,
                colorscale=SCALE,
                text=[[_distance(v) for v in row] for row in moved.T],
                hovertemplate="layer %{y}, step %{x}: %{text}<extra></extra>",
                colorbar=dict(tickvals=ticks, ticktext=[power_of_ten(t) for t in ticks], thickness=12, len=1),
            )
        ],
        title=title,
        alt=f"Heat map of the relative distance of the weights from their start, layers over steps. {title}.",
        how="Colour is the distance of a layer's weights from their initial values, relative to their norm"
        + ("; where there is none, they have not moved at all." if kept else "."),
        xaxis=steps_axis(run)[0],
        yaxis=dict(title="hidden layer", dtick=max(1, e.depth // 10)),
        hovermode="closest",
    )
