"""What kills ReLU units, what helps, and what brings them back: many runs a chart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.charts.style import AFTER, BEFORE, PALETTE, THEORY, panels
from core.charts.sweeps import over_seeds
from core.diagnosis import census
from core.diagnosis.claims import NOT_HERE, TRUE, UNDECIDED
from core.experiment import Experiment
from core.lessons.dead_relus.measured.causes import GAIN, Kills, Remedies

if TYPE_CHECKING:
    from core.lessons.dead_relus.measured.revival import Revival


def _percent(value: float) -> str:
    return f"{100 * value:.0f} %"


def _word(setting: str) -> str:
    return Experiment.model_fields[setting].title.lower()


def killed(found: Kills, here: float) -> go.Figure:
    """Dead share of the first and the last layer over one setting, and what theory says of the start."""
    e, setting, rate = found.experiment, found.setting, found.setting == "learning_rate"
    series = {f"layer {e.depth}, after": found.last} if e.depth > 1 else {}
    series |= {"layer 1, after": found.first}
    theory = {}
    if rate:
        title = (
            f"From a learning rate of {found.deadly:g} on, more than half of layer {e.depth} dies"
            if found.deadly is not None
            else f"At no learning rate does more than half of layer {e.depth} die"
        )
        if e.depth > 1:
            title += f"; in layer 1 at most {_percent(np.median(found.first, axis=1).max())}"
    else:
        series |= {"layer 1, before training": found.born}
        born = np.median(found.born, axis=1)
        title = (
            f"Before the first step, {_percent(born.max())} of layer 1 are dead at "
            f"{_word(setting)} {found.values[born.argmax()]:g}"
        )
        if found.predicted:
            theory = {"layer 1, predicted": found.predicted[:2]}
            title += f"; the formula is right to {100 * found.off:.1f} points"
    return over_seeds(
        found.values,
        series,
        x_title=_word(setting),
        y_title=f"share of units that are {census.word(e.activation)}",
        title=title,
        alt=f"Dead units against {_word(setting)}, {found.born.shape[1]} seeds each. {title}.",
        how=f"A dot is one training{'' if rate else f' at a learning rate of {e.learning_rate:g}'}, "
        "the line their median." + (" Dashed: the closed form, from the settings alone." if theory else ""),
        log_x=rate,
        theory=theory,
        here=here,
    )


def accuracy(found: Kills, here: float) -> go.Figure:
    """Held-out accuracy of the same runs."""
    middle, word = np.median(found.accuracy, axis=1), _word(found.setting)
    best, worst = int(middle.argmax()), int(middle.argmin())
    title = (
        f"Best is {word} {found.values[best]:g} with {_percent(middle[best])}, worst "
        f"{found.values[worst]:g} with {_percent(middle[worst])}"
    )
    return over_seeds(
        found.values,
        {"held-out accuracy": found.accuracy},
        x_title=word,
        y_title="accuracy",
        title=title,
        alt=f"Held-out accuracy against {word}. {title}.",
        how=f"The same {found.accuracy.size} trainings; {found.diverged} of them diverged and count as they "
        "last stood.",
        log_x=found.setting == "learning_rate",
        here=here,
    )


def variants(found: Remedies) -> go.Figure:
    """Dead share and accuracy of every variant, the run on the screen first: bars are medians."""
    now, helps = found.names[0], found.of(TRUE)
    said = {word: ", ".join(found.of(word)) or "none" for word in (NOT_HERE, UNDECIDED)}
    title = f"Better by {100 * GAIN:g} points or more: {', '.join(helps) or 'nothing'}"
    labels = [
        f"{name} ({lost} NaN)" if lost else name
        for name, lost in zip(found.names, found.diverged, strict=True)
    ][::-1]
    seeds = found.dead.shape[1]
    grid = make_subplots(
        1, 2, shared_yaxes=True, horizontal_spacing=0.04, subplot_titles=("dead units", "held-out accuracy")
    )
    for column, values in enumerate((found.dead[::-1], found.accuracy[::-1]), 1):
        colours = [BEFORE if n == now else AFTER if n in helps else PALETTE[3] for n in found.names[::-1]]
        grid.add_bar(
            x=np.median(values, axis=1),
            y=labels,
            orientation="h",
            marker_color=colours,
            opacity=0.75,
            row=1,
            col=column,
            hovertemplate="%{y}: %{x:.1%}<extra></extra>",
        )
        grid.add_scatter(
            x=values.ravel(),
            y=np.repeat(labels, seeds),
            mode="markers",
            marker=dict(color=THEORY, size=6),
            visible=seeds > 1,
            row=1,
            col=column,
            hoverinfo="skip",
        )
    each = f"Bars are medians over {seeds} seeds, dots the runs. " if seeds > 1 else ""
    figure = panels(
        grid,
        title=title,
        alt=f"Bars of dead units and held-out accuracy with {len(found.names) - 1} remedies. {title}.",
        how=f"No such gain here: {said[NOT_HERE]}. Not decided: {said[UNDECIDED]}. {each}"
        "LeakyReLU, ELU and GELU are not flat below 0: there dead stands for negative on all data.",
        height=90 + 34 * len(found.names),
        hovermode="closest",
        showlegend=False,
        margin=dict(l=8, r=8, t=30, b=8),
    )
    figure.update_xaxes(range=[0, 1.02], tickformat=".0%", dtick=0.5)
    return figure


def revival(revivals: Mapping[str, Sequence[Revival]]) -> go.Figure:
    """How many of the units that were silenced speak again, per optimizer a panel and per layer a line."""
    grid = make_subplots(1, len(revivals), shared_yaxes=True, subplot_titles=list(revivals))
    for column, group in enumerate(revivals.values(), 1):
        for r, colour in zip(group, PALETTE, strict=False):
            share = r.alive / r.units
            grid.add_scatter(
                x=r.at,
                y=share.mean(axis=1),
                name=f"layer {r.layer + 1}",
                legendgroup=str(r.layer),
                line=dict(color=colour, width=3),
                showlegend=column == 1,
                row=1,
                col=column,
            )
    some = next(iter(revivals.values()))[0]
    ends = {name: [r.returned.mean() for r in group] for name, group in revivals.items()}
    title = "Back at the end: " + "; ".join(
        f"{name} "
        + ", ".join(f"{_percent(v)} of layer {r.layer + 1}" for v, r in zip(v, revivals[name], strict=True))
        for name, v in ends.items()
    )
    figure = panels(
        grid,
        title=title,
        alt=f"Share of silenced units that are active again, over steps. {title}.",
        how=f"{some.units} units of one layer are silenced before the first step, their highest weighted sum "
        f"at −{some.margin:g}; the line is the mean over {some.alive.shape[1]} seeds.",
        margin=dict(l=8, r=8, t=60, b=8),
    )
    figure.update_layout(legend_y=1.1)
    figure.update_xaxes(title_text="step")
    figure.update_yaxes(range=[-0.03, 1.03], tickformat=".0%")
    return figure
