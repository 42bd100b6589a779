"""The script a reader takes home trains the same network, under a name that tells which."""

import ast
import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import get_args
from urllib.parse import parse_qsl

import numpy as np
import pytest

from core.data import DATASETS, SCALERS
from core.diagnosis import chaos
from core.engine.initial import INITS
from core.engine.train import train
from core.experiment import Activation, Experiment, Init, Optimizer
from core.export.script import file_name, pytorch_script

ROOT = Path(__file__).parents[2]
DRIVER = """
import contextlib, io, json, runpy, sys

for path in sys.argv[1:]:
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        runpy.run_path(path, run_name="__main__")
    print(json.dumps(printed.getvalue().splitlines()))
"""
MENU = {
    "dataset": list(DATASETS),
    "noise": [0.0, 0.1, 0.3],
    "label_noise": [0, 0.2],
    "input_shift": [0, 0.5],
    "input_scale": [1, 2.5],
    "scaling": list(SCALERS),
    "depth": [1, 2, 3, 5],
    "width": [1, 7, 16],
    "activation": get_args(Activation),
    "init": get_args(Init),
    "gain": [1, 0.8, 1.3],
    "bias": [0, 0.1],
    "batchnorm": [False, True],
    "dropout": [0, 0, 0.3, 0.3, 1],
    "residual": [False, True],
    "optimizer": ["sgd", "adam"],
    "learning_rate": [0.003, 0.01, 0.03],
    "momentum": [0, 0.9],
    "weight_decay": [0, 0.01],
    "batch_size": [0, 4, 32, 64],
    "clip_norm": [0, 0.1],
    "precision": ["float64", "float64", "float32"],
    "input_spread": [1, 1, 5],
    "target_shift": [0, 3],
    "target_scale": [1, 0.5],
    "target_scaling": ["none", "none", "zscore"],
}


def drawn(count):
    """Experiments in which every value of the menu comes up equally often, shuffled by a fixed seed."""
    rng, hands = random.Random(0), {}
    for name, values in MENU.items():
        hands[name] = [values[i % len(values)] for i in range(count)]
        rng.shuffle(hands[name])
    return [
        Experiment(samples=64, steps=25, seed=i, **{name: hand[i] for name, hand in hands.items()})
        for i in range(count)
    ]


DIVERGING = Experiment(gain=30, learning_rate=10, steps=20, precision="float64")
WIDE_DATA = Experiment(dataset="gaussians", features=20, depth=2, samples=64, steps=20, precision="float64")
BETWEEN = WIDE_DATA.but(dropout=0.5, dropout_last=False)
EVERY_OPTIMIZER = WIDE_DATA.vary(optimizer=get_args(Optimizer), momentum=[0, 0.5])
FAR = dict(target_scale=5, target_shift=-9, label_noise=0.2, learning_rate=1e-4)
LARGE = WIDE_DATA.but(dataset="curve", features=0, **FAR)
SCALED = LARGE.but(target_scaling="zscore", scaling="linear")
CHAOTIC = [
    Experiment(init="normal", gain=2, learning_rate=0.1, clip_norm=1, width=64, steps=40),
    Experiment(activation="sigmoid", init="normal", gain=16, depth=15, width=64, samples=128, steps=30),
    Experiment(depth=20, width=64, learning_rate=0.003, batch_size=128, steps=150),
]
DYING = WIDE_DATA.but(bias=-2, width=16)
EXPERIMENTS = [
    *(Experiment(), DIVERGING, WIDE_DATA, BETWEEN, LARGE, SCALED, DYING, *EVERY_OPTIMIZER),
    *drawn(28),
    *CHAOTIC,
]
NUMBERS = range(len(EXPERIMENTS))
CALM = NUMBERS[: -len(CHAOTIC)]
# A run is measured after one forward pass more than its steps, which moves the running averages of batchnorm.
MEASURED = [
    i for i, e in enumerate(EXPERIMENTS) if e.precision == "float64" and not e.batchnorm and e != DIVERGING
]


@pytest.fixture(scope="module")
def runs():
    return train(EXPERIMENTS, snapshots=6)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scripts")
    paths = [folder / f"script_{number}.py" for number in NUMBERS]
    for path, experiment in zip(paths, EXPERIMENTS, strict=True):
        path.write_text(pytorch_script(experiment), encoding="utf-8")
    return paths


