"""What else helps: held-out loss and error of dropout and its rivals, every seed a dot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from plotly import graph_objects as go
from plotly.subplots import make_subplots

from core.charts.style import AFTER, BEFORE, PALETTE, THEORY, log_axis, panels
from core.diagnosis.claims import SEEDS
from core.lessons.dropout.measured.paired import BETTER, UNTOLD, WORSE
from core.lessons.dropout.measured.rivals import NOTHING
from core.sweep import typical
from core.words import listed, short

if TYPE_CHECKING:
    from core.lessons.dropout.measured.rivals import Rivals


def _title(found: Rivals) -> str:
    if len(found.losses[NOTHING]) < SEEDS:
        return "Too few seeds to tell what helps"
    helps = found.against(NOTHING, BETTER)
    if not helps:
        return "Nothing tried here is shown to lower the held-out loss"
    if "dropout" not in helps:
        return f"What lowers the held-out loss: {listed(helps)}; dropout is not shown to"
    equals = [name for name in found.against("dropout", UNTOLD) if name in helps]
    told = [f"{listed(found.against('dropout', BETTER))} better than dropout"] * bool(
        found.against("dropout", BETTER)
    )
    told += [f"{listed(equals)} not told apart from it"] * bool(equals)
    return f"Of {len(found.losses) - 1} remedies {len(helps)} lower the held-out loss: " + (
        "; ".join(told) if told else "dropout the most"
    )


def compared(found: Rivals) -> go.Figure:
    """Bars are medians; the strength of every rival is the one that does best on the other seeds."""
    names = list(found.losses)[::-1]
    what = "unexplained variance (%)" if found.experiment.loss == "mse" else "error (%)"
    labels = [f"{name} ({found.strengths[name]})" if found.strengths[name] else name for name in names]
    grid = make_subplots(
        1, 2, shared_yaxes=True, horizontal_spacing=0.08, subplot_titles=("held-out loss", f"held-out {what}")
    )
    helps = found.against(NOTHING, BETTER)
    colours = [BEFORE if n == NOTHING else AFTER if n in helps else PALETTE[3] for n in names]
    for column, values in ((1, found.losses), (2, found.errors)):
        place = dict(row=1, col=column)
        rows = [values[name] for name in names]
        middle = [float(typical(row)) for row in rows]
        grid.add_scatter(
            x=[v for row in rows for v in np.where(np.isfinite(row), row, np.nan)],
            y=[label for label, row in zip(labels, rows, strict=True) for _ in row],
            mode="markers",
            marker=dict(color=THEORY, size=5, opacity=0.7),
            hoverinfo="skip",
            **place,
        )
        grid.add_scatter(
            x=[v if np.isfinite(v) else None for v in middle],
            y=labels,
            mode="markers",
            marker=dict(color=colours, size=15, symbol="line-ns-open", line_width=4),
            text=[short(v) for v in middle],
            hovertemplate="%{y}: %{text}<extra></extra>",
            **place,
        )
    title = _title(found)
    lost = {name: int(np.isinf(row).sum()) for name, row in found.losses.items()}
    diverged = [f"{n} with {name}" for name, n in lost.items() if n]
    worse = found.against(NOTHING, WORSE)
    figure = panels(
        grid,
        title=title,
        alt=f"Held-out loss and error of {len(names) - 1} remedies over seeds. {title}.",
        how="Only the row of dropout drops; all have the same number of steps. In brackets the strength: of "
        "those tried it has the lowest median on half as many other seeds, so that none is chosen on the "
        "samples it is judged on. Bars are medians, dots seeds. Told by the 93 % interval of pairs. Twice "
        "the data comes with other held-out samples."
        + f" Shown to raise the loss: {listed(worse)}." * bool(worse)
        + f" Diverged: {listed(diverged)}." * bool(diverged),
        height=110 + 44 * len(names),
        hovermode="closest",
        showlegend=False,
        margin=dict(l=8, r=8, t=30, b=8),
    )
    every = np.concatenate(list(found.losses.values()))
    figure.update_xaxes(**{k: v for k, v in log_axis(every, None, ticks=5).items() if k != "title"}, col=1)
    figure.update_xaxes(rangemode="tozero", col=2)
    return figure
