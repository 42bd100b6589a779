"""What it costs to forget `eval()`, in words: gains and losses, and what the mean over masks says of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.experiment import Experiment
from core.lessons.dropout.measured.modes import standard_error
from core.words import short, two_digits

if TYPE_CHECKING:
    from core.lessons.dropout.measured.modes import Modes


DIVERGED = "The training diverged: what either mode answers now is of no use."


def _quality(e: Experiment) -> str:
    return "R²" if e.loss == "mse" else "accuracy"


def _number(e: Experiment, value: float) -> str:
    if not np.isfinite(value):
        return "no number"
    return short(value) if e.loss == "mse" else f"{100 * value:.1f} %"


def _scatters(values: np.ndarray) -> bool:
    """Whether draws differ beyond rounding."""
    return bool(values.std() > 1e-12 * abs(values.mean()))


def table(e: Experiment, found: dict[str, Modes]) -> list[dict]:
    """Both modes on both sets, and the mean of the answers of training mode: a row each."""
    quality = _quality(e)

    def around(values, text):
        if not np.isfinite(values).all():
            return "no number"
        if not _scatters(values):
            return text(values.mean())
        return f"{text(values.mean())} ± {text(values.std())}"

    def rows(accuracy, loss):
        cells = {f"{on}: {quality}": accuracy(m) for on, m in found.items()}
        return cells | {f"{on}: loss": loss(m) for on, m in found.items()}

    def number(value):
        return _number(e, value)

    draws = found["held out"].draws
    return [
        {"mode": "evaluation, model.eval()"} | rows(lambda m: number(m.accuracy), lambda m: short(m.loss)),
        {"mode": f"training, model.train(): {draws} draws ± deviation"}
        | rows(
            lambda m: around(m.training_accuracy, number),
            lambda m: around(m.training_loss, short),
        ),
        {"mode": f"mean of the {draws} answers"}
        | rows(lambda m: number(m.mean_accuracy), lambda m: short(m.mean_loss)),
    ]


def sentence(e: Experiment, held: Modes) -> str:
    """What forgetting `eval()` does to what is read off the held-out set, with these weights."""
    if not held.differs:
        if e.dropout or e.batchnorm:
            return "With these weights both modes give the same answers."
        return "Without dropout and batch normalization both modes are the same."
    quality = _quality(e)
    reads = _number(e, float(held.training_accuracy.mean()))
    if again := _again(held):
        error = standard_error(held.training_accuracy)
        points = short(error) if e.loss == "mse" else f"{short(100 * error)} points"
        reads += f" on average over {held.draws} draws (standard error {points})"
    worth = _number(e, held.accuracy)
    both = two_digits(held.training_loss.mean()), two_digits(held.loss)
    losses = f"the loss reads {both[0]}, in evaluation mode {both[1] if both[0] != both[1] else 'as much'}"
    if e.dropout == 1:
        return (
            f"At rate 1 nothing but a constant answer can be learned, and training mode gives it: {quality} "
            f"{reads} held out. In evaluation mode hidden layers answer whose weights no gradient moved: "
            f"{worth}; {losses}. Neither is the answer of a trained network."
        )
    if abs(held.gain) <= held.tolerance:
        return (
            f"Forget `eval()` here and the held-out {quality} reads {reads}, in evaluation mode {worth}: no "
            f"difference beyond chance or one sample; {losses}. {again}No error, no warning."
        )
    if held.gain > 0:
        return (
            f"The silent bug: forget `eval()` and the held-out {quality} reads {reads}, where evaluation "
            f"mode gives {worth}; {losses}. {again}No error, no warning."
        )
    return (
        f"By {quality} evaluation mode is the worse one here: held out it is {worth}, in training mode "
        f"{reads}; {losses}. {_why(e, held)}"
    )


def _again(held: Modes) -> str:
    """Whether the same question gets another answer the next time."""
    if not _scatters(held.training_loss):
        return ""
    return "Asked again, training mode answers something else. "


def _why(e: Experiment, held: Modes) -> str:
    """What the mean of the answers says of a worse evaluation mode."""
    mean = f"The mean of the answers of {held.draws} draws has a loss of {two_digits(held.mean_loss)}"
    if e.batchnorm:
        both = "dropout and " if e.dropout else ""
        return f"{mean}. Training mode differs by {both}the mean and variance of these very samples."
    if not held.mean_loss < min(held.loss, held.training_loss.mean()):
        return f"{mean}: averaging over masks does not explain it."
    return (
        f"{mean}, an {_quality(e)} of {_number(e, held.mean_accuracy)}: it is the shortcut of one pass with "
        "all units that misses the mean of the networks inside. Multiplying by 1/(1 − p) keeps the mean of "
        "what enters the next layer; behind an activation function the mean of the answers is another."
    )
