"""Trainings for pages: shared, bounded, one at a time, and ended when the reader moves on."""

import pytest

from core.engine.train import train
from core.experiment import Experiment
from pages.parts import training

pytestmark = pytest.mark.usefixtures("cold")
SMALL = Experiment(depth=2, width=4, samples=32, steps=5)


class MovedOn(BaseException):
    """What Streamlit raises in a script whose page has changed."""


@pytest.fixture
def moved_on(monkeypatch):
    class State:
        def get(self, name):
            raise MovedOn

    monkeypatch.setattr(training.st, "session_state", State())
    monkeypatch.setattr("core.engine.train.TICK_SECONDS", 0)


def test_an_experiment_is_trained_once_for_all_visitors():
    first, second = training.trained([SMALL, SMALL.but(seed=1)])
    assert training.trained([SMALL.but(seed=1), SMALL])[::-1] == [first, second]
    assert [first.experiment.seed, second.experiment.seed] == [0, 1]
    assert training.is_cached([SMALL])
    assert not training.is_cached([SMALL], snapshots=2)
    assert not training.is_cached([SMALL, SMALL.but(seed=2)])


def test_what_the_reader_left_is_not_finished_and_blocks_nobody(moved_on, monkeypatch):
    with pytest.raises(MovedOn):
        training.trained([SMALL])
    assert not training.is_cached([SMALL])
    assert training.store().gate.acquire(timeout=0)
    monkeypatch.undo()


def test_waiting_for_another_training_can_be_interrupted_too(moved_on):
    training.store().gate.acquire()
    with pytest.raises(MovedOn):
        training.trained([SMALL])


def test_the_store_drops_the_least_recently_used_beyond_its_size(monkeypatch):
    runs = {seed: run for seed, run in enumerate(train(SMALL.vary(seed=range(3))))}
    monkeypatch.setattr(training, "CACHE_BYTES", 2 * runs[0].nbytes)
    store = training.Store()
    store.keep({0: runs[0]})
    store.keep({1: runs[1]})
    store.have([0])
    store.keep({2: runs[2]})
    assert list(store.have([0, 1, 2])) == [0, 2]
