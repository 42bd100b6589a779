"""Remedy: a changed setting, offered only where it changes something and has been measured to cure."""

import math
from dataclasses import dataclass
from typing import Any

from core.diagnosis.measures import first_over_last
from core.experiment import WORK_LIMIT, Experiment, work
from core.run import Run
from core.theory import predict

FIRST_UPDATE = 0.002
"""A good size for the first update, relative to the weights it changes; 1e-3 is usual (Karpathy 2022)."""
ADAM_RATE = 0.003
DEEPEST_BATCHNORM = 30
WIDE = 32


@dataclass(frozen=True)
class Remedy:
    """`change` holds the settings that become different, `title` says it in words, `why` how it works."""

    title: str
    change: dict[str, Any]
    why: str

    def applied(self, experiment: Experiment) -> Experiment:
        """The experiment with this remedy, everything else and the seed as before."""
        return experiment.but(**self.change)


NAMES = {
    "he": "He",
    "xavier": "Xavier",
    "lecun": "LeCun",
    "relu": "ReLU",
    "adam": "Adam",
    "zscore": "z-score",
}
WORDS = {
    "activation": "{} activation",
    "init": "{} initialization",
    "gain": "gain {}",
    "bias": "initial bias {}",
    "width": "width {}",
    "batchnorm": "batch normalization",
    "residual": "residual connections",
    "dropout": "dropout {}",
    "scaling": "{} scaling",
    "optimizer": "{}",
    "learning_rate": "learning rate {}",
    "weight_decay": "weight decay {}",
    "clip_norm": "clip norm {}",
}
HE = "Weights of variance 2 / fan_in make up for the half of the signal that {} cuts off (He et al. 2015)."
XAVIER = "Weights of variance 1 / width keep the length of a tanh signal (Glorot & Bengio 2010)."
CRITICAL = {
    "relu": ("he", HE.format("ReLU")),
    "leaky_relu": ("he", HE.format("leaky ReLU")),
    "elu": ("he", HE.format("ELU")),
    "gelu": ("he", HE.format("GELU")),
    "silu": ("he", HE.format("SiLU")),
    "selu": ("lecun", "With weights of variance 1 / fan_in SELU normalizes itself (Klambauer et al. 2017)."),
    "tanh": ("xavier", XAVIER),
}
"""Initial weights that let a signal pass many layers."""
SLOPE = {
    "sigmoid": "The slope of sigmoid is a factor of at most 1/4 at every layer; here it is up to 1.",
    "identity": "Without an activation function, layers together do no more than one: a straight cut.",
}
"""Why activations without such weights are replaced."""
ADAM = "Adam divides every gradient by its own size and so sets the size of its steps (Kingma & Ba 2015)."


def _remedy(run: Run, why: str, also: dict | None = None, **wanted: Any) -> list[Remedy]:
    """One Remedy, or none where nothing would change; `also` comes with it and is no remedy by itself."""
    change = {name: value for name, value in wanted.items() if getattr(run.experiment, name) != value}
    if not change:
        return []
    change |= also or {}
    title = ", ".join(_words(name, value) for name, value in change.items())
    return [Remedy(title[0].upper() + title[1:], change, why)]


def _words(name: str, value: Any) -> str:
    if isinstance(value, float):
        value = f"{value:g}"
    return ("no " if value is False else "") + WORDS[name].format(NAMES.get(value, value))


def _rounded(value: float) -> float:
    return float(f"{value:.0e}")


def _flows(run: Run, remedy: Remedy) -> bool:
    """Whether theory expects layer 1 to get between 1/30 and 30 times the error signal of the last layer."""
    ratio = predict(remedy.applied(run.experiment), run.input_mean_square).delta_ratio[0]
    return 1 / 30 < ratio < 30


def _steady(run: Run) -> dict[str, float]:
    """A learning rate that suits good initial weights, where the present one is far off.

    Measured on networks of 4 to 30 layers: with rate = learning_rate / (1 - momentum), training is steady
    while rate x depth x mean square of the features is below 2, or 1 for regression and in small batches.
    """
    e = run.experiment
    if e.optimizer == "adam":
        return {} if 1e-4 <= e.learning_rate <= 0.01 else {"learning_rate": ADAM_RATE}
    rate = e.learning_rate / (1 - e.momentum)
    noisy = e.loss == "mse" or e.batch < e.samples
    fits = e.depth <= 16 and rate * e.depth * run.input_mean_square <= (1 if noisy else 2)
    if 0.02 <= rate <= 0.05 or (rate > 0.05 and fits):
        return {}
    return {"learning_rate": _rounded(0.05 * (1 - e.momentum))}


def _wide(run: Run) -> dict[str, int]:
    """More units for a network deeper than wide: there the signal is left to chance (Hanin & Nica 2019)."""
    e = run.experiment
    possible = work(e.model_copy(update={"width": WIDE})) <= WORK_LIMIT
    return {"width": WIDE} if e.width < min(e.depth, WIDE) and possible else {}


