"""How much dropout: rates and their two ends, and linear regression, where dropout is ridge regression."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from core.charts.style import AFTER, BACKWARD, FORWARD, THEORY, chart, log_axis
from core.charts.sweeps import over_seeds
from core.diagnosis.measures import hidden_moved, short
from core.engine.initial import initial_weight
from core.lessons.dropout.theory import RATES, best_rate
from core.run import Run
from core.sweep import Sweep

if TYPE_CHECKING:
    from core.lessons.dropout.measured.linear import Path


def curve(sweep: Sweep, runs: Sequence[Run], here: float | None, error: bool = False) -> go.Figure:
    """Held-out and training loss (or error) over dropout and seed."""
    x = sweep.axes["dropout"]

    def values(name):
        return sweep.of(runs, lambda run: getattr(run, name)[-1])

    if error:
        held, train = (100 * (1 - values(f"{where}_accuracy")) for where in ("test", "train"))
    else:
        held, train = values("test_loss"), values("train_loss")
    median = np.median(np.where(np.isfinite(held), held, np.inf), axis=1)
    best = int(median.argmin())
    unit, what = (" %", "error") if error else ("", "loss")
    if error and runs[0].experiment.loss == "mse":
        what = "unexplained variance"
    wins = int(np.sum(held[best] < held[0]))
    if best == 0:
        title = f"No rate has a lower held-out {what} than no dropout: {short(median[0])}{unit}"
    else:
        title = (
            f"The lowest held-out {what} is at rate {x[best]:g}: {short(median[best])}{unit} against "
            f"{short(median[0])}{unit} without dropout, lower on {wins} of {held.shape[1]} seeds"
        )
    return over_seeds(
        x,
        {"held out": held, "training": train},
        x_title="dropout rate",
        y_title=f"{what}{' (%)' if error else ''}",
        title=title,
        alt=f"Final {what} over dropout rates. {title}.",
        how="A dot is a seed, the line their median; the same seeds, data and initial weights at every rate.",
        here=here,
    )


def no_dropout(alone: Run, among: Run) -> tuple[bool, str]:
    """Whether rate 0, trained among networks that drop, is bit by bit what training without dropout gives."""
    same = np.array_equal(alone.loss, among.loss, equal_nan=True) and all(
        np.array_equal(alone.weights[name], among.weights[name], equal_nan=True) for name in alone.weights
    )
    count = sum(w.size for w in alone.weights.values())
    if same:
        return True, (
            f"**0.0 is no dropout, to the bit.** {len(alone.loss)} losses and {count:,} numbers of the final "
            "network are identical to those of a network that knows no dropout."
        )
    return False, "**0.0 differs from no dropout** in the final weights or the losses."


def everything_dropped(run: Run) -> tuple[bool, str]:
    """Whether a run at rate 1 left every weight as it was and learned the mean by its output bias alone."""
    e = run.experiment
    first, last = initial_weight(e, e.depth), run.weights[f"linear.{e.depth}.weight"]
    still = hidden_moved(run) == 0 and np.array_equal(first, last)
    moved = "no weight moved at all" if still else "some weights moved"
    loss = f"the loss of the last step is {short(run.loss[-1])}, guessing the mean gives {short(run.chance)}"
    learned = bool(still and abs(run.loss[-1] / run.chance - 1) < 0.01)
    return learned, (
        f"**1.0 after every hidden layer learns nothing**: in {len(run.loss)} steps {moved}; only the output "
        f"bias learned: {loss}. In evaluation mode nothing is dropped, and the untrained network answers "
        f"instead: its loss is {short(run.train_loss[-1])}."
    )


def best(errors: np.ndarray, n: int, d: int, sigma: float) -> go.Figure:
    """The measured error of linear regression over dropout rates, and the best rate in closed form."""
    predicted, best = best_rate(n, d, sigma), int(errors.argmin())
    title = f"Best rate predicted before training: {predicted:.3f}. Measured: {RATES[best]:.3g}"
    figure = chart(
        [
            go.Scatter(x=RATES, y=errors, name="measured", line_color=FORWARD, mode="lines+markers"),
            go.Scatter(
                x=[RATES[best]],
                y=[errors[best]],
                name="lowest",
                mode="markers",
                marker=dict(color=BACKWARD, size=12),
            ),
        ],
        title=title,
        alt=f"Error of linear regression with input dropout over rates. {title}.",
        how=f"Squared distance from the true weights, averaged over 150 data sets of {n} samples and {d} "
        f"features with noise {sigma:g}; dashed is p* = σ²d / (n‖w‖² + σ²d).",
        hovermode="closest",
        xaxis=dict(title="dropout rate", range=[0, 1]),
        yaxis=log_axis(errors, "error of the weights"),
    )
    note = dict(text=f"p* = {predicted:.3f}", font_size=12)
    figure.add_vline(predicted, line=dict(color=THEORY, dash="dash", width=2), annotation=note)
    return figure


def ridge_path(path: Path) -> go.Figure:
    """Weights of a linear regression over dropout rates: closed form, averaged and last iterates."""
    size = np.linalg.norm(path.exact, axis=1)
    averaged, last = (
        np.linalg.norm(found - path.exact, axis=1) / size for found in (path.averaged, path.last)
    )
    middle = slice(*np.searchsorted(path.trained, (0.15, 0.85)))
    title = (
        f"For rates 0.2 to 0.8 averaged descent is within {100 * averaged[middle].max():.1f} % of "
        f"ridge regression, the last iterate up to {100 * last[middle].max():.0f} % off"
    )
    traces = [
        go.Scatter(
            x=path.rates,
            y=weight,
            line=dict(color=THEORY, dash="dash"),
            name="ridge, closed form",
            legendgroup="ridge",
            showlegend=i == 0,
        )
        for i, weight in enumerate(path.closed_form.T)
    ]
    for name, found, symbol, colour in (
        ("averaged descent with dropout", path.averaged, "circle", AFTER),
        ("its last iterate", path.last, "x-thin-open", BACKWARD),
    ):
        traces.append(
            go.Scatter(
                x=np.repeat(path.trained, found.shape[1]),
                y=found.ravel(),
                name=name,
                mode="markers",
                marker=dict(symbol=symbol, color=colour, size=7),
            )
        )
    return chart(
        traces,
        title=title,
        alt=f"Weights of a linear regression over dropout rates. {title}.",
        how="Every dashed line is one weight of ridge regression with penalty p/(1 − p) · diag(XᵀX); the "
        "dots are gradient descent with a new mask on the inputs at every step.",
        hovermode="closest",
        xaxis=dict(title="dropout rate", range=[0, 1]),
        yaxis=dict(title="weight"),
    )
