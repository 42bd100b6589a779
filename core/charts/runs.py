"""The loss of one run, as every lesson shows it."""

import plotly.graph_objects as go

from core.charts.style import (
    BACKWARD,
    FORWARD,
    THEORY,
    chart,
    drawable,
    few_points,
    log_axis,
)
from core.run import Run
from core.words import short, two_digits

ROOM = 2
"""How far an axis goes on above guessing."""


def outcome(run: Run) -> str:
    """How a run ended, in a few words."""
    if run.diverged_at is not None:
        return f"diverged at step {run.diverged_at}"
    return f"loss {two_digits(run.train_loss[-1])}"


def level(figure: go.Figure, y: float, text: str, above: bool) -> None:
    """A horizontal line with its name above or below it."""
    figure.add_hline(
        y,
        line=dict(color=THEORY, dash="dash" if above else "dot", width=1),
        label=dict(text=text, textposition="end", yanchor="bottom" if above else "top", font_size=11),
    )


def steps_axis(*runs: Run) -> tuple[dict, str]:
    """An axis over the steps that were taken, and a sentence where it ends because every run diverged."""
    asked, lost = max(run.experiment.steps for run in runs), [run.diverged_at for run in runs]
    end = max(
        e.steps if at is None else min(e.steps, max(1.25 * at, 1))
        for e, at in zip((run.experiment for run in runs), lost, strict=True)
    )
    axis = dict(title="step", range=[0, end]) | (dict(dtick=1) if end < 8 else {})
    early = None not in lost and end < asked
    return axis, f" The axis ends where training did, at step {max(lost)} of {asked}." if early else ""


def loss(run: Run) -> go.Figure:
    """Training loss at every step, and the held-out loss at the snapshots."""
    e, (axis, zoomed) = run.experiment, steps_axis(run)
    title = (
        f"After {e.steps} step{'s' * (e.steps > 1)} the training loss is {two_digits(run.train_loss[-1])}, "
        f"held out {two_digits(run.test_loss[-1])}; guessing gives {two_digits(run.chance)}"
    )
    if run.diverged_at is not None:
        title = f"The training diverged: at step {run.diverged_at} the loss is {short(run.diverged_to)}"
    i = few_points(run.loss)
    held_out = dict(mode="lines+markers", marker_size=5, line=dict(color=BACKWARD, width=1.5))
    figure = chart(
        [
            go.Scatter(x=i, y=drawable(run.loss[i]), name="training", line_color=FORWARD),
            go.Scatter(x=run.at, y=drawable(run.test_loss), name="held out", **held_out),
        ],
        title=title,
        alt=f"Training and held-out loss over {e.steps} steps. {title}.",
        how="Blue is the loss of each step's batch in training mode. An orange dot is the loss on data the "
        f"network never trains on, in evaluation mode, at {len(run.kept)} of the steps; what lies between "
        f"them was not measured.{zoomed}",
        xaxis=axis,
        yaxis=log_axis([*run.loss, *run.test_loss, run.chance / ROOM, ROOM * run.chance], "loss"),
    )
    level(figure, run.chance, f"guessing: {short(run.chance)}", above=True)
    if run.diverged_at is not None:
        figure.add_vline(
            run.diverged_at,
            line=dict(color=BACKWARD, width=1),
            annotation=dict(text=f"diverged at step {run.diverged_at}", font_size=12),
            annotation_position="top left" if run.diverged_at else "top right",
        )
    return figure
