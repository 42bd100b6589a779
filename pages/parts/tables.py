"""What only the page about tables draws: the upload, the table before and after scaling, the ladder."""

import numpy as np
import pandas as pd
import streamlit as st
from pydantic import ValidationError

from core.diagnosis.claims import SEEDS, judge
from core.lessons.feature_scaling import trials
from core.lessons.feature_scaling.charts import columns, leak, not_finite, outliers, valley
from core.lessons.feature_scaling.charts import ladder as charts
from core.lessons.feature_scaling.houses import Houses, variance
from core.lessons.feature_scaling.measured import least_squares
from core.lessons.feature_scaling.measured import valley as measured
from core.lessons.feature_scaling.pipelines import before_and_after
from core.lessons.feature_scaling.table import PIPELINES, TableExperiment, summary
from core.lessons.feature_scaling.upload import (
    MAX_BYTES,
    MAX_COLUMNS,
    MAX_ROWS,
    MIN_ROWS,
    NotATable,
    Upload,
    Uploaded,
    read,
)
from core.lessons.lesson import Lesson
from core.run import ENDS, Run
from core.words import short
from core.work import work
from pages.parts import controls, say, show
from pages.parts.training import computed, trained

KEY = "feature_scaling.upload"
LADDER = "feature_scaling.models"
NUMBERS = ("smallest", "median", "largest", "skewness", "farthest", "from", "to")
"""Columns of the overview that are numbers."""


def chosen(settings: Houses) -> TableExperiment:
    """The reader's own table with these settings if there is one, else the synthetic one."""
    with st.expander(
        "Use a table of your own", icon=":material/upload_file:", expanded=KEY in st.session_state
    ):
        say.caption(
            f"A CSV file with names in the first line: up to {MAX_BYTES // 1_000_000} MB, {MIN_ROWS} to "
            f"{MAX_ROWS:,} rows, 2 to {MAX_COLUMNS} columns, of which the numeric ones are used. It stays in "
            "this session and cannot be part of the link; 70 % of its rows train, the rest is held out."
        )
        st.file_uploader("CSV file", ["csv", "tsv", "txt"], key=f"{KEY}.file", on_change=_received)
        state = st.session_state.get(KEY)
        if not state:
            return settings
        if "refused" in state:
            with st.container(border=True, key="complaints"):
                say.text(state["refused"])
            return settings
        for note in state["notes"]:
            say.text(note)
        target = st.selectbox(
            "Target: the column to predict", Upload.targets(state["table"]), key=f"{KEY}.target"
        )
        upload = Upload(state["table"], target)
        state["choices"] = _choices(upload, state)
        st.button("Back to the synthetic table", icon=":material/undo:", on_click=_forget)
    try:
        return Uploaded.of(settings, upload, state["choices"])
    except ValidationError as error:
        with st.container(border=True, key="too_much"):
            say.markdown("These settings do not fit your table. What follows is the synthetic one.")
            for sentence in Uploaded.complaints(error):
                say.text(sentence)
        return settings


def change(lesson: Lesson, e: TableExperiment) -> None:
    """Make the page show this experiment, on the table that is there."""
    shared = type(lesson.start).model_fields.keys() & type(e).model_fields.keys()
    controls.change(lesson, **{name: getattr(e, name) for name in shared})
    if isinstance(e, Uploaded):
        state = st.session_state[KEY]
        state["choices"] = state["given"] = dict(e.choices)
        state["times_given"] = state.get("times_given", 0) + 1


def unused(settings: Houses) -> dict[str, str]:
    """What changes nothing, and why: beside a table of one's own, all that shapes the synthetic one."""
    state = st.session_state.get(KEY, {})
    if "table" not in state:
        return settings.unused
    target = st.session_state.get(f"{KEY}.target", Upload.targets(state["table"])[0])
    try:
        mine = Uploaded.of(settings, Upload(state["table"], target), state.get("choices", {}))
    except ValidationError:
        return settings.unused
    synthetic = Houses.model_fields.keys() - TableExperiment.model_fields.keys()
    return mine.unused | dict.fromkeys(synthetic, "it shapes the synthetic table")


def _received() -> None:
    file = st.session_state[f"{KEY}.file"]
    if file is None:
        _forget()
        return
    try:
        table, notes = read(file.getvalue())
        st.session_state[KEY] = {"table": table, "notes": notes}
    except NotATable as error:
        st.session_state[KEY] = {"refused": str(error)}


def _forget() -> None:
    st.session_state.pop(KEY, None)


