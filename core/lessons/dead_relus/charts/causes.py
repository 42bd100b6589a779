"""What kills ReLU units: causes taken away one at a time, and one setting over its values."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from core.charts.claims import effects
from core.charts.sweeps import over_seeds
from core.diagnosis import census
from core.diagnosis.claims import SEEDS, TRUE, UNDECIDED, Claim, Outcome, Verdict
from core.experiment import Experiment
from core.lessons.dead_relus.measured.causes import Kills
from core.lessons.dead_relus.settings import FEWER
from core.lessons.dead_relus.wording import percent, score, scored, where
from core.words import listed, short

ALIKE = 0.01
"""Accuracies that differ by no more are not told apart."""


def suspects(claim: Claim, verdict: Verdict) -> go.Figure:
    """How many fewer units are dead once one cause is taken away, seed by seed, and which causes did it."""
    outcomes = verdict.outcomes
    title = guilty(outcomes)
    figure = effects(claim, verdict)
    figure.layout.meta = dict(
        title=title,
        alt=f"Effects on dead units of {len(outcomes)} changes, each made alone. {title}.",
        how="A dot is a pair of trainings with the same seed, a bar the 93 % interval of their median. A "
        "cause did it where the whole bar lies right of the dashed line: changed alone, at least "
        f"{100 * FEWER:g} points fewer units pass nothing at the end. Where several did it, none did it "
        "alone: without any one of them fewer die.",
    )
    figure.update_yaxes(ticktext=[f"{_changed(o)}:<br>{_left(o)}<br>({_word_on(o)})" for o in outcomes])
    return figure.update_layout(xaxis_title_text="points fewer units dead")


def untold(outcomes: Sequence[Outcome]) -> int:
    """How many of the trainings diverge as they are: beside these, no number of dead units is fewer."""
    return int(np.isinf(outcomes[0].without).sum())


def _changed(outcome: Outcome) -> str:
    return outcome.case.labels()[1]


def _word_on(outcome: Outcome) -> str:
    return "did it" if outcome.word == TRUE else outcome.word


def _after(outcome: Outcome) -> float:
    return float(np.median(outcome.helped))


def _left(outcome: Outcome) -> str:
    after = _after(outcome)
    return f"{percent(after)} dead" if np.isfinite(after) else "at least half diverge"


def guilty(outcomes: Sequence[Outcome]) -> str:
    """Which causes did it, as a sentence."""
    now = float(np.median(outcomes[0].without))
    did, open_ = ([o for o in outcomes if o.word == word] for word in (TRUE, UNDECIDED))
    if lost := untold(outcomes):
        verb = "diverges" if lost == 1 else "diverge"
        return f"{lost} of the {SEEDS} trainings {verb}: what would have died there cannot be told"
    if not now:
        return "No unit is dead in the median: each passes a signal or a gradient on some sample"
    if now < FEWER:
        return f"Only {percent(now)} of the units are dead: less than the {100 * FEWER:g} points asked for"
    doubt = f"; not decided: {listed([o.condition for o in open_])}" if open_ else ""
    if not did:
        return (
            f"{percent(now)} of the units are dead, and no change alone is shown to leave "
            f"{100 * FEWER:g} points fewer{doubt}"
        )
    names = listed([o.condition for o in did])
    changes = listed([f"{percent(_after(o))} with {_changed(o)}" for o in did])
    return f"{names[0].upper()}{names[1:]} did it: {changes} are dead instead of {percent(now)}{doubt}"


def _word(setting: str) -> str:
    return Experiment.model_fields[setting].title.lower()


def _elsewhere(found: Kills, experiment: Experiment) -> str:
    """What to say where the reader's own experiment is not among those trained."""
    if found.here(experiment) is not None:
        return ""
    return (
        f" All at a learning rate of {found.experiment.learning_rate:g}, not the "
        f"{experiment.learning_rate:g} of the run above, which is none of them."
    )


def _diverging(found: Kills) -> str:
    some = np.isnan(found.accuracy).any(axis=1)
    return f"; at {where(found.values, some)} some trainings diverge" if some.any() else ""


