"""The script a reader takes home has the same gradients and losses, and the CSV says what the page says."""

import ast
import io
import json
import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from core.lessons.backprop.claims import FUNCTIONS, trained
from core.lessons.backprop.export import file_name, files, pytorch_script, steps_csv, training_csv
from core.lessons.backprop.graph import gradients
from core.lessons.backprop.moments import rows
from core.lessons.backprop.settings import Passes

ALL = (
    "a = x*w - y/w; c = sin(a) + cos(b)*tanh(y) + exp(-a) + log(x)**2 + relu(b) - sigmoid(a);"
    "d = step(x)*weighted_sum(w, x, a, c, b); mse_loss(d, 0.5) + bce_with_logits(a, 0.25) + 2**x"
)
SETTINGS = {
    "network": Passes(),
    "deep classifier": Passes(shape="2-3-3-1", activation="relu", loss="cross-entropy", seed=5),
    "neuron": Passes(shape="single neuron", activation="sigmoid", values="w1:0.5,t:0"),
    "every operation": Passes(
        shape="expression", expression=ALL, values="x:1.5,w:0.7,b:0.3,y:-0.4", learning_rate=0.001
    ),
    "no zero_grad": Passes(zero_grad=False),
    "two waves": FUNCTIONS["two waves"],
}


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    """What every script prints last, run by Python where our code is out of reach."""
    folder = tmp_path_factory.mktemp("scripts")
    driver = "import runpy, sys\nfor path in sys.argv[1:]: runpy.run_path(path, run_name='__main__')"
    paths = []
    for i, settings in enumerate(SETTINGS.values()):
        paths.append(folder / f"script_{i}.py")
        paths[-1].write_text(pytorch_script(settings), encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-c", driver, *map(str, paths)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert not done.returncode, done.stderr
    last = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return dict(zip(SETTINGS, last, strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("name", SETTINGS)
def test_the_script_finds_the_same_gradients(name, printed):
    settings = SETTINGS[name]
    exact = gradients(settings.graph, settings.leaves, start=settings.earlier)
    assert set(printed[name]["gradients"]) == set(settings.graph.leaves)
    for leaf, value in printed[name]["gradients"].items():
        assert value == pytest.approx(exact[leaf], rel=1e-12, abs=1e-13)


@pytest.mark.slow
@pytest.mark.parametrize("name", SETTINGS)
def test_the_script_has_the_same_losses(name, printed):
    np.testing.assert_allclose(printed[name]["loss"], trained(SETTINGS[name]).loss, rtol=1e-7, atol=1e-12)


@pytest.mark.parametrize("name", SETTINGS)
def test_the_script_is_tidy_and_needs_torch_alone(name):
    text = pytorch_script(SETTINGS[name])
    nodes = list(ast.walk(ast.parse(text)))
    modules = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    assert modules == {"json", "torch", "torch.nn.functional"}
    assert "$" not in text


def test_the_passes_as_a_table():
    table = pd.read_csv(io.StringIO(steps_csv(SETTINGS["network"])))
    assert len(table) == len(rows(SETTINGS["network"]))
    backward = table[table["pass"] == "backward"]
    np.testing.assert_allclose(backward["before"] + backward["product"], backward["after"], atol=1e-15)


def test_the_training_as_a_table():
    training = trained(SETTINGS["network"])
    table = pd.read_csv(io.StringIO(training_csv(training)))
    assert table["loss"].tolist() == training.loss.tolist()
    assert table["projected_loss"][1:].tolist() == training.projected_loss.tolist()
    assert table["w1_11"].tolist() == training.paths["w1_11"].tolist()


def test_file_names():
    assert file_name(SETTINGS["neuron"], "py") == "backprop-single_neuron-sigmoid-mse.py"
    assert file_name(SETTINGS["two waves"], "csv") == "backprop-expression.csv"
    tables, script, name = files(SETTINGS["network"], trained(SETTINGS["network"]))
    assert [make().count("\n") > 10 for make, _ in tables.values()] == [True, True]
    assert name.endswith(".py") and script.startswith('"""')
