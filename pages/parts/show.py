"""Pieces that every page is put together from: metrics, charts, what takes long, downloads."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from core.diagnosis.measures import MEASURES
from core.diagnosis.numbers import given_to_right
from core.diagnosis.skill import unsure
from core.experiment import Experiment
from core.export.csv import chart_csv, runs_csv
from core.lessons import thumbnails
from core.lessons.lesson import Lesson
from core.run import ENDS, Run
from core.sweep import Sweep
from core.trainable import Trainable
from core.words import short
from core.work import WORK_LIMIT, work
from pages.parts import say
from pages.parts.controls import change, put
from pages.parts.training import is_cached, trained

AT_ONCE, UNASKED = 3e10, 2e11
"""Work, as core.work counts it, that a page does unasked: some seconds of it for what stands at the side, and
half a minute at most for what the page is about. No preset takes more."""


def card(lesson: Lesson) -> None:
    """A lesson's question, and what its start experiment looks like."""
    start = lesson.opening
    shown = trained([start])[0] if isinstance(start, Trainable) else start
    figure = thumbnails.THUMBNAILS[lesson.slug](shown)
    with st.container(border=True):
        left, right = st.columns([3, 2], vertical_alignment="center")
        with left:
            say.markdown(f"#### {lesson.icon} {lesson.question}")
            say.markdown(lesson.summary, *say.written_on(figure))
            st.page_link(
                f"pages/{lesson.slug}.py", label=f"Open {lesson.title}", icon=":material/arrow_forward:"
            )
        with right:
            st.plotly_chart(
                figure, key=f"home.{lesson.slug}", alt=figure.layout.meta["alt"], config={"staticPlot": True}
            )


def glance(run: Run, *names: str, counted: Mapping[str, tuple[str, str]] | None = None) -> None:
    """A row of metrics, each computed from the run, after those that the page has `counted` itself.

    Accuracy gives way to R² where the answer is a number, and where it would praise what is no better than
    guessing to the probability of the right class.
    """
    doubtful = unsure(run)
    better = "given_to_right" if doubtful else "test_r2" if run.experiment.loss == "mse" else "test_accuracy"
    measures = [MEASURES[better if name == "test_accuracy" else name] for name in names]
    metrics({**(counted or {}), **{m.title: (m.text(m.of(run)), m.help) for m in measures}})
    if doubtful and "test_accuracy" in names:
        right = MEASURES["test_accuracy"].text(run.test_accuracy[-1])
        say.caption(
            f"{right} of the held-out samples get their right class, and yet the loss is that of guessing: "
            f"in "
            f"the geometric mean the right class gets a probability of {short(given_to_right(run))}, where "
            f"guessing gives it {short(np.exp(-run.chance))}."
        )


def metrics(shown: Mapping[str, tuple[str, str]]) -> None:
    """A row of numbers: title -> (number as people read it, help)."""
    with st.container(horizontal=True):
        for title, (text, about) in shown.items():
            explained = say.words(title, about)
            st.metric(title, text, help="\n\n".join(filter(None, (about, explained))), border=True)


def chart(figure: go.Figure, key: str, on_pick: Callable[[dict], None] | None = None) -> None:
    """A chart under its finding, with one line on how to read it; `on_pick` gets a point that is clicked."""
    about = figure.layout.meta
    say.markdown(f"#### {about['title']}", *say.written_on(figure))

    def selected():
        if points := st.session_state[key]["selection"]["points"]:
            on_pick(points[0])

    pick = dict(on_select=selected, selection_mode="points") if on_pick else {}
    st.plotly_chart(figure, key=key, alt=about["alt"], config={"displayModeBar": False}, **pick)
    if about["how"]:
        say.caption(about["how"])


def beside(figures: Mapping[str, go.Figure], table: str = "") -> None:
    """Charts next to each other, by their keys, and what they show as a table, if that has a name."""
    for column, (key, figure) in zip(st.columns(len(figures)), figures.items(), strict=True):
        with column:
            chart(figure, key)
    if table:
        csv(table, chart_csv, *figures.values())


def pick(
    lesson: Lesson, figure: go.Figure, key: str, choices: Mapping[str, Experiment], runs: Sequence[Run]
) -> None:
    """A chart of runs whose points open experiments; a list does so without a mouse.

    The customdata of a point is the number of its choice.
    """

    def clicked():
        if points := st.session_state[key]["selection"]["points"]:
            number = points[0]["customdata"]
            name = list(choices)[int(number[0] if isinstance(number, list) else number)]
            _open(lesson, name, choices[name])

    def listed():
        if name := st.session_state[f"{key}.open"]:
            st.session_state[f"{key}.open"] = None
            _open(lesson, name, choices[name])

    about = figure.layout.meta
    say.markdown(f"#### {about['title']}", *say.written_on(figure))
    quiet = dict(alt=about["alt"], config={"displayModeBar": False})
    st.plotly_chart(figure, key=key, on_select=clicked, selection_mode="points", **quiet)
    say.caption(about["how"])
    chosen = dict(index=None, placeholder="Choose one", key=f"{key}.open", on_change=listed)
    st.selectbox("Open one of these experiments", list(choices), **chosen)
    csv(key, runs_csv, runs)


