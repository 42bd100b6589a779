"""Several runs on shared axes: their losses and their error signals."""

from collections.abc import Sequence
from itertools import cycle
from textwrap import wrap

import numpy as np
import plotly.graph_objects as go

from core.charts.runs import ROOM, level, outcome, steps_axis
from core.charts.style import (
    AFTER,
    BEFORE,
    PALETTE,
    chart,
    drawable,
    ends,
    few_points,
    log_axis,
    said,
)
from core.diagnosis.numbers import first_over_last, per_layer
from core.run import LEARNED, Run
from core.words import listed, short

HIGHEST, HIGHEST_LOST = 1e6, 1e2
"""What is beyond it is not on the axis: of runs that end, and of those that diverge beside them."""
WORDS, FEW = 56, 24
"""Characters of a line in a legend, and dots that may be large."""


ONE_MODE = (
    "A line is the loss of each step's batch in training mode; the dot at its end and the number beside its "
    "name are the loss on the whole training set"
)
BOTH_MODES = (
    "A thin line is the loss of each step's batch in training mode; the thick one, and the number beside its "
    "name, are the loss on the whole training set"
)
MARKS = {
    "x": " A cross marks the last finite loss of a run that diverged, at the top where none is on the axis.",
    "triangle-up": " A triangle at the upper edge is a dot, or the start of a piece of a line, that lies "
    "beyond the axis.",
}


def colours(names: list[str]) -> list[str]:
    """Fixed colours: before and after for a pair, else the first as before and the palette in order.

    After the last comes the first again: of two lines with one colour that on the screen is the thick one.
    """
    if len(names) == 2:
        return [BEFORE, AFTER]
    return [PALETTE[i] for i, _ in zip(cycle((9, 0, 1, 8, 2, 6, 4, 5, 7, 3)), names, strict=False)]


def on_screen(names: list[str]) -> str:
    """Which of several runs the page is about: "this run", or else the last; it is drawn last and thick."""
    return "this run" if "this run" in names else names[-1]


def _line(x, y, name: str, ending: str, current: bool, **more) -> go.Scatter:
    """A thick line, or a thin one whose larger dots are seen where it lies below the other; how it ended is
    said in the legend, the numbers on the way under the pointer.
    """
    return go.Scatter(
        x=x,
        y=drawable(y),
        name="<br>".join(wrap(f"{name}: {ending}", WORDS)),
        line_width=3.5 if current else 1.5,
        marker_size=5 if current or len(x) > FEW else 9,
        text=said(y),
        hovertemplate=f"%{{xaxis.title.text}} %{{x}}<br>{name}: %{{text}}<extra></extra>",
        **more,
    )


def _learning(runs: dict[str, Run]) -> str:
    """Which of them learn, as a sentence."""
    good, n = [name for name, run in runs.items() if run.learned], len(runs)
    if n == 1:
        return "This run learns" if good else "This run does not learn"
    if len(good) == n:
        return "Both runs learn" if n == 2 else f"All of these {n} runs learn"
    if not good:
        return "Neither run learns" if n == 2 else f"None of these {n} runs learns"
    return f"{len(good)} of {n} runs learn{'s' * (len(good) == 1)}: {'; '.join(good)}"


def _on_axis(runs: Sequence[Run], usual: float) -> np.ndarray:
    """The losses that the axis is made for: a run that diverges takes no room from those that end."""
    lost = [run.diverged_at is not None for run in runs]
    limits = np.where(np.array(lost) & (not all(lost)), HIGHEST_LOST, HIGHEST) * usual
    losses = ((*run.loss, run.train_loss[-1], ROOM * run.chance) for run in runs)
    return np.concatenate([np.minimum(values, limit) for values, limit in zip(losses, limits, strict=True)])


def _begins(holds: np.ndarray) -> np.ndarray:
    """Indices at which a stretch begins that holds."""
    return np.flatnonzero(holds & ~np.append(False, holds[:-1]))


