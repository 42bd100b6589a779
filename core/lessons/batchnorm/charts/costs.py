"""Where batch normalization hurts: depth, evaluation, small batches, the order with dropout."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from core import theory
from core.charts.style import AFTER, BACKWARD, BEFORE, FORWARD, WEIGHTS, chart, drawable, log_axis
from core.charts.sweeps import over_seeds
from core.diagnosis.measures import short
from core.lessons.batchnorm.by_hand import left_of_start
from core.lessons.batchnorm.charts.gains import DASHED, PAIR, WITH, WITHOUT
from core.run import Run
from core.sweep import Sweep
from core.theory import predict

if TYPE_CHECKING:
    from core.lessons.batchnorm.measured import Shift


def explosion(normed: Sequence[Run], plain: Run) -> go.Figure:
    """The error signal before the first step, relative to the last layer: several gains, and plain He."""
    depth, layers = plain.experiment.depth, np.arange(1, plain.experiment.depth + 1)
    chi = float(predict(normed[0].experiment, normed[0].input_mean_square).chi[depth // 2])
    steep, flat = (r.probes["delta_norm"][0] / r.probes["delta_norm"][0, -1] for r in (normed[0], plain))
    factors = [middle_factor(run) for run in (normed[0], plain)]
    title = (
        f"With batchnorm |δ|² grows ×{short(factors[0])} per layer on its way back (theory: {short(chi)}), "
        f"without it ×{short(factors[1])}"
    )
    others = " and ".join(f"×{short(middle_factor(r))} at {short(r.experiment.gain)}" for r in normed[1:])
    start = depth - 8
    return chart(
        [
            go.Scatter(
                x=layers, y=drawable(steep), name=WITH, mode="markers", marker=dict(color=AFTER, size=7)
            ),
            go.Scatter(
                x=layers, y=drawable(flat), name=f"{WITHOUT}, He", mode="markers", marker_color=BEFORE
            ),
            go.Scatter(
                x=layers, y=steep[start] * chi ** ((start + 1 - layers) / 2), name="theory", line=DASHED
            ),
        ],
        title=title,
        alt=f"Error signal per layer in networks of {depth} layers. {title}.",
        how=f"Before the first step. The scale of the weights does not matter: the factor is {others} times "
        "He's weights. It is measured from layer 3 to seven layers below the last.",
        xaxis=dict(title="hidden layer", range=[0, depth + 1]),
        yaxis=log_axis([*steep, *flat], "δ relative to the last layer"),
        hovermode="closest",
    )


def middle_factor(run: Run) -> float:
    """What one layer multiplies |delta|^2 by, from layer 3 to seven layers below the last."""
    delta, last = run.probes["delta_norm"][0].astype(float), run.experiment.depth - 8
    return float((delta[2] / delta[last]) ** (2 / (last - 2)))


def depths(sweep: Sweep, runs: Sequence[Run]) -> go.Figure:
    """Weight gradient of layer 2 over that of the last layer, over batchnorm, depth and seed."""
    x = np.array(sweep.axes["depth"])
    second, last = np.moveaxis(sweep.of(runs, lambda run: run.probes["weight_grad_norm"][0, [1, -1]]), -1, 0)
    ratios = second.astype(float) / last
    typical = np.median(ratios, axis=2)
    chi = float(predict(runs[-1].experiment, runs[-1].input_mean_square).chi[x[-1] // 2])
    title = (
        f"At {x[-1]} layers the weight gradient of layer 2 is {short(typical[1, -1])} times that of the last "
        f"layer with batchnorm, {short(typical[0, -1])} times without"
    )
    return over_seeds(
        x,
        {f"{WITHOUT}, He": ratios[0], WITH: ratios[1]},
        x_title="hidden layers",
        y_title="weight gradient, layer 2 / last",
        title=title,
        alt=f"Ratio of weight gradients against depth. {title}.",
        how=f"Before the first step; dots are seeds. Dashed: {short(chi)} to the power of (layers − 2) / 2.",
        log_y=True,
        colours=PAIR,
        theory={"theory": (x, chi ** ((x - 2) / 2))},
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
    worst = max(np.abs(found.untrained[name] / found.formula[name] - 1).max() for name in found.formula)
    middle = len(found.rates) // 2
    title = (
        f"With random weights the variance shift is within {100 * worst:.1f} % of the formula; after "
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


def small_batches(sizes: np.ndarray, train_loss: np.ndarray, test_accuracy: np.ndarray) -> go.Figure:
    """Final loss in evaluation mode against the batch size, [2, sizes, seeds]."""
    losses, correct = train_loss, 100 * np.median(test_accuracy, axis=2)
    typical = np.median(losses, axis=2)
    worse = [size for size, (plain, normed) in zip(sizes, typical.T, strict=True) if normed > 2 * plain]
    listed = ", ".join(map(str, worse))
    title = (
        f"In batches of {listed} batchnorm does harm" if worse else "No batch here is too small for batchnorm"
    )
    title += f": at {sizes[0]} the loss ends at {short(typical[1, 0])}, without at {short(typical[0, 0])}"
    return over_seeds(
        sizes,
        {WITHOUT: losses[0], WITH: losses[1]},
        x_title="batch size",
        y_title="final training loss",
        title=title,
        alt=f"Final training loss against batch size. {title}.",
        how="Equally many steps for every size, in evaluation mode; dots are seeds. Held-out accuracy at "
        f"{sizes[0]}: {correct[1, 0]:.0f} % with batchnorm, {correct[0, 0]:.0f} % without.",
        log_x=True,
        log_y=True,
        colours=PAIR,
    ).update_xaxes(tickvals=sizes)


def evaluation_lag(run: Run) -> go.Figure:
    """The loss in training mode at every step, and in evaluation mode at the snapshots."""
    steps = np.arange(len(run.loss))
    early = [i for i, step in enumerate(run.at) if step < min(20, len(run.loss)) and i <= run.last]
    ratios = [run.train_loss[i] / max(run.loss[run.at[i]], 1e-30) for i in early]
    i = early[int(np.argmax(ratios))]
    step, lagging, ahead = run.at[i], float(run.train_loss[i]), float(run.loss[run.at[i]])
    late = short(lagging) if np.isfinite(lagging) else "one that overflows"
    title = (
        f"At step {step} the same network has a loss of {short(ahead)} in training mode and of "
        f"{late} in evaluation mode"
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
