"""The script of a training on a table runs by itself, and gives the losses and the score of the page."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.engine.train import train
from core.lessons.feature_scaling.export import file_name, files, pytorch_script, raw_csv, scaled_csv
from core.lessons.feature_scaling.houses import Houses
from core.lessons.feature_scaling.table import PIPELINES
from core.lessons.feature_scaling.upload import Upload, Uploaded, read

ROOT = Path(__file__).parents[3]
SMALL = Houses(samples=120, steps=25, scaling="log_clip_zscore")


def uploaded():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(90, 3))
    table = pd.DataFrame({"size (m2)": np.exp(x[:, 0]), "50% rate": x[:, 1], "y": x.sum(axis=1)})
    table.loc[3, "50% rate"] = np.nan
    frame, _ = read(table.to_csv(index=False).encode())
    return Uploaded.of(SMALL.but(impute=True), Upload(frame, "y"), {"50% rate": "linear"})


CASES = {
    "linear": SMALL,
    "every pipeline": SMALL.but(
        age="linear", rooms="unit", income="log", population="log_zscore", sensor="clip", learning_rate=1e-6
    ),
    "network, adam": SMALL.but(depth=2, width=8, optimizer="adam", learning_rate=0.01, clip=2),
    "momentum, gaps filled": SMALL.but(momentum=0.9, learning_rate=0.02, missing=3, impute=True),
    "leaking": SMALL.but(fit_on="all rows", scaling="linear"),
    "diverging": SMALL.but(scaling="none"),
    "uploaded": uploaded(),
}


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    """What every case's script prints, line by line; all of them run in one process."""
    folder = tmp_path_factory.mktemp("scripts")
    for name, e in CASES.items():
        (folder / f"{name}.py").write_text(pytorch_script(e), encoding="utf-8")
    (folder / "table.csv").write_text(raw_csv(CASES["uploaded"]), encoding="utf-8")
    driver = (
        "import contextlib, io, json, runpy, sys\n"
        "for path in sys.argv[1:]:\n"
        "    with contextlib.redirect_stdout(io.StringIO()) as said:\n"
        "        runpy.run_path(path, run_name='__main__')\n"
        "    print(json.dumps(said.getvalue().splitlines()))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", driver, *(f"{name}.py" for name in CASES)],
        cwd=folder,
        env={k: v for k, v in os.environ.items() if k != "PYTHONPATH"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return dict(zip(CASES, map(json.loads, done.stdout.splitlines()), strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_the_script_gives_the_losses_and_the_score_of_the_run(printed, name):
    [run] = train([CASES[name]])
    *_, score, losses = printed[name]
    np.testing.assert_allclose(json.loads(losses), run.loss, rtol=2e-4)
    if run.diverged_at is None:
        assert float(score.split()[-1]) == pytest.approx(float(run.test_accuracy[-1]), rel=1e-4, abs=2e-4)
    else:
        assert name == "diverging"


@pytest.mark.parametrize("scaling", PIPELINES)
def test_a_script_names_only_what_it_uses(scaling):
    text = pytorch_script(SMALL.but(scaling=scaling))
    for name in (
        "MinMaxScaler",
        "StandardScaler",
        "FunctionTransformer",
        "SimpleImputer",
        "TransformerMixin",
    ):
        assert text.count(name) != 1, name
    assert "# if " not in text


def test_every_script_is_clean_python(tmp_path):
    for i, e in enumerate(CASES.values()):
        (tmp_path / f"script{i}.py").write_text(pytorch_script(e), encoding="utf-8")
    ruff = [sys.executable, "-m", "ruff", "check", "--select", "E,F,I", "--ignore", "E501", "--no-cache"]
    done = subprocess.run([*ruff, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_scaled_table_is_what_the_network_sees():
    table, data = pd.read_csv(io.StringIO(scaled_csv(SMALL))), SMALL.load()
    training = table[table["set"] == "training"]
    np.testing.assert_allclose(training[SMALL.features], data.x_train, rtol=1e-12)
    np.testing.assert_allclose(training["price"], data.y_train, rtol=1e-12)
    assert (table["set"] == "held out").sum() == len(data.x_test)


def test_downloads_have_names_and_contents():
    [run] = train([SMALL])
    assert file_name(SMALL, "py") == "table-log_clip_zscore-0x32-sgd.py"
    for make, name in files(run).values():
        assert name.endswith(".csv")
        assert len(make().splitlines()) > 20
