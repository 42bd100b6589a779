"""The small picture of every lesson on the home page, drawn from its start settings or their run."""

import numpy as np
import plotly.graph_objects as go

from core.charts.gradients import signal_sentence
from core.charts.graph import still
from core.charts.style import BACKWARD, FORWARD, chart, drawable, log_axis
from core.run import Run


def gradients(run: Run) -> go.Figure:
    """Forward and backward signal per layer before the first step."""
    forward, back = run.probes["activation_std"][0], run.probes["delta_norm"][0]
    layers = np.arange(1, run.experiment.depth + 1)
    return chart(
        [
            go.Scatter(
                x=layers, y=drawable(forward), name="activations", line_color=FORWARD, mode="lines+markers"
            ),
            go.Scatter(
                x=layers, y=drawable(back), name="error signal", line_color=BACKWARD, mode="lines+markers"
            ),
        ],
        title=signal_sentence(run),
        alt=f"{signal_sentence(run)}.",
        height=200,
        xaxis=dict(title="layer"),
        yaxis=log_axis([*forward, *back], None),
    )


THUMBNAILS = {"backprop": still, "gradients": gradients}
