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


def effect(claim: Claim, gain: float, sides: Sequence[str] = ("without it", "with it")) -> str:
    """A gain in words: 3.2 times lower, or 12 points higher; which side has no number, where only one has."""
    measure, goal = MEASURES[claim.measure], GOALS[claim.goal]
    opposite = {"lower": "higher", "higher": "lower", "nearer to 1": "farther from 1"}[goal]
    if not np.isfinite(gain) or (measure.logarithmic and gain == 0):
        without = (gain > 0) == (claim.goal != "higher" or not measure.logarithmic)
        return f"{measure.missing} only {sides[0] if without else sides[1]}"
    still = measure.logarithmic
    size = max(gain, 1 / gain) if still else abs(gain)
    number = short(100 * size if measure.percent and not still else size)
    if number == short(float(still)):
        return "no difference"
    unit = " times" if still else f" point{'s' * (number != '1')}" if measure.percent else ""
    return f"{number}{unit} {goal if gain > still else opposite}"


def effects(claim: Claim, verdict: Verdict) -> go.Figure:
    """Every pair's gain in a row for every case, the interval of their median, and the threshold."""
    measure, outcomes = MEASURES[claim.measure], verdict.outcomes
    still, scale = (1.0, 1.0) if measure.logarithmic else (0.0, 100.0 if measure.percent else 1.0)
    gains = np.array([o.gains for o in outcomes]) * scale
    needed = claim.at_least * scale
    finite = gains[np.isfinite(gains) & ((gains > 0) | (not measure.logarithmic))]
    of = f"{GOALS[claim.goal]}: {measure.title[0].lower()}{measure.title[1:]}"
    if measure.logarithmic:
        axis = log_axis([*finite, needed, still], f"times {of}")
        low, high = (10.0**v for v in axis["range"])
    else:
        low, high = min(*finite, needed, still), max(*finite, needed, still)
        pad = 0.08 * (high - low)
        low, high = low - pad, high + pad
        axis = dict(title=f"{'points' if measure.percent else 'how much'} {of}", range=[low, high])

    def drawn(values):
        return np.clip(np.nan_to_num(values, posinf=high, neginf=low), low, high)

    traces = []
    for row, (outcome, values) in enumerate(zip(outcomes, gains, strict=True)):
        colour = COLOURS[outcome.word]
        lost = ~np.isfinite(values) | ((values == 0) if measure.logarithmic else False)
        traces += [
            go.Scatter(
                x=drawn(np.array(outcome.interval) * scale),
                y=[row, row],
                mode="lines",
                line=dict(color=colour, width=9),
                opacity=0.45,
                hoverinfo="skip",
            ),
            go.Scatter(
                x=drawn(values),
                y=row + np.linspace(-0.22, 0.22, len(values)),
                mode="markers",
                marker=dict(color=colour, size=8, symbol=np.where(lost, "x", "circle")),
                cliponaxis=False,
                text=[f"seed {i}: {effect(claim, gain)}" for i, gain in enumerate(outcome.gains)],
                hovertemplate="%{text}<extra></extra>",
            ),
        ]
    figure = chart(
        traces,
        title=verdict.sentence,
        alt=f"Effects of {gains.size} pairs of trainings in {len(outcomes)} cases. {verdict.sentence}",
        how="A dot is a pair of trainings with the same seed, a bar the 93 % interval of their median, "
        f"a cross a pair of which one has no number ({measure.missing}). Where the whole bar lies right of "
        f"the dashed line "
        f"({effect(claim, claim.at_least)}) the sentence is true, where it lies left of it not.",
        height=110 + 62 * len(outcomes),
        showlegend=False,
        hovermode="closest",
        xaxis=axis,
        yaxis=dict(
            tickvals=list(range(len(outcomes))),
            ticktext=[_lines(f"{o.condition}: {o.word}") for o in outcomes],
            range=[len(outcomes) - 0.5, -0.5],
            showgrid=False,
            zeroline=False,
            automargin=True,
        ),
        margin=dict(l=8, r=16, t=24, b=8),
    )
    figure.add_vline(still, line=dict(color=THEORY, width=1))
    figure.add_vline(
        needed,
        line=dict(color=THEORY, width=2, dash="dash"),
        label=dict(text="asked for", textposition="end", textangle=0, yanchor="bottom", font_size=11),
    )
    return figure


def _lines(text: str) -> str:
    rows = [""]
    for word in text.split():
        if len(rows[-1]) + len(word) > LINE:
            rows.append("")
        rows[-1] += f"{word} "
    return "<br>".join(row.strip() for row in rows)
