"""The Feature scaling page as a reader meets it: gaps, ladders of models, a table of one's own."""

import io

import numpy as np
import pandas as pd
import pytest

from core.lessons import LESSONS
from core.lessons.feature_scaling.table import PIPELINES
from core.lessons.feature_scaling.upload import Upload, Uploaded
from pages.parts import sizes
from pages.parts.own_table import KEY

PAGE, LESSON = "pages/feature_scaling.py", LESSONS["feature_scaling"]
QUICK = {"samples": "64", "steps": "20"}


def said(at):
    return [text.value for text in [*at.markdown, *at.warning]]


def csv(rows=80, **columns):
    x = np.random.default_rng(0).normal(size=(rows, 2))
    table = pd.DataFrame({"height": x[:, 0], "wealth": np.exp(x[:, 1]), "price": x.sum(axis=1)} | columns)
    return table.to_csv(index=False).encode()


def upload(at, data):
    at.file_uploader(key=f"{KEY}.file").set_value(("mine.csv", data, "text/csv")).run()
    assert not at.exception, [error.value for error in at.exception]


def test_raw_columns_diverge_and_the_ladder_says_so(page, figures, the):
    at = page(PAGE)
    assert at.metric[0].value == "diverged"
    assert any("log, clip, z-score: median held-out R² 0.9" in text for text in said(at))
    marks = the(figures(at)["feature_scaling.ladder"], name="this model")["marker"]["symbol"]
    assert len(marks) == 6 * len(PIPELINES)
    assert marks[-6:] == ["x"] * 6
    assert marks[:6] == ["circle"] * 6


def test_the_first_words_are_those_of_the_run_and_options_have_one_name(page, figures):
    raw, adam = page(PAGE, **QUICK), page(PAGE, **QUICK, depth="2", optimizer="adam", learning_rate="0.01")
    first = [next(text for text in said(at) if text.startswith("**")) for at in (raw, adam)]
    assert first[0].startswith("**All columns raw: a linear model trained by SGD diverges at step 2 of 20")
    assert first[1].startswith(
        "**All columns raw: a network with 2 hidden layers of 32 trained by Adam reaches"
    )
    assert raw.selectbox(key="feature_scaling.scaling").options == list(PIPELINES.values())
    keys = list(figures(raw))
    assert keys.index("feature_scaling.losses") < keys.index("feature_scaling.ladder")
    assert keys.index("feature_scaling.ladder") < keys.index("feature_scaling.before")
    assert "feature_scaling.after" not in keys
    for at in (raw, adam):
        assert any(text.startswith("**How the price is made.**") for text in said(at))
        assert any(text.startswith("**Speed, and what can be learned.**") for text in said(at))
        assert any(text.startswith("**Scaling fitted on all rows**") for text in said(at))
    assert "to the end" not in str(figures(adam)["feature_scaling.ladder"])


def test_what_outliers_cost_is_trained_when_asked(page, figures):
    at = page(PAGE, samples="64", steps="20", scaling="zscore", outlier_share="0.05")
    assert "feature_scaling.trained" not in figures(at)
    at.button(key="feature_scaling.sticking.run").click().run()
    names = [trace["name"] for trace in figures(at)["feature_scaling.trained"]["data"]]
    assert names == ["with the outliers", "without them"]
    at.select_slider(key="feature_scaling.outlier_share").set_value(0.0).run()
    assert "feature_scaling.trained" not in figures(at)
    assert any("No row of this table has an outlier" in text.value for text in at.caption)


def test_before_and_after_are_two_histograms_of_the_same_rows(page, figures, the):
    at = page(PAGE, **QUICK, scaling="linear")
    for key in ("before", "after"):
        for trace in figures(at)[f"feature_scaling.{key}"]["data"]:
            assert sum(trace["y"]) == pytest.approx(1)
    x = the(figures(at)["feature_scaling.after"], name="training rows")["x"]
    assert -1 < min(x) < -0.5


def test_a_gap_is_named_and_filling_it_helps(page):
    at = page(PAGE, **QUICK, scaling="log_clip_zscore", missing="1")
    assert any(text.startswith("1 cell has no number") for text in said(at))
    assert any("comes up at step 0, in the tensor **features**: 319 of its 320" in text for text in said(at))
    at.toggle(key="feature_scaling.impute").set_value(True).run()
    assert not any("has no number" in text for text in said(at))
    assert any("every tensor of every step is finite" in text for text in said(at))
    assert at.query_params["impute"] == "true"


def test_four_models_side_by_side_when_asked(page, traces):
    at = page(PAGE, **QUICK)
    assert list(traces(at, "feature_scaling.ladder")) == ["this model", "a linear model trained to the end"]
    at.button(key="feature_scaling.models.run").click().run()
    assert list(traces(at, "feature_scaling.ladder")) == [
        "linear, SGD",
        "linear, Adam",
        "2 hidden layers, SGD",
        "2 hidden layers, Adam",
        "a linear model trained to the end",
    ]
    at.number_input(key="feature_scaling.seed").set_value(1).run()
    assert next(iter(traces(at, "feature_scaling.ladder"))) == "this model"


def test_the_path_zigzags_on_raw_columns_and_is_short_on_scaled_ones(page, traces):
    at = page(PAGE, **QUICK)
    raw, scaled = (
        traces(at, f"feature_scaling.contours.{side}")["gradient descent from weights of 0"]
        for side in ("raw", "scaled")
    )
    turns = [np.sum(np.diff(np.sign(np.diff(x))) != 0) for x, _ in (raw, scaled)]
    assert turns[0] > 15
    best = traces(at, "feature_scaling.contours.scaled")["lowest loss"]
    assert np.allclose([axis[5] for axis in scaled], [axis[0] for axis in best], atol=0.01)