def killed(found: Kills, experiment: Experiment) -> go.Figure:
    """Dead share of the first and the last layer over one setting, and what theory says of the start."""
    e, setting, dead = found.experiment, _word(found.setting), census.word(found.experiment.activation)
    series = {f"layer {e.depth}, after": found.last} if e.depth > 1 else {}
    series |= {"layer 1, after": found.first}
    theory = {}
    if found.setting == "learning_rate" or e.batchnorm:
        title = _deadly(found, setting, dead)
    else:
        series |= {"layer 1, before training": found.born}
        title = _born(found, setting, dead)
        if found.predicted and np.isfinite(found.off):
            theory = {"layer 1, predicted": found.predicted[:2]}
            title += f"; the means over the seeds are within {100 * found.off:.1f} points of the formula"
    return over_seeds(
        found.values,
        series,
        x_title=setting,
        y_title=f"share of units that are {dead}",
        title=title + _diverging(found),
        alt=f"Dead units against {setting}, {found.born.shape[1]} seeds each. {title}.",
        how=f"A dot is one training, the line their median.{_elsewhere(found, experiment)}"
        + " Dashed: the closed form, from the settings alone." * bool(theory),
        log_x=found.setting == "learning_rate",
        theory=theory,
        here=found.here(experiment),
    )


def _deadly(found: Kills, setting: str, dead: str) -> str:
    """Medians over the seeds, of the values at which no training diverges."""
    e, last, first = found.experiment, np.median(found.last, axis=1), np.median(found.first, axis=1)
    ended = np.isfinite(last)
    if not ended.any():
        return "How many units die cannot be told"
    tried = "tried" if ended.all() else "at which all trainings end"
    at = f"At no {setting} {tried} is more than half of layer {e.depth} {dead}"
    if (last > 0.5).any():
        at = f"At {setting} {where(found.values, last > 0.5)} more than half of layer {e.depth} is {dead}"
    title = f"{at} in the median"
    if e.depth == 1:
        return title
    most = first[ended].max()
    return f"{title}; of layer 1 {f'at most {percent(most)}' if most else 'no unit'}"


def _born(found: Kills, setting: str, dead: str) -> str:
    born = np.median(found.born, axis=1)
    if not np.isfinite(born).any():
        return f"At every {setting} tried the signal overflows before the first step"
    most = np.nanmax(born)
    if not most:
        return f"Before the first step no unit of layer 1 is {dead} in the median, at any {setting} tried"
    at = where(found.values, born > most - ALIKE)
    return f"Before the first step {percent(most)} of layer 1 are {dead} at {setting} {at}"


def accuracy(found: Kills, experiment: Experiment) -> go.Figure:
    """Held-out accuracy of the same runs."""
    e, setting = found.experiment, _word(found.setting)
    what, title = score(e), _best(found, setting)
    alike = short(ALIKE) if e.loss == "mse" else "a point"
    return over_seeds(
        found.values,
        {what: found.accuracy},
        x_title=setting,
        y_title=what,
        title=title,
        alt=f"{what.capitalize()} against {setting}. {title}.",
        how=f"The same {found.accuracy.size} trainings; those that diverge are crosses. The title is about "
        f"medians, and names what is within {alike} of the best or the worst with it."
        f"{_elsewhere(found, experiment)}",
        log_x=found.setting == "learning_rate",
        here=found.here(experiment),
    )


def _best(found: Kills, setting: str) -> str:
    """Of the values at which no training diverges."""
    e, middle = found.experiment, np.median(found.accuracy, axis=1)
    some = middle[np.isfinite(middle)]
    if not len(some):
        return f"At every {setting} tried some trainings diverge"
    low, high = some.min(), some.max()
    if high - low <= 2 * ALIKE:
        ends = " to ".join(dict.fromkeys((scored(e, low), scored(e, high))))
        at = where(found.values, np.isfinite(middle))
        return f"The {score(e)} is {ends} at {setting} {at}{_diverging(found)}"
    best, worst = where(found.values, middle >= high - ALIKE), where(found.values, middle <= low + ALIKE)
    return (
        f"The {score(e)} is best at {setting} {best} with {scored(e, high)}, worst at {worst} with "
        f"{scored(e, low)}{_diverging(found)}"
    )
