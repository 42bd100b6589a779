"""Where batch normalization hurts: depth, evaluation, small batches, the order with dropout."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from core import theory
from core.charts.style import AFTER, BEFORE, FORWARD, WEIGHTS, chart, drawable, log_axis
from core.charts.sweeps import over_seeds
from core.lessons.batchnorm.charts.gains import DASHED, PAIR, WITH, WITHOUT
from core.lessons.batchnorm.measured.costs import Depths, Explosion, SmallBatches
from core.sweep import typical
from core.words import listed, short, two_digits

if TYPE_CHECKING:
    from core.lessons.batchnorm.measured.shift import Shift
    from core.lessons.batchnorm.measured.statistics import Lag, Orders

DOTTED = dict(mode="lines+markers", marker_size=6)


def explosion(found: Explosion) -> go.Figure:
    """The error signal before the first step, relative to the last layer: with batchnorm, and plain He."""
    depth = len(found.plain)
    layers, start = np.arange(1, depth + 1), depth - 8
    (_, he), *scaled = found.factors.items()
    title = (
        f"On its way back every layer multiplies δ by {short(he)} with batchnorm (theory: "
        f"{short(found.expected)}), by {short(found.plain_factor)} without"
    )
    others = " and ".join(f"{short(factor)} at {short(gain)}" for gain, factor in scaled)
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
                y=found.normed[start] * found.expected ** (start + 1.0 - layers),
                name="theory",
                line=DASHED,
            ),
        ],
        title=title,
        alt=f"Error signal per layer in networks of {depth} layers. {title}.",
        how=f"RMS of δ before the first step. With batchnorm the scale of the weights does not matter: the "
        f"factor is {others} times He's weights. Factors are measured from layer 3 to seven layers below the "
        "last.",
        xaxis=dict(title="hidden layer", range=[0, depth + 1]),
        yaxis=log_axis([*found.normed, *found.plain], "δ relative to the last layer"),
        hovermode="closest",
    )


def explained(found: Explosion, activation: str) -> str:
    """What the error signal does on its way back, and what becomes of the sentence that it is prevented."""
    growth = (
        "The error signal of a ReLU layer grows by √(π / (π − 1)) = 1.21 on its way back"
        if activation == "relu"
        else f"In these networks theory multiplies the error signal by {short(found.expected)} per layer"
    )
    told = f"{growth}, whatever the weights (Yang et al. 2019)."
    if found.expected > 1.01:
        told += (
            " So batch normalization takes away the explosion that large weights cause, and brings a slower "
            "one that no weights avoid."
        )
    return told


def depths(found: Depths) -> go.Figure:
    """Weight gradient of layer 2 over that of the last layer, over depth, without and with."""
    without, with_it = (two_digits(ratio) for ratio in np.median(found.ratios, axis=2)[:, -1])
    title = (
        f"At {found.depths[-1]} layers the weight gradient of layer 2 is {with_it} times that of the last "
        f"layer with batchnorm, {without} times without"
    )
    return over_seeds(
        found.depths,
        dict(zip((f"{WITHOUT}, He", WITH), found.ratios, strict=True)),
        x_title="hidden layers",
        y_title="weight gradient, layer 2 / last",
        title=title,
        alt=f"Ratio of weight gradients against depth. {title}.",
        how="Before the first step; dots are seeds. Dashed: "
        f"{short(found.expected)} to the power of layers − 2.",
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


def small_batches(found: SmallBatches, score: str) -> go.Figure:
    """Final loss in evaluation mode against the batch size, without and with; score: accuracy or R²."""
    smallest, correct = found.sizes[0], np.median(found.test_accuracy, axis=2)[:, 0]
    without, with_it = (two_digits(loss) for loss in typical(found.train_loss)[:, 0])
    differs = {"more than twice as high": found.harmful, "less than half as high": found.helpful}
    told = [f"{how} in batches of {listed([str(n) for n in at])}" for how, at in differs.items() if at]
    told = "; ".join(told) or "never twice as high, nor half as high"
    title = f"With batchnorm the loss ends {told}. At {smallest}: {with_it}, without {without}"
    return over_seeds(
        found.sizes,
        dict(zip((WITHOUT, WITH), found.train_loss, strict=True)),
        x_title="batch size",
        y_title="final training loss",
        title=title,
        alt=f"Final training loss against batch size. {title}.",
        how="Equally many steps for every size, in evaluation mode; dots are seeds, compared are their "
        f"medians. Held-out {score} at {smallest}: {short(correct[1])} with batchnorm, "
        f"{short(correct[0])} without.",
        log_x=True,
        log_y=True,
        colours=PAIR,
    ).update_xaxes(tickvals=found.sizes, ticktext=found.sizes)


def evaluation_lag(found: Lag) -> go.Figure:
    """The loss of the same weights in evaluation mode, with running statistics and with exact ones."""
    worst, steps = found.furthest, found.steps
    late = found.caught_up()
    title = (
        f"At step {steps[worst]} running statistics make the loss {two_digits(found.running[worst])}; with "
        f"those of the training set the same weights have {two_digits(found.exact[worst])}"
    )
    if found.behind[worst] <= 1.1:
        title = f"From step {steps[0]} on running statistics cost at most {_percent(found.behind[worst] - 1)}"
    elif late is None:
        title += f". Up to step {steps[-1]} they do not come within 10 %"
    else:
        title += f". From step {steps[late]} on they are within 10 %"
    return chart(
        [
            go.Scatter(
                x=steps, y=drawable(found.running), name="running statistics", line_color=FORWARD, **DOTTED
            ),
            go.Scatter(
                x=steps,
                y=drawable(found.exact),
                name="those of the training set",
                line_color=WEIGHTS,
                **DOTTED,
            ),
        ],
        title=title,
        alt=f"Loss in evaluation mode with two kinds of statistics. {title}.",
        how="Training loss in evaluation mode, nothing else changed. Running statistics start at mean 0 and "
        "variance 1 and move a tenth of the way at every batch: at step "
        f"{steps[worst]} that start has a weight of {short(100 * found.left[worst])} % in them.",
        xaxis=log_axis(steps, "step"),
        yaxis=log_axis([*found.running, *found.exact], "loss"),
    )


def _percent(share: float) -> str:
    return f"{short(float(f'{100 * max(share, 0):.2g}'))} %"


def orders(found: Orders) -> go.Figure:
    """Held-out loss over dropout rates, with dropout between the layers or behind the last of them."""
    names = (
        "dropout between the layers",
        "the same, statistics taken anew without dropout",
        "dropout behind the last batch normalization",
    )
    every = (found.between, found.between_settled, found.behind)
    middle = len(found.rates) // 2
    ends = [two_digits(typical(losses)[middle]) for losses in every]
    title = (
        f"At dropout {found.rates[middle]:g} between the layers the held-out loss is {ends[0]}, with "
        f"statistics taken anew {ends[1]}, and {ends[2]} with dropout behind the last batch normalization "
        "only"
    )
    return over_seeds(
        found.rates,
        dict(zip(names, every, strict=True)),
        x_title="dropout rate",
        y_title="held-out loss",
        title=title,
        alt=f"Held-out loss over dropout rates for two places of dropout. {title}.",
        how="The middle one are the same weights: mean and variance of every batch normalization are "
        "replaced by those of the training set with nothing dropped. Dots are seeds.",
        log_y=True,
        colours=(BEFORE, FORWARD, WEIGHTS),
    )
