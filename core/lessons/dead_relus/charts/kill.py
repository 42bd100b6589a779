"""How much worse a network gets when units are killed and nothing else is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from core.charts.style import BACKWARD, FORWARD, THEORY, chart
from core.diagnosis.claims import NOT_HERE, TRUE, UNDECIDED
from core.lessons.dead_relus.settings import BETTER
from core.lessons.dead_relus.wording import better, score, scored
from core.run import Run
from core.words import listed

if TYPE_CHECKING:
    from core.lessons.dead_relus.measured.kill import Kill


def _numbers(killed: list[int]) -> str:
    return listed([*map(str, killed)])


def finding(found: Kill) -> str:
    """How many units can die, and from where on it costs."""
    e, width = found.experiment, found.experiment.width
    units = f"of {width} unit{'s' * (width > 1)} of layer {found.layer + 1}"
    costs, free, undecided = (found.at(word) for word in (TRUE, NOT_HERE, UNDECIDED))
    less, more = f"the {score(e)} falls by less than {better(e)}", f"it falls by {better(e)} or more"
    if found.alone == width:
        whole = f"all {width} units" if width > 1 else "the one unit"
        return (
            f"With none killed {whole} of layer {found.layer + 1} die{'s' * (width == 1)} in the median: "
            "killing them shows nothing"
        )
    if not free:
        parts = [
            f"{units.capitalize()} no number tried, from {found.killed[1]} up, is shown to die at a cost of "
            f"less than {better(e)}"
        ]
        more = f"the {score(e)} {more.removeprefix('it ')}"
    elif costs and free[-1] > costs[0]:
        parts = [f"With {_numbers(free)} {units} dead {less}"]
    else:
        parts = [f"{free[-1]} {units} can die, and {less}"]
    if costs:
        parts.append(f"with {_numbers(costs)} dead {more}")
    if undecided:
        parts.append(f"not decided with {_numbers(undecided)}")
    return "; ".join(parts)


def killing(found: Kill, guess: int | None = None) -> go.Figure:
    """Held-out accuracy against units killed, the threshold below that of none, and the reader's guess."""
    e, names = found.experiment, [str(k) for k in found.killed]
    accuracy = np.where(np.isfinite(found.accuracy), found.accuracy, np.nan)
    middle = np.median(found.accuracy, axis=1)
    middle[~np.isfinite(middle)] = np.nan
    seeds = accuracy.shape[1]
    traces = [
        go.Scatter(
            x=np.repeat(names, seeds),
            y=accuracy.ravel(),
            name="one training",
            mode="markers",
            marker=dict(color=FORWARD, size=5, opacity=0.6),
            hoverinfo="skip",
        ),
        go.Scatter(
            x=names,
            y=middle,
            name="median",
            mode="lines+markers",
            line=dict(color=FORWARD, width=2.5),
            text=[scored(e, value) for value in middle],
            hovertemplate="%{x} killed: %{text}<extra></extra>",
        ),
        go.Scatter(
            x=names[:: len(names) - 1],
            y=[middle[0] - BETTER] * 2,
            name=f"{better(e)} below none killed",
            mode="lines",
            line=dict(color=THEORY, dash="dash", width=2),
            hoverinfo="skip",
        ),
    ]
    title = finding(found)
    figure = chart(
        traces,
        title=title,
        alt=f"{score(e).capitalize()} against units killed in layer {found.layer + 1}. {title}.",
        how=f"{seeds} seeds for every number of killed units, each compared with the training of the same "
        "seed without any: by how much it falls is decided where the whole 93 % interval of the median lies "
        "on one side of the dashed line. "
        f"{_about(found)}",
        hovermode="closest",
        xaxis=dict(
            title=f"units of layer {found.layer + 1} killed; steps are not even",
            type="category",
            categoryarray=names,
        ),
        yaxis=dict(title=score(e)),
    )
    if guess is not None:
        place = float(np.interp(guess, found.killed, np.arange(len(names))))
        left = place < len(names) / 2
        label = dict(
            text=f"your guess: {guess}",
            textangle=0,
            textposition="start",
            xanchor="left" if left else "right",
            font_size=11,
        )
        figure.add_vline(place, line=dict(color=BACKWARD, width=2), label=label)
    return figure


def _about(found: Kill) -> str:
    e, alone = found.experiment, found.alone
    none, every = (scored(e, float(np.median(found.accuracy[i]))) for i in (0, -1))
    back = f"{found.returned or 'None'} of the killed units came back."
    passes = "What comes from below passes a dead layer by its residual connection"
    if not (found.layer and e.residual):
        passes = "With the whole layer dead nothing of an input gets through"
    lost = int(np.isinf(found.accuracy).sum())
    own = "dies by itself" if alone == 1 else "die by themselves"
    return (
        f"{back} With none killed, {alone} of the layer {own} and the {score(e)} is {none}, in the median. "
        f"{passes}: then it is {every}."
        + (f" Of {found.accuracy.size} trainings {lost} diverged: the worst there is." if lost else "")
    )


def answer(found: Kill, guess: int) -> str:
    """What the measurement says of a guess."""
    free, costs = found.at(NOT_HERE), found.at(TRUE)
    cheap = f"cost less than {better(found.experiment)}"
    most = f"the most shown to {cheap} is {free[-1]}" if free else f"none is shown to {cheap}"
    least = f"the fewest shown to cost as much is {costs[0]}" if costs else "none is shown to cost as much"
    tried = f"of the numbers tried, from {found.killed[1]} up, {most}; {least}"
    return f"**Your guess: {guess} of {found.experiment.width}.** Measured: {tried}."


def beside(found: Kill, run: Run) -> str:
    """The reader's own run beside networks in which at least as many units were killed; "" if none died."""
    e, dead = found.experiment, int((run.active_fraction[run.last, found.layer] == 0).sum())
    if not dead or run.diverged_at is not None or run.experiment.activation != "relu":
        return ""
    at = int(np.searchsorted(found.killed, dead))
    middle = float(np.median(found.accuracy[at]))
    same = e.learning_rate == run.experiment.learning_rate
    rate = "" if same else f" at a learning rate of {e.learning_rate:g}"
    reached = scored(e, float(run.test_accuracy[-1]))
    return (
        f"In the run above {dead} of {e.width} units of layer {found.layer + 1} "
        f"{'is' if dead == 1 else 'are'} dead at the end and its {score(e)} is {reached}; with "
        f"{found.killed[at]} killed{rate} the median is {scored(e, middle)}."
    )
