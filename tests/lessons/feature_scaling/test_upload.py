"""A reader's own file: every kind of file gets a table or a sentence, never an error."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.diagnosis.measures import MEASURES
from core.engine.train import train
from core.lessons.feature_scaling.houses import Houses
from core.lessons.feature_scaling.upload import MAX_BYTES, MAX_ROWS, NotATable, Upload, Uploaded, read

ROWS = 80


def table(**columns):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(ROWS, 2))
    start = {"a": x[:, 0], "b": np.exp(x[:, 1]), "y": x.sum(axis=1)}
    return pd.DataFrame(start | columns)


def as_bytes(frame, **options):
    return frame.to_csv(index=False, **options).encode()


def test_a_plain_table_is_read_as_it_is():
    frame, notes = read(as_bytes(table()))
    assert notes == []
    np.testing.assert_allclose(frame, table(), rtol=1e-12)


@pytest.mark.parametrize("separator", [";", "\t"])
def test_other_separators_and_a_byte_order_mark(separator):
    frame, _ = read(b"\xef\xbb\xbf" + as_bytes(table(), sep=separator))
    assert list(frame) == ["a", "b", "y"]


def test_columns_that_cannot_be_used_are_named():
    words = table(city=["Ulm"] * ROWS, empty=[np.nan] * (ROWS - 1) + [1.0], big=[np.inf] + [1.0] * (ROWS - 1))
    frame, notes = read(as_bytes(words))
    assert list(frame) == ["a", "b", "y"]
    assert notes == [
        "Column city is left out: it is not numeric, for instance Ulm.",
        "Column empty is left out: more than half of its cells are empty.",
        "Column big is left out: it has values beyond 3.4×10³⁸, where float32 ends.",
    ]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"x" * (MAX_BYTES + 1), "The file has 2,000,001 bytes; allowed are at most 2,000,000."),
        (b"\xff\xfe\x00\x01,\n", "The file is not text in UTF-8; save it as CSV (UTF-8)."),
        (b"", "The first line should name at least 2 columns, separated by commas."),
        (b"\x89PNG", "The file is not text in UTF-8; save it as CSV (UTF-8)."),
        (b"only\n1\n2\n", "The first line should name at least 2 columns, separated by commas."),
        (b"," * 1_000_000, "The table has 1,000,001 columns; allowed are at most 20."),
        (b"a,b\n1,2\n", "The table has 1 rows; needed are at least 50."),
        (b"a,a\n" + b"1,2\n" * 60, "Two columns are called a."),
        (b"a,![x](http://host/x)\n" + b"1,2\n" * 60, "Column 2 is called ![x](http://host/x): allowed are"),
        (b"a,<b>\n" + b"1,2\n" * 60, "Column 2 is called <b>: allowed are"),
        (b"1.5,\n" + b"1,2\n" * 60, "Column 2 is called '': allowed are"),
        (b"a,b\n" + b"1,2,3\n" * 60, "Some rows have more cells than the header, which has 2."),
        (b"a,b\n1,2\n1,2,3\n" + b"1,2\n" * 60, "The file cannot be read as a table:"),
        (
            b"a,b\n" + b"x,y\n" * 60,
            "Needed are at least 2 numeric columns; the table has 0. Column a is left out",
        ),
        (b"a,b\n" + b"1,2\n" * 60, "Every column has gaps or a single value: there is nothing to predict."),
        (b"a,b\n" + b"1,2\n" * (MAX_ROWS + 1), "The table has more rows than the 5,000 that are allowed."),
    ],
)
def test_a_file_that_cannot_be_used_gets_a_sentence(data, sentence):
    with pytest.raises(NotATable) as error:
        read(data)
    assert str(error.value).startswith(sentence)


@settings(max_examples=150)
@given(
    st.one_of(st.binary(max_size=300), st.text(alphabet='ab1,.;\t"\n\r-e\x00', max_size=300).map(str.encode))
)
def test_no_file_at_all_is_an_error(data):
    try:
        read(data)
    except NotATable as error:
        assert str(error).endswith((".", ":")) or str(error)


def test_targets_have_no_gaps_and_more_than_one_value():
    gap = np.r_[np.nan, np.ones(ROWS - 1)]
    frame, _ = read(as_bytes(table(gap=gap, same=1.0)))
    assert Upload.targets(frame) == ["y", "b", "a"]


def test_uploads_are_equal_when_their_numbers_are():
    one, same = Upload(table(), "y"), Upload(table(), "y")
    assert one == same
    assert hash(one) == hash(same)
    assert one != Upload(table(), "b")
    assert one != Upload(table(a=0.0), "y")
    assert "log" in one.allowed("b") and "log" not in one.allowed("a")


def test_an_uploaded_table_trains_like_the_synthetic_one():
    page = Houses(scaling="log_clip_zscore", seed=4, clip=2)
    e = Uploaded.of(page, Upload(table(), "y"), {"a": "unit"})
    assert e.samples == 56
    assert e.features == ["a", "b"]
    assert e.pipelines() == {"a": "unit", "b": "log_clip_zscore"}
    assert e.but(steps=10) == e.but(steps=10)
    assert {e: 1}[Uploaded.of(page, Upload(table(), "y"), {"a": "unit"})] == 1
    good, raw = train([e, e.everywhere("none").but(steps=5)])
    assert MEASURES["test_r2"].of(good) > 0.5
    assert len(raw.loss) == 5
    split = e.draw()
    assert not split.index.equals(table().index)
    assert sorted(split.index) == list(range(ROWS))


def test_a_constant_column_and_gaps_do_no_harm_once_filled():
    gap = table()["a"].mask(np.arange(ROWS) % 7 == 0)
    e = Uploaded.of(Houses(scaling="zscore", impute=True), Upload(table(gap=gap, same=3.0), "y"), {})
    [run] = train([e])
    assert run.diverged_at is None
    assert MEASURES["test_r2"].of(run) > 0.2
