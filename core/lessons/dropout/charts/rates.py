"""How much dropout: rates and their two ends, and linear regression, where dropout is ridge regression."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from core.charts.style import AFTER, BACKWARD, FORWARD, THEORY, chart, log_axis
from core.charts.sweeps import over_seeds
from core.lessons.dropout.measured.paired import BETTER, UNTOLD, WORSE, told
from core.lessons.dropout.measured.rates import Nothing, Rates, identical
from core.lessons.dropout.theory import RATES, best_rate
from core.run import Run
from core.sweep import typical
from core.words import listed, short, two_digits

if TYPE_CHECKING:
    from core.lessons.dropout.measured.linear import Path


def _decided(found: Rates) -> str:
    """Whether the pairs decide that the best rate is below no dropout."""
    word = told(found.held_out[0], found.held_out[found.best])
    return "" if word == BETTER else ", which does not decide it"


def curve(found: Rates, here: float | None) -> go.Figure:
    """Held-out and training loss (or error) over dropout and seed."""
    percent, best, median = found.unit != "loss", found.best, typical(found.held_out)
    unit = " %" if percent else ""
    if best == 0:
        title = f"No rate has a lower held-out {found.unit} than no dropout: {short(median[0])}{unit}"
    else:
        title = (
            f"The lowest held-out {found.unit} is at rate {found.rates[best]:g}: {short(median[best])}{unit} "
            f"against {short(median[0])}{unit} without dropout, lower on {found.wins} of "
            f"{found.held_out.shape[1]} seeds{_decided(found)}"
        )
    return over_seeds(
        found.rates,
        {"held out": found.held_out, "training": found.training},
        x_title="dropout rate",
        y_title=f"{found.unit}{' (%)' if percent else ''}",
        title=title,
        alt=f"Final {found.unit} over dropout rates. {title}.",
        how="A dot is a seed, the line their median; the same seeds, data and initial weights at every rate.",
        here=here,
    )


def no_dropout(alone: Run, among: Run) -> tuple[bool, str]:
    """Whether rate 0, trained among networks that drop, is bit by bit what training without dropout gives."""
    if not identical(alone, among):
        return False, "**0.0 differs from no dropout** in the final weights or the losses."
    count = sum(w.size for w in alone.weights.values())
    return True, (
        f"**0.0 is no dropout, to the bit.** {len(alone.loss)} losses and {count:,} numbers of the final "
        "network are identical to those of a network that knows no dropout."
    )


def everything_dropped(found: Nothing) -> tuple[bool, str]:
    """Whether a run at rate 1 left every weight as it was and learned the mean by its output bias alone."""
    nothing = " learns nothing" * found.learned_the_mean
    start = f"**1.0 after every hidden layer{nothing}**: in {found.steps} steps "
    if not found.still:
        return False, f"{start}some weights moved, by weight decay: no gradient reaches them."
    losses = f"the loss of the last step is {short(found.loss)}, guessing gives {short(found.chance)}"
    bias = f"the output bias {'alone learned' if found.learned_the_mean else 'is not at the mean yet'}"
    return found.learned_the_mean, (
        f"{start}no weight moved at all; {bias}: {losses}. In evaluation mode nothing is dropped, and the "
        f"untrained hidden layers answer too: the loss is {short(found.evaluated)}."
    )


def hurts(found: Rates) -> str:
    """At which rates the held-out loss is shown to be higher or lower than without dropout, and the gap."""
    train, held = float(typical(found.training)[0]), float(typical(found.held_out)[0])
    gap = (
        f"Without dropout the median loss is {two_digits(train)} in training and {two_digits(held)} held out"
    )
    words = [told(found.held_out[0], side) for side in found.held_out[1:]]
    said = []
    for word, what in ((WORSE, "higher"), (BETTER, "lower"), (UNTOLD, "not told apart")):
        rates = [f"{rate:g}" for rate, w in zip(found.rates[1:], words, strict=True) if w == word]
        said += [f"{what} at {listed(rates)}"] * bool(rates)
    return f"{gap}. With dropout the held-out loss is, by the 93 % interval of the pairs: {'; '.join(said)}."


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
    averaged, last = path.off
    title = (
        f"For rates 0.2 to 0.8 averaged descent is within {100 * averaged:.1f} % of "
        f"ridge regression, the last iterate up to {100 * last:.0f} % off"
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
