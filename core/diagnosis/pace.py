"""Remedies for how far a step goes: learning rate, momentum, clipping, and what rescales gradients."""

import math

from core.diagnosis.numbers import first_over_last
from core.diagnosis.remedies import SLOPE, Remedy, offer
from core.diagnosis.usual import MOMENTUM, above_usual, rounded, steady_rate, usual_rate
from core.engine.optimizers import OPTIMIZERS, momentum
from core.run import Run
from core.words import short

FIRST_UPDATE = 0.002
"""A good size for the first update, relative to the weights it changes; 1e-3 is usual (Karpathy 2022)."""
BOUNDED = "A step of bounded length cannot throw the weights far away (Pascanu, Mikolov & Bengio 2013)."
BOUND = 0.1
SUITS = "A learning rate that suits networks of this depth."


def _rescaling(run: Run) -> list[Remedy]:
    """Adam, or what else rescales gradients; where the run has that already, its usual learning rate."""
    now, found = run.experiment.optimizer, []
    for name in [now] if OPTIMIZERS[now].rescales else OPTIMIZERS:
        kind = OPTIMIZERS[name]
        if kind.rescales and kind.why:
            found += offer(run, kind.why, optimizer=name, learning_rate=usual_rate(run, name))
    return found


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
