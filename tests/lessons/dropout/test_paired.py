"""Both sides over seeds: what the charts say of them is what the arrays hold."""

from dataclasses import replace

import numpy as np
import pytest

from core.engine.train import train
from core.experiment import Experiment
from core.lessons.dropout.charts import paired as charts
from core.lessons.dropout.measured.paired import BETTER, UNTOLD, WORSE, Paired, paired, told
from core.lessons.dropout.measured.rivals import NOTHING, STOPPING, rivals
from core.lessons.dropout.settings import one_pair
from core.lessons.dropout.settings import rivals as all_rivals
from core.sweep import Sweep

SMALL = Experiment(dataset="xor", depth=2, width=8, samples=64, steps=30, dropout=0.5)


def made(without, helped):
    """Losses [seeds, S] of both sides; errors are a hundred times as large."""
    losses = np.array([without, helped], dtype=float)
    return Paired(0.5, False, np.arange(losses.shape[2]), losses / 2, losses, 50 * losses, 100 * losses)


def eight(*losses):
    return [[loss + i / 1000 for loss in losses] for i in range(8)]


def said(found):
    return charts.loss(found, 0.7).layout.meta


def test_ends_and_lowest_losses_are_those_of_the_runs():
    sweep = Sweep.over(SMALL, dropout=(0, 0.5), seed=range(3))
    runs = train(sweep.experiments, 8)
    found = paired(sweep, runs)
    held = sweep.of(runs, lambda run: run.test_loss)
    np.testing.assert_array_equal(found.held_out, held)
    medians = np.median(held, axis=1)
    assert found.lowest.tolist() == medians.argmin(axis=1).tolist()
    np.testing.assert_array_equal(np.median(found.at_lowest, axis=1), medians.min(axis=1))
    np.testing.assert_allclose(
        found.wrong, 100 * (1 - sweep.of(runs, lambda run: run.test_accuracy)), rtol=1e-5
    )


@pytest.mark.parametrize(
    ("without", "helped", "ending"),
    [
        (eight(0.5, 0.3, 0.9), eight(0.5, 0.35, 0.35), "early stopping alone does better than dropout here."),
        (eight(0.5, 0.3, 0.9), eight(0.5, 0.3, 0.3), "the pairs do not tell it from early stopping."),
        (eight(0.5, 0.4, 0.9), eight(0.5, 0.3, 0.3), "more than early stopping gives."),
    ],
)
def test_what_stopping_would_do_is_said(without, helped, ending):
    how = said(made(without, helped))["how"]
    assert how.startswith("At the end dropout has the lower loss") and ending in how


def test_where_it_hurts_or_nothing_is_decided_that_is_said():
    hurts = made(eight(0.5, 0.3, 0.3), eight(0.5, 0.6, 0.6))
    assert "here it hurts" in said(hurts)["how"] and "early stopping" not in said(hurts)["how"]
    even = made(eight(0.5, 0.3), eight(0.5, 0.3))
    assert "do not decide" in said(even)["how"] and "early stopping" not in said(even)["how"]


def test_the_title_tells_ends_and_lowest_and_the_stars_stand_there(the):
    found = made(eight(0.5, 0.3, 0.9), eight(0.5, 0.4, 0.45))
    assert said(found)["title"] == (
        "The held-out loss ends at 0.45 with dropout 0.5, 0.9 without; at its lowest on the way it is 0.4 "
        "(step 1) and 0.3 (step 1)"
    )
    stars = [trace for trace in charts.loss(found, 0.7).data if trace.name == "lowest"]
    assert [star.x[0] for star in stars] == [1, 1]
    assert [star.y[0] for star in stars] == pytest.approx([0.3035, 0.4035])


def test_headline_numbers_count_pairs_and_ties():
    found = made([[0.3], [0.2], [0.4]], [[0.2], [0.2], [0.5]])
    numbers = charts.numbers(found)
    assert numbers["Held-out error, no dropout"][0] == "30 %"
    assert numbers["Held-out error, dropout 0.5"][0] == "20 %"
    assert (
        numbers["Lower with dropout"][0] == "1 of 3 pairs"
        and "the same in 1" in numbers["Lower with dropout"][1]
    )


def test_a_diverged_run_counts_as_the_worst():
    runs = train([SMALL.but(dropout=0), SMALL], 8)
    lost = replace(runs[1], test_loss=np.full_like(runs[1].test_loss, np.nan))
    found = paired(*one_pair({"no dropout": runs[0], "dropout 0.5": lost}))
    assert np.isinf(found.held_out[1]).all() and "ends at ∞ with dropout 0.5" in said(found)["title"]
    assert charts.numbers(found)["Lower with dropout"][0].endswith("of 1 pair")


def test_only_eight_pairs_decide():
    low, high = np.full(8, 1.0), np.full(8, 2.0)
    assert (told(high, low), told(low, high), told(low, low)) == (BETTER, WORSE, UNTOLD)
    assert told(high[:7], low[:7]) == UNTOLD
    two_against = np.where(np.arange(8) < 2, 3.0, 1.0)
    assert told(high, two_against) == UNTOLD


def small_rivals(e):
    """Trained over 3 seeds: 2 to judge on, 1 to choose on."""
    sweeps = {name: sweep.over_first(3) for name, sweep in all_rivals(e).items()}
    return sweeps, {name: train(sweep.experiments, 8) for name, sweep in sweeps.items()}


def test_rivals_are_chosen_on_some_seeds_and_judged_on_others():
    sweeps, runs = small_rivals(SMALL.but(steps=20))
    found = rivals(sweeps, runs)
    assert list(found.losses) == [NOTHING, STOPPING, *list(sweeps)[1:]]
    for name, sweep in sweeps.items():
        every = sweep.of(runs[name], lambda run: run.test_loss[-1])
        best = np.median(every[:, 2:], axis=1).argmin()
        np.testing.assert_array_equal(found.losses[name], every[best, :2])
        change = sweep.axes["strength"][best]
        assert found.strengths[name] == "".join(f"{value:g}" for value in change.values())
    on_the_way = np.array([run.test_loss for run in runs[NOTHING]])
    step = np.median(on_the_way[2:], axis=0).argmin()
    np.testing.assert_array_equal(found.losses[STOPPING], on_the_way[:2, step])


def test_only_dropout_drops_and_only_more_data_has_more():
    sweeps = all_rivals(SMALL)
    dropping = {name for name, sweep in sweeps.items() if any(e.dropout for e in sweep.experiments)}
    larger = {name for name, sweep in sweeps.items() if sweep.experiments[0].samples > 64}
    assert (dropping, larger) == ({"dropout"}, {"twice the data"})


def test_a_rival_that_would_take_too_long_or_does_not_exist_is_left_out():
    assert "twice the data" not in all_rivals(SMALL.but(samples=4096))
    assert "fewer units" not in all_rivals(SMALL.but(width=2))
    assert not any(
        change["dropout"] == 1 for change in all_rivals(SMALL.but(dropout=1))["dropout"].axes["strength"]
    )
