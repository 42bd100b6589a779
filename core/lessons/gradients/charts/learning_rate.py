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
from core.run import LEARNED
from core.theory import roots
from core.words import share, short

if TYPE_CHECKING:
    from core.lessons.gradients.measured.curvature import Sharpness
    from core.lessons.gradients.measured.descent import Descent


def _over(e: Experiment) -> str:
    n = curvature_samples(e)
    return "over the whole training set" if n == e.samples else f"over the first {n} training samples"


def _best(found: Ruler) -> str:
    """How the best rate compares to the largest that a parabola bears."""
    times = found.best / found.limit
    return f"{short(times)} times that" if times >= 1 else f"{share(times)} of that"


def ruler(found: Ruler) -> go.Figure:
    """Final loss over learning_rate and seed, with the largest step a parabola bears."""
    e, steps, best, limit = found.experiment, found.steps, found.best, found.limit
    half = short(LEARNED * found.chance)
    if found.learns:
        lowest = short(found.median.min())
        title = f"After {steps} steps the lowest loss is {lowest}, at learning rate {short(best)}"
    else:
        title = f"At no learning rate is anything learned in {steps} steps: a loss below {half}"
    where = "at none do" if found.lost is None else f"from {short(found.lost)} on"
    where = "at every rate tried" if found.lost == found.rates[0] else where
    title += f"; {where} most seeds diverge"
    optimizer = OPTIMIZERS[e.optimizer]
    how = f"The network above on {e.dataset}; it learns where the median loss is below half of what guessing "
    how += f"gives, {half}. λ_max, the curvature along the steepest direction, of the loss {_over(e)} is "
    how += f"{short(found.sharpness)} at the start. " if np.isfinite(found.sharpness) else "not finite. "
    if limit:
        factor = f" (1 + {momentum(e):g})" if momentum(e) else ""
        how += (
            f"On a parabola learning rates up to 2{factor} / λ_max = {short(limit)} converge; a network is "
        )
        how += f"none: the best rate here is {_best(found)}. " if found.learns else "none. "
    elif optimizer.rescales:
        how += f"2 / λ_max says nothing here: {optimizer.__name__} rescales every step. "
    figure = over_seeds(
        found.rates,
        {"training loss": found.loss},
        x_title="learning rate",
        y_title=f"training loss after {steps} steps",
        title=title,
        alt=f"Training loss over learning rates. {title}.",
        how=how + "Dots are seeds, the line their median, a cross is where runs diverged.",
        log_x=True,
        log_y=True,
        here=e.learning_rate,
    )
    figure.add_hline(
        LEARNED * found.chance,
        line=dict(color=THEORY, dash="dot", width=1),
        label=dict(text=f"learned: below {half}", textposition="start", yanchor="top", font_size=11),
    )
    if limit:
        label = dict(text=f"parabola: {short(limit)}", textangle=0, textposition="start", font_size=11)
        figure.add_vline(
            limit, line=dict(color=THEORY, dash="dash", width=2), label=label | dict(xanchor="left")
        )
    return figure


def _idealized(e: Experiment) -> str:
    """What keeps a run from being the gradient descent that the theory of the edge is about."""
    optimizer = OPTIMIZERS[e.optimizer]
    reasons = {
        optimizer.__name__: optimizer.rescales,
        "batches": e.batch < e.samples,
        "dropout": e.dropout,
        "clipping": e.clip_norm,
        "weight decay": e.weight_decay,
    }
    found = " and ".join(name for name, yes in reasons.items() if yes)
    return f" That is theory of full-batch SGD alone; this run has {found}." if found else ""


def sharpness(measured: Sharpness) -> go.Figure:
    """lambda_max over the steps, against the most that this learning rate bears on a parabola."""
    e, limit, relative, up = measured.run.experiment, measured.limit, measured.relative, measured.rises
    bound = "2 (1 + momentum) / learning rate" if momentum(e) else "2 / learning rate"
    ceiling = f"{bound} ({short(limit)})"
    rises = f"the loss rises in {up} of {e.steps} steps"
    known = relative[np.isfinite(relative)]
    if not len(known):
        title = "The sharpness of this run is not finite"
    elif measured.run.diverged_at is not None:
        title = (
            f"The run diverges at step {measured.run.diverged_at}; the sharpness is at first "
            f"{short(known[0])} times {ceiling}"
        )
    elif known.max() < 1:
        title = f"The sharpness stays below {ceiling}, at most {share(known.max())} of it: {rises}"
    else:
        later = known[len(known) // 2 :].mean()
        title = f"In the second half the sharpness is {short(later)} times {ceiling} on average: {rises}"
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
        how=f"A dot is the largest eigenvalue λ_max of the Hessian {_over(e)}. Dashed is the largest at "
        "which this learning rate still converges on a parabola (Polyak 1964). Full-batch gradient descent "
        "often drives the sharpness of a network up to that line, the edge of stability (Cohen et al. "
        f"2021).{_idealized(e)}",
        xaxis=dict(title="step", range=[0, max(1.02 * measured.at[-1], 1)]),
        yaxis=log_axis([*measured.values, limit], "λ_max"),
    )
    figure.add_hline(
        limit,
        line=dict(color=THEORY, dash="dash", width=2),
        label=dict(text=ceiling, textposition="end", yanchor="bottom", font_size=11),
    )
    return figure


def _law(descent: Descent) -> str:
    """What a step does to the error along an eigenvector, as momentum says (Goh 2017)."""
    if not descent.momentum:
        return "Along every eigenvector the error is multiplied by 1 − learning rate × λ at each step"
    larger = max(map(abs, roots(descent.learning_rate * descent.curvature[0], descent.momentum)))
    return (
        "Along every eigenvector the error is a sum of two powers rᵗ and sᵗ, where r and s are the roots of "
        f"x² − (1 + β − learning rate × λ) x + β with the momentum β = {descent.momentum:g} (Goh 2017); "
        f"along the steepest the larger has the size {short(float(larger))}"
    )


def least_squares(descent: Descent, single: Descent) -> go.Figure:
    """The measured loss over its closed form; `single` is the same in float32, where it may overflow."""
    steps, limit = np.arange(len(descent.loss)), float(np.finfo(np.float32).max)
    state = "converges" if descent.ratio < 1 else "diverges"
    if descent.ratio == 1:
        state = f"does not converge and ends at {short(descent.loss[-1])}"
    title = (
        f"At {descent.ratio:g} times the threshold the loss {state}; "
        f"closed form and measurement agree to {share(descent.off)}"
    )
    threshold = "2 (1 + momentum) / λ_max" if descent.momentum else "2 / λ_max"
    how = (
        f"Learning rate {short(descent.learning_rate)} on least squares with λ_max "
        f"{short(descent.curvature[0])}; the threshold is {threshold}. {_law(descent)}: the dashed line."
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