def _choices(upload: Upload, state: dict) -> dict[str, str]:
    """The pipelines that the reader gave to single columns, after those that `change` gave."""
    names = [name for name in upload.table if name != upload.target]
    titles = {"as above": "as above"} | PIPELINES
    given = state.get("given", {})
    edited = st.data_editor(
        pd.DataFrame({"column": names, "scaling": [titles[given.get(name, "as above")] for name in names]}),
        column_config={
            "scaling": st.column_config.SelectboxColumn(options=list(titles.values()), required=True)
        },
        disabled=["column"],
        hide_index=True,
        key=f"{KEY}.choices.{upload.key[:12]}.{state.get('times_given', 0)}",
    )
    by_title, choices = {title: name for name, title in titles.items()}, {}
    for name, title in zip(edited["column"], edited["scaling"], strict=True):
        pipeline = by_title[title]
        if pipeline in (*upload.allowed(name), "as above"):
            choices[name] = pipeline
        else:
            say.text(
                f"{name} cannot take {title}: it has values that are not above 0, which have no logarithm."
            )
    return {name: pipeline for name, pipeline in choices.items() if pipeline != "as above"}


def glance(run: Run) -> None:
    """The first numbers; no held-out R² where held-out cells have no number, which is no divergence."""
    if trials.scoreless(run):
        counted = {"Held-out R²": ("no score", "Some held-out cells have no number.")}
        show.glance(run, "final_loss", "survived", counted=counted)
    else:
        show.glance(run, "test_r2", "final_loss", "survived")


def overview(e: TableExperiment) -> None:
    """Every column in a line, before and after scaling; one of them larger. After only where it differs."""
    before, after = computed(before_and_after, e)
    table = summary(e, before, after)
    for name in table.columns.intersection(NUMBERS):
        table[name] = [short(value) if np.isfinite(value) else "none" for value in table[name]]
    config = {name: st.column_config.BarChartColumn(name, width="small") for name in ("values", "scaled")}
    st.dataframe(table, column_config=config, hide_index=True, key="feature_scaling.columns")
    scaled = "Right of *scaling* is what the model sees." if "scaled" in table else "Scaling changes nothing."
    say.caption(
        f"{e.samples:,} training rows, of which the numbers are, and {len(before) - e.samples:,} held out; "
        f"the target is {e.target}. {scaled} Skewness is Kelley’s, from −1 to 1: it compares the 10th, 50th "
        "and 90th percentile, so that no outlier moves it, and none is seen by it. Those are seen by "
        "*farthest*: how many robust standard deviations the value farthest from the median lies from it, of "
        "1,000 normal values mostly 3 to 4."
    )
    if bad := int((~np.isfinite(after)).sum()):
        cells = "1 cell has" if bad == 1 else f"{bad:,} cells have"
        follows = "One is enough to turn every weight into NaN"
        if np.isfinite(after[: e.samples]).all():
            follows = "All are held out: they leave every weight as it is, but there is no held-out score"
        say.warning(
            f"{cells} no number after scaling. {follows}; turn on *Fill gaps* under More.",
            icon=":material/warning:",
        )
    with st.expander("The first rows"):
        st.dataframe(e.draw().head(100), hide_index=True, key="feature_scaling.rows")
    name = st.selectbox(
        "A column, larger", e.features, index=min(2, len(e.features) - 1), key="feature_scaling.column"
    )
    i = e.features.index(name)
    sides = {"before": columns.column(e, name, before[:, i], scaled=False)}
    if not np.array_equal(before[:, i], after[:, i], equal_nan=True):
        sides["after"] = columns.column(e, name, after[:, i], scaled=True)
    show.beside({f"feature_scaling.{side}": figure for side, figure in sides.items()})


def ladder(e: TableExperiment) -> None:
    """Every pipeline over several seeds; for four models once the reader asks."""
    place, sweep = st.container(), trials.ladder(e, all_models=True)
    runs = show.on_demand(LADDER, sweep.experiments, "Linear and deep, SGD and Adam")
    with place:
        if not runs:
            sweep = show.fewer_seeds(trials.ladder(e, all_models=False))
            runs = show.on_demand(f"{LADDER}.this", sweep.experiments, "Every way of scaling", show.UNASKED)
        limits = computed(least_squares.limits, e, trials.seeds(e))
        if runs:
            shown = limits if len(sweep.axes["model"]) > 1 or not e.depth else None
            show.chart(charts.ladder(trials.compared(sweep, runs), shown), "feature_scaling.ladder")
            if lowest := trials.lowest(runs):
                say.markdown(charts.lowest_sentence(lowest))
        say.markdown(charts.end_sentence(limits))


