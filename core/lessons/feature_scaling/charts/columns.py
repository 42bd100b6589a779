"""A table before and after scaling, and what each way of scaling is worth to a network."""

import numpy as np
import plotly.graph_objects as go

from core.charts.style import AFTER, BACKWARD, BEFORE, FORWARD, PALETTE, THEORY, chart
from core.charts.sweeps import over_seeds
from core.lessons.feature_scaling.table import PIPELINES, TableExperiment, skewness
from core.lessons.feature_scaling.theory import SIZES, SPREADS, clipped_theory, log_theory, squeezed_share
from core.lessons.feature_scaling.trials import Ladder, middle
from core.words import short, two_digits

WORST = -0.25


def _bars(values: np.ndarray, edges: np.ndarray, **trace) -> go.Bar:
    share = np.histogram(values, edges)[0] / max(len(values), 1)
    return go.Bar(x=(edges[:-1] + edges[1:]) / 2, y=share, width=np.diff(edges), **trace)


def column(e: TableExperiment, name: str, values: np.ndarray, scaled: bool) -> go.Figure:
    """The distribution of one column [rows], raw or scaled, in the training rows and in those held out."""
    train, test = values[: e.samples], values[e.samples :]
    train, test = train[np.isfinite(train)], test[np.isfinite(test)]
    seen = f"{name} as the network sees it ({PIPELINES[e.pipelines()[name]]})"
    what = seen if scaled else f"{name} as it comes"
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
        if (near := squeezed_share(train)) > 0.5:
            title += f", with {100 * near:.0f} % of the rows in a tenth of that range"
        outside = ((test < train.min()) | (test > train.max())).mean() if len(test) else 0
        if scaled:
            title += f"; {100 * outside:.2g} % of the held-out rows fall outside"
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


def ladder_sentence(found: Ladder) -> str:
    """The best and the worst pipeline of the first model, and where a model with less beats one with more."""
    best, worst = found.ends
    scores = found.medians(next(iter(found.scores)))
    if np.isneginf(scores[best]):
        return "Every way of scaling diverges"
    low = "diverged" if np.isneginf(scores[worst]) else short(scores[worst])
    sentence = f"{PIPELINES[best]}: held-out R² {short(scores[best])}; {PIPELINES[worst]}: {low}"
    if found.less_and_more:
        linear, network = found.less_and_more
        sentence += (
            f". A linear model on the best columns ({short(linear)}) "
            f"{'beats' if linear > network else 'does not beat'} a network on z-scores ({short(network)})"
        )
    return sentence


def ladder(found: Ladder) -> go.Figure:
    """Held-out R2 of every pipeline, model and seed. The median is the large mark."""
    names, models = found.pipelines, found.scores
    seeds = next(iter(models.values())).shape[1]
    offsets = np.linspace(0.18, -0.18, len(models)) if len(models) > 1 else [0.0]
    traces = []
    for (model, by), offset, colour in zip(models.items(), offsets, PALETTE, strict=False):
        x, y, size, symbol, text = [], [], [], [], []
        for row, (name, values) in enumerate(zip(names[::-1], by[::-1], strict=True)):
            for value, large in [*((v, False) for v in values), (middle(values), True)]:
                x.append(max(value, WORST) if np.isfinite(value) else WORST)
                y.append(row + offset)
                size.append(14 if large else 6)
                symbol.append(
                    "x" if not np.isfinite(value) else "triangle-left" if value < WORST else "circle"
                )
                said = "diverged" if not np.isfinite(value) else f"R² {short(value)}"
                text.append(f"{model}, {PIPELINES[name]}: {'median ' if large else ''}{said}")
        traces.append(
            go.Scatter(
                x=x,
                y=y,
                name=model,
                mode="markers",
                marker=dict(color=colour, size=size, symbol=symbol, opacity=0.75),
                text=text,
                hovertemplate="%{text}<extra></extra>",
                cliponaxis=False,
            )
        )
    title = ladder_sentence(found)
    return chart(
        traces,
        title=title,
        alt=f"Held-out R² of {len(names)} pipelines over {seeds} seeds. {title}.",
        how=f"Small marks are {seeds} seeds, the large one is their median. A cross at the left edge "
        f"diverged; a triangle is below {WORST}.",
        height=110 + 46 * len(names),
        hovermode="closest",
        showlegend=len(models) > 1,
        xaxis=dict(title="held-out R²", range=[WORST - 0.05, 1.03]),
        yaxis=dict(
            tickvals=list(range(len(names))),
            ticktext=[PIPELINES[n] for n in names[::-1]],
            range=[-0.6, len(names) - 0.4],
        ),
    )


