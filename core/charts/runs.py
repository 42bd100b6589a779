"""Charts every lesson uses: the loss of one run, and several runs on shared axes."""

import numpy as np
import plotly.graph_objects as go

from core.charts.style import (
    AFTER,
    BACKWARD,
    BEFORE,
    FORWARD,
    PALETTE,
    THEORY,
    chart,
    drawable,
    few_points,
    log_axis,
)
from core.diagnosis.measures import first_over_last, per_layer
from core.run import Run
from core.words import short

HIGHEST = 1e6
"""What is beyond it is not on the axis."""


def outcome(run: Run) -> str:
    """How a run ended, in a few words."""
    if run.diverged_at is not None:
        return f"diverged at step {run.diverged_at}"
    return f"loss {short(run.train_loss[-1])}"


def _chance_line(figure: go.Figure, run: Run) -> None:
    figure.add_hline(
        run.chance,
        line=dict(color=THEORY, dash="dash", width=1),
        annotation=dict(text=f"guessing: {short(run.chance)}", font_size=11),
        annotation_position="bottom left",
    )


def loss(run: Run) -> go.Figure:
    """Training loss at every step, and the held-out loss at the snapshots."""
    e, steps = run.experiment, np.arange(len(run.loss))
    if run.diverged_at is not None:
        title = f"The training diverged: at step {run.diverged_at} the loss is {short(run.diverged_to)}"
    elif run.learned:
        title = (
            f"After {e.steps} steps the training loss is {short(run.train_loss[-1])}, "
            f"held out {short(run.test_loss[-1])}"
        )
    else:
        title = (
            f"After {e.steps} steps the training loss is {short(run.train_loss[-1])}, "
            f"where guessing gives {short(run.chance)}"
        )
    i = few_points(run.loss)
    figure = chart(
        [
            go.Scatter(x=steps[i], y=drawable(run.loss[i]), name="training", line_color=FORWARD),
            go.Scatter(x=run.at, y=drawable(run.test_loss), name="held out", line_color=BACKWARD),
        ],
        title=title,
        alt=f"Training and held-out loss over {e.steps} steps. {title}.",
        how="Blue is the loss of each step's batch, orange the loss on data the network never trains on.",
        xaxis=dict(title="step", range=[0, e.steps]),
        yaxis=log_axis([*run.loss, *run.test_loss, run.chance], "loss"),
    )
    _chance_line(figure, run)
    if run.diverged_at is not None:
        figure.add_vline(
            run.diverged_at,
            line=dict(color=BACKWARD, width=1),
            annotation=dict(text=f"diverged at step {run.diverged_at}", font_size=12),
            annotation_position="top right",
        )
    return figure


def colours(names: list[str]) -> list[str]:
    """Fixed colours: before and after for a pair, else the palette in order."""
    return (
        [BEFORE, AFTER]
        if len(names) == 2
        else [PALETTE[i] for i in (9, 0, 1, 8, 5, 2, 3, 4, 6, 7)[: len(names)]]
    )


def losses(runs: dict[str, Run]) -> go.Figure:
    """The training losses of several runs on shared axes."""
    names = list(runs)
    same = "Same seed, same axes" if len({run.experiment.seed for run in runs.values()}) == 1 else "Same axes"
    good = [name for name in names if runs[name].learned]
    if not good:
        title = f"None of these {len(names)} runs gets better than guessing"
    elif len(good) == len(names):
        title = f"All of these {len(names)} runs learn"
    else:
        title = f"{len(good)} of {len(names)} learn: " + ", ".join(f"{n} ({outcome(runs[n])})" for n in good)
    every = [value for run in runs.values() for value in (*run.loss, run.chance)]
    usual = max(1, min(run.loss[0] for run in runs.values()), *(run.chance for run in runs.values()))
    shown = np.minimum(every, HIGHEST * usual)
    top = max(shown[np.isfinite(shown)], default=1.0)
    traces = []
    for name, colour in zip(names, colours(names), strict=True):
        run = runs[name]
        i = few_points(run.loss)
        traces.append(
            go.Scatter(x=i, y=drawable(run.loss[i]), name=f"{name}: {outcome(run)}", line_color=colour)
        )
        if run.diverged_at is not None:
            last = max(run.diverged_at - 1, 0)
            loss = run.loss[last] if np.isfinite(run.loss[last]) else np.inf
            marker = dict(symbol="x", size=11, color=colour)
            traces.append(
                go.Scatter(
                    x=[last],
                    y=[min(loss, top)],
                    text=[f"step {last}: {short(run.loss[last])}"],
                    hoverinfo="text+name",
                    marker=marker,
                    mode="markers",
                    name="diverged",
                    showlegend=False,
                )
            )
    figure = chart(
        traces,
        title=title,
        alt=f"Training loss over steps of {', '.join(names)}. {title}.",
        how=f"{same}; a cross marks the last finite loss of a run that diverged, at the top "
        "where that is beyond it.",
        xaxis=dict(title="step", range=[0, max(run.experiment.steps for run in runs.values())]),
        yaxis=log_axis(shown, "training loss"),
        height=340 + 20 * len(names),
        hovermode="closest",
    )
    _chance_line(figure, next(iter(runs.values())))
    return figure


def signals_compared(runs: dict[str, Run]) -> go.Figure:
    """The error signal per layer before the first step, for several runs on shared axes."""
    names, layers = list(runs), np.arange(1, next(iter(runs.values())).experiment.depth + 1)
    ratios = {name: first_over_last(run) for name, run in runs.items()}
    arrives = {name: abs(np.log(ratio)) for name, ratio in ratios.items() if 0 < ratio < np.inf}
    title = "In none of these runs does a finite error signal reach layer 1"
    if arrives:
        best = min(arrives, key=arrives.get)
        factor = short(per_layer(runs[best]))
        title = f"The error signal reaches layer 1 most evenly with {best}: ×{factor} per layer"
    return chart(
        [
            go.Scatter(
                x=np.arange(1, run.experiment.depth + 1),
                y=drawable(run.probes["delta_norm"][0]),
                name=f"{name}: ×{short(per_layer(run))}",
                line_color=colour,
                mode="lines+markers",
            )
            for (name, run), colour in zip(runs.items(), colours(names), strict=True)
        ],
        title=title,
        alt=f"RMS of the error signal per layer of {', '.join(names)}. {title}.",
        how="The error signal before the first step; the number is its factor per layer.",
        xaxis=dict(title="hidden layer", dtick=max(1, len(layers) // 10)),
        yaxis=log_axis([v for run in runs.values() for v in run.probes["delta_norm"][0]], "RMS of δ"),
        hovermode="closest",
    )
