"""Remedy: a changed setting. Offered only where it changes something and where measurement says that it cures."""

import math
from dataclasses import dataclass
from typing import Any

from core.experiment import Experiment
from core.measures import first_over_last, short
from core.run import Run
from core.theory import predict

STEP = 0.003
"""A usual size of one update, relative to the weights it changes (Karpathy 2022: about 1e-3)."""


@dataclass(frozen=True)
class Remedy:
    """`change` holds the settings of the Experiment that become different; `title` says the same in words."""

    title: str
    change: dict[str, Any]
    why: str


NAMES = {
    "he": "He",
    "xavier": "Xavier",
    "lecun": "LeCun",
    "relu": "ReLU",
    "tanh": "tanh",
    "adam": "Adam",
    "zscore": "z-score",
    "linear": "linear",
}
WORDS = {
    "activation": "{} activation",
    "init": "{} initialization",
    "gain": "gain {}",
    "bias": "initial bias {}",
    "batchnorm": "batch normalization",
    "residual": "residual connections",
    "dropout": "dropout {}",
    "scaling": "{} scaling",
    "optimizer": "{}",
    "width": "width {}",
    "learning_rate": "learning rate {}",
    "clip_norm": "clip norm {}",
}


def _remedy(run: Run, why: str, also: dict | None = None, **wanted: Any) -> list[Remedy]:
    """One Remedy, or none where nothing would change; `also` comes with it and is no remedy by itself."""
    e = run.experiment
    change = {name: value for name, value in wanted.items() if getattr(e, name) != value}
    if not change:
        return []
    change |= also or {}
    words = ", ".join(_words(name, value) for name, value in change.items())
    return [Remedy(words[0].upper() + words[1:], change, why)]


def _words(name: str, value: Any) -> str:
    if isinstance(value, float):
        value = f"{value:g}"
    return ("no " if value is False else "") + WORDS[name].format(NAMES.get(value, value))


def _rounded(value: float) -> float:
    return float(f"{value:.0e}")


CRITICAL = {
    "relu": ("he", "Weights of variance 2 / fan_in keep the length of a ReLU signal (He et al. 2015)."),
    "leaky_relu": ("he", "Weights of variance 2 / fan_in keep the length of a leaky ReLU signal (He et al. 2015)."),
    "elu": ("he", "Weights of variance 2 / fan_in make up for what ELU cuts off (He et al. 2015)."),
    "gelu": ("he", "Weights of variance 2 / fan_in make up for what GELU cuts off (He et al. 2015)."),
    "silu": ("he", "Weights of variance 2 / fan_in make up for what SiLU cuts off (He et al. 2015)."),
    "selu": ("lecun", "SELU normalizes itself with weights of variance 1 / fan_in (Klambauer et al. 2017)."),
    "tanh": ("xavier", "With weights of variance 1 / width tanh neither shrinks nor saturates (Glorot & Bengio 2010)."),
}
"""The initial weights that let a signal pass many layers; sigmoid has none in use, identity learns only lines."""


def _flows(run: Run, remedy: Remedy) -> bool:
    """Whether theory expects layer 1 to hear the error between 1/30 and 30 times as loud as the last layer."""
    ratio = predict(run.experiment.but(**remedy.change), run.input_mean_square).delta_ratio[0]
    return 1 / 30 < ratio < 30


def _steady(run: Run) -> dict:
    """A learning rate for good initial weights, where the present one would be far off.

    Measured on networks of 4 to 30 layers: steps are safe while rate x depth x mean square of the
    features stays below 2, or 1 for regression and small batches, where rate = learning_rate / (1 - momentum).
    """
    e = run.experiment
    if e.optimizer == "adam":
        return {} if 1e-4 <= e.learning_rate <= 0.01 else {"learning_rate": 0.003}
    rate = e.learning_rate / (1 - e.momentum)
    load = rate * e.depth * run.input_mean_square * (2 if e.loss == "mse" or e.batch < e.samples else 1)
    if load <= 2 and e.depth <= 16 and rate >= 0.02:
        return {}
    return {} if 0.02 <= rate <= 0.05 else {"learning_rate": _rounded(0.05 * (1 - e.momentum))}


