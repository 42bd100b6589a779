"""What only the page about tables draws: the upload, the table before and after scaling, the ladder."""

import numpy as np
import pandas as pd
import streamlit as st

from core.diagnosis.measures import short
from core.lessons.feature_scaling.charts import columns, not_finite, valley
from core.lessons.feature_scaling.lesson import MODELS
from core.lessons.feature_scaling.table import PIPELINES, Houses, TableExperiment, summary
from core.lessons.feature_scaling.theory import overflow_step
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
from core.run import Run
from pages.parts import show
from pages.parts.training import computed, trained

SEEDS, MODEL_SEEDS = 5, 3
KEY = "feature_scaling.upload"
LADDER = "feature_scaling.models"
OVERFLOW_AT = (1.5, 2, 3, 5, 10, 100, 1e4, 1e6)


def chosen(settings: Houses) -> TableExperiment:
    """The reader's own table with these settings if there is one, else the synthetic one."""
    with st.expander(
        "Use a table of your own", icon=":material/upload_file:", expanded=KEY in st.session_state
    ):
        st.caption(
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
                st.text(state["refused"])
            return settings
        for note in state["notes"]:
            st.text(note)
        target = st.selectbox(
            "Target: the column to predict", Upload.targets(state["table"]), key=f"{KEY}.target"
        )
        upload = Upload(state["table"], target)
        choices = _choices(upload)
        st.button("Back to the synthetic table", icon=":material/undo:", on_click=_forget)
    return Uploaded.of(settings, upload, choices)


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


def _choices(upload: Upload) -> dict[str, str]:
    """The pipelines that the reader gave to single columns."""
    names = [name for name in upload.table if name != upload.target]
    titles = {"as above": "as above"} | PIPELINES
    edited = st.data_editor(
        pd.DataFrame({"column": names, "scaling": "as above"}),
        column_config={
            "scaling": st.column_config.SelectboxColumn(options=list(titles.values()), required=True)
        },
        disabled=["column"],
        hide_index=True,
        key=f"{KEY}.choices.{upload.key[:12]}",
    )
    by_title, choices = {title: name for name, title in titles.items()}, {}
    for name, title in zip(edited["column"], edited["scaling"], strict=True):
        pipeline = by_title[title]
        if pipeline in (*upload.allowed(name), "as above"):
            choices[name] = pipeline
        else:
            st.text(
                f"{name} cannot take {title}: it has values that are not above 0, which have no logarithm."
            )
    return {name: pipeline for name, pipeline in choices.items() if pipeline != "as above"}


def overview(e: TableExperiment) -> None:
    """Every column in a line, before and after scaling; one of them larger."""
    before, after = computed("core.lessons.feature_scaling.pipelines.before_and_after", e)
    config = {name: st.column_config.BarChartColumn(name, width="small") for name in ("values", "scaled")}
    config |= {
        name: st.column_config.NumberColumn(name, format="%.4g")
        for name in ("smallest", "median", "largest", "skewness", "from", "to")
    }
    st.dataframe(
        summary(e, before, after), column_config=config, hide_index=True, key="feature_scaling.columns"
    )
    st.caption(
        f"{e.samples:,} training rows, {len(before) - e.samples:,} held out; the target is {e.target}. Left "
        "of “scaling” a column as it comes, right of it what the network sees. Skewness is Kelley's, from −1 "
        "to 1."
    )
    if not np.isfinite(after).all():
        st.warning(
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


def _seeds(e: TableExperiment, count: int) -> list[TableExperiment]:
    return [e.but(seed=(e.seed + i) % 2**32) for i in range(count)]


def ladder(e: TableExperiment) -> None:
    """Every pipeline over several seeds; for four models once the reader asks."""
    place, total = st.container(), len(MODELS) * len(PIPELINES) * MODEL_SEEDS
    asked = show.asked(LADDER, f"Linear and deep, SGD and Adam: train {total} networks", e)
    count = MODEL_SEEDS if asked else SEEDS
    models = {name: e.but(**change) for name, change in MODELS.items()} if asked else {"this model": e}
    wanted = [
        (model, scaling, x)
        for model, one in models.items()
        for scaling in PIPELINES
        for x in _seeds(one.everywhere(scaling), count)
    ]
    found: dict[str, dict[str, list[Run]]] = {}
    for (model, scaling, _), run in zip(wanted, trained([x for *_, x in wanted], 2), strict=True):
        found.setdefault(model, {}).setdefault(scaling, []).append(run)
    with place:
        show.chart(columns.ladder(found), "feature_scaling.ladder")


def leakage(e: TableExperiment) -> None:
    """What fitting the scaling on all rows changes."""
    e = e if e.scaling != "none" else e.everywhere("linear")
    pairs = [_seeds(e.but(fit_on=rows), SEEDS) for rows in ("training rows", "all rows")]
    runs = trained([x for side in pairs for x in side], 2)
    st.markdown(f"**Leakage.** {columns.leak(runs[:SEEDS], runs[SEEDS:])}")


def landscapes(e: TableExperiment) -> None:
    """Two columns of the reader's choice, as they come and scaled."""
    if len(e.features) < 2:
        st.caption("Two weights need two columns.")
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
            found = computed(
                "core.lessons.feature_scaling.measured.valley.landscape", e, (first, second), name
            )
            show.chart(valley.contours(found), f"feature_scaling.contours.{side}")


def overflow(e: TableExperiment) -> None:
    """The step of the overflow, predicted before training and measured, over learning rates and seeds."""
    plain = dict(impute=True, depth=0, optimizer="sgd", momentum=0, steps=100)
    raw = _seeds(e.everywhere("none").but(**plain), MODEL_SEEDS)
    steep = [computed("core.lessons.feature_scaling.measured.valley.steepest", x) for x in raw]
    rates = {m: [2 * m / lambda_max for lambda_max, _ in steep] for m in OVERFLOW_AT}
    rates = {m: each for m, each in rates.items() if min(each) >= 1e-15 and max(each) <= 100}
    if not rates:
        st.caption("These columns are too small to overflow at any learning rate up to 100.")
        return
    grid = [x.but(learning_rate=rate) for each in rates.values() for x, rate in zip(raw, each, strict=True)]
    runs = np.array(trained(grid, 2), dtype=object).reshape(len(rates), -1)
    known = [[overflow_step(r, *s) for r, s in zip(each, steep, strict=True)] for each in rates.values()]
    figure = not_finite.overflow(list(rates), runs, np.array(known))
    show.chart(figure, "feature_scaling.overflow")


def autopsy(e: TableExperiment) -> None:
    """The first tensor with a number that is not finite, in the run on the screen."""
    found = computed("core.lessons.feature_scaling.measured.nan_trap.autopsy", e)
    bad = found.first_bad
    if bad:
        st.markdown(
            f"**How to find it.** In the run on the screen it is at step {found.step}, and the first tensor "
            f"with a number that is not finite is **{bad.name}** ({100 * bad.finite:.4g} % of it is finite)."
        )
    else:
        st.markdown(
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
