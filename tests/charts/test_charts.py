"""Charts of every kind of run: the finding is true for the run, nothing is missing, nothing is too large."""

import numpy as np
import pytest

from core.charts.runs import loss, losses, signals_compared
from core.charts.style import drawable, log_axis, thinned
from core.engine.train import train
from core.experiment import Experiment
from core.lessons import LESSONS, thumbnails
from core.lessons.gradients.charts import signals, strips

SMALL = Experiment(depth=4, width=8, samples=64, steps=30)
EXTREMES = {
    "one layer": SMALL.but(depth=1),
    "one unit": SMALL.but(width=1),
    "one step": SMALL.but(steps=1),
    "zero weights": SMALL.but(init="zeros"),
    "everything dropped": SMALL.but(dropout=1),
    "diverges at once": SMALL.but(input_scale=1e6, gain=100, depth=20),
    "diverges": LESSONS["gradients"].preset("Weights too large"),
    "vanishes below float32": SMALL.but(activation="sigmoid", init="pytorch", depth=60, steps=3),
    "regression": SMALL.but(dataset="curve", batchnorm=True),
    "four classes": SMALL.but(dataset="blobs", residual=True, activation="tanh"),
    "float64": SMALL.but(precision="float64", activation="gelu", optimizer="adam"),
}
OF_ONE_RUN = [
    signals.signal_by_layer,
    signals.weights_moved,
    loss,
    strips.activations,
    strips.deltas,
    thumbnails.gradients,
]


@pytest.fixture(scope="module")
def runs():
    return dict(zip(EXTREMES, train(EXTREMES.values(), snapshots=12), strict=True))


@pytest.mark.parametrize("name", EXTREMES)
@pytest.mark.parametrize("draw", OF_ONE_RUN, ids=lambda f: f.__name__)
@pytest.mark.filterwarnings("error")
def test_every_run_can_be_drawn(runs, name, draw):
    figure = draw(runs[name])
    about = figure.layout.meta
    assert about["title"] and about["alt"].startswith(about["alt"][0].upper())
    assert "nan" not in (about["title"] + about["alt"]).lower().replace("the loss is nan", "")
    assert len(figure.to_json()) < 1_000_000


@pytest.mark.parametrize("name", EXTREMES)
@pytest.mark.filterwarnings("error")
def test_every_run_can_be_compared_and_explained(runs, name):
    pair = {"before": runs["float64"], "after": runs[name]}
    assert losses(pair).layout.meta["title"]
    assert signals_compared(pair).layout.meta["title"]
    assert all(signals.why(runs[name]))


def test_the_title_of_the_corridor_is_the_measured_ratio():
    [run] = train([LESSONS["gradients"].start])
    delta = run.probes["delta_norm"][0]
    title = signals.signal_by_layer(run).layout.meta["title"]
    ratio, factor = delta[0] / delta[-1], (delta[0] / delta[-1]) ** (1 / 9)
    assert float(title.split("receives ")[1].split(" of")[0]) == pytest.approx(ratio, rel=0.05)
    assert float(title.split("×")[1].split(" per")[0]) == pytest.approx(factor, rel=0.01)


def test_frames_cover_every_snapshot_until_the_run_diverged(runs):
    run = runs["diverges"]
    figure = signals.signal_by_layer(run)
    assert [int(f.name) for f in figure.frames] == [s for s in run.at if s <= run.diverged_at]


def test_a_log_axis_holds_all_that_can_be_drawn_on_it():
    values = [0.0, np.nan, np.inf, -1, 3e-7, 40]
    low, high = log_axis(values, "x")["range"]
    assert low <= np.log10(3e-7) and np.log10(40) <= high
    assert list(np.isnan(drawable(values))) == [True, True, True, True, False, False]
    assert log_axis([np.nan, 0], "x")["range"][0] < log_axis([], "x")["range"][1]


def test_long_curves_are_thinned_and_keep_their_ends():
    i = thinned(np.zeros(5001))
    assert len(i) <= 2000 and i[0] == 0 and i[-1] == 5000
