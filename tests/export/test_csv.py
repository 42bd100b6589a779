"""Tables hold what the run says, to the last digit, and nothing where nothing was measured."""

import io
from functools import cache

import numpy as np
import pandas as pd
import pytest

from core.charts.runs import loss
from core.engine.train import train
from core.experiment import Experiment
from core.export.csv import chart_csv, losses_csv, probes_csv, runs_csv, units_csv
from core.lessons.gradients.charts.clipping import norms
from core.lessons.gradients.measured import clipping
from core.lessons.gradients.settings import LARGE

FINE = Experiment(depth=2, width=3, samples=32, steps=9)
BROKEN = FINE.but(activation="identity", learning_rate=100, dataset="curve")
BOTH = {"fine": FINE, "broken": BROKEN}
SETS = ["train_loss", "test_loss", "train_accuracy", "test_accuracy"]


@cache
def run(e):
    return train([e], snapshots=5)[0]


def read(text, **options):
    return pd.read_csv(io.StringIO(text), **options)


@pytest.mark.parametrize("kind", BOTH)
def test_losses_survive_the_csv(kind):
    e = BOTH[kind]
    table = read(losses_csv(run(e)), index_col="step")
    assert list(table) == ["loss", *SETS]
    assert list(table.index) == list(range(e.steps + 1))
    np.testing.assert_array_equal(table.loss[:-1].astype(run(e).loss.dtype), run(e).loss)
    assert np.isnan(table.loss.iloc[-1])
    for name in SETS:
        values = getattr(run(e), name)
        np.testing.assert_array_equal(table[name][run(e).at].astype(values.dtype), values)
        assert table.drop(index=run(e).at)[name].isna().all()


def test_a_cell_is_empty_where_nothing_was_measured_and_after_a_divergence():
    rows = losses_csv(run(BROKEN)).splitlines()[1:]
    assert 0 < run(BROKEN).diverged_at < 8
    assert rows[8:] == ["8,,,,,", "9,,,,,"]
    between = next(step for step in range(9) if step not in run(FINE).at)
    assert losses_csv(run(FINE)).splitlines()[1 + between].endswith(",,,,")


@pytest.mark.parametrize("kind", BOTH)
def test_probes_survive_the_csv(kind):
    e = BOTH[kind]
    table = read(probes_csv(run(e)))
    assert list(table) == ["step", "layer", *run(e).probes]
    for name, values in run(e).probes.items():
        wide = table.pivot(index="step", columns="layer", values=name)
        assert (list(wide.index), list(wide.columns)) == (list(run(e).at), [1, 2])
        np.testing.assert_array_equal(wide.to_numpy(values.dtype), values)


def test_every_unit_survives_the_csv():
    table = read(units_csv(run(FINE)))
    assert list(table) == ["step", "layer", "unit", "active_fraction"]
    assert len(table) == run(FINE).active_fraction.size
    for step, layer, unit, share in table.itertuples(index=False):
        snapshot = list(run(FINE).at).index(step)
        assert np.float32(share) == run(FINE).active_fraction[snapshot, int(layer) - 1, int(unit) - 1]


def test_a_sweep_survives_the_csv():
    swept = [run(e) for e in FINE.vary(dropout=(0, 0.5), seed=(3, 4))]
    table = read(runs_csv(swept))
    assert list(table) == ["dropout", "seed", *SETS, "diverged_at"]
    assert table[["dropout", "seed"]].to_numpy().tolist() == [[0, 3], [0, 4], [0.5, 3], [0.5, 4]]
    for name in SETS:
        np.testing.assert_array_equal(table[name].astype("float32"), [getattr(r, name)[-1] for r in swept])


def test_a_sweep_says_at_which_step_a_run_diverged():
    table = read(runs_csv([run(FINE), run(BROKEN)]), dtype=str, keep_default_na=False)
    assert list(table.diverged_at) == ["", str(run(BROKEN).diverged_at)]


def test_a_single_run_has_no_setting_in_which_it_differs():
    assert list(read(runs_csv([run(FINE)]))) == [*SETS, "diverged_at"]


def test_a_chart_survives_the_csv_with_every_point_of_every_line():
    figures = [loss(run(e)) for e in BOTH.values()]
    table = read(chart_csv(*figures))
    assert list(table) == ["chart", "line", "x", "y"]
    for figure in figures:
        of_chart = table[table["chart"] == figure.layout.meta["title"]]
        assert set(of_chart["line"]) == {line.name for line in figure.data}
        for line in figure.data:
            points = of_chart[of_chart["line"] == line.name]
            np.testing.assert_array_equal(points["x"], line.x)
            np.testing.assert_array_equal(points["y"].astype(np.asarray(line.y).dtype), line.y)


def test_a_cross_at_the_edge_of_a_chart_is_no_number_to_take_home():
    records = [clipping.record(LARGE.but(clip_norm=limit, steps=8), 1.0) for limit in (0, 1)]
    figure = norms(*records)
    assert any(trace.marker.symbol == "x" for trace in figure.data)
    table = read(chart_csv(figure))
    never = table[table.line == "never clipped"]
    assert len(never) == len(records[0].before)
    np.testing.assert_allclose(never.y.to_numpy(), records[0].before)
