"""The dropout charts: findings are true, the masks drawn are those used, and every run can be drawn."""

from itertools import islice

import numpy as np
import pytest

from core.engine import forward
from core.engine.forward import reliability, used_masks
from core.engine.train import train
from core.experiment import Experiment
from core.lessons.dropout.charts import effect, ensemble, modes, rates
from core.lessons.dropout.lesson import SHIFTED, SMALL_NETWORKS
from core.lessons.dropout.measured import path, rate_errors
from core.lessons.dropout.theory import RATES, best_rate

SMALL = Experiment(dataset="xor", depth=2, width=8, samples=64, steps=30, dropout=0.5)
EXTREMES = {
    "plain": SMALL,
    "one layer, one unit": SMALL.but(depth=1, width=1),
    "one step": SMALL.but(steps=1),
    "no dropout": SMALL.but(dropout=0),
    "everything dropped": SMALL.but(dropout=1),
    "zero weights": SMALL.but(init="zeros"),
    "diverges at once": SMALL.but(input_scale=1e6, gain=100, depth=20),
    "diverges": SMALL.but(learning_rate=100, gain=10),
    "deep": SMALL.but(depth=7, width=20),
    "regression": SMALL.but(dataset="gap", batchnorm=True),
    "regression that diverges": SMALL.but(dataset="gap", learning_rate=100),
    "four classes": SMALL.but(dataset="blobs", residual=True, activation="tanh"),
    "many features": SMALL.but(features=20, label_noise=0.1),
}


@pytest.fixture(scope="module")
def runs():
    return dict(zip(EXTREMES, train(EXTREMES.values(), snapshots=8), strict=True))


def check(figure):
    about = figure.layout.meta
    assert about["title"] and about["alt"] and about["how"]
    assert len(figure.to_json()) < 1_000_000


@pytest.mark.parametrize("name", EXTREMES)
@pytest.mark.filterwarnings("error")
def test_every_run_can_be_drawn(runs, name):
    run = runs[name]
    e, pair = run.experiment, {"no dropout": runs["plain"], "dropout": run}
    check(modes.network(e))
    for training in (True, False):
        check(modes.mode(run, training))
    rows, sentence = modes.truth_table(e, modes(run))
    assert len(rows) == 2 and sentence.endswith(".")
    check(effect.weights(pair))
    if e.loss == "mse":
        check(effect.uncertainty(run))
        check(effect.learning({"no dropout": run, "dropout": run}, error=True))
    else:
        check(effect.surface(run, name))
        check(effect.calibration(pair))
        for error in (True, False):
            check(effect.learning(pair, error))
    holds, sentence = rates.everything_dropped(run)
    assert holds == (name == "everything dropped")


def test_the_masks_drawn_are_those_the_run_used():
    e = SMALL.but(dropout_last=False, steps=12)
    figure = modes.network(e)
    assert len(figure.frames) == 12
    for step, mask in enumerate(islice(used_masks(e, 0), 12)):
        marker = figure.frames[step].data[1].marker
        crossed = [symbol != "circle" for symbol in marker.symbol]
        assert crossed == [False] * 2 + list(~mask[:, 0]) + [False] * 9
        assert set(np.array(marker.size)[2:10][mask[:, 0]].round(6)) <= {round(11 * 2**0.5, 6)}
        assert f"{mask[:, 0].sum()} of 8<br>kept × 2" in [
            a.text for a in figure.frames[step].layout.annotations
        ]


def test_the_two_modes_scatter_only_in_training(runs):
    values = {t: modes.mode(runs["plain"], t).data[0].y.reshape(20, -1) for t in (True, False)}
    assert np.ptp(values[True], axis=0).max() > 0
    assert np.ptp(values[False], axis=0).max() == 0
    assert "scatter by" in modes.mode(runs["plain"], True).layout.meta["title"]
    assert "the same answer" in modes.mode(runs["no dropout"], True).layout.meta["title"]


