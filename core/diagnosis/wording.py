"""Settings in words."""

from typing import Any

from core.engine.optimizers import OPTIMIZERS
from core.experiment import Experiment
from core.settings import Settings, plain, said

NAMES = {
    "he": "He",
    "xavier": "Xavier",
    "lecun": "LeCun",
    "pytorch": "PyTorch's default",
    "relu": "ReLU",
    "leaky_relu": "leaky ReLU",
    "elu": "ELU",
    "selu": "SELU",
    "gelu": "GELU",
    "silu": "SiLU",
    "linear": "[-1, 1]",
    "unit": "[0, 1]",
    "zscore": "z-score",
    "clip_zscore": "clip, z-score",
    "log_zscore": "log, z-score",
    "log_clip_zscore": "log, clip, z-score",
}
OFF = {
    "clip_norm": "no clipping",
    "momentum": "no momentum",
    "dropout": "no dropout",
    "weight_decay": "no weight decay",
    "scaling": "no scaling",
    "target_scaling": "no scaling of the target",
}
"""Settings that at 0 or none switch something off, in words."""
WORDS = {
    "activation": "{} activation",
    "init": "{} initialization",
    "scaling": "{} scaling",
    "target_scaling": "{} scaling of the target",
}
"""Settings that read better with the value first."""


def words(settings: type[Settings], name: str, value: Any) -> str:
    """A changed setting in words: the title of its field and the value, to three digits."""
    field = settings.model_fields[name]
    title, option = (field.title or name).lower(), said(field, value)
    if isinstance(value, bool):
        return title if value else f"no {title}"
    if value in (0, "none") and name in OFF:
        return OFF[name] if option == value else f"{option} columns"
    if name == "optimizer":
        return OPTIMIZERS[value].__name__
    number = float(f"{value:.3g}") if isinstance(value, float) else value
    colon = ":" if isinstance(value, str) else ""
    text = option if option != value else NAMES.get(value, plain(number))
    return WORDS.get(name, f"{title}{colon} {{}}").format(text)


def described(e: Experiment, rate: bool = True) -> str:
    """The network, data and training of an experiment that is not the reader's, with its learning rate or
    without."""
    layers = "one hidden layer" if e.depth == 1 else f"{e.depth} hidden layers"
    details = ("optimizer",) * (e.optimizer != "sgd") + ("learning_rate",) * rate
    details += ("momentum",) * (e.optimizer == "sgd")
    details += ("weight_decay",) * bool(e.weight_decay)
    said = ", ".join(words(Experiment, name, getattr(e, name)) for name in details)
    batches = f"batches of {e.batch} of" if e.batch_size else "all"
    return (
        f"{layers} of {e.width} {NAMES.get(e.activation, e.activation)} units on {e.dataset}, {said}, "
        f"{e.steps} step{'s' * (e.steps > 1)} on {batches} {e.samples} samples"
    )