def python(folder, *arguments):
    """What Python prints when it runs outside of the project; our code is out of its reach."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, *map(str, arguments)], cwd=folder, env=environment, capture_output=True, text=True
    )
    assert not done.returncode, done.stderr + done.stdout
    return done.stdout.splitlines()


@pytest.fixture(scope="module")
def printed(files):
    """The lines that every script prints."""
    return [json.loads(line) for line in python(files[0].parent, "-c", DRIVER, *files)]


def agree(losses, run):
    """Equal to what the precision allows, up to the first loss that is not finite."""
    single = run.experiment.precision == "float32"
    compared = slice(0, 20 if single else None)
    np.testing.assert_array_equal(np.isfinite(losses), np.isfinite(run.loss))
    finite = np.isfinite(run.loss)[compared]
    np.testing.assert_allclose(
        np.array(losses)[compared][finite], run.loss[compared][finite], rtol=1e-3 if single else 1e-6
    )


@pytest.mark.slow
@pytest.mark.parametrize("number", CALM)
def test_a_script_trains_the_same_network(number, printed, runs):
    losses = json.loads(printed[number][-1])
    assert len(losses) == EXPERIMENTS[number].steps
    agree(losses, runs[number])


@pytest.mark.slow
@pytest.mark.parametrize("number", NUMBERS)
def test_a_script_agrees_as_long_as_the_page_promises(number, printed, runs):
    promised = chaos.sensitivity(runs[number]).script_leaves
    away = chaos.apart(runs[number].loss, json.loads(printed[number][-1])) > chaos.AGREE
    assert not away[:promised].any()


@pytest.mark.slow
def test_what_is_chaotic_is_not_promised_to_the_end(runs):
    for e in CHAOTIC:
        assert 0 < chaos.sensitivity(runs[EXPERIMENTS.index(e)]).script_leaves < e.steps


@pytest.mark.slow
@pytest.mark.parametrize("number", MEASURED)
def test_a_script_measures_the_same_held_out_accuracy(number, printed, runs):
    name, value = printed[number][-2].rsplit(" ", 1)
    assert name == ("held-out R2" if EXPERIMENTS[number].loss == "mse" else "held-out accuracy")
    assert float(value) == pytest.approx(runs[number].test_accuracy[-1], abs=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("number", [i for i in MEASURED if EXPERIMENTS[i].activation == "relu"])
def test_a_script_counts_the_same_dead_units(number, printed, runs):
    [line] = [line for line in printed[number] if line.startswith("dead units per hidden layer ")]
    dead = (runs[number].active_fraction[-1] == 0).sum(axis=1)
    assert json.loads(line.removeprefix("dead units per hidden layer ")) == list(dead)


@pytest.mark.slow
def test_dead_units_are_counted_where_some_die(runs):
    assert (runs[EXPERIMENTS.index(DYING)].active_fraction[-1] == 0).any()


@pytest.mark.slow
def test_nothing_is_counted_where_nothing_is_left(printed):
    for number, e in enumerate(EXPERIMENTS):
        counted = any(line.startswith("dead units") for line in printed[number])
        assert counted == (e.activation == "relu" and np.isfinite(json.loads(printed[number][-1])[-1]))


@pytest.mark.slow
def test_a_diverging_script_says_so_and_ends(printed, runs):
    number = EXPERIMENTS.index(DIVERGING)
    lines, step = printed[number], runs[number].diverged_at
    assert np.isnan(json.loads(lines[-1])[step + 1 :]).all()
    assert any(line.startswith(f"step {step}: the loss is ") for line in lines)


def test_scripts_are_well_formed(files):
    settings = ["--config", ROOT / "pyproject.toml", "--no-cache"]
    python(files[0].parent, "-m", "ruff", "check", *settings, ".")
    python(files[0].parent, "-m", "ruff", "format", "--check", *settings, ".")


def functions(text):
    """The names of the functions and classes at the top of a script."""
    return {node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef | ast.ClassDef)}


@pytest.mark.parametrize("changes", [{}, dict(target_scale=2, target_shift=3, target_scaling="zscore")])
def test_a_plain_experiment_gets_a_plain_script(changes):
    text = pytorch_script(Experiment(**changes))
    needed = {"stream", "circles", "load", "Network", "he", "draw_weights", "train", "accuracy", "main"}
    assert functions(text) == needed | {"dead_units"}
    assert functions(pytorch_script(Experiment(activation="tanh", **changes))) == needed
    code = text.split('"""', 2)[2]
    for unneeded in ["BatchNorm", "dropout", "skip", "clip", "label_noise", "GAIN", "BIAS", "DECAY", "_S"]:
        assert unneeded not in code


def test_what_is_switched_on_is_in_the_script():
    text = pytorch_script(Experiment(scaling="zscore", dropout=0.5, batch_size=64))
    assert {"zscore", "Dropout", "batches"} <= functions(text)
    assert {"linear", "zscore"} <= functions(pytorch_script(SCALED))


@pytest.mark.parametrize("number", NUMBERS)
def test_a_script_imports_nothing_of_ours(number):
    imports = [
        node for node in ast.walk(ast.parse(pytorch_script(EXPERIMENTS[number]))) if hasattr(node, "names")
    ]
    modules = {getattr(node, "module", None) or alias.name for node in imports for alias in node.names}
    assert modules == {"json", "math", "numpy", "torch"}


@pytest.mark.parametrize("number", NUMBERS)
def test_a_script_carries_the_link_of_its_experiment(number):
    about = ast.get_docstring(ast.parse(pytorch_script(EXPERIMENTS[number])), clean=False)
    link = about[about.index("?") + 1 :].replace("\n", "")
    start = Experiment(seed=99)
    assert Experiment.from_link(dict(parse_qsl(link)), start) == (EXPERIMENTS[number], [])


def test_the_menu_is_complete():
    assert {e.init for e in EXPERIMENTS} == set(INITS)
    assert {e.activation for e in EXPERIMENTS} == set(get_args(Activation))
    assert {e.dataset for e in EXPERIMENTS} == set(DATASETS)


def test_a_file_name_tells_the_experiment():
    assert file_name(Experiment(), "py") == "circles-relu-10x32.py"
    changed = Experiment(activation="tanh", depth=3, batchnorm=True, seed=7)
    assert file_name(changed, "losses.csv") == "circles-tanh-3x32-batchnorm_true-seed_7.losses.csv"


def test_a_file_name_stays_short():
    other = {name: values[-1] for name, values in MENU.items()}
    assert len(file_name(Experiment(**other | {"dropout": 0.123456789}), "py")) < 200