def sticking(e: Houses) -> None:
    """What the outliers of this table cost behind every pipeline, once the reader asks."""
    stuck = int((e.draw()["sensor"] == e.outlier).sum())
    if not stuck:
        say.caption("No row of this table has an outlier: raise *Share of outliers* under More.")
        return
    claim = trials.sticking(e)
    label = "With the outliers of this table and without them"
    if runs := show.on_demand("feature_scaling.sticking", claim.sweep.experiments, label):
        figure = outliers.trained(judge(claim, runs).outcomes, e.outlier_share / variance(e.noise))
        show.chart(figure, "feature_scaling.trained")


def leakage(e: TableExperiment) -> None:
    """A leak that is one, and what fitting the scaling on all rows changes."""
    show.chart(leak.chosen(computed(least_squares.selection, SEEDS)), "feature_scaling.chosen")
    fitted = (e.but(fit_on=rows) for rows in ("training rows", "all rows"))
    both = [computed(least_squares.limits, one, trials.seeds(e)) for one in fitted]
    if sentence := leak.refitted(*both):
        say.markdown(sentence)


def landscapes(e: TableExperiment) -> None:
    """Two columns of the reader's choice, as they come and scaled."""
    if len(e.features) < 2:
        say.caption("Two weights need two columns.")
        return
    with st.container(horizontal=True):
        first = st.selectbox("First column", e.features, key="feature_scaling.first")
        others = [name for name in e.features if name != first]
        second = st.selectbox("Second column", others, key="feature_scaling.second")
        scalings = [name for name in PIPELINES if name != "none"]
        scaling = st.selectbox(
            "Scaled by",
            scalings,
            index=scalings.index("zscore"),
            format_func=PIPELINES.get,
            key="feature_scaling.by",
        )
    for side, name, place in zip(("raw", "scaled"), ("none", scaling), st.columns(2), strict=True):
        with place:
            found = computed(measured.landscape, e, (first, second), name)
            show.chart(valley.contours(found), f"feature_scaling.contours.{side}")


def facts() -> None:
    """Where float32 makes inf and NaN."""
    from core.lessons.feature_scaling.measured.nan_trap import facts

    rows = pd.DataFrame(computed(facts), columns=["computed", "result", "why"])
    st.dataframe(rows, hide_index=True, height="content", key="feature_scaling.facts")


def poisoned(e: TableExperiment) -> None:
    """How one missing cell takes every weight."""
    from core.lessons.feature_scaling.measured.nan_trap import poisoned

    show.chart(not_finite.parameters(computed(poisoned, e)), "feature_scaling.poisoned")


def overflow(e: TableExperiment) -> None:
    """The step of the overflow, predicted before training and measured, over learning rates and seeds."""
    raw = trials.raw(e)
    sweep, expected = trials.overflow(raw, [computed(measured.steepest, one) for one in raw])
    if not sweep.experiments:
        say.caption("These columns are too small to overflow at any learning rate up to 100.")
        return
    found = trials.overflows(sweep, trained(sweep.experiments, ENDS), expected)
    show.chart(not_finite.overflow(found), "feature_scaling.overflow")


def first_not_finite(e: TableExperiment) -> None:
    """The first tensor with a number that is not finite, in the run on the screen."""
    from core.lessons.feature_scaling.measured.nan_trap import first_not_finite

    key, label = "feature_scaling.look", "Look at every tensor of every step of the run on the screen"
    if not show.wanted(key, work(e), label, e, show.UNASKED):
        return
    found = computed(first_not_finite, e)
    if bad := found.first_bad:
        many = (
            f": {bad.finite:,} of its {bad.size:,} numbers are finite"
            if bad.size > 1
            else ", a single number"
        )
        say.markdown(
            "**How to find it.** In the run on the screen the first number that is not finite comes up at "
            f"step {found.step:,}, in the tensor **{bad.name}**{many}."
        )
    else:
        say.markdown(
            "**How to find it.** In the run on the screen every tensor of every step is finite, to step "
            f"{found.step:,}."
        )
    rows = [
        {
            "tensor": t.name,
            "finite": f"{t.finite:,} of {t.size:,}",
            "largest finite magnitude": short(t.largest) if t.finite else "none",
        }
        for t in found.tensors
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, key="feature_scaling.autopsy")