def asked(key: str, label: str, about=True) -> bool:
    """Whether the reader has asked for what takes a while; until then, and when `about` changes, a button."""
    flag = f"{key}.asked"
    if st.session_state.get(flag) == about:
        return True
    ask = dict(icon=":material/play_arrow:", on_click=lambda: st.session_state.update({flag: about}))
    st.button(label, key=f"{key}.run", help=say.words(label), **ask)
    return False


def wanted(key: str, cost: float, label: str, about, unasked: float = 0, what: str = "train it") -> bool:
    """Whether to do so much work now: unasked up to a limit of its own, else asked for, too much never."""
    if cost > WORK_LIMIT:
        say.info(f"To {what} takes too long. Lower the steps or the width.")
        return False
    return cost <= unasked or asked(key, label, about)


def on_demand(
    key: str, experiments: Sequence[Experiment], label: str = "", unasked: float = 0, snapshots: int = ENDS
) -> list[Run]:
    """The Runs of many experiments, by default measured at start and end.

    They are trained at once where that takes no more work than `unasked`, else when the reader asks. There
    are none until then, nor where all of them together take more work than is allowed.
    """
    number = networks(len(experiments))
    label = f"{label}: train {number}" if label else f"Train {number}"
    cost = 0 if is_cached(experiments, snapshots) else work(*experiments)
    if wanted(key, cost, label, tuple(experiments), unasked, f"train {number} with these settings"):
        return trained(experiments, snapshots)
    return []


def networks(number: int) -> str:
    """So many of them."""
    return "1 network" if number == 1 else f"{number:,} networks"


def fewer_seeds(sweep: Sweep) -> Sweep:
    """The sweep over as many of its seeds as may be trained together, and a sentence if that is not all."""
    every = len(sweep.axes["seed"])
    for seeds in range(every, 0, -1):
        fits = sweep.over_first(seeds)
        if work(*fits.experiments) <= WORK_LIMIT:
            if seeds < every:
                say.caption(f"{seeds} of {every} seeds: with these settings more of them take too long.")
            return fits
    return sweep


def openers(lesson: Lesson, choices: Mapping[str, Experiment]) -> None:
    """A button for every experiment that is worth opening from here."""
    with st.container(horizontal=True):
        for name, e in choices.items():
            here = st.session_state[lesson.slug] == e
            key, icon = f"{lesson.slug}.open.{name}", ":material/arrow_upward:"
            about = dict(help=say.words(name), disabled=here, on_click=_open, args=(lesson, name, e))
            st.button(name, key=key, icon=icon, **about)


def _open(lesson: Lesson, name: str, e: Experiment) -> None:
    change(lesson, **dict(e))
    st.toast(f"{name}: now at the top of the page.", icon=":material/arrow_upward:")


def csv(name: str, make: Callable, *args) -> None:
    """A button that downloads a table, made when it is pressed."""
    key, icon = f"csv.{name}", ":material/download:"
    label = "The numbers (CSV)"
    st.download_button(label, lambda: make(*args), f"{name}.csv", key=key, on_click="ignore", icon=icon)


def pick_unit(slug: str, run: Run, first: tuple[int, int]) -> tuple[int, int]:
    """Layer and unit, counted from 0, that the reader looks at: `first` until they choose another."""
    key, e = f"{slug}.unit", run.experiment
    chosen, layer, unit = st.session_state.get(key, (None, 0, 0))
    layer, unit = (layer, unit) if chosen == e else first

    def typed():
        picked = st.session_state[f"{key}.layer"] - 1, st.session_state[f"{key}.number"] - 1
        st.session_state[key] = (e, *picked)

    left, right = st.columns(2)
    for column, title, name, value, highest in (
        (left, "Layer", "layer", layer, e.depth),
        (right, "Unit", "number", unit, e.width),
    ):
        put(f"{key}.{name}", value + 1)
        column.number_input(title, 1, highest, key=f"{key}.{name}", on_change=typed)
    return layer, unit


def picked(slug: str, experiment: Experiment) -> Callable[[dict], None]:
    """For `chart`: makes the unit that was clicked, at x = unit and y = layer, the one `pick_unit` gives."""
    return lambda point: st.session_state.update(
        {f"{slug}.unit": (experiment, round(point["y"]) - 1, round(point["x"]) - 1)}
    )
