"""A twin is the same training from weights that differ by next to nothing."""

import numpy as np
import pytest

from core.engine.train import train
from core.engine.twin import Nudged, twins
from core.experiment import Experiment
from core.run import ENDS
from tests import reference

BASE = Experiment(dataset="moons", samples=64, depth=3, width=8, steps=12, precision="float64")
KINDS = {
    "plain": BASE,
    "batches and masks": BASE.but(batch_size=32, dropout=0.3, init="pytorch", bias=0.1),
    "small batches": BASE.but(batch_size=4, optimizer="adam", activation="gelu"),
    "batchnorm": BASE.but(batchnorm=True, residual=True, clip_norm=1, weight_decay=0.01),
}
SIZE = 1e-3


def first_weights(e, size):
    """By their names in PyTorch; what running statistics there are, start as they always do."""
    stack = Nudged(size, np.random.default_rng(0), [e], lambda: None)
    return {name: value for name, value in stack.state(0).items() if "running" not in name}


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_nudge_it_is_the_run_to_the_bit(kind):
    [run] = train([KINDS[kind]], ENDS)
    for twin in twins(KINDS[kind], 0, 2):
        reference.assert_same(twin, run)


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_what_a_plain_loop_makes_of_nudged_weights(kind):
    e = KINDS[kind]
    [twin], [run] = twins(e, SIZE, 1), train([e], ENDS)
    plain = reference.train(e, [0], first_weights(e, SIZE))
    np.testing.assert_allclose(twin.loss, plain.loss, rtol=1e-9)
    assert np.abs(twin.loss / run.loss - 1).max() > 1e-5


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_every_weight_that_is_not_0_changes_by_about_as_much_as_asked(precision):
    e = BASE.but(precision=precision, width=64, batchnorm=True)
    before, after = first_weights(e, 0), first_weights(e, SIZE)
    assert any("norm" in name for name in after)
    for name, value in after.items():
        drawn = before[name] != 0
        change = (value[drawn] / before[name][drawn] - 1).astype(float)
        assert not value[~drawn].any()
        assert not change.size or abs(change.std() / SIZE - 1) < 5 / np.sqrt(change.size), name


@pytest.mark.parametrize("kind", KINDS)
def test_every_twin_has_a_nudge_of_its_own_and_it_is_the_same_every_time(kind):
    first, again = (twins(KINDS[kind], SIZE, 3) for _ in range(2))
    assert len({twin.loss.tobytes() for twin in first}) == 3
    for twin, same in zip(first, again, strict=True):
        reference.assert_same(twin, same)
