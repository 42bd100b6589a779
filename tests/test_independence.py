"""A Run has the same bits alone or in company, in any chunk, thread and process."""

import pickle
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from core.engine import train
from core.experiment import Experiment
from core.work import SMALL_BATCH
from tests.reference import assert_same

pytestmark = pytest.mark.slow

START = Experiment(dataset="moons", samples=32, depth=4, width=8, steps=6)
SHAPES = {
    "float32": dict(),
    "float64": dict(precision="float64"),
    "width 1": dict(width=1),
    "width 1, one feature": dict(width=1, dataset="curve", activation="tanh"),
    "one feature": dict(dataset="curve", width=17, optimizer="adam"),
    "one layer": dict(depth=1, width=5, activation="gelu", dropout_last=True),
    "width 17": dict(width=17, residual=True, activation="sigmoid"),
    "width 33": dict(width=33, activation="elu", precision="float64"),
    "width 64, mini-batches": dict(width=64, samples=64, batch_size=32),
    "batchnorm": dict(batchnorm=True, activation="silu", batch_size=32, samples=64),
    "batchnorm, adam": dict(batchnorm=True, width=3, optimizer="adam", residual=True),
    "batches of 4": dict(samples=64, batch_size=4),
    "batches of 2, batchnorm": dict(batch_size=2, batchnorm=True, width=16),
    "four classes": dict(dataset="blobs", features=1, width=15, activation="leaky_relu"),
}
FREE = dict(
    learning_rate=[0.01, 100, 0.1, 1],
    dropout=[0, 0.3, 0, 1, 0.5],
    clip_norm=[0, 0.1, 0],
    weight_decay=[0, 0, 0.1, 0.001, 0, 10, 0],
    momentum=[0.9, 0, 0.5, 0.9, 0.99, 0, 0.9, 0.9, 0, 0.5, 0.9],
    gain=[1, 100, 0.1, 1, 100, 2, 1, 100, 1, 100, 1, 0, 1],
    input_scale=[1, 1, 1, 1, 1, 1, 1, 1e6],
    dropout_last=[True, True, False],
    init=["he", "pytorch", "orthogonal", "he", "xavier", "normal", "he", "zeros", "lecun"],
)


def neighbours(shape):
    """64 networks of one shape that differ in everything else; in each setting at another pace."""
    return [
        START.but(**{name: values[k % len(values)] for name, values in FREE.items()} | shape, seed=k)
        for k in range(64)
    ]


def trained(experiments, monkeypatch, networks=64):
    """What these are when trained in stacks of so many, or alone in small batches."""
    e = experiments[0]
    size = max(e.width, e.inputs) * e.batch * (4 if e.precision == "float32" else 8)
    monkeypatch.setattr(train, "LAYER_BYTES", networks * size)
    networks = networks if e.batch >= SMALL_BATCH else 1
    assert len(train.chunks(experiments)) == -(-len(experiments) // networks)
    return train.train(experiments, snapshots=4)


@pytest.fixture(scope="module")
def together():
    """The Runs of all 64 networks of a shape as one stack."""
    with pytest.MonkeyPatch.context() as patch:
        return {name: trained(neighbours(shape), patch) for name, shape in SHAPES.items()}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("networks", [2, 5])
def test_a_run_is_the_same_in_a_stack_of_any_size(together, monkeypatch, shape, networks):
    some = together[shape][: 6 * networks + 1]
    for run, one in zip(trained([run.experiment for run in some], monkeypatch, networks), some, strict=True):
        assert_same(run, one)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_run_is_the_same_alone_and_among_63_others(together, shape):
    for one in together[shape][::9]:
        (run,) = train.train([one.experiment], snapshots=4)
        assert_same(run, one)


def test_some_neighbours_broke_and_some_did_not(together):
    broken = sum(run.diverged_at is not None for runs in together.values() for run in runs)
    assert 40 < broken < 400


def test_a_run_is_the_same_in_another_process(together):
    alone = [runs[10].experiment for runs in together.values()]
    script = (
        "import pickle, sys; from core.engine.train import train; "
        "runs = [train([e], snapshots=4)[0] for e in pickle.load(sys.stdin.buffer)]; "
        "pickle.dump(runs, sys.stdout.buffer)"
    )
    root = Path(__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", script], input=pickle.dumps(alone), capture_output=True, cwd=root, check=True
    )
    for run, runs in zip(pickle.loads(done.stdout), together.values(), strict=True):
        assert_same(run, runs[10])


def test_a_run_is_the_same_while_other_threads_train(together):
    stop, started = threading.Event(), threading.Barrier(3)

    def busy(seed):
        started.wait()
        while not stop.is_set():
            train.train(START.but(dropout=0.5, width=64).vary(seed=[seed, seed + 1]))

    threads = [threading.Thread(target=busy, args=[seed]) for seed in (1, 2)]
    for thread in threads:
        thread.start()
    started.wait()
    try:
        runs = [train.train([runs[20].experiment], snapshots=4)[0] for runs in together.values()]
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    for run, all_runs in zip(runs, together.values(), strict=True):
        assert_same(run, all_runs[20])
