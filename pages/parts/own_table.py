"""A table of the reader's own: its upload, its target, and a pipeline for each of its columns."""

import pandas as pd
import streamlit as st
from pydantic import ValidationError

from core.lessons.feature_scaling.houses import Houses
from core.lessons.feature_scaling.table import PIPELINES, TableExperiment
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
from pages.parts import controls, say

KEY = "feature_scaling.upload"


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