def losses(runs: dict[str, Run], evaluated: bool = False) -> go.Figure:
    """The training losses of several runs on shared axes; what lies beyond them runs along the upper edge.

    evaluated: the loss on the whole training set in evaluation mode is drawn too, thick, at the snapshots.
    """
    names, first = list(runs), next(iter(runs.values()))
    chances, current = [run.chance for run in runs.values()], on_screen(names)
    same = "Same seed, same axes" if len({run.experiment.seed for run in runs.values()}) == 1 else "Same axes"
    usual = max(1, min(run.loss[0] for run in runs.values()), *chances)
    steps, zoomed = steps_axis(*runs.values())
    axis = log_axis(_on_axis(list(runs.values()), usual), "training loss")
    low, high = ends(axis)
    traces, seen = {}, {}
    for rank, (name, colour) in enumerate(zip(names, colours(names), strict=True)):
        run = runs[name]
        i = few_points(run.loss)
        beyond = i[_begins(np.isfinite(run.loss[i]) & (run.loss[i] > high))]
        end, last, kind = run.experiment.steps, run.train_loss[-1], "evaluation mode"
        symbol = "triangle-up" if last > high else "circle"
        if run.diverged_at is not None:
            end, symbol, kind = max(run.diverged_at - 1, 0), "x", "diverged"
            last = run.loss[end] if np.isfinite(run.loss[end]) else np.inf
        marks = (symbol, "triangle-up" if len(beyond) else "circle")
        seen |= {MARKS[mark]: None for mark in marks if mark in MARKS}
        quiet = dict(mode="markers", showlegend=False, cliponaxis=False)
        of_run = dict(legendrank=rank, line_color=colour, legendgroup=name)
        line = _line(i, run.loss[i], name, outcome(run), name == current, **of_run)
        lines = [line]
        if evaluated:
            line.update(showlegend=False, line_width=1, opacity=0.6)
            lines.append(_line(run.at, run.train_loss, name, outcome(run), True, **of_run))
        for one in lines:
            one.y = np.minimum(one.y, high)
        traces[name] = [
            *lines,
            go.Scatter(
                x=[end],
                y=[np.clip(last, low, high)],
                name=kind,
                hovertemplate=f"{name}: {outcome(run)}<extra></extra>",
                marker=dict(symbol=symbol, size=14 if name == current else 10, color=colour),
                **quiet,
            ),
        ]
        if len(beyond):
            traces[name].append(
                go.Scatter(
                    name="beyond the axis",
                    x=beyond,
                    y=np.full(len(beyond), high),
                    text=[f"step {step}<br>{name}: {short(run.loss[step])}" for step in beyond],
                    hovertemplate="%{text}<extra></extra>",
                    marker=dict(symbol="triangle-up", size=9, color=colour),
                    **quiet,
                )
            )
    traces[current] = traces.pop(current)
    alike = np.allclose(chances, first.chance, rtol=0.01)
    half = f": {short(LEARNED * first.chance)}" if alike else ""
    figure = chart(
        [trace for of_run in traces.values() for trace in of_run],
        title=_learning(runs),
        alt=f"Training loss over steps of {', '.join(names)}. {_learning(runs)}.",
        how=f"{same}. {BOTH_MODES if evaluated else ONE_MODE} in evaluation mode. A run learns if that is "
        f"below half of what guessing gives{half}.{''.join(seen)}{zoomed}",
        xaxis=steps,
        yaxis=axis,
        height=340 + 22 * len(names),
        hovermode="closest",
    )
    if alike:
        level(figure, first.chance, f"guessing: {short(first.chance)}", above=True)
        level(figure, LEARNED * first.chance, f"learned: below {short(LEARNED * first.chance)}", above=False)
    return figure


def _factor(run: Run) -> str:
    factor = per_layer(run)
    return f"×{short(factor)}" if np.isfinite(factor) else "not finite"


def _evenness(runs: dict[str, Run]) -> str:
    """Whose error signal keeps its size, as a sentence."""
    ratios = {name: first_over_last(run) for name, run in runs.items()}
    arrives = {name: abs(np.log(ratio)) for name, ratio in ratios.items() if 0 < ratio < np.inf}
    if not arrives:
        return "In none of these runs does a finite error signal reach layer 1"
    if len(runs) == 2:
        parts = (f"{name.partition(':')[0]} {_factor(run)}" for name, run in runs.items())
        return f"The error signal before the first step, per layer: {', '.join(parts)}"
    if len(set(ratios.values())) == 1:
        return f"In all of these runs the error signal starts alike: {_factor(runs[min(runs)])} per layer"
    best = [name for name, distance in arrives.items() if np.isclose(distance, min(arrives.values()))]
    return f"The error signal keeps its size best in {listed(best)}: {_factor(runs[best[0]])} per layer"


def signals_compared(runs: dict[str, Run]) -> go.Figure:
    """The error signal per layer before the first step, for several runs on shared axes."""
    names, deepest = list(runs), max(run.experiment.depth for run in runs.values())
    lines = [
        _line(
            np.arange(1, run.experiment.depth + 1),
            run.probes["delta_norm"][0],
            name,
            _factor(run),
            name == on_screen(names),
            legendrank=rank,
            line_color=colour,
            mode="lines+markers",
        )
        for rank, ((name, run), colour) in enumerate(zip(runs.items(), colours(names), strict=True))
    ]
    lines.append(lines.pop(names.index(on_screen(names))))
    return chart(
        lines,
        title=_evenness(runs),
        alt=f"RMS of the error signal per layer of {', '.join(names)}. {_evenness(runs)}.",
        how="The error signal δ before the first step. The number beside a name is what δ is multiplied by "
        "from one layer to the one below it, the geometric mean over the layers.",
        xaxis=dict(title="hidden layer", dtick=max(1, deepest // 10), range=[0.5, deepest + 0.5]),
        yaxis=log_axis([v for run in runs.values() for v in run.probes["delta_norm"][0]], "RMS of δ"),
        height=340 + 22 * len(names),
        hovermode="closest",
    )
