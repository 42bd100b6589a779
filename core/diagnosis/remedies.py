"""Remedy: a changed setting, offered where it is possible, changes something and has been seen to cure."""

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from pydantic import ValidationError

from core.diagnosis.measures import first_over_last
from core.diagnosis.usual import FAR_OFF, MOMENTUM, above_usual, below_usual, rounded, steady_rate, usual_rate
from core.diagnosis.wording import words
from core.engine.optimizers import OPTIMIZERS, momentum
from core.run import Run
from core.theory import predict
from core.trainable import Trainable
from core.words import short

FIRST_UPDATE = 0.002
"""A good size for the first update, relative to the weights it changes; 1e-3 is usual (Karpathy 2022)."""
UNIT_SIZE = 0.1, 2
"""From which to which root mean square features are about as large as initial weights are made for."""
LONG_TAIL = 10
"""How many standard deviations from its mean a feature reaches that a few samples stretch."""
DEEPEST_BATCHNORM = 30
WIDE = 32


@dataclass(frozen=True)
class Remedy:
    """`change` holds the settings that become different, `title` says it in words, `why` how it works."""

    title: str
    change: dict[str, Any]
    why: str

    def applied(self, experiment: Trainable) -> Trainable:
        """The experiment with this remedy, everything else and the seed as before."""
        return experiment.but(**self.change)


