"""What kills units and what helps, counted from runs."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from core.diagnosis.claims import NOT_HERE, TRUE, UNDECIDED, judge
from core.diagnosis.measures import MEASURES
from core.engine.train import train
from core.lessons.dead_relus.charts import causes as charts
from core.lessons.dead_relus.charts.remedies import variants
from core.lessons.dead_relus.measured.causes import Kills, Remedies, kills, remedies
from core.lessons.dead_relus.settings import BETTER, CALM, FEWER, START, suspected
from core.lessons.dead_relus.theory import dead_in_first_layer
from core.lessons.dead_relus.wording import percent, where
from core.run import ENDS
from core.sweep import Sweep

SMALL = CALM.but(width=16, samples=64, steps=20)


def counted(e, **axes):
    sweep = Sweep.over(e, **axes, seed=range(3))
    return sweep, train(sweep.experiments, ENDS)


def test_units_are_counted_before_and_after_training_in_both_layers():
    sweep, runs = counted(SMALL, bias=(-5, 0))
    found = kills(sweep, runs)
    for (i, j), run in np.ndenumerate(sweep.of(runs)):
        before, after = run.active_fraction[0], run.active_fraction[-1]
        assert found.born[i, j] == np.float32((before[0] == 0).mean())
        assert (found.first[i, j], found.last[i, j]) == tuple(np.float32((after[[0, -1]] == 0).mean(axis=1)))
        assert found.accuracy[i, j] == run.test_accuracy[-1]


def test_theory_predicts_the_units_that_are_born_dead_at_every_value():
    found = kills(*counted(SMALL.but(width=256), bias=(-3, -1, 0)))
    fine, over, at = found.predicted
    assert list(at) == [dead_in_first_layer(SMALL.but(width=256, bias=bias)) for bias in (-3, -1, 0)]
    assert set(found.values) <= set(fine) and over[fine == -1] == at[1]
    assert found.off == np.abs(found.born.mean(axis=1) - at).max() < 0.05


def test_a_learning_rate_changes_nothing_before_training():
    assert kills(*counted(SMALL, learning_rate=(0.1, 1))).predicted is None


@pytest.mark.parametrize(
    ("values", "chosen", "text"),
    [
        ([0.1, 0.3, 1], [0, 1, 1], "0.3 to 1"),
        ([0.1, 0.3, 1], [1, 0, 1], "0.1 and 1"),
        ([-6, -5, -4, 0, 1], [1, 1, 0, 1, 1], "-6 to -5 and 0 to 1"),
        ([0.1], [1], "0.1"),
    ],
)
def test_values_that_are_alike_are_a_range(values, chosen, text):
    assert where(values, np.array(chosen, dtype=bool)) == text


def rated(last, accuracy=0.5, e=START):
    """Three learning rates, three seeds each, with these shares of dead units in the last layer."""
    last, accuracy = np.array(last, dtype=float), np.broadcast_to(accuracy, (3, 3)).astype(float)
    return Kills(e, "learning_rate", np.array([0.1, 0.3, 1]), last / 2, last, last, accuracy, None)


def test_the_rates_at_which_the_median_of_the_last_layer_is_over_half_are_named():
    last = [[0.6, 0.1, 0.2], [0.9, 0.6, 0.1], [1, 1, 1]]
    title = charts.killed(rated(last), START).layout.meta["title"]
    assert title == (
        "At learning rate 0.3 to 1 more than half of layer 2 is dead in the median; of layer 1 at most 50 %"
    )
    none = charts.killed(rated(np.zeros((3, 3))), START).layout.meta["title"]
    assert none.endswith("; of layer 1 no unit")
    calm = charts.killed(rated(np.array(last) / 2), START).layout.meta["title"]
    assert calm.startswith("At no learning rate tried is more than half of layer 2 dead")


def test_where_a_training_diverges_the_title_says_so_and_nothing_else_of_it():
    last = [[0.1] * 3, [0.9] * 3, [np.nan, 0.9, 0.9]]
    found = rated(last, np.where(np.isnan(last), np.nan, [[0.8], [0.7], [0.9]]))
    title = charts.killed(found, START).layout.meta["title"]
    assert title.startswith("At learning rate 0.3 more than half") and title.endswith(
        "at 1 some trainings diverge"
    )
    title = charts.accuracy(found, START).layout.meta["title"]
    assert "best at learning rate 0.1 with 80 %, worst at 0.3 with 70 %; at 1 some" in title


def test_where_no_value_leaves_all_trainings_to_end_nothing_is_said_of_deaths():
    title = charts.killed(rated(np.full((3, 3), np.nan), np.nan), START).layout.meta["title"]
    assert title == "How many units die cannot be told; at 0.1 to 1 some trainings diverge"


@pytest.mark.parametrize(
    ("share", "text"),
    [(0, "0 %"), (0.002, "under 1 %"), (0.006, "1 %"), (0.994, "99 %"), (0.998, "over 99 %"), (1, "100 %")],
)
def test_some_are_never_none_and_most_never_all(share, text):
    assert percent(share) == text


def test_where_no_cause_is_set_there_is_none_to_take_away():
    assert not suspected(START.but(learning_rate=1e-6, momentum=0, clip_norm=0.05)).cases


def test_ties_are_not_crowned():
    title = charts.accuracy(rated(np.ones((3, 3)), [[0.9], [0.5], [0.505]]), START).layout.meta["title"]
    assert (
        title == "The held-out accuracy is best at learning rate 0.1 with 90 %, worst at 0.3 to 1 with 50 %"
    )
    title = charts.accuracy(rated(np.ones((3, 3)), 0.5), START).layout.meta["title"]
    assert title == "The held-out accuracy is 50 % at learning rate 0.1 to 1"


def test_r2_is_a_number_and_called_so():
    curve = START.but(dataset="curve")
    title = charts.accuracy(rated(np.ones((3, 3)), [[0.9], [-12], [0.2]], curve), curve).layout.meta["title"]
    assert title == "The held-out R² is best at learning rate 0.1 with 0.9, worst at 0.3 with -12"


def test_the_reader_is_marked_only_where_all_else_is_equal():
    found = kills(*counted(SMALL, bias=(-5, 0)))
    for chart in (charts.killed, charts.accuracy):
        assert chart(found, SMALL.but(seed=9)).layout.shapes
        elsewhere = chart(found, SMALL.but(learning_rate=1))
        assert not elsewhere.layout.shapes
        assert "All at a learning rate of 0.1, not the 1 of the run above" in elsewhere.layout.meta["how"]


def test_suspected_is_what_there_is_and_each_is_taken_away_alone():
    assert [case.condition for case in suspected(START).cases] == [
        "the learning rate",
        "momentum",
        "long gradients",
    ]
    e = START.but(bias=-1, input_shift=3, weight_decay=0.1, clip_norm=0.05, optimizer="adam")
    claim = suspected(e)
    assert [case.helped.changes(e) for case in claim.cases] == [
        {"learning_rate": 0.1},
        {"bias": 0},
        {"input_shift": 0},
        {"weight_decay": 0},
    ]
    assert not any(case.condition == "the input shift" for case in suspected(e.but(scaling="zscore")).cases)


@pytest.mark.parametrize(
    ("before", "after", "title"),
    [
        (
            0.43,
            (0, 0.02, 0.4),
            "The learning rate and momentum did it: 0 % with learning rate 0.1 and 2 % with no momentum are "
            "dead instead of 43 %",
        ),
        (
            0.43,
            (np.repeat([0, 0.4], 4), 0.4, 0),
            "Long gradients did it: 0 % with clip norm 0.1 are dead instead of 43 %; not decided: the "
            "learning rate",
        ),
        (
            0.43,
            (0.4, 0.4, 0.5),
            "43 % of the units are dead, and no change alone is shown to leave 10 points fewer",
        ),
        (0.05, (0, 0, 0), "Only 5 % of the units are dead: less than the 10 points asked for"),
        (0, (0, 0, 0), "No unit is dead in the median: each passes a signal or a gradient on some sample"),
        (
            np.repeat([0.4, np.inf], [7, 1]),
            (0, 0, 0),
            "1 of the 8 trainings diverges: what would have died there cannot be told",
        ),
        (np.inf, (0, 0, 0), "8 of the 8 trainings diverge: what would have died there cannot be told"),
    ],
)
def test_who_did_it_is_what_the_rule_of_the_claims_says(before, after, title, monkeypatch):
    claim = suspected(START)
    values = np.array([[np.broadcast_to(before, 8), np.broadcast_to(one, 8)] for one in after], dtype=float)
    measure = replace(MEASURES["shut_units"], of=lambda run: run.value)
    monkeypatch.setitem(MEASURES, "shut_units", measure)
    runs = [
        SimpleNamespace(experiment=e, value=value)
        for e, value in zip(claim.sweep.experiments, values.ravel(), strict=True)
    ]
    figure = charts.suspects(claim, judge(claim, runs))
    assert figure.layout.meta["title"] == title
    assert [shape.x0 for shape in figure.layout.shapes] == [0, 100 * FEWER]
    axes = figure.to_dict()["layout"]
    assert [key for key in axes if key.startswith("xaxis") and "title" in axes[key]] == ["xaxis"]


def test_a_remedy_helps_where_the_rule_of_the_claims_says_so():
    """All pairs but one better by 4 points; some; all below 3 points; and dead units the same way, by 10."""
    before = np.linspace(0.5, 0.9, 8)
    gains = {
        "better": [-0.3, *[0.04] * 7],
        "some better": [0, 0, *[0.04] * 6],
        "hardly better": [0.02] * 8,
    }
    accuracy = np.stack([before, *(before + gain for gain in gains.values())])
    dead = np.stack([before, *(before - 3 * np.array(gain) for gain in gains.values())])
    found = Remedies(START, ("this run", *gains), dead, accuracy)
    for said in (found.better, found.fewer):
        assert [said(word) for word in (TRUE, UNDECIDED, NOT_HERE)] == [[name] for name in gains]
    figure = variants(found)
    assert figure.layout.meta["title"] == "Better by 3 points or more: better"
    asked = [np.median(before) - FEWER, np.median(before) + BETTER]
    assert [shape.x0 for shape in figure.layout.shapes] == pytest.approx(asked)
    assert "the whole 93 % interval" in figure.layout.meta["how"]
    fewer = replace(found, dead=dead[:, :3], accuracy=accuracy[:, :3])
    assert "93 %" not in (how := variants(fewer).layout.meta["how"]) and "every pair" in how


def test_runs_that_diverge_are_counted():
    e = SMALL.but(dataset="curve")
    rates = {"this run": 0.01, "far too fast": 100}
    sweep = Sweep.made(
        lambda name, seed: e.but(learning_rate=rates[name], seed=seed), variant=rates, seed=range(2)
    )
    found = remedies(sweep, train(sweep.experiments, ENDS))
    assert list(found.diverged) == [0, 2] and not found.better(TRUE) and not found.fewer(TRUE)
    assert found.dead.shape == found.accuracy.shape == (2, 2)
    lost = Remedies(e, found.names, found.dead[::-1], found.accuracy[::-1])
    assert lost.better(TRUE) == ["far too fast"] and not lost.fewer(TRUE)
    rates = Sweep.over(e, learning_rate=(0.01, 100), seed=range(2))
    swept = kills(rates, train(rates.experiments, ENDS))
    assert np.isnan(swept.accuracy).tolist() == np.isnan(swept.last).tolist() == [[False] * 2, [True] * 2]