def fresh_weights(run: Run) -> tuple[Remedy, ...]:
    """Initial weights, and an activation where need be, that let the signal pass unchanged."""
    e, steady = run.experiment, _steady(run)
    start = dict(gain=1.0, bias=0.0, **_wide(run))
    if e.activation in CRITICAL:
        init, why = CRITICAL[e.activation]
        if e.bias and (e.init, e.gain) == (init, 1):
            why = "Units start on both sides of 0, where the activation has a slope."
        found = _remedy(run, why, steady, init=init, **start)
    else:
        found = _remedy(run, SLOPE[e.activation], steady, activation="relu", init="he", **start)
        if not steady:
            found += _remedy(run, SLOPE[e.activation], activation="tanh", init="xavier", **start)
    return tuple(remedy for remedy in found if _flows(run, remedy))


def let_through(run: Run) -> tuple[Remedy, ...]:
    """Initial weights, activation, normalization or shortcuts that let the signal pass unchanged."""
    e, steady, normalized, shortcuts = run.experiment, _steady(run), [], []
    if e.activation != "identity" and e.depth <= DEEPEST_BATCHNORM:
        why = "Every layer's signal gets mean 0 and variance 1, whatever the weights (Ioffe & Szegedy 2015)."
        normalized = _remedy(run, why, _wide(run), batchnorm=True)
    if e.residual and first_over_last(run) > 1:
        why = "Every shortcut adds to the signal; without them good weights keep its length."
        shortcuts = _remedy(run, why, steady, residual=False)
    elif e.activation in ("relu", "leaky_relu"):
        why = "A shortcut around every layer carries the error signal past it (He et al. 2016)."
        shortcuts = _remedy(run, why, steady, residual=True)
    return (*fresh_weights(run), *normalized, *(remedy for remedy in shortcuts if _flows(run, remedy)))


def rescaled_gradients(run: Run) -> tuple[Remedy, ...]:
    """Adam, while there is something left to rescale."""
    if run.experiment.activation == "sigmoid" or first_over_last(run) < 1e-6:
        return ()
    return tuple(_remedy(run, ADAM, optimizer="adam", learning_rate=ADAM_RATE))


def bounded_steps(run: Run, growth: float) -> tuple[Remedy, ...]:
    """Clipping or a lower learning rate: enough while signals grow less than thirtyfold."""
    e, found = run.experiment, []
    if growth < 30 or e.residual:
        why = "A step of bounded length cannot throw the weights far away (Pascanu, Mikolov & Bengio 2013)."
        found += _remedy(run, why, clip_norm=1.0)
    if growth < 30 and not e.residual:
        why = "Shorter steps make up for larger gradients."
        found += _remedy(run, why, learning_rate=_rounded(e.learning_rate / 10))
    return tuple(found)


def resized_steps(run: Run) -> tuple[Remedy, ...]:
    """A learning rate that makes the first update about 0.2 % of the weights, and Adam."""
    e, first = run.experiment, float(run.probes["update_ratio"][0].max())
    known = 0 < first < math.inf
    rate = e.learning_rate * FIRST_UPDATE / first if known else e.learning_rate / 20
    if first > FIRST_UPDATE / 10:
        rate = min(rate, e.learning_rate / 20)
    rate = ADAM_RATE if e.optimizer == "adam" else _rounded(rate)
    found = []
    if 1e-6 <= rate <= 100:
        size = f"at most {100 * first * rate / e.learning_rate:.1g} %" if known else "less"
        why = f"The first update then changes the weights of a layer by {size}."
        found += _remedy(run, why, learning_rate=rate)
    if e.optimizer != "adam":
        found += _remedy(run, ADAM, optimizer="adam", learning_rate=ADAM_RATE)
    return tuple(found)


def scaled_features(run: Run) -> tuple[Remedy, ...]:
    """Features of about unit size."""
    why = "Each feature gets mean 0 and standard deviation 1, which is what the initial weights are made for."
    found = _remedy(run, why, scaling="zscore")
    return (*found, *_remedy(run, "The range of each feature becomes -1 to 1.", scaling="linear"))


def less_dropout(run: Run) -> tuple[Remedy, ...]:
    """Most units stay."""
    return tuple(_remedy(run, "Four of five units stay at every step.", dropout=0.2))


def no_decay(run: Run) -> tuple[Remedy, ...]:
    """Weights that only follow the loss."""
    return tuple(_remedy(run, "The weights then only follow the gradient of the loss.", weight_decay=0.0))


def another_start(run: Run) -> tuple[Remedy, ...]:
    """For a run that fails without visible cause: ReLU, a learning rate made for the depth, or Adam."""
    e, steady = run.experiment, _steady(run)
    if why := SLOPE.get(e.activation):
        return tuple(_remedy(run, why, steady, activation="relu", init="he", gain=1.0, bias=0.0))
    found = _remedy(run, "A learning rate that suits networks of this depth.", **steady)
    return (*found, *_remedy(run, ADAM, optimizer="adam", learning_rate=ADAM_RATE))
