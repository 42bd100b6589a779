"""What a network trained with dropout answers: in both modes, over a plane, and by thinned networks."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from core.data import load
from core.engine.forward import DRAWS, answers, draw_masks, forward, reliability
from core.run import Run

ASKED = 24
THINNED, GRID = 200, 61


class Asked(NamedTuple):
    """What the same weights answer to held-out samples [n], asked DRAWS times in each mode [DRAWS, n].

    One number each: the probability of the last class, or the regression itself. Sorted by what evaluation
    mode answers.
    """

    training: np.ndarray
    evaluation: np.ndarray

    @staticmethod
    def spread(answers: np.ndarray) -> float:
        """The deviation of the answers to one sample, on average over the samples; 0 where all are equal."""
        return float(answers.std(axis=0).mean()) if np.ptp(answers, axis=0).any() else 0.0


def asked(run: Run, tick: Callable = lambda *_: None) -> Asked:
    """In training mode dropout drops, and batch normalization takes mean and variance of these samples."""
    e, x = run.experiment, load(run.experiment).x_test[:ASKED]
    rng = np.random.default_rng(e.seed)

    def once(**mode):
        tick()
        return answers(e, forward(e, run.weights, x, **mode).output)[:, -1]

    training = [once(masks=draw_masks(e, rng, len(x)), batch_statistics=True) for _ in range(DRAWS)]
    evaluation = [once() for _ in range(DRAWS)]
    order = np.argsort(evaluation[0])
    return Asked(np.array(training)[:, order], np.array(evaluation)[:, order])


class Surface(NamedTuple):
    """Probabilities [GRID, GRID, classes] over the first two features, `across` and `up` [GRID] each."""

    across: np.ndarray
    up: np.ndarray
    answer: np.ndarray


def surface(run: Run, tick: Callable = lambda *_: None) -> Surface:
    """A classifier in evaluation mode, over the range of the training set, the other features at 0."""
    tick()
    e, x = run.experiment, load(run.experiment).x_train[:, :2]
    across, up = np.linspace(x.min(axis=0), x.max(axis=0), GRID).T
    points = np.zeros((GRID * GRID, e.inputs))
    points[:, :2] = np.stack(np.meshgrid(across, up), axis=2).reshape(-1, 2)
    return Surface(across, up, answers(e, forward(e, run.weights, points).output).reshape(GRID, GRID, -1))


class Spread(NamedTuple):
    """A regression over one feature x [n]: mean and standard deviation of so many thinned `networks`, and the
    answer in evaluation mode [n].

    known, unknown, beyond: the mean deviation near training samples, between them (NaN where there is no
    gap), and beyond the last.
    """

    networks: int
    x: np.ndarray
    mean: np.ndarray
    deviation: np.ndarray
    evaluation: np.ndarray
    known: float
    unknown: float
    beyond: float


def spread(run: Run, tick: Callable = lambda *_: None) -> Spread:
    """THINNED networks, each with one mask for the whole curve (Gal & Ghahramani 2016)."""
    e, known = run.experiment, load(run.experiment).x_train
    low, high = float(known.min()), float(known.max())
    margin = (high - low) / 5
    x = np.linspace(low - margin, high + margin, 141)
    rng, points, drawn = np.random.default_rng(e.seed), x[:, None], []
    for _ in range(THINNED):
        tick()
        drawn.append(forward(e, run.weights, points, draw_masks(e, rng, 1)).output[:, 0])
    deviation = np.std(drawn, axis=0)
    nearest, inside = np.abs(points - known.T).min(axis=1), (x >= low) & (x <= high)
    places = inside & (nearest < 0.1), inside & (nearest >= 0.3), x > high + 0.3 * margin
    return Spread(
        THINNED,
        x,
        np.mean(drawn, axis=0),
        deviation,
        forward(e, run.weights, points).output[:, 0],
        *(float(deviation[place].mean()) if place.any() else np.nan for place in places),
    )


class Pooled(NamedTuple):
    """Held-out answers of several seeds in bins that have any: mean `confidence`, share `right`, `count`.

    error: the standard error of `right`, as of so many independent answers. ece: the expected calibration
    error, the mean of |right - confidence| over answers (Guo et al. 2017, eq. 3).
    """

    seeds: int
    confidence: np.ndarray
    right: np.ndarray
    count: np.ndarray
    error: np.ndarray
    ece: float


def pooled(runs: Sequence[Run], bins: int, tick: Callable = lambda *_: None) -> Pooled:
    """Of classifiers, all that ended. Raises ValueError for a regression."""
    found = [reliability(run, bins, tick) for run in runs if run.diverged_at is None]
    place = np.concatenate([np.zeros(0, int), *(_bins(r.confidence, runs[0], bins) for r in found)])
    many = np.concatenate([np.zeros(0), *(r.count for r in found)])

    def summed(values):
        return np.bincount(place, np.concatenate([np.zeros(0), *values]) * many, bins)

    count = np.bincount(place, many, bins)
    some = count > 0
    right = summed([r.right for r in found])[some] / count[some]
    confidence = summed([r.confidence for r in found])[some] / count[some]
    count = count[some].astype(int)
    error = np.sqrt(right * (1 - right) / np.maximum(count, 1))
    off = np.abs(right - confidence) @ count / count.sum() if len(count) else np.nan
    return Pooled(len(found), confidence, right, count, error, float(off))


def _bins(confidence: np.ndarray, run: Run, bins: int) -> np.ndarray:
    """In which bin a mean confidence lies: from that of guessing among the classes up to 1."""
    guess = 1 / max(run.experiment.outputs, 2)
    return np.clip(((confidence - guess) / (1 - guess) * bins).astype(int), 0, bins - 1)
