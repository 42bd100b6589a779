"""The small picture of every lesson on the home page, drawn from its start settings or their run."""

import numpy as np
import plotly.graph_objects as go

from core.charts.runs import outcome
from core.charts.style import BACKWARD, FORWARD, chart, drawable, log_axis
from core.diagnosis.census import sentence
from core.lessons.backprop.charts.graph import still
from core.lessons.dead_relus.charts.census import SHARES
from core.lessons.gradients.charts.signals import signal_sentence
from core.run import Run
from core.words import short


def gradients(run: Run) -> go.Figure:
    """Spread of the activations over samples and error signal, per layer before the first step."""
    forward, back = run.probes["activation_std"][0], run.probes["delta_norm"][0]
    layers = np.arange(1, run.experiment.depth + 1)
    return chart(
        [
            go.Scatter(
                x=layers,
                y=drawable(forward),
                name="spread over samples",
                line_color=FORWARD,
                mode="lines+markers",
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


def feature_scaling(run: Run) -> go.Figure:
    """The loss of every step, on columns as they come."""
    kept = drawable(run.loss)
    title = f"Raw columns: {outcome(run)}"
    return chart(
        [go.Scatter(x=np.arange(len(kept)), y=kept, name="loss", line_color=BACKWARD, mode="lines+markers")],
        title=title,
        alt=f"Training loss on raw columns. {title}.",
        height=200,
        xaxis=dict(title="step", range=[-0.5, 10]),
        yaxis=log_axis(kept, "loss"),
    )


def dead_relus(run: Run) -> go.Figure:
    """Every unit after training: which are never active."""
    share = run.active_fraction[run.last].astype(np.float32)
    heat = go.Heatmap(z=share, zmin=0, zmax=1, colorscale=SHARES, showscale=False, xgap=1, ygap=1)
    return chart(
        [heat],
        title=sentence(run),
        alt=f"Grid of all units. {sentence(run)}.",
        height=200,
        xaxis=dict(title="unit", showticklabels=False),
        yaxis=dict(title="layer", showticklabels=False),
    )


def dropout(run: Run) -> go.Figure:
    """Training and held-out loss over the steps."""
    title = f"Training loss {short(run.train_loss[-1])}, held out {short(run.test_loss[-1])}"
    return chart(
        [
            go.Scatter(x=run.at, y=drawable(run.train_loss), name="training", line_color=FORWARD),
            go.Scatter(x=run.at, y=drawable(run.test_loss), name="held out", line_color=BACKWARD),
        ],
        title=title,
        alt=f"{title}.",
        height=200,
        xaxis=dict(title="step"),
        yaxis=log_axis([*run.train_loss, *run.test_loss], None),
    )


def batchnorm(run: Run) -> go.Figure:
    """How the median scale of every layer's units moves while the network learns."""
    scale = np.median(run.gamma[: run.last + 1], axis=2).T
    title = f"The loss falls to {short(run.train_loss[run.last])} while every layer learns its own scale γ"
    return chart(
        [go.Scatter(x=run.at[: run.last + 1], y=y, mode="lines", line_color=FORWARD) for y in scale],
        title=title,
        alt=f"{title}.",
        height=200,
        showlegend=False,
        xaxis=dict(title="step"),
        yaxis=dict(title="γ"),
    )


THUMBNAILS = {
    "backprop": still,
    "gradients": gradients,
    "dead_relus": dead_relus,
    "feature_scaling": feature_scaling,
    "dropout": dropout,
    "batchnorm": batchnorm,
}