HE = "Weights of variance 2 / fan_in make up for the half of the signal that {} cuts off (He et al. 2015)."
XAVIER = "Weights of variance 1 / width keep the length of a tanh signal (Glorot & Bengio 2010)."
GOOD_INITS = {
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
SCALED = {
    "zscore": "Each feature gets mean 0 and standard deviation 1: what the initial weights are made for.",
    "linear": "The range of each feature becomes -1 to 1.",
    "log_clip_zscore": "The logarithm takes away long tails, clipping what sticks out, the z-score the rest.",
}
"""What makes features fit for training."""
BOUNDED = "A step of bounded length cannot throw the weights far away (Pascanu, Mikolov & Bengio 2013)."
BOUND = 0.1
SUITS = "A learning rate that suits networks of this depth."


def _changed(e: Trainable, **change: Any) -> Trainable | None:
    """The experiment with this change; None where there is no such setting, or it does not fit."""
    try:
        return e.but(**change)
    except ValidationError:
        return None


def offer(run: Run, why: str, also: dict | None = None, **wanted: Any) -> list[Remedy]:
    """One Remedy, or none where nothing would change or it is not possible.

    `also` comes with it and is no remedy by itself.
    """
    e = run.experiment
    change = {name: value for name, value in wanted.items() if getattr(e, name, None) != value}
    if not change:
        return []
    change |= {name: value for name, value in (also or {}).items() if getattr(e, name, None) != value}
    if (changed := _changed(e, **change)) is None:
        return []
    title = ", ".join(words(type(changed), name, value) for name, value in change.items())
    return [Remedy(title[0].upper() + title[1:], change, why)]


def _flows(run: Run, remedy: Remedy) -> bool:
    """Whether theory expects layer 1 to get between 1/30 and 30 times the error signal of the last layer."""
    ratio = predict(remedy.applied(run.experiment), run.input_mean_square).delta_ratio[0]
    return 1 / 30 < ratio < 30


def _rescaling(run: Run) -> list[Remedy]:
    """Adam, or what else rescales gradients; where the run has that already, its usual learning rate."""
    now, found = run.experiment.optimizer, []
    for name in [now] if OPTIMIZERS[now].rescales else OPTIMIZERS:
        kind = OPTIMIZERS[name]
        if kind.rescales and kind.why:
            found += offer(run, kind.why, optimizer=name, learning_rate=usual_rate(run, name))
    return found


def _wide(run: Run) -> dict[str, int]:
    """More units for a network deeper than wide: there the signal is left to chance (Hanin & Nica 2019)."""
    e = run.experiment
    return {"width": WIDE} if e.width < min(e.depth, WIDE) and _changed(e, width=WIDE) is not None else {}


def fresh_weights(run: Run) -> tuple[Remedy, ...]:
    """Initial weights, and an activation where need be, that let the signal pass unchanged."""
    e, steady = run.experiment, steady_rate(run)
    start = dict(gain=1.0, bias=0.0, **_wide(run))
    if e.activation in GOOD_INITS:
        init, why = GOOD_INITS[e.activation]
        if e.bias and (e.init, e.gain) == (init, 1):
            why = "Units start on both sides of 0, where the activation has a slope."
        found = offer(run, why, steady, init=init, **start)
    else:
        found = offer(run, SLOPE[e.activation], steady, activation="relu", init="he", **start)
        if not steady:
            found += offer(run, SLOPE[e.activation], activation="tanh", init="xavier", **start)
    return tuple(remedy for remedy in found if _flows(run, remedy))


def let_through(run: Run) -> tuple[Remedy, ...]:
    """Initial weights, activation, normalization or shortcuts that let the signal pass unchanged."""
    e, steady, normalized, shortcuts = run.experiment, steady_rate(run), [], []
    if e.activation != "identity" and e.depth <= DEEPEST_BATCHNORM:
        why = "Every layer's signal gets mean 0 and variance 1, whatever the weights (Ioffe & Szegedy 2015)."
        normalized = offer(run, why, _wide(run), batchnorm=True)
    if e.residual and not first_over_last(run) <= 1:
        why = "Every shortcut adds to the signal; without them good weights keep its length."
        shortcuts = offer(run, why, steady, residual=False)
    elif e.activation in ("relu", "leaky_relu"):
        why = "A shortcut around every layer carries the error signal past it (He et al. 2016)."
        shortcuts = [] if steady else offer(run, why, residual=True)
    return (*fresh_weights(run), *normalized, *(remedy for remedy in shortcuts if _flows(run, remedy)))


def rescaled_gradients(run: Run) -> tuple[Remedy, ...]:
    """An optimizer that rescales gradients, while there is something left to rescale."""
    if run.experiment.activation == "sigmoid" or not first_over_last(run) >= 1e-6:
        return ()
    return tuple(_rescaling(run))


def bounded_steps(run: Run, growth: float) -> tuple[Remedy, ...]:
    """Clipping or a lower learning rate: enough while signals grow less than thirtyfold."""
    e, found = run.experiment, []
    if growth < 30 and not 0 < e.clip_norm <= 1:
        found += offer(run, BOUNDED, clip_norm=1.0)
    if growth < 30 and not e.residual:
        why = "Shorter steps make up for larger gradients."
        found += offer(run, why, learning_rate=rounded(e.learning_rate / 10))
    return tuple(found)


def shorter_steps(run: Run) -> tuple[Remedy, ...]:
    """A lower learning rate, what else bounds the steps, or Adam.

    For classification half of what such networks bear; else one with which the first update is about 0.2 % of
    the weights.
    """
    e, kind, times = run.experiment, OPTIMIZERS[run.experiment.optimizer], above_usual(run)
    first = float(run.probes["update_ratio"][0].max(initial=0))
    if kind.rescales or not 0 < first < math.inf:
        rate = usual_rate(run, e.optimizer)
    elif e.depth and e.loss != "mse" and times > 1:
        rate = rounded(e.learning_rate / times / 2)
    else:
        rate = rounded(min(e.learning_rate * FIRST_UPDATE / first, e.learning_rate / 20))
    lower = _resized(run, rate) if rate < e.learning_rate else []
    return (*lower, *_without_momentum(run), *_adam(run))


def _without_momentum(run: Run) -> list[Remedy]:
    """Where the learning rate is too high with momentum alone: none, or steps of bounded length.

    None is not enough for regression, nor for SELU, whose signals grow without bound.
    """
    e, found = run.experiment, []
    beta, alone = momentum(e), e.learning_rate * e.depth / 2
    if OPTIMIZERS[e.optimizer].rescales or not beta or not 0 < alone <= 1 < above_usual(run):
        return found
    if e.loss != "mse" and e.activation != "selu":
        why = f"With it, steps in one direction add up to {short(1 / (1 - beta))} times the learning rate."
        found += offer(run, why, momentum=0.0)
    if not 0 < e.clip_norm <= BOUND:
        found += offer(run, BOUNDED, clip_norm=BOUND)
    return found


def longer_updates(run: Run) -> tuple[Remedy, ...]:
    """A higher learning rate, with which the first update is about 0.2 % of the weights, or Adam."""
    e, kind = run.experiment, OPTIMIZERS[run.experiment.optimizer]
    first, usual = float(run.probes["update_ratio"][0].max(initial=0)), usual_rate(run, e.optimizer)
    seen = 0 < first < FIRST_UPDATE / 10 and not kind.rescales
    rate = rounded(e.learning_rate * FIRST_UPDATE / first) if seen else usual
    return (*(_resized(run, rate) if rate > e.learning_rate else []), *_adam(run))


def _adam(run: Run) -> list[Remedy]:
    """What rescales gradients, where the run has nothing of the kind."""
    return [] if OPTIMIZERS[run.experiment.optimizer].rescales else _rescaling(run)


def _resized(run: Run, rate: float) -> list[Remedy]:
    """This learning rate, and how large the first update is with it."""
    e, first = run.experiment, float(run.probes["update_ratio"][0].max(initial=0))
    size = 100 * first * rate / e.learning_rate
    why = f"The first update then changes the weights of a layer by at most {size:.1g} %."
    return offer(run, why if 0 < size < math.inf else SUITS, learning_rate=rate)


def scaled_features(run: Run) -> tuple[Remedy, ...]:
    """Features of about unit size and without long tails, where scaling makes them so."""
    found = [remedy for scaling, why in SCALED.items() for remedy in _scaling(run, scaling, why)]
    return tuple(remedy for remedy in found if _unit_size(remedy.applied(run.experiment)))


def _scaling(run: Run, scaling: str, why: str) -> list[Remedy]:
    """One scaling for every feature, those that have their own among them."""
    e = run.experiment
    try:
        everywhere = e.everywhere(scaling).changes(e) if hasattr(e, "everywhere") else dict(scaling=scaling)
    except ValidationError:
        return []
    ones = np.ones(e.inputs)
    scaled = replace(run, input_mean=0 * ones, input_std=ones)
    rate = steady_rate(scaled) if max(below_usual(scaled), above_usual(scaled)) > FAR_OFF else {}
    found = offer(run, why, **everywhere, **rate)
    if everywhere.keys() > {"scaling"}:
        parts = [f"{words(type(e), 'scaling', scaling)} of every feature"]
        title = ", ".join(parts + [words(type(e), *one) for one in rate.items()])
        return [replace(remedy, title=title[0].upper() + title[1:]) for remedy in found]
    return found


def _unit_size(e: Trainable) -> bool:
    x, (small, large) = e.load().x_train, UNIT_SIZE
    with np.errstate(all="ignore"):
        size, reach = np.sqrt(np.mean(x**2)), np.abs(x - x.mean(axis=0)).max(axis=0) / x.std(axis=0)
    return bool(small <= size <= large and not (reach > LONG_TAIL).any())


def scaled_target(run: Run) -> tuple[Remedy, ...]:
    """A target of mean 0 and standard deviation 1."""
    why = "The target gets mean 0 and standard deviation 1, the size of a network's first answers."
    return tuple(offer(run, why, target_scaling="zscore")) if run.target_std else ()


def filled_gaps(run: Run) -> tuple[Remedy, ...]:
    """No missing cells, and features of about unit size."""
    e, why = run.experiment, "A missing cell becomes the median of its column."
    filled = _changed(e, impute=True)
    if filled is None or not np.isnan(e.load().x_train).any():
        return ()
    also = {} if _unit_size(filled) else e.everywhere("log_clip_zscore").changes(e)
    return tuple(offer(run, why, also, impute=True))


def no_decay(run: Run) -> tuple[Remedy, ...]:
    """Weights that only follow the loss."""
    return tuple(offer(run, "The weights then only follow the gradient of the loss.", weight_decay=0.0))


def less_momentum(run: Run) -> tuple[Remedy, ...]:
    """The usual momentum; or none, where the learning rate is large enough for that."""
    why = "Ten gradients are added up: enough to pass over bumps, few enough to turn in time."
    found = offer(run, why, momentum=MOMENTUM)
    if run.experiment.learning_rate >= OPTIMIZERS[run.experiment.optimizer].usual[1]:
        found += offer(run, "Every step follows the gradient of its own place.", momentum=0.0)
    return tuple(found)


def longer_steps(run: Run, norm: float) -> tuple[Remedy, ...]:
    """No clipping, or a limit above the typical norm of the gradient."""
    found = offer(run, "Steps are as long as the gradient says.", clip_norm=0.0)
    why = "The limit then lies above a typical gradient and cuts off only what stands out."
    return tuple(found + offer(run, why, clip_norm=rounded(max(1.0, 3 * norm))))


def another_start(run: Run) -> tuple[Remedy, ...]:
    """For a run that fails without visible cause: ReLU, a learning rate made for the depth, or Adam."""
    e, steady = run.experiment, steady_rate(run)
    if why := SLOPE.get(e.activation):
        return tuple(offer(run, why, steady, activation="relu", init="he", gain=1.0, bias=0.0))
    found = offer(run, SUITS, **steady)
    return (*found, *_rescaling(run))
