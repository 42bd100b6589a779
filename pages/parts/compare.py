"""Runs beside each other: what the page offers to set beside the one on the screen."""

from collections.abc import Callable, Mapping

import plotly.graph_objects as go
import streamlit as st

from core.charts.runs import losses, signals_compared
from core.diagnosis.claims import SEEDS
from core.experiment import Experiment, work
from core.lessons.lesson import Lesson
from core.run import Run
from pages.parts.show import (
    AT_ONCE,
    beside,
    on_demand,
)
from pages.parts.training import trained


def rivals(lesson: Lesson, experiment: Experiment) -> dict[str, Run]:
    """The run on the screen and those the reader sets beside it, all with the same seed."""
    key = f"{lesson.slug}.rivals"
    names = st.pills(
        "Set beside it", list(lesson.rivals), selection_mode="multi", default=list(lesson.rivals), key=key
    )
    chosen = {"this run": experiment} | {name: lesson.rival(name, experiment) for name in names}
    distinct = {}
    for name, e in chosen.items():
        distinct.setdefault(e, name)
    return {distinct[e]: run for e, run in zip(distinct, trained(list(distinct)), strict=True)}


def remedies(lesson: Lesson, experiment: Experiment) -> dict[str, list[Run]]:
    """The run on the screen and every rival that changes something: with its seed, or eight once asked."""
    chosen = {"this run": experiment} | {name: lesson.rival(name, experiment) for name in lesson.rivals}
    chosen = {name: e for name, e in chosen.items() if name == "this run" or e != experiment}
    seeds = [e.but(seed=seed) for e in chosen.values() for seed in range(SEEDS)]
    runs = on_demand(f"{lesson.slug}.remedies.seeds", seeds, f"What helps, over {SEEDS} seeds")
    if not runs:
        quick = work(*chosen.values()) < AT_ONCE
        return {name: trained([e], 2) for name, e in chosen.items() if quick or e == experiment}
    return {name: runs[i * SEEDS : (i + 1) * SEEDS] for i, name in enumerate(chosen)}


def one_remedy(lesson: Lesson, experiment: Experiment, chart: Callable[[dict], go.Figure]) -> None:
    """Before and after one rival of the reader's choice: a chart of the page's own, and the losses."""
    names = [name for name in lesson.rivals if lesson.rival(name, experiment) != experiment]
    key = f"{lesson.slug}.one_remedy"
    name = st.pills("Before and after, with the same seed", names, default=names[0], key=key) or names[0]
    before, after = trained([experiment, lesson.rival(name, experiment)])
    runs = {"before": before, name: after}
    beside({f"{key}.chart": chart(runs), f"{key}.losses": losses(runs)})


def compared(runs: Mapping[str, Run], key: str) -> None:
    """Several runs on shared axes: their losses and their error signals."""
    beside({f"{key}.losses": losses(runs), f"{key}.signals": signals_compared(runs)})
