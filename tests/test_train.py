"""Training against a plain torch.nn loop, and what a caller may rely on."""

import random
import threading
import warnings
from typing import get_args

import numpy as np
import pytest
import torch

from core import theory, train
from core.activations import ACTIVATIONS
from core.experiment import Activation, Experiment, Init, work
from core.initial import INITS
from core.network import Stack
from core.probes import PROBES
from tests import reference
from tests.test_independence import assert_same

START = Experiment(
    dataset="moons", samples=64, depth=3, width=9, learning_rate=0.02, steps=20, precision="float64"
)
CASES = {
    **{f"activation {name}": dict(activation=name) for name in ACTIVATIONS},
    **{f"init {name}": dict(init=name, gain=1.2, bias=0.1) for name in INITS},
    "zeros, and still moving": dict(init="zeros", activation="sigmoid", optimizer="adam"),
    "gain 0": dict(gain=0, activation="tanh"),
    "no momentum": dict(momentum=0),
    "adam": dict(optimizer="adam"),
    "weight decay": dict(weight_decay=0.1),
    "adam with weight decay": dict(optimizer="adam", weight_decay=0.1),
    "clipped": dict(clip_norm=0.05),
    "clipped, then decayed": dict(clip_norm=0.05, weight_decay=0.1, batchnorm=True),
    "clip norm never reached": dict(clip_norm=1e6),
    "mini-batches": dict(batch_size=32),
    "one shuffled batch": dict(batch_size=64),
    "fewest samples": dict(samples=32),
    "batchnorm": dict(batchnorm=True),
    "batchnorm on mini-batches": dict(batchnorm=True, batch_size=32, samples=128),
    "dropout": dict(dropout=0.3),
    "dropout of everything": dict(dropout=1),
    "residual": dict(residual=True),
    "all layers": dict(batchnorm=True, dropout=0.3, residual=True, batch_size=32, activation="gelu"),
    "one layer": dict(depth=1),
    "one layer of one unit": dict(depth=1, width=1, activation="tanh"),
    "width 1": dict(width=1, activation="elu", dataset="curve"),
    "width 33": dict(width=33),
    "vanishing": dict(depth=15, activation="sigmoid", init="pytorch"),
    "one step": dict(steps=1),
    "two classes, five features": dict(dataset="xor", features=5, label_noise=0.2),
    "four classes": dict(dataset="blobs", noise=0.5),
    "four classes, one feature": dict(dataset="blobs", features=1, noise=0.5),
    "regression": dict(dataset="curve", label_noise=0.2),
    "linear scaling": dict(scaling="linear", input_shift=5, input_scale=100),
    "zscore": dict(scaling="zscore", input_shift=5, input_scale=100),
    **{dataset: dict(dataset=dataset) for dataset in ("circles", "spirals", "gaussians")},
}
CENTRED = {"activation_mean", "test_accuracy", "train_accuracy"}


def measured(run, name):
    return run.probes[name] if name in run.probes else getattr(run, name)


@pytest.mark.parametrize("case", CASES)
def test_every_number_is_that_of_a_plain_loop(case):
    (run,) = train.train([START.but(**CASES[case])])
    expected = reference.train(run.experiment, run.at)
    assert list(run.at) == list(range(run.experiment.steps + 1))
    np.testing.assert_allclose(run.loss, expected.loss, rtol=1e-10)
    for name, values in expected.measured.items():
        tolerance = 1e-12 if name in CENTRED else 0
        np.testing.assert_allclose(measured(run, name), values, 1e-10, tolerance, err_msg=name)
    assert run.weights.keys() == expected.weights.keys()
    for name, values in expected.weights.items():
        np.testing.assert_allclose(run.weights[name], values, 1e-10, 1e-12, err_msg=name)


@pytest.mark.parametrize("case", ["activation relu", "adam", "all layers", "four classes", "regression"])
def test_float32_starts_like_a_plain_loop(case):
    (run,) = train.train([START.but(**CASES[case]).but(precision="float32", steps=5)])
    expected = reference.train(run.experiment, run.at)
    np.testing.assert_allclose(run.loss, expected.loss, rtol=1e-3)
    for name, values in expected.weights.items():
        np.testing.assert_allclose(run.weights[name], values, 1e-3, 1e-3, err_msg=name)


def test_what_is_measured_is_what_the_reference_measures():
    (run,) = train.train([START.but(steps=1)])
    names = {*run.probes, *vars(run)} & reference.train(run.experiment, run.at).measured.keys()
    fields = ("loss", "accuracy")
    assert names == {
        *PROBES,
        *(f"{data}_{field}" for data in ("train", "test") for field in fields),
        *("activation_histogram", "delta_histogram", "active_fraction"),
    }


@pytest.mark.parametrize(
    ("setting", "values", "sources"),
    [
        ("activation", Activation, [ACTIVATIONS, theory.ACTIVATIONS, reference.PHI]),
        ("init", Init, [INITS]),
        ("optimizer", None, [train.OPTIMIZERS]),
    ],
)
def test_what_may_be_asked_for_is_what_there_is(setting, values, sources):
    allowed = set(get_args(values or Experiment.model_fields[setting].annotation))
    assert [set(source) for source in sources] == [allowed] * len(sources)


def test_the_gradients_of_one_step_are_those_of_autograd():
    """Weights alone would not tell a wrong gradient of a network that does not move."""
    e = START.but(batchnorm=True, residual=True, activation="silu", dropout=0.2)
    stack, model = Stack([e, e.but(seed=1)]), reference.Network(e.but(seed=1))
    stack.forward(stack.x_train, stack.y_train)
    stack.backward(stack.y_train)
    output = model(stack.x_train[1].T.clone())
    torch.nn.functional.binary_cross_entropy_with_logits(output, stack.y_train[1].T.clone()).backward()
    groups = {
        "weight": (stack.d_weight, [linear.weight for linear in model.linear]),
        "bias": (stack.d_bias, [linear.bias[:, None] for linear in model.linear]),
    }
    for name, (mine, theirs) in groups.items():
        for gradient, parameter in zip(mine, theirs, strict=True):
            torch.testing.assert_close(gradient[1], _grad(parameter), rtol=1e-10, atol=1e-15, msg=name)
