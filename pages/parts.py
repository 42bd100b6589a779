"""Pieces that every page is put together from: metrics, charts, what takes long, downloads."""

from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlencode

import plotly.graph_objects as go
import streamlit as st

from core import charts, export
from core.claims import SEEDS
from core.experiment import WORK_LIMIT, Experiment, work
from core.lesson import Lesson
from core.measures import MEASURES
from core.run import Run
from core.settings import Settings
from core.table import TableExperiment
from pages.controls import change, put
from pages.training import is_cached, trained

AT_ONCE = 3e10
"""Work, as core.experiment counts it, that a page does unasked: two or three seconds of it."""


def card(lesson: Lesson) -> None:
    """A lesson's question, and what its start experiment looks like."""
    with st.container(border=True):
        left, right = st.columns([3, 2], vertical_alignment="center")
        with left:
            st.markdown(f"#### {lesson.icon} {lesson.question}")
            st.markdown(lesson.summary)
            st.page_link(
                f"pages/{lesson.slug}.py", label=f"Open {lesson.title}", icon=":material/arrow_forward:"
            )
        with right:
            start = lesson.start
            shown = trained([start])[0] if isinstance(start, Experiment | TableExperiment) else start
            figure = charts.thumbnails.THUMBNAILS[lesson.slug](shown)
            st.plotly_chart(
                figure, key=f"home.{lesson.slug}", alt=figure.layout.meta["alt"], config={"staticPlot": True}
            )


def glance(run: Run, *names: str) -> None:
    """A row of metrics, each computed from the run."""
    measures = [MEASURES[name] for name in names]
    metrics({m.title: (m.text(m.of(run)), m.help) for m in measures})


def metrics(shown: Mapping[str, tuple[str, str]]) -> None:
    """A row of numbers: title -> (number as people read it, help)."""
    with st.container(horizontal=True):
        for title, (text, about) in shown.items():
            st.metric(title, text, help=about, border=True)


def show(figure: go.Figure, key: str, on_pick: Callable[[dict], None] | None = None) -> None:
    """A chart under its finding, with one line on how to read it; `on_pick` gets a point that is clicked."""
    about = figure.layout.meta
    st.markdown(f"#### {about['title']}")

    def selected():
        if points := st.session_state[key]["selection"]["points"]:
            on_pick(points[0])

    pick = dict(on_select=selected, selection_mode="points") if on_pick else {}
    st.plotly_chart(figure, key=key, alt=about["alt"], config={"displayModeBar": False}, **pick)
    if about["how"]:
        st.caption(about["how"])


def beside(figures: Mapping[str, go.Figure], table: str = "") -> None:
    """Charts next to each other, by their keys, and what they show as a table, if that has a name."""
    for column, (key, figure) in zip(st.columns(len(figures)), figures.items(), strict=True):
        with column:
            show(figure, key)
    if table:
        csv(table, export.chart_csv, *figures.values())


