"""What a reader takes home: a run as a plain PyTorch script, and its numbers as CSV."""

import inspect
import textwrap
from string import Template
from urllib.parse import urlencode

from core.data import DATASETS, SCALERS
from core.engine.initial import INITS
from core.engine.optimizers import OPTIMIZERS, momentum
from core.experiment import Experiment
from core.export import template
from core.settings import Settings

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
}


def pytorch_script(experiment: Experiment) -> str:
    """A script that trains this experiment with nn.Module and torch.optim; it needs torch and numpy alone.

    Data, initial weights, dropout masks and batch order are those of the Run; so are the losses, up to
    rounding, see core.diagnosis.chaos. Run as a file, it prints the loss of every step on its last line as
    JSON, NaN after a divergence (Python's json reads that).
    """
    e = experiment
    scalers = {e.scaling, e.target_scaling if e.loss == "mse" else "none"} - {"none"}
    pieces = [
        template.HEAD,
        inspect.getsource(DATASETS[e.dataset].draw),
        *(inspect.getsource(SCALERS[name]) for name in sorted(scalers)),
        template.LOAD,
        0 < e.dropout < 1 and template.DROPOUT,
        template.NETWORK,
        inspect.getsource(INITS[e.init]),
        template.WEIGHTS,
        e.batch_size and template.BATCHES,
        template.TRAIN,
        e.activation == "relu" and template.DEAD_UNITS,
        template.MAIN,
    ]
    text = "\n\n\n".join(piece.strip() for piece in pieces if piece) + "\n"
    words = {
        "sentence": textwrap.fill(_sentence(e), LINE_LENGTH - len('"""')),
        "link": link(e),
        "inputs": e.inputs,
        "outputs": e.outputs,
        "loss": PYTORCH_NAMES[e.loss],
        "activation": PYTORCH_NAMES[e.activation],
        "optimizer": OPTIMIZERS[e.optimizer].__name__,
        "drop": "Dropout(layer)" if e.dropout < 1 else "nn.Dropout(DROPOUT)",
        "every": max(1, e.steps // 10),
    }
    return Template(needed(text, e, e.activation)).substitute(dict(e) | words)


def needed(text: str, e: Settings, *more: str) -> str:
    """The text without its marks, and without the lines whose mark does not hold for `e` or is in `more`."""
    off = dict.fromkeys(("gain", "input_scale", "input_spread", "target_scale"), 1)
    off |= dict.fromkeys(("scaling", "target_scaling"), "none")
    settings = dict(e) | {"momentum": momentum(e)}
    on = {name for name, value in settings.items() if value != off.get(name, 0)} | {e.loss, e.init, *more}
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
    return f"Trains {units} on {e.dataset} by {OPTIMIZERS[e.optimizer].__name__}: {given}."


def link(e: Settings) -> str:
    """All settings as a query, in lines that break after a `&`; an address bar joins them again."""
    lines = textwrap.wrap("?" + urlencode(e.to_link()).replace("&", "& "), LINE_LENGTH)
    return "\n".join(line.replace(" ", "") for line in lines)


def file_name(experiment: Experiment, ending: str) -> str:
    """Data, network and the first settings that are not the usual: circles-tanh-10x32-init_xavier.csv."""
    e, shape = experiment, ("dataset", "activation", "depth", "width")
    others = [f"{name}_{value}" for name, value in e.to_link(Experiment()).items() if name not in shape]
    return "-".join([e.dataset, e.activation, f"{e.depth}x{e.width}", *others[:6]]) + f".{ending}"
