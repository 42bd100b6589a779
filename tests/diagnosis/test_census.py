"""Which units are dead, when they died, and what they are called."""

from dataclasses import replace

import numpy as np
import pytest

from core.diagnosis import census
from core.diagnosis.measures import MEASURES
from core.engine.train import train
from core.lessons.dead_relus.lesson import CALM, FINE, NEGATIVE, START


@pytest.fixture(scope="module")
def run():
    [run] = train([START])
    return run


def test_every_unit_is_of_exactly_one_kind(run):
    counts = census.counts(run)
    assert (counts.sum(axis=2) == START.width).all()
    assert (counts[..., 0] == (run.active_fraction == 0).sum(axis=2)).all()
    assert (counts[..., 3] == (run.active_fraction > 0.1).sum(axis=2)).all()


def test_a_unit_died_where_its_last_silence_began(run):
    died = census.died_at(run)
    for layer, unit in np.ndindex(died.shape):
        active = run.active_fraction[:, layer, unit]
        if died[layer, unit] < 0:
            assert active[-1] > 0
        else:
            first = int(np.flatnonzero(run.at == died[layer, unit])[0])
            assert not active[first:].any()
            assert first == 0 or active[first - 1] > 0
    assert died[census.interesting(run)] > 0


def test_large_steps_kill_the_second_layer_and_not_the_first():
    """The sweep of the page over eight seeds; bounds as measured in float32 on any processor."""
    rates = (0.1, 1.0, 3.0)
    runs = train(START.vary(learning_rate=rates, seed=range(8)), snapshots=2)
    dead = np.array([census.dead_share(run) for run in runs]).reshape(len(rates), 8, 2)
    first, second = dead.mean(axis=1).T
    assert (first < 0.02).all()
    assert second[0] < 0.05 and second[1] > 0.5 and second[2] > 0.9
    accuracy = [MEASURES["test_accuracy"].of(run) for run in runs]
    assert np.mean(accuracy[:8]) > 0.85 and np.mean(accuracy[16:]) < 0.6


def test_many_dead_units_can_be_harmless():
    [run] = train([FINE], snapshots=2)
    assert census.dead_share(run).mean() > 0.1
    assert MEASURES["test_accuracy"].of(run) > 0.98


def test_units_that_are_dead_from_the_start_are_stuck():
    calm, negative = train([CALM, NEGATIVE], snapshots=2)
    stuck = MEASURES["stuck_units"].of
    assert stuck(calm) == 0
    assert stuck(negative) > 0.5


def test_only_relu_units_are_called_dead(run):
    assert "are dead" in census.sentence(run)
    [gelu] = train([START.but(activation="gelu")], snapshots=2)
    assert "negative on all data" in census.sentence(gelu)
    assert "dead" not in census.sentence(gelu)


def test_a_run_that_diverged_is_counted_where_it_last_was_finite():
    [run] = train([START.but(activation="leaky_relu", learning_rate=30)])
    assert run.diverged_at is not None
    assert np.isfinite(census.dead_share(run)).all()
    assert (census.died_at(run) <= run.at[run.last]).all()
    assert census.sentence(run).startswith(
        f"At step {run.at[run.last]} (the last measured with a finite loss)"
    )


def filled(active, **changes):
    """A run in which units are active on these shares of the data, at the start and at the end: [2, L, U]."""
    e = CALM.but(steps=1, samples=32, batch_size=0, depth=len(active[0]), width=len(active[0][0]), **changes)
    [run] = train([e], snapshots=2)
    return replace(run, active_fraction=np.array(active, dtype=np.float32))


@pytest.mark.parametrize(
    ("start", "end", "sentence"),
    [
        ([[1, 1]], [[1, 1]], "After 1 step none of the 2 units is dead"),
        ([[1, 1]], [[0, 1]], "After 1 step 1 of 2 units is dead"),
        ([[0, 1]], [[0, 0]], "After 1 step 2 of 2 units are dead; 1 of them before the first step too"),
        ([[0, 0]], [[0, 0]], "After 1 step 2 of 2 units are dead; all before the first step too"),
        ([[1, 1], [0, 1]], [[1, 1], [1, 0]], "After 1 step 1 of 4 units is dead, in layer 2"),
        ([[1, 1]] * 2, [[1, 1], [0, 0]], "After 1 step 2 of 4 units are dead, all in layer 2"),
        ([[1, 1]] * 2, [[0, 1], [0, 0]], "After 1 step 3 of 4 units are dead, 1 in layer 1 and 2 in layer 2"),
        (
            [[1, 1]] * 4,
            [[0, 1], [1, 1], [0, 0], [0, 1]],
            "After 1 step 4 of 8 units are dead, from 0 of 2 in layer 2 to 2 in layer 3",
        ),
        ([[1, 1]] * 4, [[0, 1]] * 4, "After 1 step 4 of 8 units are dead, 1 in every layer"),
        ([[1]], [[1]], "After 1 step no unit is dead"),
        ([[0]], [[0]], "After 1 step 1 of 1 unit is dead; before the first step too"),
        ([[np.nan]], [[np.nan]], "After 1 step what the units say is not finite"),
    ],
)
def test_the_sentence_counts_units(start, end, sentence):
    assert census.sentence(filled([start, end])) == sentence


def test_tiles_count_units_and_name_them_by_their_activation(run):
    dead = run.active_fraction[-1] == 0
    assert {title: text for title, (text, _) in census.tiles(run).items()} == {
        "Dead units": f"{dead.sum()} of 128",
        "Dead in layer 1": f"{dead[0].sum()} of 64",
        "Dead in the last layer": f"{dead[1].sum()} of 64",
    }
    gelu = census.tiles(filled([[[1, 1]], [[0, 1]]], activation="gelu"))
    assert {title: text for title, (text, _) in gelu.items()} == {
        "Negative on all data": "1 of 2",
        "Negative in layer 1": "1 of 2",
    }
    assert census.tiles(filled([[[np.nan]]] * 2))["Dead units"][0] == "not finite"


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        (
            [[0, 0]],
            [[0, 0]],
            "The 2 units that are dead at the end have been so, whenever measured, from",
        ),
        ([[0, 1]], [[0, 0]], "since step 1, at least half of them from the start"),
        (
            [[1, 1]],
            [[0, 1]],
            "The one unit that is dead at the end has been so, whenever measured, since",
        ),
        ([[0, 1]], [[1, 1]], "no unit is dead; whenever measured, 1 was at most, at step 0"),
        ([[1, 1]], [[1, 1]], "no unit is dead; whenever measured, none was"),
    ],
)
def test_when_the_dead_became_so(start, end, words):
    assert words in census.since(filled([start, end]))
