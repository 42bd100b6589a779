"""What each way of scaling is worth: held-out R2 of every pipeline, on the way and at the end."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from core.charts.style import PALETTE, THEORY, chart
from core.lessons.feature_scaling.table import AFFINE, PIPELINES
from core.lessons.feature_scaling.theory import ROUNDING
from core.lessons.feature_scaling.trials import WORST, Ladder, Lowest, middle
from core.words import listed, short

END = "trained to the end"


def named(pipelines: Sequence[str]) -> str:
    """A list of pipelines, some of which have commas themselves."""
    *others, last = pipelines
    return f"{'; '.join(others)}; and {last}" if others and "," in "".join(pipelines) else listed(pipelines)


def ladder_sentence(found: Ladder) -> str:
    """The best and the worst pipeline of the first model, and beside it the best linear model and network."""
    best, worst = found.ends
    model = next(iter(found.scores))
    scores = found.medians(model)
    of = f" ({model})" if len(found.scores) > 1 else ""
    high, low = (_score(scores[name], found.no_score) for name in found.ends)
    if np.isfinite(scores[best]):
        high = f"median held-out R² {high}"
    sentence = f"{PIPELINES[best]}{of}: {high}; {PIPELINES[worst]}{of}: {low}"
    if scores[best] == scores[worst]:
        sentence = f"Every way of scaling{of}: {high}"
    if found.less_and_more:
        linear, network = (_score(score, found.no_score) for score in found.less_and_more)
        sentence += f". Of all linear models the best: {linear}; of the networks on z-scores: {network}"
    return sentence


def _score(value: float, no_score: str) -> str:
    return no_score if np.isneginf(value) else short(value)


def end_sentence(limits: np.ndarray) -> str:
    """What only changes the speed of a linear model, and what moves its end: limits [pipelines, seeds].

    "" where there is no one end: cells have no number, or columns say the same.
    """
    ends = dict(zip(PIPELINES, limits, strict=True))
    affine = np.array([ends.pop(name) for name in AFFINE])
    spread = np.ptp(affine, axis=0).max()
    if not spread < ROUNDING:
        return ""
    bent = [
        f"{PIPELINES[name]} {short(np.median(values))}"
        for name, values in ends.items()
        if np.isfinite(values).all()
    ]
    return (
        f"**Speed, and what can be learned.** Trained to the end, which is least squares, a linear model "
        f"reaches the same held-out R² behind {listed([PIPELINES[name] for name in AFFINE])}: "
        f"{short(np.median(affine))}, the median of {affine.shape[1]} seeds; in no seed are the four further "
        f"apart than {short(spread)}, which is rounding. They only shift and stretch a "
        "column, which can change how fast such a model learns, not what it can learn."
        + f" A log or a clip bends columns, which can move the end: {named(bent)}."
        * bool(bent)
    )


def lowest_sentence(found: Lowest) -> str:
    """The lowest score of a ladder, and the held-out row that makes it."""
    start = (
        f"The lowest score is that of {PIPELINES[found.pipeline]} and {found.model}, at seed {found.seed}: "
        f"R² {short(found.r2)}."
    )
    percent = short(min(100 * found.share, 99.9))
    if found.share < 0.5:
        return f"{start} No single row makes it: the worst has {percent} % of the squared error."
    return (
        f"{start} One of {found.rows:,} held-out rows makes {percent} % of the squared error: its "
        f"{found.column} is {short(found.value)}, after scaling {short(found.distance)} standard deviations "
        f"from the mean of the training rows. Without this row R² is {short(found.without)}."
    )


def marks(
    names: Sequence[str],
    scores: Mapping[str, np.ndarray],
    colours: Sequence[str],
    no_score: str = "diverged",
) -> list[go.Scatter]:
    """Every score a small mark in the row of its name, their median a large one: name -> [names, seeds]."""
    offsets = np.linspace(0.18, -0.18, len(scores)) if len(scores) > 1 else [0.0]
    traces = []
    for (series, by), offset, colour in zip(scores.items(), offsets, colours, strict=False):
        x, y, size, symbol, text = [], [], [], [], []
        for row, (name, values) in enumerate(zip(names[::-1], by[::-1], strict=True)):
            for value, large in [*((v, False) for v in values), (middle(values), True)]:
                x.append(max(value, WORST) if np.isfinite(value) else WORST)
                y.append(row + offset)
                size.append(14 if large else 6)
                symbol.append(
                    "x" if not np.isfinite(value) else "triangle-left" if value < WORST else "circle"
                )
                said = no_score if not np.isfinite(value) else f"R² {short(value)}"
                text.append(f"{series}, {name}: {'median ' if large else ''}{said}")
        traces.append(
            go.Scatter(
                x=x,
                y=y,
                name=series,
                mode="markers",
                marker=dict(color=colour, size=size, symbol=symbol, opacity=0.75),
                text=text,
                hovertemplate="%{text}<extra></extra>",
                cliponaxis=False,
            )
        )
    return traces


def rows(names: Sequence[str]) -> dict:
    """The axes of `marks`."""
    return dict(
        xaxis=dict(title="held-out R²", range=[WORST - 0.05, 1.03]),
        yaxis=dict(
            tickvals=list(range(len(names))),
            ticktext=names[::-1],
            range=[-0.6, len(names) - 0.4],
        ),
    )


def ladder(found: Ladder, limits: np.ndarray | None = None) -> go.Figure:
    """Held-out R2 of every pipeline, model and seed. The median is the large mark.

    limits: where a linear model ends, [pipelines, seeds], for a ladder with a linear model.
    """
    names, models = [PIPELINES[name] for name in found.pipelines], found.scores
    seeds = next(iter(models.values())).shape[1]
    traces = marks(names, models, PALETTE, found.no_score)
    hollow = limits is not None and bool(np.isfinite(limits).any())
    if hollow:
        ends = np.median(limits[::-1], axis=1)
        traces.append(
            go.Scatter(
                x=np.maximum(ends, WORST),
                y=np.arange(len(names)),
                name=f"a linear model {END}",
                mode="markers",
                marker=dict(color=THEORY, size=17, symbol="diamond-open", line_width=2),
                text=[f"{n}, {END}: R² {short(v)}" for n, v in zip(names[::-1], ends, strict=True)],
                hovertemplate="%{text}<extra></extra>",
                cliponaxis=False,
            )
        )
    title = ladder_sentence(found)
    return chart(
        traces,
        title=title,
        alt=f"Held-out R² of {len(names)} pipelines over {seeds} seeds. {title}.",
        how=f"Small marks are {seeds} seeds, the large one is their median. A cross at the left edge: "
        f"{found.no_score}; a triangle is below {WORST}."
        + " A hollow mark is the median of where a linear model ends, by least squares."
        * hollow,
        height=110 + 46 * len(names),
        hovermode="closest",
        showlegend=len(models) > 1 or hollow,
        **rows(names),
    )