def leak(gains: np.ndarray, scaling: str) -> str:
    """What fitting this scaling on all rows does to the held-out score: gains [paired seeds] that ended."""
    if not len(gains):
        return "Both diverge, fitted on the training rows or on all rows: there is nothing to compare."
    typical = float(np.median(gains))
    if abs(typical) < 5e-4:
        verdict = "a difference below 0.0005: here nothing leaks that matters, elsewhere it may"
    else:
        verdict = f"the held-out R² changes by {_signed(typical)}, and no longer says what new data will give"
    return (
        f"With “{PIPELINES[scaling]}” fitted on all rows instead of the training rows, {verdict} "
        f"(median of {len(gains)} paired seeds, from {_signed(gains.min())} to {_signed(gains.max())})."
    )


def _signed(change: float) -> str:
    return f"{'+' if change > 0 else ''}{two_digits(change)}"


def outlier_lines(found: dict, share: float, bound: float) -> go.Figure:
    """Slope and R2 against the size of the outliers, with and without clipping, over the closed forms."""
    sizes, grid = SIZES, np.logspace(0, 2, 60)
    theory = dict(zip(("slope", "r2"), clipped_theory(share, grid, np.inf), strict=True))
    theory |= dict(zip(("clipped", "clipped_r2"), clipped_theory(share, grid, bound), strict=True))
    raw, clipped = (np.median(found[name], axis=1)[-1] for name in ("slope", "clipped"))
    title = (
        f"{100 * share:g} % of outliers of size {sizes[-1]:g} leave {100 * raw / 2:.0f} % of the slope; "
        f"clipped at {bound:g}, {100 * clipped / 2:.0f} %"
    )
    shown = {
        "slope": ("slope, as it is", PALETTE[1]),
        "clipped": (f"slope, clipped at ±{bound:g}", PALETTE[0]),
        "r2": ("R², as it is", PALETTE[4]),
        "clipped_r2": ("R², clipped", PALETTE[8]),
    }
    traces = [
        go.Scatter(
            x=sizes,
            y=np.median(found[key], axis=1),
            name=name,
            mode="markers",
            marker=dict(color=colour, size=9),
        )
        for key, (name, colour) in shown.items()
    ]
    traces += [
        go.Scatter(
            x=grid,
            y=theory[key],
            mode="lines",
            name="closed form",
            line=dict(color=THEORY, dash="dash", width=2),
            showlegend=i == 0,
            legendgroup="theory",
        )
        for i, key in enumerate(shown)
    ]
    return chart(
        traces,
        title=title,
        alt=f"Slope and R² of a straight line against the size of outliers. {title}.",
        how="The true slope is 2. Dots are medians of 5 seeds, dashed is errors-in-variables theory.",
        xaxis=dict(title="size of the outliers, in standard deviations", type="log", tickvals=SIZES),
        yaxis=dict(title="slope, R²", range=[-0.05, 2.1]),
        hovermode="closest",
    )


def squeezed(found: dict) -> go.Figure:
    """How much of a column a few outliers press together under linear scaling."""
    sizes = SIZES
    middle = np.median(found["squeezed"], axis=1)
    title = (
        f"Linear scaling with outliers of size {sizes[-1]:g}: {100 * middle[-1]:.0f} % of the rows "
        "share a tenth of the range"
    )
    return chart(
        [go.Scatter(x=sizes, y=middle, mode="lines+markers", line_color=FORWARD)],
        title=title,
        alt=f"Share of rows within 5 % of the range of the median against the size of outliers. {title}.",
        how="Rows within 5 % of the range either side of the median. One value sets the range; all pay.",
        xaxis=dict(title="size of the outliers, in standard deviations", type="log", tickvals=SIZES),
        yaxis=dict(title="share of the rows", tickformat=".0%", range=[0, 1.04]),
    )


def without_log(kept: np.ndarray) -> go.Figure:
    """R2 of a raw log-normal feature over that of its logarithm: kept [spreads, seeds]."""
    at = list(SPREADS).index(1)
    left = 100 * np.median(kept[at])
    title = f"Without its logarithm a log-normal feature of spread 1 keeps {left:.0f} % of its R²"
    grid = np.linspace(SPREADS[0], 1, 50)
    return over_seeds(
        SPREADS,
        {"measured": kept},
        theory={"closed form, up to 1": (grid, log_theory(grid))},
        x_title="spread s: standard deviation of the logarithm",
        y_title="R² raw / R² with log",
        title=title,
        alt=f"Share of R² that is left without the logarithm. {title}.",
        how="Linear regression on exp(s z), whose target is linear in z. Dashed is s² / (exp(s²) − 1); "
        "beyond 1 the few largest rows rule what 2,000 of them can show.",
    )
