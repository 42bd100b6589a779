"""The dropout charts draw the masks that were used, and what was measured."""

from itertools import islice

import numpy as np
import pytest

from core.engine.forward import reliability, used_masks
from core.engine.train import train
from core.experiment import Experiment
from core.lessons.dropout.charts import modes, paired, rates
from core.lessons.dropout.charts.data import described
from core.lessons.dropout.measured.answers import asked, pooled
from core.lessons.dropout.measured.linear import rate_errors
from core.lessons.dropout.measured.paired import paired as measured
from core.lessons.dropout.measured.rates import Rates, losses, nothing
from core.lessons.dropout.settings import one_pair
from core.lessons.dropout.theory import RATES, best_rate
from core.sweep import Sweep

SMALL = Experiment(dataset="xor", depth=2, width=8, samples=64, steps=30, dropout=0.5)


@pytest.fixture(scope="module")
def plain():
    return train([SMALL], 8)[0]


@pytest.fixture(scope="module")
def undropped():
    return train([SMALL.but(dropout=0)], 8)[0]


def test_the_masks_drawn_are_those_the_run_used(the):
    e = SMALL.but(dropout_last=False, steps=12)
    figure = modes.network(e)
    assert len(figure.frames) == 12
    for step, mask in enumerate(islice(used_masks(e, 0), 12)):
        units = the(figure.frames[step], name="units")
        crossed, column = np.array(units.marker.symbol) != "circle", np.array(units.x, dtype=int)
        assert np.bincount(column).tolist() == [2, 8, 8, 1]
        assert list(crossed[column == 1]) == list(~mask[:, 0])
        assert not crossed[column != 1].any()
        np.testing.assert_allclose(np.array(units.marker.size)[(column == 1) & ~crossed], 11 * 2**0.5)
        assert f"{mask[:, 0].sum()} of 8<br>kept × 2" in [
            a.text for a in figure.frames[step].layout.annotations
        ]


@pytest.mark.parametrize("changes", [dict(target_scale=1e-3), dict(target_shift=100)], ids=str)
def test_axes_hold_targets_of_any_size(changes):
    e = SMALL.but(dataset="gap", features=0, learning_rate=1e-3, **changes)
    pair = dict(zip(("no dropout", "dropout 0.5"), train([e.but(dropout=0), e], 8), strict=True))
    low, high = paired.loss(measured(*one_pair(pair)), pair["no dropout"].chance).layout.yaxis.range
    for run in pair.values():
        assert (run.train_loss < 10**high).all() and run.train_loss[0] > 10**low
    for training in (False, True):
        figure = modes.mode(e, asked(pair["dropout 0.5"]), training)
        low, high = figure.layout.yaxis.range
        assert low < figure.data[0].y.min() and figure.data[0].y.max() < high
        assert high - low < 2 * max(1e-3, np.ptp(asked(pair["dropout 0.5"]).training))


def test_rates_are_drawn_with_every_seed_and_their_median(the):
    sweep = Sweep.over(SMALL.but(features=10, label_noise=0.2), dropout=(0, 0.5, 1), seed=range(4))
    runs = train(sweep.experiments, 2)
    held = sweep.of(runs, lambda run: run.test_loss[-1])
    found = losses(sweep, runs)
    assert found.best == np.median(held, axis=1).argmin()
    assert found.wins == (held[found.best] < held[0]).sum()
    line = the(rates.curve(found, 0.5), name="held out")
    np.testing.assert_allclose(line["y"], np.median(held, axis=1), rtol=1e-6)


def test_rate_0_is_compared_to_the_bit(plain, undropped):
    [alone] = train([SMALL.but(dropout=0)])
    assert rates.no_dropout(alone, undropped)[0]
    assert not rates.no_dropout(alone, plain)[0]


def test_where_weights_decay_nothing_learned_is_not_nothing_moved():
    [run] = train([SMALL.but(dropout=1, steps=60, weight_decay=0.1)], 2)
    holds, said = rates.everything_dropped(nothing(run))
    assert not holds and "by weight decay" in said and "learns nothing" not in said


def test_rates_that_hurt_and_that_help_are_listed():
    base = np.linspace(0.3, 0.37, 8)
    found = Rates(
        np.array([0, 0.3, 0.6, 1]), "loss", np.array([base, base - 0.1, base, base + 0.1]), np.ones((4, 8))
    )
    said = rates.hurts(found)
    assert said.endswith("higher at 1; lower at 0.3; not told apart at 0.6.")


def test_calibration_pools_the_seeds():
    runs = train([SMALL.but(seed=seed) for seed in range(3)], 2)
    found = pooled(runs, 4)
    right = [run.test_accuracy[-1] for run in runs]
    assert found.count.sum() == 3 * 64 and found.seeds == 3
    assert found.right @ found.count / found.count.sum() == pytest.approx(np.mean(right))
    assert 0 <= found.ece <= 1 and (found.error <= 0.5).all()
    one, alone = reliability(runs[0], 4), pooled(runs[:1], 4)
    np.testing.assert_allclose(alone.right, one.right)
    assert alone.ece == pytest.approx(one.ece)


def test_wrong_labels_are_counted():
    e = SMALL.but(dataset="moons", samples=128, label_noise=0.2)
    wrong = int((e.load().y_train != e.but(label_noise=0).load().y_train).sum())
    assert f"{wrong} of 128 training labels are wrong" in described(e)
    assert "No label of 64 training samples is wrong" in described(SMALL)


@pytest.mark.parametrize("rate", [0, 0.5, 1])
def test_only_a_rate_of_1_drops_everything(rate):
    [run] = train([SMALL.but(dropout=rate, steps=60)], 2)
    assert rates.everything_dropped(nothing(run))[0] == (rate == 1)


def test_the_best_rate_is_marked_where_the_error_is_lowest(the):
    errors = rate_errors(50, 40, 1.0)
    figure = rates.best(errors, 50, 40, 1.0)
    assert the(figure, name="lowest")["x"][0] == RATES[errors.argmin()]
    assert figure.layout.shapes[0].x0 == best_rate(50, 40, 1.0)
