"""The published rules: what the papers say of a few networks, from numbers that are those of the Run."""

import numpy as np
import pytest

from core.engine.train import train
from core.experiment import Experiment
from tests.benchmarks.published import Watch, autotrainer, deepdiagnosis, epochs, oscillates
from tests.reference import assert_same

HEALTHY = Experiment(samples=256, depth=4, steps=200)
KNOWN = {
    HEALTHY: (set(), set()),
    HEALTHY.but(init="pytorch", depth=12): ({"vanish"}, {"vanishing", "learning_rate"}),
    HEALTHY.but(activation="sigmoid", init="xavier", depth=10): ({"vanish"}, {"vanishing", "learning_rate"}),
    HEALTHY.but(learning_rate=100, dataset="curve"): ({"explode"}, {"numerical", "weights"}),
    HEALTHY.but(bias=-5): ({"dying_relu"}, {"numerical", "data"}),
    HEALTHY.but(learning_rate=1e-5): ({"slow", "not_converged"}, set()),
    HEALTHY.but(activation="tanh", init="normal", gain=20, depth=2): (set(), {"saturated", "data"}),
}


@pytest.fixture(scope="module")
def watched():
    watch = Watch()
    return [(run, watch.seen[run.experiment]) for run in train(KNOWN, 20, watch=watch)]


def test_what_the_papers_say(watched):
    for run, seen in watched:
        assert (autotrainer(run, seen), deepdiagnosis(run, seen)) == KNOWN[run.experiment], run.experiment


def test_watching_changes_nothing_and_sees_what_the_run_records(watched):
    for (run, seen), alone in zip(watched, train(KNOWN, 20), strict=True):
        assert_same(run, alone)
        step, now = list(seen.items())[-1]
        if run.diverged_at is not None:
            assert step == run.diverged_at
            continue
        assert step == run.experiment.steps
        assert list(seen) == list(epochs(run.experiment))
        assert (now["train_accuracy"], now["test_loss"]) == (run.train_accuracy[-1], run.test_loss[-1])
        np.testing.assert_array_equal(now["gradient_norm"][:-1], run.probes["weight_grad_norm"][-1])
        np.testing.assert_array_equal(now["weight_norm"][:-1], run.probes["weight_norm"][-1])


@pytest.mark.parametrize(
    ("changes", "count"),
    [({}, 20), ({"steps": 7}, 7), ({"batch_size": 32}, 20), ({"batch_size": 32, "steps": 84}, 10)],
)
def test_epochs_are_passes_over_the_samples_and_at_most_20(changes, count):
    e = HEALTHY.but(**changes)
    assert len(epochs(e)) == count
    assert epochs(e)[-1] == e.steps


def test_oscillating_takes_a_high_and_a_low_in_every_fifth_epoch():
    swing = np.array([0.6, 0.7, 0.6, 0.7, 0.6, *np.linspace(0.7, 1, 5)])
    assert oscillates(swing)
    assert not oscillates(np.append(swing, 1.01))
    assert not oscillates(0.2 * swing)