def pick(lesson: Lesson, figure: go.Figure, key: str, names: Sequence[str], runs: list[Run]) -> None:
    """A chart of runs [name][seed], flat, whose points open experiments; a list does so without a mouse.

    The customdata of a point is the number of its name.
    """
    first = runs[:: len(runs) // len(names)]
    choices = {name: run.experiment for name, run in zip(names, first, strict=True)}

    def clicked():
        if points := st.session_state[key]["selection"]["points"]:
            number = points[0]["customdata"]
            name = names[int(number[0] if isinstance(number, list) else number)]
            _open(lesson, name, choices[name])

    def listed():
        if name := st.session_state[f"{key}.open"]:
            st.session_state[f"{key}.open"] = None
            _open(lesson, name, choices[name])

    about = figure.layout.meta
    st.markdown(f"#### {about['title']}")
    quiet = dict(alt=about["alt"], config={"displayModeBar": False})
    st.plotly_chart(figure, key=key, on_select=clicked, selection_mode="points", **quiet)
    st.caption(about["how"])
    chosen = dict(index=None, placeholder="Choose one", key=f"{key}.open", on_change=listed)
    st.selectbox("Open one of these experiments", names, **chosen)
    csv(key, export.runs_csv, runs)


def asked(key: str, label: str, about=True) -> bool:
    """Whether the reader has asked for what takes a while; until then, and when `about` changes, a button."""
    flag = f"{key}.asked"
    if st.session_state.get(flag) == about:
        return True
    ask = dict(icon=":material/play_arrow:", on_click=lambda: st.session_state.update({flag: about}))
    st.button(label, key=f"{key}.run", **ask)
    return False


def on_demand(key: str, experiments: Sequence[Experiment], label: str = "") -> list[Run]:
    """The Runs of many experiments, measured at start and end, once the reader asks; none until then."""
    number = f"{len(experiments)} networks"
    if work(*experiments) > WORK_LIMIT:
        st.info(
            f"To train {number} like the one above takes too long. "
            "Lower the steps, the number of layers, the width or the samples."
        )
        return []
    label = f"{label}: train {number}" if label else f"Train {number}"
    if is_cached(experiments, 2) or asked(key, label, list(experiments)):
        return trained(experiments, 2)
    return []


def doors(lesson: Lesson, choices: Mapping[str, Experiment]) -> None:
    """A button for every experiment that is worth opening from here."""
    with st.container(horizontal=True):
        for name, e in choices.items():
            here = st.session_state[lesson.slug] == e
            key, icon = f"{lesson.slug}.door.{name}", ":material/arrow_upward:"
            st.button(name, key=key, icon=icon, disabled=here, on_click=_open, args=(lesson, name, e))


def _open(lesson: Lesson, name: str, e: Experiment) -> None:
    change(lesson, **dict(e))
    st.toast(f"{name}: now at the top of the page.", icon=":material/arrow_upward:")


def csv(name: str, make: Callable, *args) -> None:
    """A button that downloads a table, made when it is pressed."""
    key, icon = f"csv.{name}", ":material/download:"
    label = "The numbers (CSV)"
    st.download_button(label, lambda: make(*args), f"{name}.csv", key=key, on_click="ignore", icon=icon)


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
    beside({f"{key}.chart": chart(runs), f"{key}.losses": charts.runs.losses(runs)})


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
    """For `show`: makes the unit that was clicked, at x = unit and y = layer, the one `pick_unit` gives."""
    return lambda point: st.session_state.update(
        {f"{slug}.unit": (experiment, round(point["y"]) - 1, round(point["x"]) - 1)}
    )


def compared(runs: Mapping[str, Run], key: str) -> None:
    """Several runs on shared axes: their losses and their error signals."""
    losses, signals = charts.runs.losses(runs), charts.gradients.signals_compared(runs)
    beside({f"{key}.losses": losses, f"{key}.signals": signals})


def take_away(run: Run, settings: Settings | None = None) -> None:
    """The link with every setting written out, the numbers, and the script that makes them again.

    settings: what the link holds where the page has more settings than the run.
    """
    e = run.experiment
    files = {
        "Losses (CSV)": (lambda: export.losses_csv(run), export.file_name(e, "losses.csv")),
        "Probes (CSV)": (lambda: export.probes_csv(run), export.file_name(e, "probes.csv")),
        "Units (CSV)": (lambda: export.units_csv(run), export.file_name(e, "units.csv")),
    }
    take_files(settings or e, files, export.pytorch_script(e), export.file_name(e, "py"))


def take_files(settings: Settings | None, files: Mapping[str, tuple], script: str, script_name: str) -> None:
    """The same for any settings, or None where no link can hold them.

    files: label -> (function that makes the text, file name).
    """
    st.subheader("Take it with you")
    if settings:
        st.caption("A link with every setting written out; it opens exactly this experiment.")
        link = f"{(st.context.url or '').split('?')[0]}?{urlencode(settings.to_link())}"
        st.code(link, language=None, wrap_lines=True)
    with st.container(horizontal=True):
        for label, (make, name) in (files | {"PyTorch script": (lambda: script, script_name)}).items():
            st.download_button(label, make, name, on_click="ignore", icon=":material/download:")
    with st.expander("The same in plain PyTorch"):
        st.code(script, language="python")
