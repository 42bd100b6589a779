"""What only the page about tables draws: the upload, the table before and after scaling, the ladder."""

import numpy as np
import pandas as pd
import streamlit as st
from pydantic import ValidationError

from core.lessons.feature_scaling import trials
from core.lessons.feature_scaling.charts import columns, not_finite, valley
from core.lessons.feature_scaling.houses import Houses
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
from core.run import ENDS
from core.words import short
from pages.parts import controls, say, show
from pages.parts.training import computed, trained

KEY = "feature_scaling.upload"
LADDER = "feature_scaling.models"


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


def overview(e: TableExperiment) -> None:
    """Every column in a line, before and after scaling; one of them larger."""
    before, after = computed(before_and_after, e)
    config = {name: st.column_config.BarChartColumn(name, width="small") for name in ("values", "scaled")}
    config |= {
        name: st.column_config.NumberColumn(name, format="%.4g")
        for name in ("smallest", "median", "largest", "skewness", "from", "to")
    }
    st.dataframe(
        summary(e, before, after), column_config=config, hide_index=True, key="feature_scaling.columns"
    )
    say.caption(
        f"{e.samples:,} training rows, {len(before) - e.samples:,} held out; the target is {e.target}. Left "
        "of “scaling” a column as it comes, right of it what the network sees. Skewness is Kelley's, from −1 "
        "to 1."
    )
    if not np.isfinite(after).all():
        say.warning(
            f"{(~np.isfinite(after)).sum()} cells have no number after scaling. One is enough to turn every "
            "weight into NaN; turn on “Fill gaps” under More.",
            icon=":material/warning:",
        )
    with st.expander("The first rows"):
        st.dataframe(e.draw().head(100), hide_index=True, key="feature_scaling.rows")
    name = st.selectbox(
        "A column, larger", e.features, index=min(2, len(e.features) - 1), key="feature_scaling.column"
    )
    i = e.features.index(name)
    left, right = st.columns(2)
    with left:
        show.chart(columns.column(e, name, before[:, i], scaled=False), "feature_scaling.before")
    with right:
        show.chart(columns.column(e, name, after[:, i], scaled=True), "feature_scaling.after")


def ladder(e: TableExperiment) -> None:
    """Every pipeline over several seeds; for four models once the reader asks."""
    place, every = st.container(), trials.ladder(e, all_models=True)
    label = f"Linear and deep, SGD and Adam: train {len(every.experiments)} networks"
    sweep = every if show.asked(LADDER, label, e) else trials.ladder(e, all_models=False)
    runs = trained(sweep.experiments, ENDS)
    with place:
        show.chart(columns.ladder(trials.compared(sweep, runs)), "feature_scaling.ladder")


def leakage(e: TableExperiment) -> None:
    """What fitting the scaling on all rows changes."""
    sweep = trials.leakage(e)
    gains = trials.leaked(sweep, trained(sweep.experiments, ENDS))
    say.markdown(f"**Leakage.** {columns.leak(gains, sweep.experiments[0].scaling)}")


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

    found = computed(first_not_finite, e)
    bad = found.first_bad
    if bad:
        say.markdown(
            f"**How to find it.** In the run on the screen it is at step {found.step}, and the first tensor "
            f"with a number that is not finite is **{bad.name}** ({100 * bad.finite:.4g} % of it is finite)."
        )
    else:
        say.markdown(
            "**How to find it.** In the run on the screen every tensor of every step is finite, to step "
            f"{found.step}."
        )
    rows = [
        {"tensor": t.name, "finite": t.finite, "largest magnitude": short(t.largest)} for t in found.tensors
    ]
    st.dataframe(
        pd.DataFrame(rows),
        column_config={
            "finite": st.column_config.NumberColumn(format="percent"),
        },
        hide_index=True,
        key="feature_scaling.autopsy",
    )