def test_the_parameter_grid_turns_in_one_step(page, figures, the):
    figure = figures(page(PAGE, **QUICK))["feature_scaling.poisoned"]
    grids = {frame["name"]: the(frame, type="heatmap")["z"] for frame in figure["frames"]}
    first, second = (np.asarray(grids[step], dtype=float) for step in ("0", "1"))
    assert np.nanmax(first) == 0
    assert np.nanmin(second) == 1


def test_a_table_of_ones_own_is_used_everywhere(page, figures):
    at = page(PAGE, **QUICK, scaling="log_clip_zscore")
    upload(at, csv(city=["Ulm"] * 80))
    assert "Column city is left out: it is not numeric, for instance Ulm." in [text.value for text in at.text]
    assert at.selectbox(key=f"{KEY}.target").options == ["price", "wealth", "height"]
    assert at.selectbox(key="feature_scaling.column").options == ["height", "wealth"]
    columns = next(table.value for table in at.dataframe if "skewness" in table.value)
    assert list(columns["column"]) == ["height", "wealth"]
    assert list(columns["scaling"]) == ["clip, z-score", "log, clip, z-score"]
    assert any(text.startswith("height and wealth") for text in (m.value.strip("# ") for m in at.markdown))
    assert not any("opens exactly this experiment" in text.value for text in at.caption)
    at.session_state["script"] = True
    assert "read_csv" in at.run().code[-1].value
    assert not any("How the price is made" in text for text in said(at))
    assert "feature_scaling.sticking.run" not in [button.key for button in at.button]
    assert at.selectbox(key="feature_scaling.age").disabled
    assert not at.select_slider(key="feature_scaling.learning_rate").disabled
    at.selectbox(key=f"{KEY}.target").set_value("wealth").run()
    assert not at.exception
    assert at.selectbox(key="feature_scaling.column").options == ["height", "price"]
    next(button for button in at.button if button.label == "Back to the synthetic table").click().run()
    assert not at.exception
    assert "income" in at.selectbox(key="feature_scaling.column").options


def test_a_table_with_one_feature_is_enough(page, figures):
    at = page(PAGE, **QUICK, scaling="zscore", depth="1")
    table = pd.read_csv(io.BytesIO(csv()))[["wealth", "price"]]
    upload(at, table.to_csv(index=False).encode())
    assert "Two weights need two columns." in [text.value for text in at.caption]
    assert "feature_scaling.ladder" in figures(at)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"\x89PNG\r\n", "The file is not text in UTF-8; save it as CSV (UTF-8)."),
        (b"a,b\n1,2\n", "The table has 1 rows; needed are at least 50."),
    ],
)
def test_a_file_that_is_no_table_gets_a_sentence_and_the_page_stays(page, figures, data, sentence):
    at = page(PAGE, **QUICK)
    upload(at, data)
    assert [text.value for text in at.text] == [sentence]
    assert "feature_scaling.ladder" in figures(at)


def test_a_gap_in_a_held_out_row_is_no_divergence(page):
    at = page(PAGE, scaling="zscore", steps="5")
    table = pd.read_csv(io.BytesIO(csv()))
    last = Uploaded.of(LESSON.start, Upload(table, "price"), {}).draw().index[-1]
    table.loc[last, "height"] = np.nan
    upload(at, table.to_csv(index=False).encode())
    assert [metric.value for metric in at.metric if metric.label == "Held-out R²"] == ["no score"]
    assert any("has no held-out score after 5 steps" in text for text in said(at))
    assert any("All are held out" in text and "NaN" not in text for text in said(at))


def test_gaps_in_an_uploaded_table_reach_the_page_as_a_warning(page):
    at = page(PAGE, **QUICK, scaling="zscore")
    table = pd.read_csv(io.BytesIO(csv()))
    table.loc[[3, 8], "height"] = np.nan
    upload(at, table.to_csv(index=False).encode())
    assert any(text.startswith("2 cells have no number") for text in said(at))


def test_every_claim_comes_out_as_the_page_says(page, cold):
    at = page(PAGE, **QUICK)
    for i in range(len(LESSON.claims)):
        at.button(key=f"feature_scaling.claim.{i}.run").click()
    at.run()
    assert not at.exception
    verdicts = [text.value.split("]")[0] for text in at.markdown if "-badge[" in text.value]
    assert verdicts == [
        ":orange-badge[true if …",
        ":green-badge[true",
        ":green-badge[true",
        ":orange-badge[true if …",
        ":green-badge[true",
        ":green-badge[true",
        ":orange-badge[true if …",
    ]
    numbers = [text for text in said(at) if "medians over 8 seeds" in text]
    assert not any("∞" in text or "inf" in text for text in numbers)
    assert "Not reached in 8 of 8 with raw columns, in 0 of 8 with linear to [-1, 1] scaling." in numbers[0]
    assert "In the right direction in 0 of 8 pairs, no difference in 8." in numbers[3]
    captions = [text.value for text in at.caption]
    assert sum("every network is trained at 31, from 10⁻¹⁴ to 10," in text for text in captions) == 3


def test_what_sizes_do_to_steps_is_measured_when_asked(page, figures, monkeypatch):
    monkeypatch.setattr(sizes, "computed", lambda compute: compute(seeds=2))
    at = page(PAGE, **QUICK)
    for name in ("shift", "steady"):
        at.button(key=f"feature_scaling.{name}.run").click()
    at.run()
    assert not at.exception
    assert {"feature_scaling.shift.chart", "feature_scaling.steady.chart"} <= set(figures(at))
    assert any("True for a column that grows while its weights shrink as much" in text for text in said(at))