def test_the_truth_table_says_when_nothing_can_be_forgotten(runs):
    _, sentence = modes.truth_table(EXTREMES["no dropout"], forward.modes(runs["no dropout"]))
    assert sentence == "Without dropout and batch normalization both modes are the same."
    _, sentence = modes.truth_table(EXTREMES["plain"], forward.modes(runs["plain"]))
    assert sentence.startswith("The silent bug")


def test_the_calibration_title_is_the_measured_error(runs):
    pair = {"a": runs["plain"], "b": runs["many features"]}
    title = effect.calibration(pair).layout.meta["title"]
    for name, run in pair.items():
        assert f"{100 * reliability(run).ece:.3g} % with {name}" in title


def test_rates_name_the_best_and_count_the_seeds():
    rates = (0, 0.5, 1)
    grid = train(
        SMALL.but(features=10, label_noise=0.2, width=32, steps=60).vary(dropout=rates, seed=range(4))
    )
    held = np.array([run.test_loss[-1] for run in grid]).reshape(3, 4)
    best = int(np.median(held, axis=1).argmin())
    title = rates.curve(grid, rates, 0.5).layout.meta["title"]
    if best:
        assert f"is at rate {rates[best]:g}" in title
        assert f"lower on {(held[best] < held[0]).sum()} of 4 seeds" in title
    else:
        assert title.startswith("No rate has a lower held-out loss")
    swapped = [*grid[4:8], *grid[:4], *grid[8:]]
    assert rates.curve(swapped, rates, 0.5).layout.meta["title"] != title


def test_rate_0_is_compared_to_the_bit(runs):
    [alone] = train([SMALL.but(dropout=0)])
    assert rates.no_dropout(alone, runs["no dropout"])[0]
    assert not rates.no_dropout(alone, runs["plain"])[0]


def test_the_best_rate_is_marked_where_the_error_is_lowest():
    errors = rate_errors(50, 40, 1.0)
    figure = rates.best(errors, 50, 40, 1.0)
    assert figure.data[1].x[0] == RATES[errors.argmin()]
    assert figure.layout.shapes[0].x0 == best_rate(50, 40, 1.0)
    assert "0.444. Measured: 0.45" in figure.layout.meta["title"]


def test_the_ridge_path_says_how_far_off_both_iterates_are():
    found = path()
    title = rates.ridge_path(found).layout.meta["title"]
    middle = (found.trained > 0.15) & (found.trained < 0.85)
    size = np.linalg.norm(found.exact, axis=1)
    averaged = (np.linalg.norm(found.averaged - found.exact, axis=1) / size)[middle].max()
    assert averaged < 0.03
    assert f"within {100 * averaged:.1f} %" in title


def test_the_ensemble_is_exact_where_theory_says_so():
    small = dict(zip(SMALL_NETWORKS, train(SMALL_NETWORKS.values(), snapshots=2), strict=True))
    title = ensemble.gaps(small).layout.meta["title"]
    assert title.startswith("Exact: linear output and softmax output, geometric mean. Only close: two ReLU")
    title = ensemble.sampled(small["two ReLU layers"]).layout.meta["title"]
    assert float(title.split("power −")[1].split(";")[0]) == pytest.approx(0.5, abs=0.1)


def test_the_variance_shift_lies_on_its_formula_before_training():
    runs = train(
        SHIFTED.but(samples=512).vary(
            activation=("identity", "relu"), learning_rate=(1e-6, 0.1), dropout=(0.3, 0.5)
        ),
        snapshots=2,
    )
    figure = ensemble.shift(runs)
    names = [trace.name for trace in figure.data if trace.mode == "markers"]
    assert names == [f"{a}, {when}" for a in ("identity", "relu") for when in ("random weights", "trained")]
    assert float(figure.layout.meta["title"].split("within ")[1].split(" %")[0]) < 6
