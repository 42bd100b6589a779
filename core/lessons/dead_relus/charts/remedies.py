"""What helps against dead units, and what does not: every remedy beside the run as it is."""

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.charts.style import AFTER, BEFORE, PALETTE, THEORY, panels
from core.diagnosis.claims import NOT_HERE, SEEDS, TRUE, UNDECIDED
from core.lessons.dead_relus.measured.causes import Remedies
from core.lessons.dead_relus.settings import BETTER, FEWER
from core.lessons.dead_relus.wording import better, score
from core.words import listed


def _named(names: list[str]) -> str:
    return listed(names) or "nothing"


def variants(found: Remedies) -> go.Figure:
    """Dead share and accuracy of every variant, the run on the screen first: bars are medians."""
    e, now, seeds = found.experiment, found.names[0], found.dead.shape[1]
    title = f"Better by {better(e)} or more: {_named(found.better(TRUE))}"
    ends = "the whole 93 % interval, pair by pair" if seeds >= SEEDS else "every pair"
    dashed = "Dashed: what is asked for, from the median of this run. " * bool(found.diverged[0] < seeds)
    labels = [
        f"{name} ({lost} NaN)" if lost else name
        for name, lost in zip(found.names, found.diverged, strict=True)
    ][::-1]
    grid = make_subplots(
        1, 2, shared_yaxes=True, horizontal_spacing=0.1, subplot_titles=("dead units", score(e))
    )
    for column, values, helps, asked, digits in (
        (1, found.dead, found.fewer(TRUE), -FEWER, ".0%"),
        (2, found.accuracy, found.better(TRUE), BETTER, ".2f" if e.loss == "mse" else ".0%"),
    ):
        place = dict(row=1, col=column)
        values = np.where(np.isfinite(values), values, np.nan)[::-1]
        middle = [np.median(ended) if len(ended := row[np.isfinite(row)]) else np.nan for row in values]
        colours = [BEFORE if n == now else AFTER if n in helps else PALETTE[3] for n in found.names[::-1]]
        grid.add_bar(
            x=middle,
            y=labels,
            orientation="h",
            marker_color=colours,
            opacity=0.75,
            hovertemplate=f"%{{y}}: %{{x:{digits}}}<extra></extra>",
            **place,
        )
        grid.add_scatter(
            x=values.ravel(),
            y=np.repeat(labels, seeds),
            mode="markers",
            marker=dict(color=THEORY, size=6),
            hoverinfo="skip",
            **place,
        )
        if np.isfinite(middle[-1]):
            grid.add_vline(middle[-1] + asked, line=dict(color=THEORY, dash="dash", width=1.5), **place)
    figure = panels(
        grid,
        title=title,
        alt=f"Bars of dead units and held-out accuracy with {len(found.names) - 1} remedies. {title}.",
        how=f"Not here: {_named(found.better(NOT_HERE))}; not decided: {_named(found.better(UNDECIDED))}. "
        f"At least {100 * FEWER:g} points fewer units dead: {_named(found.fewer(TRUE))}; not decided: "
        f"{_named(found.fewer(UNDECIDED))}. Dead is a unit that passes nothing on any training sample: its "
        f"output and its slope are exactly 0. Bars are medians over those of {seeds} seeds that end, dots "
        f"the trainings. {dashed}A remedy has to change as much with {ends}."
        + " A training that diverges (NaN) counts as the worst."
        * bool(found.diverged.any()),
        height=90 + 34 * len(found.names),
        hovermode="closest",
        showlegend=False,
        margin=dict(l=8, r=8, t=30, b=8),
    )
    figure.update_xaxes(range=[0, 1.02], tickformat=".0%", dtick=0.5)
    if e.loss == "mse":
        figure.update_xaxes(tickformat=".1f", col=2)
    return figure
