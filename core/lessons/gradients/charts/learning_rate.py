"""The learning-rate ruler: what steps a run bears, beside what its curvature says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from core.charts.style import FORWARD, PALETTE, THEORY, chart, drawable, log_axis
from core.charts.sweeps import over_seeds
from core.engine.optimizers import OPTIMIZERS, momentum
from core.experiment import Experiment
from core.lessons.gradients.measured.rates import Ruler
from core.lessons.gradients.ruler import curvature_samples
from core.words import short

if TYPE_CHECKING:
    from core.lessons.gradients.measured.curvature import Sharpness
    from core.lessons.gradients.measured.descent import Descent


def _over(e: Experiment) -> str:
    n = curvature_samples(e)
    return "over the whole training set" if n == e.samples else f"over the first {n} training samples"


def ruler(found: Ruler) -> go.Figure:
    """Final loss over learning_rate and seed, with the largest step a parabola bears."""
    e, steps, best, limit = found.experiment, found.steps, found.best, found.limit
    if found.learns:
        lowest = short(found.median.min())
        title = f"After {steps} steps the lowest loss is {lowest}, at learning rate {short(best)}"
    else:
        title = f"No learning rate gets clearly below guessing ({short(found.chance)}) in {steps} steps"
    where = "at none do" if found.lost is None else f"from {short(found.lost)} on"
    title += f"; {where} most seeds diverge"
    optimizer = OPTIMIZERS[e.optimizer]
    how = f"λ_max of the loss {_over(e)} at the start is {short(found.sharpness)}. "
    if limit:
        factor = f"(1 + {momentum(e):g})" if momentum(e) else ""
        how += f"On a parabola steps up to 2{factor} / λ_max = {short(limit)} converge; networks are none: "
        how += f"the best rate here is {short(best / limit)} times that. "
    elif optimizer.rescales:
        how += f"2 / λ_max says nothing here: {optimizer.__name__} rescales every step. "
    figure = over_seeds(
        found.rates,
        {"training loss": found.loss},
        x_title="learning rate",
        y_title=f"training loss after {steps} steps",
        title=title,
        alt=f"Training loss over learning rates. {title}.",
        how=how + "Dots are seeds, a cross is a run that diverged.",
        log_x=True,
        log_y=True,
        here=e.learning_rate,
    )
    if limit:
        figure.add_vline(
            limit,
            line=dict(color=THEORY, dash="dash", width=2),
            label=dict(
                text=f"parabola: {short(limit)}",
                textangle=0,
                textposition="start",
                xanchor="left",
                font_size=11,
            ),
        )
    figure.update_xaxes(dtick=1, exponentformat="power")
    return figure


def sharpness(measured: Sharpness) -> go.Figure:
    """lambda_max over the steps, against the most that this learning rate bears on a parabola."""
    e = measured.run.experiment
    limit = measured.limit
    relative, up = measured.relative, measured.rises
    if not np.isfinite(relative).all():
        title = f"The run diverges; its sharpness started at {short(relative[0])} times 2 / learning rate"
    elif relative.max() < 1:
        title = (
            f"The sharpness stays below 2 / learning rate, at most {short(relative.max())} of it: "
            f"the loss rises in {up} of {e.steps} steps"
        )
    else:
        later = relative[len(relative) // 2 :].mean()
        title = (
            f"In the second half the sharpness is {later:.2f} times 2 / learning rate on average, "
            f"and the loss rises in {up} of {e.steps} steps"
        )
    caveat = ""
    if OPTIMIZERS[e.optimizer].rescales or e.batch_size:
        caveat = " The line holds for full-batch SGD, which this run is not."
    figure = chart(
        [
            go.Scatter(
                x=measured.at,
                y=drawable(measured.values),
                name="sharpness λ_max",
                line_color=FORWARD,
                mode="lines+markers",
            )
        ],
        title=title,
        alt=f"Sharpness over {e.steps} steps. {title}.",
        how=f"The largest eigenvalue of the Hessian {_over(e)}. Full-batch gradient descent "
        "drives it up to the dashed line, where it hovers on the edge of stability (Cohen et al. 2021); "
        f"above it single steps raise the loss.{caveat}",
        xaxis=dict(title="step", range=[0, e.steps]),
        yaxis=log_axis([*measured.values, limit], "λ_max", dtick=1),
    )
    figure.add_hline(
        limit,
        line=dict(color=THEORY, dash="dash", width=2),
        label=dict(
            text="2 (1 + momentum) / learning rate" if momentum(e) else "2 / learning rate",
            textposition="end",
            font_size=11,
        ),
    )
    return figure


def least_squares(descent: Descent, single: Descent) -> go.Figure:
    """The measured loss over its closed form; `single` is the same in float32, where it may overflow."""
    steps, limit = np.arange(len(descent.loss)), float(np.finfo(np.float32).max)
    state = (
        "converges" if descent.ratio < 1 else "diverges" if descent.ratio > 1 else "neither falls nor grows"
    )
    title = (
        f"At {descent.ratio:g} times the threshold the loss {state}, "
        f"and the closed form is right to {short(descent.off)} of its value"
    )
    how = (
        f"Learning rate {short(descent.learning_rate)} on least squares with λ_max "
        f"{short(descent.curvature[0])}; the threshold is 2 (1 + momentum) / λ_max. Along every eigenvector "
        "the error is multiplied by 1 − learning rate × λ per step, which gives the dashed line."
    )
    if (descent.predicted > limit).any():
        expected, lost = int(np.argmax(descent.predicted > limit)), np.flatnonzero(~np.isfinite(single.loss))
        how += f" It passes the float32 limit at step {expected}"
        how += f"; the same run in float32 is not finite from step {lost[0]} on." if len(lost) else "."
    return chart(
        [
            go.Scatter(x=steps, y=drawable(descent.loss), name="measured", line=dict(color=FORWARD, width=4)),
            go.Scatter(
                x=steps,
                y=drawable(descent.predicted),
                name="closed form",
                line=dict(color=THEORY, dash="dash", width=2),
            ),
        ],
        title=title,
        alt=f"Loss of gradient descent on least squares, measured and in closed form. {title}.",
        how=how,
        xaxis=dict(title="step"),
        yaxis=log_axis(np.clip([*descent.loss, *descent.predicted], 1e-30, 1e45), "loss"),
    )


def catapult(descents: list[Descent]) -> go.Figure:
    """Loss and curvature over the steps for several learning rates, the recursion dashed over both."""
    thrown = [d for d in descents if 2 < d.ratio < 4 and np.isfinite(d.loss[-1])]
    tallest = max(thrown, key=lambda d: d.loss.max())
    title = (
        f"At {tallest.ratio:g} / λ the loss jumps from {short(tallest.loss[0])} to "
        f"{short(tallest.loss.max())}, then converges where λ is {short(tallest.curvature[-1])} "
        f"instead of {short(tallest.curvature[0])}"
    )
    traces, dashed = [], dict(color=THEORY, dash="dash", width=1.5)
    for d, colour in zip(descents, PALETTE, strict=False):
        steps, name = np.arange(len(d.loss)), f"learning rate {d.ratio:g} / λ"
        shown = np.where(d.loss < 1e6, d.loss, np.nan)
        traces += [
            go.Scatter(x=steps, y=drawable(shown), name=name, legendgroup=name, line_color=colour),
            go.Scatter(
                x=steps,
                y=np.where(d.loss < 1e6, d.curvature, np.nan),
                yaxis="y2",
                name=name,
                legendgroup=name,
                showlegend=False,
                line_color=colour,
            ),
            go.Scatter(x=steps, y=drawable(np.where(d.predicted < 1e6, d.predicted, np.nan)), line=dashed),
            go.Scatter(
                x=steps, y=np.where(d.predicted < 1e6, d.predicted_curvature, np.nan), yaxis="y2", line=dashed
            ),
        ]
        for trace in traces[-2:]:
            trace.update(showlegend=False, hoverinfo="skip", name="recursion")
    return chart(
        traces,
        title=title,
        alt=f"Loss and curvature of a two-layer linear network over steps. {title}.",
        how="f = u·v / √512, loss f² / 2, λ its curvature. Below 2 / λ the loss falls at once; between 2 / λ "
        "and 4 / λ it is first thrown up and lands in a flatter minimum, with λ below 2 / learning rate; "
        "above 4 / λ it is lost (Lewkowycz et al. 2020). Dashed is the closed recursion.",
        height=520,
        hovermode="closest",
        xaxis=dict(title="step", anchor="y2"),
        yaxis=log_axis([1e-6, 1e4], "loss") | dict(domain=[0.45, 1]),
        yaxis2=dict(title="λ", domain=[0, 0.36], range=[0, 1.5 * tallest.curvature[0]]),
    )
