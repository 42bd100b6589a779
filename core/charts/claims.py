"""The seeds behind a verdict: one dot per pair of trainings, and what the sentence asks for."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from core.charts.style import AFTER, BEFORE, PALETTE, THEORY, chart, log_axis
from core.diagnosis.claims import NOT_HERE, TRUE, UNDECIDED, Claim, Verdict
from core.diagnosis.measures import MEASURES
from core.words import short

COLOURS = {TRUE: AFTER, NOT_HERE: BEFORE, UNDECIDED: PALETTE[3]}
GOALS = {"lower": "lower", "higher": "higher", "one": "nearer to 1"}
LINE = 26
SIDES = "left", "right"
BESIDE, GAP = 0.16, 0.03
"""Shares of the width: of what stands beside the axis, and of the space between."""


def effect(claim: Claim, gain: float, sides: Sequence[str] = ("without it", "with it")) -> str:
    """A gain in words: 3.2 times lower, or 12 points higher; which side has no number, where only one has."""
    measure, goal = MEASURES[claim.measure], GOALS[claim.goal]
    opposite = {"lower": "higher", "higher": "lower", "nearer to 1": "farther from 1"}[goal]
    if only := _only(claim, gain):
        return f"{measure.missing} only {sides[0] if only < 0 else sides[1]}"
    still = measure.logarithmic
    size = max(gain, 1 / gain) if still else abs(gain)
    number = short(100 * size if measure.percent and not still else size)
    if number == short(float(still)):
        return "no difference"
    unit = "time" if still else "point" if measure.percent else measure.unit
    counted = f"{number} {unit}{'s' * (number != '1')}" if unit else number
    return f"{counted} {goal if gain > still else opposite}"


def _only(claim: Claim, gain: float) -> int:
    """-1 where only the side without has no number, 1 where only the other has none, else 0.

    One side without a number is the worst there is, so that the gain is infinite; but in a logarithm that is
    to be higher such a number is the largest.
    """
    logarithmic = MEASURES[claim.measure].logarithmic
    if np.isfinite(gain) and not (logarithmic and gain == 0):
        return 0
    return -1 if (gain > 0) == (claim.goal != "higher" or not logarithmic) else 1


def effects(claim: Claim, verdict: Verdict) -> go.Figure:
    """Every pair's gain in a row for every case, the interval of their median, and the threshold.

    Pairs of which one side has no number stand on an axis of their own, left or right of the others.
    """
    measure, outcomes = MEASURES[claim.measure], verdict.outcomes
    still, scale = (1.0, 1.0) if measure.logarithmic else (0.0, 100.0 if measure.percent else 1.0)
    gains = np.array([o.gains for o in outcomes]) * scale
    needed = claim.at_least * scale
    lost = np.array([[bool(_only(claim, gain)) for gain in o.gains] for o in outcomes])
    worse, better = lost & (gains < still), lost & (gains > still)
    drawn = [*gains[~lost], *(v * scale for o in outcomes for v in o.interval), needed, still]
    axis, (low, high) = _axis(claim, np.array(drawn))
    both = bool(worse.any() and better.any())
    traces = []
    for row, (outcome, values) in enumerate(zip(outcomes, gains, strict=True)):
        colour = COLOURS[outcome.word]
        ends = np.array(outcome.interval) * scale
        places = row + np.linspace(-0.22, 0.22, len(values))
        said = np.array([f"seed {i}: {effect(claim, gain)}" for i, gain in enumerate(outcome.gains)])
        traces += [
            _bar(np.clip(np.nan_to_num(ends, posinf=high, neginf=low), low, high), row, colour),
            _dots(values[~lost[row]], places[~lost[row]], said[~lost[row]], colour),
        ]
        for beside, end, name in ((worse[row], ends[0], "x2"), (better[row], ends[1], "x3")):
            if beside.any():
                at = np.zeros(beside.sum())
                traces.append(_dots(at, places[beside], said[beside], colour, xaxis=name, symbol="x"))
                if _only(claim, end / scale):
                    traces.append(_bar([-1, 1], row, colour, xaxis=name))
    figure = chart(
        traces,
        title=verdict.sentence,
        alt=f"Effects of {gains.size} pairs of trainings in {len(outcomes)} cases. {verdict.sentence}",
        how="A dot is a pair of trainings with the same seed, a bar the 93 % interval of their median"
        + (f", a cross a pair of which one side has no number ({measure.missing})" if lost.any() else "")
        + f". Where the whole bar lies right of the dashed line ({effect(claim, claim.at_least)}) the "
        "sentence is true, where it lies left of it not.",
        height=145 + 62 * len(outcomes),
        showlegend=False,
        hovermode="closest",
        xaxis=axis | dict(domain=[(BESIDE + GAP) * worse.any(), 1 - (BESIDE + GAP) * better.any()]),
        yaxis=dict(
            tickvals=list(range(len(outcomes))),
            ticktext=[_lines(f"{o.condition}: {o.word}") for o in outcomes],
            range=[len(outcomes) - 0.5, -0.5],
            showgrid=False,
            zeroline=False,
            automargin=True,
            anchor="free",
            position=0,
        ),
        margin=dict(l=8, r=16, t=44 + 14 * both, b=8),
    )
    for beside, name, side in ((worse, "xaxis2", 0), (better, "xaxis3", 1)):
        if beside.any():
            domain = [side * (1 - BESIDE), BESIDE + side * (1 - BESIDE)]
            hidden = dict(showticklabels=False, showgrid=False, zeroline=False)
            figure.update_layout({name: dict(domain=domain, range=[-1, 1], anchor="y", **hidden)})
            shift = 16 + 14 * side * both
            _above(figure, side, effect(claim, gains[beside][0]), shift, xref="paper", xanchor=SIDES[side])
    figure.add_vline(still, line=dict(color=THEORY, width=1))
    figure.add_vline(needed, line=dict(color=THEORY, width=2, dash="dash"))
    _above(figure, np.log10(needed) if measure.logarithmic else needed, "asked for", 0)
    return figure


def _above(figure: go.Figure, x: float, text: str, shift: int, **where) -> None:
    place = dict(x=x, y=1, yref="paper", yanchor="bottom", yshift=shift) | where
    figure.add_annotation(text=text, showarrow=False, font_size=11, **place)


def _axis(claim: Claim, drawn: np.ndarray) -> tuple[dict, tuple[float, float]]:
    """The axis on which every finite one of these values has its place, and its ends."""
    measure = MEASURES[claim.measure]
    of = f"{GOALS[claim.goal]}:<br>{measure.title[0].lower()}{measure.title[1:]}"
    if measure.logarithmic:
        axis = log_axis(drawn, f"times {of}")
        return axis, tuple(10.0**v for v in axis["range"])
    finite = drawn[np.isfinite(drawn)]
    pad = 0.08 * (finite.max() - finite.min())
    low, high = finite.min() - pad, finite.max() + pad
    counted = "points" if measure.percent else f"{measure.unit}s" if measure.unit else "how much"
    return dict(title=f"{counted} {of}", range=[low, high]), (low, high)


def _bar(x, row: int, colour: str, **where) -> go.Scatter:
    line = dict(color=colour, width=9)
    return go.Scatter(x=x, y=[row, row], mode="lines", line=line, opacity=0.45, hoverinfo="skip", **where)


def _dots(x, y, text, colour: str, symbol: str = "circle", **where) -> go.Scatter:
    return go.Scatter(
        x=x,
        y=y,
        mode="markers",
        marker=dict(color=colour, size=8, symbol=symbol),
        cliponaxis=False,
        text=text,
        hovertemplate="%{text}<extra></extra>",
        **where,
    )


def _lines(text: str) -> str:
    rows = [""]
    for word in text.split():
        if len(rows[-1]) + len(word) > LINE:
            rows.append("")
        rows[-1] += f"{word} "
    return "<br>".join(row.strip() for row in rows)
