"""Training against a plain torch.nn loop, and what a caller may rely on."""

import os
import random
import subprocess
import sys
import threading
import warnings
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import torch

from core import theory
from core.engine import train
from core.engine.activations import ACTIVATIONS
from core.engine.initial import INITS
from core.engine.optimizers import OPTIMIZERS
from core.engine.probes import PROBES
from core.experiment import WITH_MOMENTUM, Experiment
from core.run import DELTA_EDGES, activation_edges
from core.work import WORK_LIMIT, work
from tests import reference
from tests.reference import assert_same

START = Experiment(
    dataset="moons", samples=64, depth=3, width=9, learning_rate=0.02, steps=12, precision="float64"
)
CASES = {
    **{f"activation {name}": dict(activation=name) for name in ACTIVATIONS},
    **{f"init {name}": dict(init=name, gain=1.2, bias=0.1) for name in INITS},
    "zeros that move": dict(init="zeros", activation="sigmoid", optimizer="adam"),
    "gain 0": dict(gain=0, activation="tanh"),
    "no momentum": dict(momentum=0),
    **{f"optimizer {name}": dict(optimizer=name) for name in OPTIMIZERS},
    "weight decay": dict(weight_decay=0.1),
    "adam with weight decay": dict(optimizer="adam", weight_decay=0.1),
    "clipped": dict(clip_norm=0.05),
    "clipped, then decayed": dict(clip_norm=0.05, weight_decay=0.1, batchnorm=True),
    "clip norm never reached": dict(clip_norm=1e6),
    "mini-batches": dict(batch_size=32),
    "batches of 4": dict(batch_size=4),
    "one shuffled batch": dict(batch_size=64),
    "fewest samples": dict(samples=32),
    "batchnorm": dict(batchnorm=True),
    "batchnorm on mini-batches": dict(batchnorm=True, batch_size=32, samples=128),
    "batchnorm on batches of 4": dict(batchnorm=True, batch_size=4),
    "dropout": dict(dropout=0.3),
    "dropout between hidden layers": dict(dropout=0.3, dropout_last=False),
    "dropout of everything": dict(dropout=1),
    "residual": dict(residual=True),
    "all at once": dict(batchnorm=True, dropout=0.3, residual=True, batch_size=32, activation="gelu"),
    "one layer": dict(depth=1),
    "one unit": dict(depth=1, width=1, activation="tanh"),
    "width 1": dict(width=1, activation="elu", dataset="curve"),
    "width 33": dict(width=33),
    "vanishing": dict(depth=15, activation="sigmoid", init="pytorch"),
    "one step": dict(steps=1),
    "two classes, five features": dict(dataset="xor", features=5, label_noise=0.2),
    "four classes": dict(dataset="blobs", noise=0.5),
    "four classes, one feature": dict(dataset="blobs", features=1, noise=0.5),
    "regression": dict(dataset="curve", label_noise=0.2),
    "large targets": dict(dataset="curve", label_noise=0.2, target_scale=10, target_shift=-5),
    "scaled targets": dict(dataset="gap", label_noise=0.2, target_shift=-5, target_scaling="zscore"),
    "linear scaling": dict(scaling="linear", input_shift=5, input_scale=100),
    "zscore": dict(scaling="zscore", input_shift=5, input_scale=100),
    **{dataset: dict(dataset=dataset) for dataset in ("circles", "spirals", "gaussians")},
}


@pytest.mark.parametrize("case", CASES)
def test_every_number_is_that_of_a_plain_loop(case):
    (run,) = train.train([START.but(**CASES[case])])
    expected = reference.train(run.experiment, run.at)
    assert list(run.at) == list(range(run.experiment.steps + 1))
    np.testing.assert_allclose(run.loss, expected.loss, rtol=1e-10)
    for name, values in expected.measured.items():
        measured = run.probes[name] if name in PROBES else getattr(run, name)
        atol = 1e-12 if (values < 0).any() else 1e-15 if name == "activation_std" else 0
        np.testing.assert_allclose(measured, values, rtol=1e-10, atol=atol, err_msg=name)
    assert run.weights.keys() == expected.weights.keys()
    for name, values in expected.weights.items():
        np.testing.assert_allclose(run.weights[name], values, rtol=1e-10, atol=1e-12, err_msg=name)


