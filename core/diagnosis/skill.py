"""Skill: a network whose loss is that of guessing may yet give most samples their right class."""

from typing import NamedTuple

import numpy as np
from scipy.special import log_softmax

from core.engine import forward
from core.run import Run
from core.words import short

CLEARLY = 0.2
CLOSE = 0.1
MOST = 0.5


class Skill(NamedTuple):
    """Of the held-out samples: the share in their right class, and the largest share that one class has."""

    right: float
    guessing: float


def percent(part: float) -> str:
    """A share in percent; what is not all is never called 100 %."""
    text = short(100 * part)
    return "over 99.9 %" if text == "100" and part < 1 else f"{text} %"


def skill(run: Run) -> Skill | None:
    """None for a regression, a run that diverged, and where the accuracy is not clearly above guessing: by a
    fifth of what guessing gets wrong, and three standard deviations of a share of so many samples."""
    right = float(run.test_accuracy[-1])
    if run.experiment.loss == "mse" or run.diverged_at is not None or not np.isfinite(right):
        return None
    guessing = guessed(run)
    chance = 3 * (guessing * (1 - guessing) / len(run.experiment.load().y_test)) ** 0.5
    return Skill(right, guessing) if right - guessing > max(CLEARLY * (1 - guessing), chance) else None


def guessed(run: Run) -> float:
    """The share of the held-out samples that their most frequent class has."""
    y = run.experiment.load().y_test
    return float(np.bincount(y.astype(int)).max() / len(y))


def yardstick(run: Run) -> str:
    """What guessing would score on the held-out set: a sentence."""
    if run.experiment.loss == "mse":
        return "Guessing the mean has an R² of 0."
    return f"Guessing one class for all gets at most {percent(guessed(run))} of the held-out samples right."


def unsure(run: Run) -> bool:
    """Whether clearly more samples than by guessing get their right class, and yet no loss is better."""
    losses = np.array([run.train_loss[-1], run.test_loss[-1]], dtype=float) / run.chance
    return bool((np.abs(losses - 1) < CLOSE).all() and skill(run))


def in_words(run: Run, known: Skill) -> str:
    """How that goes with a loss of guessing: all answers are undecided, or a few are wrong and sure."""
    e, data = run.experiment, run.experiment.load()
    output = forward.forward(e, run.weights, data.x_test).output
    logits = output if e.outputs > 1 else np.concatenate([np.zeros_like(output), output], axis=1)
    log_p, classes = log_softmax(logits, axis=1), logits.shape[1]
    furthest = float(np.abs(np.exp(log_p) - 1 / classes).max())
    losses = -log_p[np.arange(len(log_p)), data.y_test.astype(int)]
    wrong = float(losses[logits.argmax(axis=1) != data.y_test].sum() / losses.sum())
    text = (
        f"though {percent(known.right)} of the held-out samples get their right class, where guessing gets "
        f"{percent(known.guessing)}"
    )
    if furthest < CLOSE:
        return f"{text}; no probability is further than {short(furthest)} from 1/{classes}"
    return f"{text}; {percent(wrong)} of the held-out loss comes from the others" if wrong > MOST else text