def let_through(run: Run) -> tuple[Remedy, ...]:
    """Initial weights, activation, normalization or shortcuts that let the signal pass unchanged."""
    e, steady, found = run.experiment, _steady(run), []
    wide = {"width": 32} if e.width < e.depth else {}
    if e.residual and first_over_last(run) > 1:
        why = "Every shortcut adds to the signal; without them He's weights keep its length."
        found += _remedy(run, why, steady, residual=False)
    fresh = dict(gain=1.0, bias=0.0, **wide)
    if e.activation in CRITICAL:
        init, why = CRITICAL[e.activation]
        found += _remedy(run, why, steady, init=init, **fresh)
    else:
        found += _remedy(run, CRITICAL["relu"][1], steady, activation="relu", init="he", **fresh)
        if not steady:
            found += _remedy(run, CRITICAL["tanh"][1], activation="tanh", init="xavier", **fresh)
    if e.activation != "identity":
        why = "Every layer's input gets mean 0 and variance 1, whatever the weights (Ioffe & Szegedy 2015)."
        found += _remedy(run, why, wide, batchnorm=True)
    if e.activation in ("relu", "leaky_relu"):
        why = "A shortcut around every layer carries the error signal past it (He et al. 2016)."
        found += _remedy(run, why, steady, residual=True)
    return tuple(remedy for remedy in found if _flows(run, remedy))


def rescaled_gradients(run: Run) -> tuple[Remedy, ...]:
    """Adam, while there is something left to rescale."""
    if run.experiment.activation == "sigmoid" or first_over_last(run) < 1e-6:
        return ()
    why = "Adam divides every gradient by its own size, so small ones count too (Kingma & Ba 2015)."
    return tuple(_remedy(run, why, optimizer="adam", learning_rate=0.003))


def bounded_steps(run: Run, growth: float) -> tuple[Remedy, ...]:
    """Clipping or a lower learning rate, enough as long as signals grow less than thirtyfold."""
    e, found = run.experiment, []
    if growth < 30 or e.residual:
        why = "A step of bounded length cannot throw the weights far away (Pascanu, Mikolov & Bengio 2013)."
        found += _remedy(run, why, clip_norm=1.0)
    if growth < 30 and not e.residual:
        found += _remedy(run, "Smaller steps survive larger gradients.", learning_rate=_rounded(e.learning_rate / 10))
    return tuple(found)


def resized_steps(run: Run) -> tuple[Remedy, ...]:
    """A learning rate that makes the first update about 0.3 % of the weights, and Adam."""
    e = run.experiment
    first = float(run.probes["update_ratio"][0].max())
    rate = e.learning_rate * STEP / first if 0 < first < math.inf else e.learning_rate / 10
    if first >= STEP / 10:
        rate = min(rate, e.learning_rate / 10)
    rate = _rounded(rate)
    found = []
    if 1e-6 <= rate <= 100:
        why = f"The first update then changes the weights by about {short(100 * first * rate / e.learning_rate)} %."
        found += _remedy(run, why, learning_rate=rate)
    if e.optimizer != "adam":
        why = "Adam sets the size of every step by itself (Kingma & Ba 2015)."
        found += _remedy(run, why, optimizer="adam", learning_rate=0.003)
    return tuple(found)


def scaled_features(run: Run) -> tuple[Remedy, ...]:
    """Features of about unit size."""
    why = "Each feature gets mean 0 and standard deviation 1, which is what the initial weights are made for."
    found = _remedy(run, why, scaling="zscore")
    return (*found, *_remedy(run, "Each feature's range becomes -1 to 1.", scaling="linear"))