@pytest.mark.parametrize(
    "case", ["activation relu", "optimizer adam", "all at once", "four classes", "regression"]
)
def test_float32_starts_like_a_plain_loop(case):
    (run,) = train.train([START.but(**CASES[case], precision="float32", steps=5)])
    expected = reference.train(run.experiment, run.at)
    np.testing.assert_allclose(run.loss, expected.loss, rtol=1e-3)
    for name, values in expected.weights.items():
        np.testing.assert_allclose(run.weights[name], values, rtol=1e-3, atol=1e-3, err_msg=name)


def test_all_that_is_measured_was_compared():
    (run,) = train.train([START.but(steps=1)])
    compared = reference.train(run.experiment, run.at).measured.keys()
    arrays = {name for name, value in vars(run).items() if isinstance(value, np.ndarray)}
    assert run.probes.keys() == PROBES.keys()
    missing = PROBES.keys() - compared
    assert not missing, f"layer_probes in tests/reference.py does not measure {', '.join(missing)}"
    assert compared == PROBES.keys() | arrays - {"loss", "at", "input_mean", "input_std", "input_reach"}


def test_what_may_be_asked_for_is_what_there_is():
    def allowed(setting):
        return set(get_args(Experiment.model_fields[setting].annotation))

    assert allowed("activation") == set(ACTIVATIONS) == set(theory.ACTIVATIONS) == set(reference.PHI)
    assert allowed("init") == set(INITS)
    assert allowed("optimizer") == set(OPTIMIZERS)
    assert {name for name, kind in OPTIMIZERS.items() if kind.has_momentum} == set(WITH_MOMENTUM)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_histograms_have_one_bin_more_than_edges_and_share_out_everything(activation):
    (run,) = train.train([START.but(activation=activation, steps=1)])
    for found, edges in (
        (run.activation_histogram, activation_edges(activation)),
        (run.delta_histogram, DELTA_EDGES),
    ):
        assert found.shape == (2, START.depth, len(edges) + 1)
        np.testing.assert_allclose(found.sum(axis=-1), 1, rtol=1e-6)


@pytest.mark.parametrize("changes", [dict(init="zeros"), dict(gain=0)], ids=str)
def test_nothing_is_said_relative_to_weights_of_zero(changes):
    (run,) = train.train([START.but(**changes, activation="tanh", steps=2)])
    assert np.isnan(run.probes["weight_moved"]).all()
    assert np.isnan(run.probes["update_ratio"][0]).all()


