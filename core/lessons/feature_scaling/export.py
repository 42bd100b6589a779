"""What a reader takes home of a training on a table: a scikit-learn and PyTorch script, and CSV."""

import inspect
import textwrap
from collections.abc import Callable
from string import Template

import numpy as np
import pandas as pd

from core.engine.initial import INITS
from core.engine.optimizers import OPTIMIZERS
from core.export import template
from core.export.csv import losses_csv
from core.export.script import LINE_LENGTH, PYTORCH_NAMES, link, needed
from core.lessons.feature_scaling.houses import Houses, houses
from core.lessons.feature_scaling.table import PIPELINES, TableExperiment
from core.run import Run

HEAD = '''
"""$sentence

Its losses are those of the page up to rounding, which a chaotic training lets grow: the page says from which
step on.

$origin
"""

import json
import math

import numpy as np
import pandas as pd
import torch
from sklearn.base import BaseEstimator, TransformerMixin  # if clips
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer  # if impute
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import $scalers  # if scalers
from torch import nn

SEED = $seed
FILE = "table.csv"  # if upload
TARGET = "$target"
FEATURES = $features
SAMPLES = $samples
NOISE = $noise  # if houses
INCOME_SPREAD = $income_spread  # if houses
OUTLIER = $outlier  # if houses
OUTLIER_SHARE = $outlier_share  # if houses
MISSING = $missing  # if houses, missing

INPUTS = len(FEATURES)
DEPTH = $depth
WIDTH = $width
OUTPUTS = 1
DTYPE = torch.float32

STEPS = $steps
LEARNING_RATE = $learning_rate
MOMENTUM = $momentum  # if momentum
loss_function = nn.MSELoss()

STREAMS = {"data": 0, "weights": 2}


def stream(use, layer=0):
    """The random numbers of one use in one layer."""
    return np.random.default_rng([SEED, STREAMS[use], layer])
'''

DRAW = '''
def draw():
    """The raw table: SAMPLES rows to train on, then those held out."""
    table = houses(stream("data"), 2 * SAMPLES, NOISE, INCOME_SPREAD, OUTLIER, OUTLIER_SHARE)  # if houses
    gaps = stream("data", 1).permutation(SAMPLES)[:MISSING]  # if houses, missing
    table.loc[gaps, "income"] = np.nan  # if houses, missing
    return table  # if houses
    table = pd.read_csv(FILE)  # if upload
    return table.iloc[stream("data").permutation(len(table))]  # if upload
'''

LOAD = '''
scaling = ColumnTransformer(
    [
$columns
    ]
)


def load():
    """A training set and a held-out set: x_train, y_train, x_test, y_test. The target is standardized."""
    table = draw()
    x, y = table[FEATURES].to_numpy(), table[TARGET].to_numpy(dtype=float)
    scaling.fit(x[:SAMPLES])  # if train_fit
    scaling.fit(x)  # if not train_fit
    x = torch.tensor(scaling.transform(x), dtype=DTYPE)
    y = torch.tensor((y - y[:SAMPLES].mean()) / y[:SAMPLES].std(), dtype=DTYPE)[:, None]
    return x[:SAMPLES], y[:SAMPLES], x[SAMPLES:], y[SAMPLES:]
'''


def pytorch_script(e: TableExperiment) -> str:
    """A script that scales with scikit-learn and trains with torch.nn and torch.optim, as core.export does.

    It draws the synthetic table itself; an uploaded one it reads from table.csv beside it.
    """
    from core.lessons.feature_scaling.pipelines import Clip, scaler

    columns = [(name, list(pipe.named_steps.values()), at) for name, pipe, at in scaler(e).transformers]
    kinds = {type(step).__name__ for _, steps, _ in columns for step in steps}
    scalers = sorted(kinds - {"Clip", "SimpleImputer"})
    drawn = isinstance(e, Houses)
    pieces = [
        HEAD,
        drawn and inspect.getsource(houses),
        "Clip" in kinds and inspect.getsource(Clip),
        DRAW,
        LOAD,
        template.NETWORK,
        inspect.getsource(INITS[e.init]),
        template.WEIGHTS,
        template.TRAIN,
        template.MAIN,
    ]
    text = "\n\n\n".join(piece.strip() for piece in pieces if piece) + "\n"
    more = {
        "houses": drawn,
        "upload": not drawn,
        "clips": "Clip" in kinds,
        "scalers": bool(scalers),
        "train_fit": e.fit_on == "training rows",
    }
    words = {
        "sentence": textwrap.fill(_sentence(e), LINE_LENGTH - len('"""')),
        "origin": f"Its settings, to be added to the address of a page of the Gradient Clinic:\n{link(e)}"
        if drawn
        else "The table is read from table.csv beside this file.",
        "target": e.target,
        "features": e.features,
        "samples": e.samples,
        "scalers": ", ".join(scalers),
        "columns": "\n".join(
            f'        ("{name}", make_pipeline({", ".join(map(_code, steps))}), {at}),'
            for name, steps, at in columns
        ),
        "init": e.init,
        "activation": PYTORCH_NAMES[e.activation],
        "optimizer": OPTIMIZERS[e.optimizer].__name__,
        "every": max(1, e.steps // 10),
    }
    kept = needed(text, e, *(word for word, holds in more.items() if holds))
    return Template(kept).substitute(dict(e) | words)


def _code(step) -> str:
    """The Python that makes a transformer."""
    return repr(step).replace("<ufunc 'log'>", "np.log")


def _sentence(e: TableExperiment) -> str:
    model = f"a network with {e.depth} x {e.width} ReLU units" if e.depth else "a linear model"
    return (
        f"Scales the columns of a table ({PIPELINES[e.scaling]}, where a column has no choice of its own) "
        f"and trains {model} by {OPTIMIZERS[e.optimizer].__name__} with learning rate {e.learning_rate:g}."
    )


def scaled_csv(e: TableExperiment) -> str:
    """The scaled features and the standardized target; the column `set` says which rows were held out."""
    data = e.load()
    table = pd.DataFrame(np.concatenate([data.x_train, data.x_test]), columns=e.features)
    table[e.target] = np.concatenate([data.y_train, data.y_test])
    table.insert(0, "set", np.where(np.arange(len(table)) < e.samples, "training", "held out"))
    return table.to_csv(index=False)


def raw_csv(e: TableExperiment) -> str:
    """The table as it comes, in its own order: what the script of an uploaded table reads."""
    return e.draw().sort_index().to_csv(index=False)


def files(run: Run) -> dict[str, tuple[Callable[[], str], str]]:
    """What a reader can download besides the script: label -> (function that makes it, file name)."""
    e = run.experiment
    return {
        "Losses (CSV)": (lambda: losses_csv(run), file_name(e, "losses.csv")),
        "Raw table (CSV)": (lambda: raw_csv(e), "table.csv"),
        "Scaled table (CSV)": (lambda: scaled_csv(e), file_name(e, "scaled.csv")),
    }


def file_name(e: TableExperiment, ending: str) -> str:
    """The pipeline and the model: table-zscore-2x32-sgd.py."""
    return f"table-{e.scaling}-{e.depth}x{e.width}-{e.optimizer}.{ending}"
