"""What a reader takes home: a run as a plain PyTorch script, and its numbers as CSV."""

import inspect
import textwrap
from string import Template
from urllib.parse import urlencode

import pandas as pd

from core import script
from core.data import DATASETS, SCALERS
from core.experiment import Experiment
from core.initial import INITS
from core.run import Run

LINE_LENGTH = 110
PYTORCH_NAMES = {
    "relu": "ReLU",
    "leaky_relu": "LeakyReLU",
    "elu": "ELU",
    "selu": "SELU",
    "gelu": "GELU",
    "silu": "SiLU",
    "tanh": "Tanh",
    "sigmoid": "Sigmoid",
    "identity": "Identity",
    "bce": "BCEWithLogitsLoss",
    "cross_entropy": "CrossEntropyLoss",
    "mse": "MSELoss",
    "sgd": "SGD",
    "adam": "Adam",
}


def pytorch_script(experiment: Experiment) -> str:
    """A script that trains this experiment with nn.Module and torch.optim; it needs torch and numpy alone.

    Data, initial weights, dropout masks and batch order are those of the Run. Run as a file, it prints the
    loss of every step on its last line as JSON, NaN after a divergence (Python's json reads that).
    """
    e = experiment
    pieces = [
        script.HEAD,
        inspect.getsource(DATASETS[e.dataset].draw),
        e.scaling != "none" and inspect.getsource(SCALERS[e.scaling]),
        script.LOAD,
        0 < e.dropout < 1 and script.DROPOUT,
        script.NETWORK,
        inspect.getsource(INITS[e.init]),
        script.WEIGHTS,
        e.batch_size and script.BATCHES,
        script.TRAIN,
    ]
    text = "\n\n\n".join(piece.strip() for piece in pieces if piece) + "\n"
    words = {
        "sentence": textwrap.fill(_sentence(e), LINE_LENGTH - len('"""')),
        "link": _link(e),
        "inputs": e.inputs,
        "outputs": e.outputs,
        "loss": PYTORCH_NAMES[e.loss],
        "activation": PYTORCH_NAMES[e.activation],
        "optimizer": PYTORCH_NAMES[e.optimizer],
        "drop": "Dropout(layer)" if e.dropout < 1 else "nn.Dropout(DROPOUT)",
        "every": max(1, e.steps // 10),
    }
    return Template(_needed(text, e)).substitute(dict(e) | words)


def _needed(text: str, e: Experiment) -> str:
    """The text without its marks, and without the lines whose mark does not hold."""
    off = {"gain": 1, "input_scale": 1, "input_spread": 1, "scaling": "none"}
    on = {name for name, value in e if value != off.get(name, 0)} | {e.loss, e.init, e.optimizer}
    lines = []
    for line in text.split("\n"):
        code, _, mark = line.partition("  # if ")
        words = mark.split(", ") if mark else []
        if all((word.removeprefix("not ") in on) != word.startswith("not ") for word in words):
            lines.append(code)
    return "\n".join(lines)


def _sentence(e: Experiment) -> str:
    details = {
        f"learning rate {e.learning_rate:g}": True,
        f"batches of {e.batch}": e.batch_size,
        "batch normalization": e.batchnorm,
        "residual connections": e.residual,
        f"dropout {e.dropout:g}" + " between hidden layers" * (not e.dropout_last): e.dropout,
        f"weight decay {e.weight_decay:g}": e.weight_decay,
        f"gradients clipped at norm {e.clip_norm:g}": e.clip_norm,
    }
    units = f"{e.depth} x {e.width} {e.activation} units (hidden layers x width, {e.init} init)"
    given = ", ".join(detail for detail, on in details.items() if on)
    return f"Trains {units} on {e.dataset} by {PYTORCH_NAMES[e.optimizer]}: {given}."


def _link(e: Experiment) -> str:
    """All settings as a query, in lines that break after a `&`; an address bar joins them again."""
    lines = textwrap.wrap("?" + urlencode(e.to_link()).replace("&", "& "), LINE_LENGTH)
    return "\n".join(line.replace(" ", "") for line in lines)


def losses_csv(run: Run) -> str:
    """One row per step: step, loss, and at the snapshots losses and accuracies of both sets.

    The last row is the state after the last update and has no loss of its own. A cell is empty where nothing
    was measured, and after a divergence.
    """
    table = pd.DataFrame({"loss": pd.Series(run.loss)}, index=pd.RangeIndex(len(run.loss) + 1, name="step"))
    for name in ("train_loss", "test_loss", "train_accuracy", "test_accuracy"):
        table[name] = pd.Series(getattr(run, name), index=run.at)
    return table.to_csv()


def probes_csv(run: Run) -> str:
    """Tidy: one row per snapshot and hidden layer, counted from 1, with a column for every probe."""
    layers = range(1, run.experiment.depth + 1)
    index = pd.MultiIndex.from_product([run.at, layers], names=["step", "layer"])
    return pd.DataFrame({name: values.ravel() for name, values in run.probes.items()}, index=index).to_csv()


def units_csv(run: Run) -> str:
    """Tidy: one row per snapshot, hidden layer and unit, with the share of samples on which it is active."""
    e = run.experiment
    levels = [run.at, range(1, e.depth + 1), range(1, e.width + 1)]
    index = pd.MultiIndex.from_product(levels, names=["step", "layer", "unit"])
    return pd.DataFrame({"active_fraction": run.active_fraction.ravel()}, index=index).to_csv()


def runs_csv(runs: list[Run]) -> str:
    """One row per run: the settings in which they differ, and how each ended."""
    table = pd.DataFrame([dict(run.experiment) for run in runs])
    table = table.loc[:, table.nunique() > 1]
    for name in ("train_loss", "test_loss", "train_accuracy", "test_accuracy"):
        table[name] = [float(getattr(run, name)[-1]) for run in runs]
    table["diverged_at"] = pd.array([run.diverged_at for run in runs], dtype="Int64")
    return table.to_csv(index=False)


def chart_csv(*figures) -> str:
    """Every point of every line of these figures: chart, line, x, y."""
    lines = [
        pd.DataFrame({"chart": figure.layout.meta["title"], "line": line.name, "x": line.x, "y": line.y})
        for figure in figures
        for line in figure.data
        if line.x is not None and line.y is not None and len(line.x) == len(line.y)
    ]
    return pd.concat(lines).to_csv(index=False)


def file_name(experiment: Experiment, ending: str) -> str:
    """Data, network and the first settings that are not the usual: circles-tanh-10x32-init_xavier.csv."""
    e, shape = experiment, ("dataset", "activation", "depth", "width")
    others = [f"{name}_{value}" for name, value in e.to_link(Experiment()).items() if name not in shape]
    return "-".join([e.dataset, e.activation, f"{e.depth}x{e.width}", *others[:6]]) + f".{ending}"