BROKEN = {
    "inputs too large": (0, dict(input_scale=1e6, gain=100, depth=20)),
    "clipping cannot help then": (0, dict(input_scale=1e6, gain=100, depth=20, clip_norm=1)),
    "adam, regression": (1, dict(gain=3, depth=10, dataset="curve", optimizer="adam", learning_rate=100)),
    "four classes": (2, dict(depth=10, dataset="blobs", learning_rate=100)),
    "weights too large": (3, dict(gain=1.5, depth=10, width=32, learning_rate=0.1)),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_run_that_breaks_says_when_and_keeps_what_came_before(case):
    step, changes = BROKEN[case]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        (run,) = train.train([START.but(precision="float32", **changes)])
    assert run.diverged_at == step
    assert np.isfinite(run.loss[:step]).all()
    assert not np.isfinite(run.loss[step])
    assert np.isnan(run.loss[step + 1 :]).all()
    for values in (run.train_loss, *run.probes.values(), run.active_fraction, run.delta_histogram):
        assert np.isfinite(values[:step]).all()
        assert np.isnan(values[step + 1 :]).all()
    assert np.isnan(run.train_accuracy[np.isnan(run.train_loss)]).all()
    assert run.weights["linear.0.weight"].shape == (run.experiment.width, run.experiment.inputs)


def test_batchnorm_outlives_what_breaks_other_networks():
    (run,) = train.train([START.but(precision="float32", gain=100, depth=20, batchnorm=True)])
    assert run.diverged_at is None
    assert np.isfinite(run.loss).all()


def test_the_smallest_and_the_largest_learning_rate_are_possible():
    slow, fast = train.train(START.vary(learning_rate=[1e-6, 100]))
    assert 0 < slow.probes["weight_moved"][-1].max() < 1e-4 < fast.probes["weight_moved"][fast.last].max()


@pytest.mark.parametrize(("steps", "snapshots"), [(1, 2), (1, 40), (7, 3), (200, 40), (5000, 10)])
def test_snapshots_are_few_and_hold_the_start_and_the_end(steps, snapshots):
    at = train.snapshot_steps(steps, snapshots)
    assert (at[0], at[-1]) == (0, steps)
    assert (np.diff(at) > 0).all()
    assert len(at) <= snapshots


def test_runs_come_in_the_order_asked_for():
    experiments = START.but(steps=1).vary(width=[3, 5], seed=range(2), depth=[1, 2], dropout=[0, 0.5])
    random.Random(0).shuffle(experiments)
    assert [run.experiment for run in train.train(experiments)] == experiments
    assert train.train([]) == []


def test_too_much_work_is_refused_with_what_to_lower():
    e = Experiment(width=256, samples=1024)
    many = int(WORK_LIMIT / work(e)) + 1
    sentence = (
        rf"^{many} networks are 1\.\d times the work that is allowed at once: lower their number, steps"
    )
    with pytest.raises(ValueError, match=sentence):
        train.train([e] * many)


def test_no_random_state_of_the_process_is_touched():
    e = START.but(dropout=0.5, batch_size=32, label_noise=0.1, init="pytorch", steps=2)
    before = torch.get_rng_state(), np.random.get_state(), random.getstate()
    train.train([e])
    assert torch.equal(before[0], torch.get_rng_state())
    np.testing.assert_equal(before[1], np.random.get_state())
    assert before[2] == random.getstate()


@pytest.fixture
def every_tick(monkeypatch):
    monkeypatch.setattr(train, "TICK_SECONDS", -1)


def test_progress_goes_from_0_to_1(every_tick):
    shares = []
    broken = START.but(gain=100, input_scale=1e6, depth=20, precision="float32")
    train.train([START, broken, START.but(width=3)], tick=shares.append)
    assert shares == sorted(shares)
    assert shares[0] == 0 and 0.9 < shares[-1] <= 1
    assert len(set(shares)) > START.steps


class Stop(BaseException):
    """As Streamlit ends a script: not an Exception."""


@pytest.mark.parametrize("error", [Stop, ValueError])
@pytest.mark.parametrize("ticks", [1, 5, 100])
def test_a_tick_can_end_the_training(every_tick, error, ticks):
    (before,), calls = train.train([START]), []

    def tick(share):
        calls.append(share)
        if len(calls) == ticks:
            raise error

    with pytest.raises(error):
        train.train([START], tick=tick)
    assert len(calls) == ticks
    assert_same(train.train([START])[0], before)


@pytest.mark.parametrize("tick", [None, lambda share: 1 / 0])
def test_arithmetic_is_as_before_afterwards(every_tick, tick):
    try:
        train.train([START.but(steps=1)], tick=tick)
    except ZeroDivisionError:
        assert tick
    assert torch.tensor(1e-40) / 2 > 0
    assert not torch.is_inference_mode_enabled()


def test_training_takes_one_core_in_any_thread(every_tick):
    threads = set()

    def work():
        torch.set_num_threads(2)
        train.train([START.but(steps=1)], tick=lambda share: threads.add(torch.get_num_threads()))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert threads == {1}


def test_linear_algebra_takes_one_core_from_its_first_import():
    script = "import core, os, sys; print('numpy' in sys.modules, os.environ['OPENBLAS_NUM_THREADS'])"
    environment = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=Path(__file__).parents[2],
        env=environment,
        capture_output=True,
        check=True,
    )
    assert done.stdout.split() == [b"False", b"1"]


def test_a_run_that_ends_with_a_finite_loss_in_evaluation_mode_has_not_diverged():
    """At dropout 1 weight decay alone moves the weights, out of all bounds; the output bias stays."""
    e = Experiment(
        dataset="moons",
        samples=64,
        noise=0.1,
        scaling="linear",
        depth=5,
        width=2,
        activation="gelu",
        bias=5,
        batchnorm=True,
        dropout=1,
        learning_rate=6.478340909296119,
        momentum=0,
        weight_decay=10,
        steps=20,
        seed=71,
    )
    [run] = train.train([e], 12)
    assert (run.diverged_at == e.steps) <= (not np.isfinite(run.train_loss[-1]))
