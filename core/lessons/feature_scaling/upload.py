"""A reader's own table: checked while it is read, and trained on like the synthetic one."""

import csv
import hashlib
import re
from io import StringIO
from typing import Self

import numpy as np
import pandas as pd
from pydantic import ConfigDict, field_serializer

from core.data import DATA, stream
from core.lessons.feature_scaling.table import PIPELINES, WITHOUT_LOG, TableExperiment
from core.settings import shorten

MAX_BYTES, MAX_ROWS, MAX_COLUMNS, MIN_ROWS = 2_000_000, 5_000, 20, 50
NAME = re.compile(r"[\w \-.%/()]{1,40}")
TRAINING_SHARE = 0.7


class NotATable(ValueError):
    """Why a file cannot be used, as a sentence for the reader."""


def read(data: bytes) -> tuple[pd.DataFrame, list[str]]:
    """The numeric columns of a CSV file in float64, and one sentence for each column that is left out.

    Raises NotATable with a sentence when the file cannot be used: too large, not text, not a table, too few
    rows or columns, names or values that cannot be used.
    """
    if len(data) > MAX_BYTES:
        raise NotATable(f"The file has {len(data):,} bytes; allowed are at most {MAX_BYTES:,}.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise NotATable("The file is not text in UTF-8; save it as CSV (UTF-8).") from None
    header, separator = _header(text)
    try:
        table = pd.read_csv(StringIO(text), sep=separator, nrows=MAX_ROWS + 1, low_memory=False)
    except (ValueError, OverflowError) as error:
        raise NotATable(f"The file cannot be read as a table: {shorten(str(error))}") from None
    if not isinstance(table.index, pd.RangeIndex):
        raise NotATable(f"Some rows have more cells than the header, which has {len(header)}.")
    if len(table) > MAX_ROWS:
        raise NotATable(f"The table has more rows than the {MAX_ROWS:,} that are allowed.")
    if len(table) < MIN_ROWS:
        raise NotATable(f"The table has {len(table)} rows; needed are at least {MIN_ROWS}.")
    left_out = {name: _unfit(table[name]) for name in table}
    notes = [f"Column {name} is left out: {reason}." for name, reason in left_out.items() if reason]
    kept = table[[name for name, reason in left_out.items() if not reason]].astype(float)
    if kept.shape[1] < 2:
        raise NotATable(
            f"Needed are at least 2 numeric columns; the table has {kept.shape[1]}. {' '.join(notes)}".strip()
        )
    if not Upload.targets(kept):
        raise NotATable("Every column has gaps or a single value: there is nothing to predict.")
    return kept, notes


def _header(text: str) -> tuple[list[str], str]:
    """The names in the first line, and what separates them."""
    first = text.split("\n", 1)[0]
    separator = max(",;\t", key=first.count)
    try:
        names = [name.strip() for name in next(csv.reader([first], delimiter=separator), [])]
    except csv.Error as error:
        raise NotATable(f"The first line cannot be read as column names: {error}.") from None
    if len(names) < 2:
        raise NotATable("The first line should name at least 2 columns, separated by commas.")
    if len(names) > MAX_COLUMNS:
        raise NotATable(f"The table has {len(names):,} columns; allowed are at most {MAX_COLUMNS}.")
    for i, name in enumerate(names, start=1):
        if not NAME.fullmatch(name):
            raise NotATable(
                f"Column {i} is called {shorten(name)}: allowed are 1 to 40 letters, digits, spaces and "
                "- _ . % / ( ); the first line of the file should hold the names."
            )
        if names.count(name) > 1:
            raise NotATable(f"Two columns are called {name}.")
    return names, separator


def _unfit(values: pd.Series) -> str:
    """Why a column cannot be used, or nothing."""
    if not pd.api.types.is_numeric_dtype(values):
        return f"it is not numeric, for instance {shorten(str(values.dropna().iloc[0]))}"
    if values.isna().mean() > 0.5:
        return "more than half of its cells are empty"
    if (values.astype(float).abs() > np.finfo(np.float32).max).any():
        return "it has values beyond 3.4×10³⁸, where float32 ends"
    return ""


class Upload:
    """A table that was read, and its target; two with the same numbers are equal."""

    def __init__(self, table: pd.DataFrame, target: str):
        self.table, self.target = table, target
        words = "\n".join([*map(str, table.columns), target])
        self.key = hashlib.sha256(words.encode() + table.to_numpy().tobytes()).hexdigest()

    def __eq__(self, other):
        return isinstance(other, Upload) and self.key == other.key

    def __hash__(self):
        return hash(self.key)

    @staticmethod
    def targets(table: pd.DataFrame) -> list[str]:
        """The columns that can be a target: no empty cell, and more than one value; the last one first."""
        fit = [name for name in table if not table[name].isna().any() and table[name].nunique() > 1]
        return fit[::-1]

    def allowed(self, name: str) -> list[str]:
        """The pipelines that can be used for a column: the logarithm needs positive values."""
        return (
            list(PIPELINES) if self.table[name].min() > 0 else [p for p in PIPELINES if p not in WITHOUT_LOG]
        )


class Uploaded(TableExperiment):
    """The settings of the page on an uploaded table; `choices` are (column, pipeline) pairs.

    The rows are shuffled with the seed; 70 % of them are for training. No link can hold it.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)
    upload: Upload
    choices: tuple[tuple[str, str], ...] = ()

    @field_serializer("upload", when_used="json")
    def _fingerprint(self, upload: Upload) -> str:
        return upload.key

    @classmethod
    def of(cls, settings: TableExperiment, upload: Upload, choices: dict[str, str]) -> Self:
        """What `settings` say of scaling, network and training, on this table."""
        shared = {name: getattr(settings, name) for name in TableExperiment.model_fields}
        return cls(upload=upload, choices=tuple(sorted(choices.items())), **shared)

    @property
    def target(self) -> str:
        """The column that is to be predicted."""
        return self.upload.target

    @property
    def samples(self) -> int:
        """The number of training rows."""
        return int(TRAINING_SHARE * len(self.upload.table))

    def draw(self) -> pd.DataFrame:
        """All rows in the order of the seed."""
        return self.upload.table.iloc[stream(self.seed, DATA).permutation(len(self.upload.table))]

    def choice(self, name: str) -> str:
        """What the reader chose for this column."""
        return dict(self.choices).get(name, "as above")

    def everywhere(self, scaling: str) -> Self:
        """One pipeline for all columns."""
        return self.but(scaling=scaling, choices=())
