"""Remedy: a changed setting, offered where it is possible, changes something and has been seen to cure."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from pydantic import ValidationError

from core.diagnosis.numbers import first_over_last
from core.diagnosis.usual import FAR_OFF, above_usual, below_usual, steady_rate
from core.diagnosis.wording import words
from core.run import Run
from core.theory import predict
from core.trainable import Trainable

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
