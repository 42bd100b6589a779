"""Where batch normalization hurts: depth, evaluation, small batches, the order with dropout."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from core import theory
from core.charts.style import AFTER, BACKWARD, BEFORE, FORWARD, WEIGHTS, chart, drawable, log_axis
from core.charts.sweeps import over_seeds
from core.lessons.batchnorm.by_hand import left_of_start
from core.lessons.batchnorm.charts.gains import DASHED, PAIR, WITH, WITHOUT
from core.lessons.batchnorm.measured.costs import Depths, Explosion, lag
from core.run import Run
from core.words import short

if TYPE_CHECKING:
    from core.lessons.batchnorm.measured.batches import SmallBatches
    from core.lessons.batchnorm.measured.shift import Shift


def explosion(found: Explosion) -> go.Figure:
    """The error signal before the first step, relative to the last layer: with batchnorm, and plain He."""
    depth = len(found.plain)
    layers, start = np.arange(1, depth + 1), depth - 8
    (_, he), *scaled = found.factors.items()
    title = (
        f"With batchnorm |δ|² grows ×{short(he)} per layer on its way back (theory: {short(found.chi)}), "
        f"without it ×{short(found.plain_factor)}"
    )
    others = " and ".join(f"×{short(factor)} at {short(gain)}" for gain, factor in scaled)
    return chart(
        [
            go.Scatter(
                x=layers,
                y=drawable(found.normed),
                name=WITH,
                mode="markers",
                marker=dict(color=AFTER, size=7),
            ),
            go.Scatter(
                x=layers, y=drawable(found.plain), name=f"{WITHOUT}, He", mode="markers", marker_color=BEFORE
            ),
            go.Scatter(
                x=layers,
                y=found.normed[start] * found.chi ** ((start + 1 - layers) / 2),
                name="theory",
                line=DASHED,
            ),
        ],
        title=title,
        alt=f"Error signal per layer in networks of {depth} layers. {title}.",
        how=f"Before the first step. The scale of the weights does not matter: the factor is {others} times "
        "He's weights. It is measured from layer 3 to seven layers below the last.",
        xaxis=dict(title="hidden layer", range=[0, depth + 1]),
        yaxis=log_axis([*found.normed, *found.plain], "δ relative to the last layer"),
        hovermode="closest",
    )


def depths(found: Depths) -> go.Figure:
    """Weight gradient of layer 2 over that of the last layer, over depth, without and with."""
    without, with_it = np.median(found.ratios, axis=2)[:, -1]
    title = (
        f"At {found.depths[-1]} layers the weight gradient of layer 2 is {short(with_it)} times that of the "
        f"last layer with batchnorm, {short(without)} times without"
    )
    return over_seeds(
        found.depths,
        dict(zip((f"{WITHOUT}, He", WITH), found.ratios, strict=True)),
        x_title="hidden layers",
        y_title="weight gradient, layer 2 / last",
        title=title,
        alt=f"Ratio of weight gradients against depth. {title}.",
        how="Before the first step; dots are seeds. Dashed: "
        f"{short(found.chi)} to the power of (layers − 2) / 2.",
        log_y=True,
        colours=PAIR,
        theory={"theory": (found.depths, found.predicted)},
    )


def variance_shift(found: Shift) -> go.Figure:
    """Variance in evaluation over training mode behind dropout: measured in networks, over the formula."""
    traces, fine = [], np.linspace(0, 0.95, 60)
    for activation, colour in (("identity", WEIGHTS), ("relu", FORWARD)):
        traces.append(
            go.Scatter(
                x=fine,
                y=theory.variance_shift(activation, fine),
                line=DASHED,
                name="formula",
                legendgroup="formula",
                showlegend=activation == "relu",
            )
        )
        for when, values, symbol in (
            ("random weights", found.untrained, "circle"),
            ("trained", found.trained, "diamond-open"),
        ):
            traces.append(
                go.Scatter(
                    x=found.rates,
                    y=values[activation],
                    name=f"{activation}, {when}",
                    mode="markers",
                    marker=dict(color=colour, symbol=symbol, size=10),
                )
            )
    middle = len(found.rates) // 2
    title = (
        f"With random weights the variance shift is within {100 * found.off:.1f} % of the formula; after "
        f"training a ReLU layer behind dropout {found.rates[middle]:g} has "
        f"×{short(found.trained['relu'][middle])} (formula ×{short(found.formula['relu'][middle])})"
    )
    return chart(
        traces,
        title=title,
        alt=f"Variance in evaluation mode over training mode, over dropout rates. {title}.",
        how="Batch normalization learns the variance of training mode, dropout noise included; in evaluation "
        "mode the noise is gone and it divides by too much. Dashed: 1 − p for identity, "
        "(½ − 1/2π) / (½/(1 − p) − 1/2π) for ReLU (Li et al. 2019).",
        hovermode="closest",
        xaxis=dict(title="dropout rate", range=[0, 1]),
        yaxis=dict(title="variance, evaluation / training", range=[0, 1.05]),
    )


def small_batches(found: SmallBatches) -> go.Figure:
    """Final loss in evaluation mode against the batch size, without and with."""
    smallest, correct = found.sizes[0], 100 * np.median(found.test_accuracy, axis=2)[:, 0]
    without, with_it = np.median(found.train_loss, axis=2)[:, 0]
    listed = ", ".join(map(str, found.harmful))
    title = (
        f"In batches of {listed} batchnorm does harm"
        if listed
        else "No batch here is too small for batchnorm"
    )
    title += f": at {smallest} the loss ends at {short(with_it)}, without at {short(without)}"
    return over_seeds(
        found.sizes,
        dict(zip((WITHOUT, WITH), found.train_loss, strict=True)),
        x_title="batch size",
        y_title="final training loss",
        title=title,
        alt=f"Final training loss against batch size. {title}.",
        how="Equally many steps for every size, in evaluation mode; dots are seeds. Held-out accuracy at "
        f"{smallest}: {correct[1]:.0f} % with batchnorm, {correct[0]:.0f} % without.",
        log_x=True,
        log_y=True,
        colours=PAIR,
    ).update_xaxes(tickvals=found.sizes, ticktext=found.sizes)


def evaluation_lag(run: Run) -> go.Figure:
    """The loss in training mode at every step, and in evaluation mode at the snapshots."""
    steps, found = np.arange(len(run.loss)), lag(run)
    late = short(found.evaluation) if np.isfinite(found.evaluation) else "one that overflows"
    title = (
        f"At step {found.step} the same network has a loss of {short(found.training)} in training mode and "
        f"of {late} in evaluation mode"
    )
    return chart(
        [
            go.Scatter(x=steps, y=drawable(run.loss), name="training mode", line_color=FORWARD),
            go.Scatter(
                x=run.at,
                y=drawable(run.train_loss),
                name="evaluation mode",
                mode="lines+markers",
                line_color=BACKWARD,
            ),
            go.Scatter(x=steps, y=left_of_start(steps), name="0.9ᵗ", line=DASHED),
        ],
        title=title,
        alt=f"Training loss in training and in evaluation mode. {title}.",
        how="Evaluation mode uses running statistics that start at mean 0 and variance 1; dashed is the "
        "weight 0.9ᵗ that this start still has. Training mode is each step's batch, evaluation all.",
        xaxis=dict(title="step", range=[0, min(100, len(steps))]),
        yaxis=log_axis(np.concatenate([run.loss[:100], run.train_loss]), "loss"),
    )
