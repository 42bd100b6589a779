"""Both modes of the same weights on the same samples: over many masks, and the mean of their answers."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from core.data import load
from core.engine.forward import answers, draw_masks, forward, score
from core.run import Run

MOST, FEWEST, WORK = 50, 6, 6e9


class Modes(NamedTuple):
    """One set, all of it: loss and accuracy (R2 of a regression) in each mode.

    one_sample: what a single sample counts in the accuracy, 0 for a regression.
    training_loss, training_accuracy [draws]: of single draws of the masks, a mask per sample.
    mean_loss, mean_accuracy: of the mean of the answers over all draws.
    """

    one_sample: float
    loss: float
    accuracy: float
    training_loss: np.ndarray
    training_accuracy: np.ndarray
    mean_loss: float
    mean_accuracy: float

    @property
    def draws(self) -> int:
        """How often training mode was asked."""
        return len(self.training_loss)

    @property
    def differs(self) -> bool:
        """Whether the two modes are different at all, beyond rounding."""
        return not np.allclose(self.training_loss, self.loss, rtol=1e-9, equal_nan=True)

    @property
    def gain(self) -> float:
        """Accuracy of evaluation mode minus the mean of training mode's."""
        return self.accuracy - float(self.training_accuracy.mean())

    @property
    def tolerance(self) -> float:
        """What of the gain may be chance: one sample, or two standard errors over the draws."""
        return max(2 * standard_error(self.training_accuracy), self.one_sample)


def standard_error(values: np.ndarray) -> float:
    """Of the mean of these draws."""
    return float(values.std(ddof=1) / np.sqrt(len(values)))


def score_of_answers(answer: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Loss and accuracy of probabilities [samples, classes], or loss and R2 of a regression [samples, 1]."""
    if answer.shape[1] == 1:
        loss = float(np.mean((answer[:, 0] - y) ** 2))
        return loss, float(1 - loss / np.var(y))
    with np.errstate(divide="ignore"):
        loss = -np.log(answer[np.arange(len(y)), y.astype(int)]).mean()
    return float(loss), float(np.mean(answer.argmax(axis=1) == y))


def modes(run: Run, tick: Callable = lambda *_: None) -> dict[str, Modes]:
    """On the training and on the held-out set, all samples of each.

    In training mode dropout drops, and batch normalization takes mean and variance from what it is given.
    """
    e, data, found = run.experiment, load(run.experiment), {}
    rng = np.random.default_rng(e.seed)
    cost = 2 * e.samples * e.width * (e.width * e.depth + 100) + 1
    draws = int(np.clip(WORK / cost, FEWEST, MOST))
    for name, x, y in (("training", data.x_train, data.y_train), ("held out", data.x_test, data.y_test)):
        scores, total = [], 0.0
        for _ in range(draws):
            tick()
            output = forward(e, run.weights, x, draw_masks(e, rng, len(x)), batch_statistics=True).output
            scores.append(score(e, output, y))
            total = total + answers(e, output)
        loss, accuracy = score(e, forward(e, run.weights, x).output, y)
        mean = score_of_answers(total / draws, y)
        found[name] = Modes(0 if e.loss == "mse" else 1 / len(y), loss, accuracy, *np.array(scores).T, *mean)
    return found
