"""A column before and after scaling."""

import numpy as np
import plotly.graph_objects as go

from core.charts.style import AFTER, BACKWARD, BEFORE, chart
from core.diagnosis.skill import percent
from core.lessons.feature_scaling.table import PIPELINES, TableExperiment, skewness
from core.lessons.feature_scaling.theory import squeezed_share
from core.words import short


def _bars(values: np.ndarray, edges: np.ndarray, **trace) -> go.Bar:
    share = np.histogram(values, edges)[0] / max(len(values), 1)
    return go.Bar(x=(edges[:-1] + edges[1:]) / 2, y=share, width=np.diff(edges), **trace)


def _percent(share: float) -> str:
    return percent(float(f"{share:.2g}")) if share < 0.99 else percent(share)


def column(e: TableExperiment, name: str, values: np.ndarray, scaled: bool) -> go.Figure:
    """The distribution of one column [rows], raw or scaled, in the training rows and in those held out."""
    train, test = values[: e.samples], values[e.samples :]
    train, test = train[np.isfinite(train)], test[np.isfinite(test)]
    what = f"{name}, {PIPELINES[e.pipelines()[name] if scaled else 'none']}"
    if scaled and e.impute and e.draw()[name].isna().any():
        what += ", gaps filled"
    if not len(train):
        title, edges = f"{what}: no finite value is left", np.linspace(0, 1, 3)
    else:
        both = np.concatenate([train, test])
        edges = (
            np.linspace(both.min(), both.max() or 1, 41)
            if both.max() > both.min()
            else both[0] + np.arange(-1, 2)
        )
        title = f"{what}: from {short(train.min())} to {short(train.max())}"
        if train.min() == train.max():
            title = f"{what}: always {short(train.min())}"
        elif (near := squeezed_share(train)) > 0.5:
            title += f", with {_percent(near)} of the rows in a tenth of that range"
        outside = ((test < train.min()) | (test > train.max())).mean() if len(test) else 0
        if scaled:
            title += f"; {_percent(outside)} of the held-out rows fall outside"
        else:
            title += f", skewness {short(skewness(train))}"
    return chart(
        [
            _bars(train, edges, name="training rows", marker_color=AFTER if scaled else BEFORE, opacity=0.75),
            _bars(test, edges, name="held out", marker_color=BACKWARD, opacity=0.45),
        ],
        title=title,
        alt=f"Histogram of {what}. {title}.",
        height=280,
        barmode="overlay",
        xaxis=dict(title=name),
        yaxis=dict(title="share of rows", tickformat=".0%"),
    )
