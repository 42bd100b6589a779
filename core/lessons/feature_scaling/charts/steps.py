"""How far a step shifts the weights of a column, and how long a step may be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from core.charts.sweeps import over_seeds
from core.words import short, two_digits

if TYPE_CHECKING:
    from core.lessons.feature_scaling.measured.steps import Shifts, Steadiness


def shifted(found: Shifts) -> go.Figure:
    """The step of one column's weights against the size of the column, both relative to where it is 1."""
    named = {"weights divided": found.divided, "weights kept": found.kept, "divided, Adam": found.adam}
    steps = {name: shift.steps / shift.steps[0] for name, shift in named.items()}
    sizes = found.divided.sizes[:, 0]
    divided, kept, adam = (_times(np.median(step[-1])) for step in steps.values())
    title = (
        f"A column {_times(sizes[-1])} as large moves its weights {divided} as far in one step if they are "
        f"divided by as much, {kept} as far if they are kept; under Adam {adam} as far"
    )
    return over_seeds(
        sizes,
        steps,
        x_title="size of the column, times",
        y_title="step of its weights, times",
        title=title,
        alt=f"Size of one step against the size of a column, {found.divided.sizes.shape[1]} seeds. {title}.",
        how="A dot is one step of a network with 2 hidden layers, a line the median. Only one column is "
        "multiplied. With its weights divided the network answers as before.",
        log_x=True,
        log_y=True,
        theory={"in proportion": (sizes, sizes)},
    )


def _times(factor: float) -> str:
    return "just" if short(factor) == "1" else f"{short(factor)} times"


def rising(found: Steadiness) -> go.Figure:
    """How often the loss rises at the learning rate that is steady with equal sizes, against their spread."""
    (linear, network), leapt = np.median(found.rises[:, -1], axis=-1), found.rises[1, -1] > 0
    title = (
        f"At a rate that is steady with equal sizes, a spread of {short(found.spreads[-1])} makes the loss "
        f"rise in {100 * linear:.0f} % of the steps of a linear model and in {100 * network:.0f} % of a "
        "network's"
    )
    figure = over_seeds(
        found.spreads,
        dict(zip(("linear model", "network"), found.rises, strict=True)),
        x_title="spread of column sizes",
        y_title="steps that raise the loss",
        title=title,
        alt=f"Share of steps that raise the loss against the spread of column sizes. {title}.",
        how="The same trainings, each at the largest rate that is steady for its own rows with equal sizes: "
        "only the sizes change. Steps after a divergence count as rises. A network may leap once and "
        f"come to rest: at the widest spread the loss of {leapt.sum()} of {leapt.size} rises at least once.",
        log_x=True,
    )
    return figure.update_yaxes(range=[-0.03, 1.03], tickformat=".0%")


def steady(found: Steadiness) -> go.Figure:
    """The largest steady learning rate against the spread of the columns' sizes, and 2 / lambda_max."""
    linear, network = (np.median(rates, axis=-1) for rates in found.rates)
    first, last = np.median(found.losses, axis=-1)[[0, -1]]
    title = (
        f"The largest steady learning rate falls from {short(linear[0])} to {short(linear[-1])} in a linear "
        f"model and from {short(network[0])} to {short(network[-1])} in a network"
    )
    return over_seeds(
        found.spreads,
        dict(zip(("linear model", "network"), found.rates, strict=True)),
        x_title="spread of column sizes",
        y_title="largest steady learning rate",
        title=title,
        alt=f"Largest steady learning rate against the spread of column sizes. {title}.",
        how="The same rows, their columns multiplied to sizes around 1, the largest over the smallest being "
        "the spread. A dot is the largest of the rates "
        "tried at which no step raises the loss. Dashed: 2 / λ_max, the limit of the linear model; for "
        f"{found.within} of {found.limit.size} it is the last rate tried below that. There the linear model "
        f"ends at a loss of {two_digits(first)} with equal sizes, of {two_digits(last)} with the widest "
        "spread.",
        log_x=True,
        log_y=True,
        theory={"2 / λ_max": (found.spreads, np.median(found.limit, axis=-1))},
    )
