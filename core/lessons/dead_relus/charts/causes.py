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
from core.diagnosis.measures import MEASURES
from core.experiment import Experiment
from core.lessons.dead_relus.theory import dead_in_first_layer
from core.run import Run
from core.sweep import Sweep

if TYPE_CHECKING:
    from core.lessons.dead_relus.measured.revival import Revival


def _varied(sweep: Sweep) -> tuple[str, np.ndarray]:
    """The setting that a sweep varies besides the seed, and its values."""
    setting, _ = sweep.axes
    return setting, np.array(sweep.axes[setting], dtype=float)


def _percent(value: float) -> str:
    return f"{100 * value:.0f} %"


def killed(sweep: Sweep, runs: Sequence[Run], here: float) -> go.Figure:
    """Dead share of the first and the last layer over one setting, and what theory says of the start."""
    (setting, x), e = _varied(sweep), runs[0].experiment
    first, last = (sweep.of(runs, lambda r, layer=layer: census.dead_share(r)[layer]) for layer in (0, -1))
    start = sweep.of(runs, lambda r: census.dead_share(r, 0)[0])
    series = {f"layer {e.depth}, after": last} if e.depth > 1 else {}
    series |= {"layer 1, after": first}
    theory, rate = {}, setting == "learning_rate"
    middle = {name: np.median(v, axis=1) for name, v in (("first", first), ("last", last), ("start", start))}
    if rate:
        above = x[middle["last"] > 0.5]
        title = (
            f"From a learning rate of {above[0]:g} on, more than half of layer {e.depth} dies"
            if len(above)
            else f"At no learning rate does more than half of layer {e.depth} die"
        )
        if e.depth > 1:
            title += f"; in layer 1 at most {_percent(middle['first'].max())}"
    else:
        series |= {"layer 1, before training": start}
        low, high = x.min(), x.max()
        fine = np.unique(np.concatenate([x, np.linspace(low, high, 25)]))
        predicted = [dead_in_first_layer(e.but(**{setting: v})) for v in fine]
        at_x = [dead_in_first_layer(e.but(**{setting: v})) for v in x]
        worst = x[middle["start"].argmax()]
        title = (
            f"Before the first step, {_percent(middle['start'].max())} of layer 1 are dead at "
            f"{_word(setting)} {worst:g}"
        )
        if None not in predicted:
            theory = {"layer 1, predicted": (fine, predicted)}
            off = np.abs(start.mean(axis=1) - at_x).max()
            title += f"; the formula is right to {100 * off:.1f} points"
    return over_seeds(
        x,
        series,
        x_title=_word(setting),
        y_title=f"share of units that are {census.word(e.activation)}",
        title=title,
        alt=f"Dead units against {_word(setting)}, {len(sweep.axes['seed'])} seeds each. {title}.",
        how=f"A dot is one training{'' if rate else f' at a learning rate of {e.learning_rate:g}'}, "
        "the line their median." + (" Dashed: the closed form, from the settings alone." if theory else ""),
        log_x=rate,
        theory=theory,
        here=here,
    )


def accuracy(sweep: Sweep, runs: Sequence[Run], here: float) -> go.Figure:
    """Held-out accuracy of the same runs."""
    (setting, x), values = _varied(sweep), sweep.of(runs, MEASURES["test_accuracy"].of)
    middle = np.median(values, axis=1)
    best, worst = int(middle.argmax()), int(middle.argmin())
    title = (
        f"Best is {_word(setting)} {x[best]:g} with {_percent(middle[best])}, worst {x[worst]:g} "
        f"with {_percent(middle[worst])}"
    )
    lost = sum(run.diverged_at is not None for run in runs)
    return over_seeds(
        x,
        {"held-out accuracy": values},
        x_title=_word(setting),
        y_title="accuracy",
        title=title,
        alt=f"Held-out accuracy against {_word(setting)}. {title}.",
        how=f"The same {len(runs)} trainings; {lost} of them diverged and count as they last stood.",
        log_x=setting == "learning_rate",
        here=here,
    )


def _word(setting: str) -> str:
    return Experiment.model_fields[setting].title.lower()


def variants(sweep: Sweep, runs: Sequence[Run]) -> go.Figure:
    """Dead share and accuracy over variant and seed, the run on the screen first: bars are medians."""
    runs = dict(zip(sweep.axes["variant"], sweep.of(runs), strict=True))
    names = list(runs)[::-1]
    dead = {n: np.array([census.dead_share(r).mean() for r in runs[n]]) for n in names}
    right = {n: np.array([MEASURES["test_accuracy"].of(r) for r in runs[n]]) for n in names}
    now = names[-1]
    gain = {n: float(np.median(right[n] - right[now])) for n in names if n != now}
    helps = [n for n in list(runs) if gain.get(n, 0) >= 0.03]
    others = [n for n in list(runs) if n != now and n not in helps]
    title = f"Better by 3 points or more: {', '.join(helps) or 'nothing'}"
    grid = make_subplots(
        1, 2, shared_yaxes=True, horizontal_spacing=0.04, subplot_titles=("dead units", "held-out accuracy")
    )
    for column, values in enumerate((dead, right), 1):
        colours = [BEFORE if n == now else AFTER if n in helps else PALETTE[3] for n in names]
        grid.add_bar(
            x=[float(np.median(values[n])) for n in names],
            y=[_label(n, runs[n]) for n in names],
            orientation="h",
            marker_color=colours,
            opacity=0.75,
            row=1,
            col=column,
            hovertemplate="%{y}: %{x:.1%}<extra></extra>",
        )
        grid.add_scatter(
            x=np.concatenate([values[n] for n in names]),
            y=[_label(n, runs[n]) for n in names for _ in values[n]],
            mode="markers",
            marker=dict(color=THEORY, size=6),
            visible=len(runs[now]) > 1,
            row=1,
            col=column,
            hoverinfo="skip",
        )
    figure = panels(
        grid,
        title=title,
        alt=f"Bars of dead units and held-out accuracy with {len(names) - 1} remedies. {title}.",
        how=f"No such gain here: {', '.join(others) or 'none'}. {_seeds(runs[now])}"
        "LeakyReLU, ELU and GELU are not flat below 0: there dead stands for negative on all data.",
        height=90 + 34 * len(names),
        hovermode="closest",
        showlegend=False,
        margin=dict(l=8, r=8, t=30, b=8),
    )
    figure.update_xaxes(range=[0, 1.02], tickformat=".0%", dtick=0.5)
    return figure


def _seeds(runs: Sequence[Run]) -> str:
    return f"Bars are medians over {len(runs)} seeds, dots the runs. " if len(runs) > 1 else ""


def _label(name: str, runs: Sequence[Run]) -> str:
    lost = sum(run.diverged_at is not None for run in runs)
    return f"{name} ({lost} NaN)" if lost else name


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
