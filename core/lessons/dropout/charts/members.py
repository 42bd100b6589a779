"""Dropout beside real ensembles: held-out losses of single networks and of their means."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go

from core.charts.sweeps import in_rows, or_diverged
from core.sweep import typical
from core.words import short

if TYPE_CHECKING:
    from core.lessons.dropout.measured.members import Members


def losses(found: Members) -> go.Figure:
    """Every seed a dot, the median a bar."""
    said = {name: or_diverged(typical(values)) for name, values in found.losses.items()}
    apart = next(name for name in said if "apart, full" in name)
    title = (
        f"Held-out loss: one thinned network {said['one thinned network']}, the mean of "
        f"{'all ' * found.counted}{found.thinned:,} {said['their mean']}, evaluation mode "
        f"{said['evaluation mode']}; {apart} {said[apart]}"
    )
    sampled = (
        "all of them, each weighted by its probability"
        if found.counted
        else f"{found.thinned} sampled: the loss of their mean is off by {short(100 * found.sampling)} % "
        "(jackknife standard error, median of the seeds)"
    )
    return in_rows(
        found.losses,
        x_title="held-out loss",
        title=title,
        alt=f"Held-out losses of thinned networks and of networks trained apart. {title}.",
        how=f"Thinned networks: {sampled}. Trained apart are networks without dropout on the same data, from "
        "weights drawn anew, of the same width and of that of a thinned network. The loss of a mean is never "
        "above the mean of the losses (Jensen).",
    )
