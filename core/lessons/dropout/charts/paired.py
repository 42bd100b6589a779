"""Losses and errors over the steps, without dropout and with it, over seeds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go
from plotly.colors import hex_to_rgb

from core.charts.style import AFTER, BEFORE, chart, log_axis, said, single
from core.diagnosis.claims import SEEDS
from core.lessons.dropout.measured.paired import told
from core.sweep import typical
from core.words import short, two_digits

if TYPE_CHECKING:
    from core.lessons.dropout.measured.paired import Paired


def _sides(found: Paired) -> tuple[str, str]:
    return "no dropout", f"dropout {found.rate:g}"


def _percent(value: float) -> str:
    return f"{short(value)} %" if np.isfinite(value) else "∞"


def _loss(value: float) -> str:
    return two_digits(value) if np.isfinite(value) else "∞"


def _pairs(without: np.ndarray, helped: np.ndarray) -> str:
    """In how many pairs it is lower, of how many."""
    lower, equal = int((helped < without).sum()), int((helped == without).sum())
    return f"lower in {lower} of {len(without)} pair{'s' * (len(without) > 1)}" + (
        f", the same in {equal}" if equal else ""
    )


def _over(found: Paired) -> str:
    return f"medians of {found.seeds} seeds" if found.seeds > 1 else "one seed"


def numbers(found: Paired) -> dict[str, tuple[str, str]]:
    """What a reader sees first: title -> (number, help)."""
    what = "unexplained variance" if found.regression else "error"
    ends, about = found.wrong[..., -1], f"After the last step: {_over(found)}."
    without, helped = _sides(found)
    lower, equal = int((ends[1] < ends[0]).sum()), int((ends[1] == ends[0]).sum())
    same = f" It is the same in {equal}." if equal else ""
    return {
        f"Held-out {what}, {without}": (_percent(float(typical(ends[0]))), about),
        f"Held-out {what}, {helped}": (_percent(float(typical(ends[1]))), about),
        "Lower with dropout": (
            f"{lower} of {found.seeds} pair{'s' * (found.seeds > 1)}",
            f"A pair shares data, initial weights and order of batches.{same}",
        ),
    }


def _traces(found: Paired, held_out: np.ndarray, training: np.ndarray) -> list[go.Scatter]:
    """Training: its median, dotted. Held out: a band, and the median as a thick line."""
    traces = []
    for side, (name, colour) in enumerate(zip(_sides(found), (BEFORE, AFTER), strict=True)):
        rows = np.sort(held_out[side], axis=0)
        cut = int(len(rows) >= SEEDS)
        low, high = rows[cut], rows[-1 - cut]
        some = np.isfinite(low) & np.isfinite(high)
        rgb = ", ".join(map(str, hex_to_rgb(colour)))
        traces.append(
            go.Scatter(
                x=np.concatenate([found.at[some], found.at[some][::-1]]),
                y=single(np.concatenate([low[some], high[some][::-1]])),
                fill="toself",
                fillcolor=f"rgba({rgb}, 0.2)",
                line_width=0,
                mode="lines",
                hoverinfo="skip",
                showlegend=False,
            )
        )
        for where, values, line in (
            ("training", training[side], dict(width=1.5, dash="dot")),
            ("held out", held_out[side], dict(width=3)),
        ):
            middle = typical(values.T)
            traces.append(
                go.Scatter(
                    x=found.at,
                    y=single(middle),
                    name=f"{name}, {where}",
                    text=said(np.where(np.isfinite(middle), middle, np.nan)),
                    hovertemplate=f"step %{{x}}<br>{name}, {where}: %{{text}}<extra></extra>",
                    line=dict(color=colour) | line,
                )
            )
    return traces


def _how(found: Paired) -> str:
    cut = "second lowest to the second highest" if found.seeds >= SEEDS else "lowest to the highest"
    return (
        f"Lines are {_over(found)}, full held out and dotted on the training set, both in evaluation mode; "
        f"bands go from the {cut} held-out seed."
        if found.seeds > 1
        else "Full is held out, dotted the training set, both in evaluation mode, of one seed."
    )


def error(found: Paired) -> go.Figure:
    """The error over the steps."""
    what = "unexplained variance" if found.regression else "error"
    names, ends = _sides(found), found.wrong[..., -1]
    a, b = (_percent(float(typical(side))) for side in ends)
    title = f"The held-out {what} ends at {b} with {names[1]}, {a} without: {_pairs(*ends)}"
    finite = np.concatenate([found.wrong.ravel(), found.training_wrong.ravel()])
    finite = finite[np.isfinite(finite)]
    top = 1.05 * float(np.quantile(finite, 0.995)) if len(finite) else 1.0
    return chart(
        _traces(found, found.wrong, found.training_wrong),
        title=title,
        alt=f"Error over steps with and without dropout, {found.seeds} seeds. {title}.",
        how=_how(found),
        hovermode="closest",
        xaxis=dict(title="step"),
        yaxis=dict(title=f"{what} (%)", range=[0, max(top, 1e-3)]),
    )


def loss(found: Paired, chance: float) -> go.Figure:
    """The loss over the steps, with the lowest held-out one of either side, and what stopping there does."""
    names, ends, low = _sides(found), found.held_out[..., -1], found.at_lowest
    (a, b), (c, d) = ([_loss(float(typical(side))) for side in both] for both in (ends, low))
    stops = [int(found.at[i]) for i in found.lowest]
    title = (
        f"The held-out loss ends at {b} with {names[1]}, {a} without; at its lowest on the way it is {d} "
        f"(step {stops[1]}) and {c} (step {stops[0]})"
    )
    figure = chart(
        _traces(found, found.held_out, found.training),
        title=title,
        alt=f"Loss over steps with and without dropout, {found.seeds} seeds. {title}.",
        how=" ".join(filter(None, (_stopping(found, told(*ends), told(*low)), _how(found)))),
        hovermode="closest",
        xaxis=dict(title="step"),
        yaxis=log_axis(
            np.concatenate([found.held_out.ravel(), found.training.ravel()]),
            "loss",
            floor=1e-4 * min(1, chance),
        ),
    )
    for side, colour in enumerate((BEFORE, AFTER)):
        value = float(typical(low[side]))
        figure.add_scatter(
            x=[stops[side]],
            y=[value if np.isfinite(value) and value > 0 else None],
            mode="markers",
            name="lowest",
            showlegend=False,
            marker=dict(symbol="star", size=13, color=colour, line=dict(width=1, color="#FFFFFF")),
            hovertemplate=f"lowest held-out loss, {names[side]}: {_loss(value)} at step {stops[side]}"
            "<extra></extra>",
        )
    return figure


def _stopping(found: Paired, at_end: str, at_best: str) -> str:
    """What is left of the difference where both sides stop at their lowest."""
    if found.seeds < SEEDS:
        return ""
    stopped = (
        f"Each stopped where its own median is lowest (stars), the loss with dropout is {_than(found)} pairs"
    )
    ends = {
        "better": "At the end dropout has the lower loss (93 % interval of the pairs). ",
        "worse": "At the end dropout has the higher loss (93 % interval of the pairs): here it hurts. ",
        "not told apart": "At the end the pairs do not decide which loss is lower. ",
    }[at_end]
    left = {
        ("better", "better"): ": more than early stopping gives.",
        ("better", "worse"): ": early stopping alone does better than dropout here.",
        ("better", "not told apart"): ": the pairs do not tell it from early stopping.",
    }.get((at_end, at_best), ".")
    return f"{ends}{stopped}{left}"


def _than(found: Paired) -> str:
    lower = int((found.at_lowest[1] < found.at_lowest[0]).sum())
    return f"lower in {lower} of {found.seeds}"
