"""What only the page about tables draws: the table before and after scaling, the ladder, valleys."""

import numpy as np
import streamlit as st

from core.diagnosis.claims import SEEDS, judge
from core.lessons.feature_scaling import trials
from core.lessons.feature_scaling.charts import columns, leak, outliers, valley
from core.lessons.feature_scaling.charts import ladder as charts
from core.lessons.feature_scaling.houses import Houses, variance
from core.lessons.feature_scaling.measured import least_squares
from core.lessons.feature_scaling.measured import valley as measured
from core.lessons.feature_scaling.pipelines import before_and_after
from core.lessons.feature_scaling.table import PIPELINES, TableExperiment, summary
from core.run import Run
from core.words import short
from pages.parts import say, show
from pages.parts.training import computed

LADDER = "feature_scaling.models"
NUMBERS = ("smallest", "median", "largest", "skewness", "farthest", "from", "to")
"""Columns of the overview that are numbers."""


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
