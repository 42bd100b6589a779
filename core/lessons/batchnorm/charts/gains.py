"""What batch normalization buys: many networks, without it and with it."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from core.charts.style import AFTER, BACKWARD, BEFORE, FORWARD, THEORY, WEIGHTS
from core.charts.sweeps import in_rows, or_diverged, over_seeds
from core.lessons.batchnorm.measured.gains import Epochs, Reach, Scaled
from core.lessons.batchnorm.settings import SCALED, SCALED_RATES
from core.run import LEARNED
from core.sweep import typical
from core.words import listed, short, two_digits

WITHOUT, WITH = "without batchnorm", "with batchnorm"
PAIR = (BEFORE, AFTER)
DASHED = dict(color=THEORY, dash="dash", width=2)


def _epochs(count: float) -> str:
    if not np.isfinite(count):
        return "never"
    number = two_digits(count)
    return f"after {number} epoch{'s' * (number != '1')}"


def said(found: Epochs, target: int, same: bool) -> str:
    """When both sides are down to one of the targets, the median over the seeds, at which learning rate."""
    counts, rates = typical(found.counts(same))[:, target], found.rates[found.chosen(same)[:, target]]
    loss = f"a held-out loss of {short(found.targets[target])}"
    if not np.isfinite(counts).any():
        where = f"at learning rate {short(rates[0])}" if same else "at any of these learning rates"
        return f"Most networks never get down to {loss} {where}, with batchnorm or without"
    without, with_it = (
        _epochs(count) + f" (learning rate {short(rate)})" * bool(np.isfinite(count) and not same)
        for count, rate in zip(counts, rates, strict=True)
    )
    where = f"At learning rate {short(rates[0])}" if same else "Each at its best learning rate"
    both = np.isfinite(counts).all() and counts.all()
    factor = f", a factor of {short(counts[0] / counts[1])}" if both else ""
    return f"{where}: down to {loss} {with_it} with batchnorm, {without} without{factor}"


def epochs(found: Epochs, target: int, same: bool) -> go.Figure:
    """Epochs against the held-out loss to get down to, at each side's best learning rate or at the same."""
    title = said(found, target, same)
    figure = over_seeds(
        found.targets,
        dict(zip((WITHOUT, WITH), found.counts(same), strict=True)),
        x_title="held-out loss to get down to",
        y_title="epochs",
        title=title,
        alt=f"Epochs until the held-out loss is down to a value, over that value. {title}.",
        how=("Both at one learning rate. " if same else "At every loss each side has its best rate. ")
        + "An epoch is one pass over the training set; dots are seeds, lines their median, a cross at the "
        "upper edge networks that never get there.",
        log_x=True,
        log_y=True,
        colours=PAIR,
        lost="never get there",
    )
    return figure.add_vline(found.targets[target], line=dict(color=THEORY, width=1))


def curves(found: Epochs, target: int, same: bool) -> go.Figure:
    """The held-out loss over epochs at those learning rates."""
    chosen = found.chosen(same)[:, target]
    losses = np.array([side[rate] for side, rate in zip(found.losses, chosen, strict=True)])
    without, with_it = (
        f"ends at {two_digits(value)}" if np.isfinite(value) else "diverges"
        for value in typical(losses[:, :, -1])
    )
    title = f"Held out, the loss {without} without batchnorm and {with_it} with it"
    names = [f"{name}, rate {short(found.rates[i])}" for name, i in zip((WITHOUT, WITH), chosen, strict=True)]
    figure = over_seeds(
        found.epochs[1:],
        dict(zip(names, losses[:, :, 1:].swapaxes(1, 2), strict=True)),
        x_title="epoch",
        y_title="held-out loss",
        title=title,
        alt=f"Held-out loss over epochs without and with batch normalization. {title}.",
        how=f"In evaluation mode. The line across is the loss chosen above, {short(found.targets[target])}.",
        log_x=True,
        log_y=True,
        colours=PAIR,
        dots=False,
    )
    return figure.add_hline(found.targets[target], line=dict(color=THEORY, width=1))


def scaled(found: Scaled, about: str) -> go.Figure:
    """Held-out loss of all seeds with nothing normalized, inputs, what is inside, both; about: what network
    it is."""
    e, losses = found.experiment, dict(zip(SCALED, found.losses, strict=True))
    told = ", ".join(f"{name} {or_diverged(typical(values))}" for name, values in losses.items())
    title = f"Held-out loss, each at its best learning rate: {told}"
    score = "R²" if e.loss == "mse" else "accuracy"
    return in_rows(
        losses,
        x_title="held-out loss",
        title=title,
        alt=f"Held-out loss of {found.losses.shape[1]} seeds with four ways to normalize. {title}.",
        how=f"{about}. Every network has that learning rate of {len(SCALED_RATES)} from "
        f"{short(SCALED_RATES[0])} to {short(SCALED_RATES[-1])} which gives it the lowest held-out loss. The "
        f"last column is {short(e.input_spread)} times the first. Guessing gives {two_digits(found.chance)}.",
        about=[
            [f"{score} {short(good)}, learning rate {short(rate)}" for good, rate in zip(*row, strict=True)]
            for row in zip(found.accuracy, found.rates, strict=True)
        ],
        guessing=found.chance,
    )


def scaled_rates(found: Scaled) -> go.Figure:
    """Held-out loss over the learning rate with nothing normalized, inputs, what is inside, both."""
    trained = typical(found.every) < LEARNED * found.chance
    told = listed(
        [f"{name} at {n} of {len(SCALED_RATES)}" for name, n in zip(SCALED, trained.sum(1), strict=True)]
    )
    title = f"Learning rates at which the held-out loss ends below half of guessing: {told}"
    return over_seeds(
        SCALED_RATES,
        dict(zip(SCALED, found.every, strict=True)),
        x_title="learning rate",
        y_title="held-out loss",
        title=title,
        alt=f"Held-out loss over the learning rate with four ways to normalize. {title}.",
        how="The same networks. Dots are seeds, lines their median; a cross is a run that diverged.",
        log_x=True,
        log_y=True,
        colours=(BEFORE, FORWARD, BACKWARD, WEIGHTS),
    )


def _learned(good: np.ndarray, of: int) -> str:
    if not len(good):
        return f"at none of {of} values"
    where = f" ({short(good[0])} to {short(good[-1])})" if len(good) > 1 else f" ({short(good[0])})"
    return f"at {len(good)} of {of} values{where}"


def reach(found: Reach, about: str, here: float | None) -> go.Figure:
    """Final training loss over one setting, without and with; about: what network it is."""
    without, with_it = (_learned(good, len(found.values)) for good in found.learned)
    title = f"{found.title}: with batchnorm the networks learn {with_it}, without {without}"
    return over_seeds(
        found.values,
        dict(zip((WITHOUT, WITH), found.losses, strict=True)),
        x_title=found.title.lower(),
        y_title="final training loss",
        title=title,
        alt=f"Final training loss against {found.title.lower()}. {title}.",
        how=f"{about}. Dots are seeds, lines their median; a cross is a run that "
        f"diverged. Learned: the median loss is below half of what guessing gives, {short(found.chance)}.",
        log_x=True,
        log_y=True,
        colours=PAIR,
        here=here,
    )
