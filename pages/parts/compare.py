"""Runs beside each other: what the page offers to set beside the one on the screen."""

from collections.abc import Callable, Mapping

import plotly.graph_objects as go
import streamlit as st

from core.charts.compared import losses, signals_compared
from core.diagnosis.claims import SEEDS
from core.diagnosis.wording import NAMES, words
from core.engine.optimizers import OPTIMIZERS
from core.experiment import Experiment
from core.lessons.lesson import Lesson
from core.run import Run
from core.settings import plain, said
from core.sweep import Sweep
from core.trainable import Trainable
from core.words import listed
from pages.parts import say
from pages.parts.chaos import chaotic
from pages.parts.show import UNASKED, beside, fewer_seeds, on_demand
from pages.parts.training import SNAPSHOTS, trained

MANY = 3
"""More changed settings than a legend has room for."""


def changed(before: Trainable, after: Trainable) -> str:
    """Which settings are different in `after`, in words, with what each was; "" if that is too much."""
    changes = after.changes(before)
    if len(changes) > MANY or any(isinstance(value, tuple) for value in changes.values()):
        return ""
    return ", ".join(
        f"{words(type(before), name, value)} (was {_value(before, name)})" for name, value in changes.items()
    )


def _value(settings: Trainable, name: str) -> str:
    value = getattr(settings, name)
    if isinstance(value, bool):
        return "on" if value else "off"
    if name == "optimizer":
        return OPTIMIZERS[value].__name__
    option = said(type(settings).model_fields[name], value)
    return NAMES.get(option, plain(option))


def variants(lesson: Lesson, experiment: Experiment) -> dict[str, Run]:
    """The run on the screen and those the reader sets beside it, all with the same seed, by what differs."""
    every, key = list(lesson.variants), f"{lesson.slug}.variants"
    about = dict(key=key, help=say.words(*every))
    names = st.pills("Set beside it", every, selection_mode="multi", default=every, **about)
    distinct = {}
    for name in names:
        e = lesson.variant(name, experiment)
        if e != experiment:
            distinct.setdefault(e, changed(experiment, e) or name)
    [run] = trained([experiment])
    runs = on_demand(f"{key}.beside", list(distinct), "Set beside it", UNASKED, SNAPSHOTS)
    return {"this run": run} | {distinct[run.experiment]: run for run in runs}


def over_seeds(lesson: Lesson, experiment: Experiment) -> tuple[Sweep, list[Run]]:
    """The run on the screen and every variant that changes something, over eight seeds or as many as fit; no
    Runs where that takes long and nobody has asked for it."""
    every = {name: lesson.variant(name, experiment) for name in lesson.variants}
    chosen = {"this run": experiment} | {name: e for name, e in every.items() if e != experiment}
    sweep = fewer_seeds(
        Sweep.made(lambda variant, seed: chosen[variant].but(seed=seed), variant=chosen, seed=range(SEEDS))
    )
    key, label = f"{lesson.slug}.variants.seeds", f"What helps, over {len(sweep.axes['seed'])} seeds"
    return sweep, on_demand(key, sweep.experiments, label, UNASKED)


def one_variant(lesson: Lesson, experiment: Experiment, chart: Callable[[dict], go.Figure]) -> None:
    """Before and after one variant of the reader's choice: a chart of the page's own, and the losses."""
    names = [name for name in lesson.variants if lesson.variant(name, experiment) != experiment]
    key = f"{lesson.slug}.one_variant"
    about = dict(key=key, help=say.words(*names))
    name = st.pills("Before and after, with the same seed", names, default=names[0], **about) or names[0]
    [before], after = trained([experiment]), lesson.variant(name, experiment)
    if not (found := on_demand(f"{key}.after", [after], "After", UNASKED, SNAPSHOTS)):
        return
    runs = {"before": before, changed(experiment, after) or name: found[0]}
    beside({f"{key}.chart": chart(runs), f"{key}.losses": losses(runs)})
    if which := ["before"] * chaotic(before) + ["after"] * chaotic(found[0]):
        say.caption(
            f"The training {listed(which)} is chaotic: next to nothing would take it elsewhere, so that one "
            f"seed proves nothing. What the change does is what it does over {SEEDS} seeds."
        )


Compared = Callable[[dict[str, Run]], go.Figure]
"""Several runs on shared axes, as a page looks at them."""


def shared_axes(runs: Mapping[str, Run], key: str, inside: Compared = signals_compared) -> None:
    """Several runs on shared axes: their losses, and where there are layers what goes on inside.

    "before" and "after" are shown with what changed from one to the other.
    """
    if list(runs) == ["before", "after"]:
        what = changed(*(run.experiment for run in runs.values()))
        runs = dict(zip(("before", f"after: {what}" if what else "after"), runs.values(), strict=True))
    figures = {f"{key}.losses": losses(runs)}
    if all(run.experiment.depth > (inside is signals_compared) for run in runs.values()):
        figures[f"{key}.inside"] = inside(runs)
    beside(figures)
