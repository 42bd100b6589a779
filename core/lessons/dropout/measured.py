"""Dropout, measured: linear regression, all thinned networks, both modes."""

import itertools
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from scipy.special import log_softmax, softmax

from core.data import load
from core.engine.forward import DRAWS, answers, draw_masks, forward
from core.lessons.dropout.theory import RATES, linear_data, ridge
from core.run import Run

SETS = 150
SAMPLES, ASKED = 32, 24
COUNTS = (1, 3, 10, 30, 100, 300, 1000)
THINNED, GRID = 200, 61


def rate_errors(n: int, d: int, sigma: float, tick: Callable = lambda *_: None) -> np.ndarray:
    """|w_p - w|^2 at every rate of RATES, the held-out error without its noise: mean over 150 data sets."""
    total = np.zeros(len(RATES))
    for seed in range(SETS):
        data = linear_data(n, d, sigma, seed)
        total += [np.sum((ridge(data.x, data.y, p) - data.w) ** 2) for p in RATES]
        tick(seed / SETS)
    return total / SETS


class Iterates(NamedTuple):
    """Gradient descent with dropout: the last iterate, and the mean over the last three quarters."""

    last: np.ndarray
    averaged: np.ndarray


def descent(
    x: np.ndarray, y: np.ndarray, p: float, steps: int = 4000, rate: float = 0.02, seed: int = 0
) -> Iterates:
    """Full-batch gradient descent on the squared error with a new mask on every input at every step.

    Masks never stop, so that the last iterate keeps jittering around the minimum; its average does not
    (Polyak & Juditsky 1992).
    """
    rng, w, total = np.random.default_rng(seed), np.zeros(x.shape[1]), np.zeros(x.shape[1])
    for step in range(steps):
        dropped = x * (rng.random(x.shape) >= p) / (1 - p)
        w = w - rate * 2 / len(y) * dropped.T @ (dropped @ w - y)
        if step >= steps // 4:
            total += w
    return Iterates(w, total / (steps - steps // 4))


class Path(NamedTuple):
    """Ridge weights `closed_form` [rates, d]; at the rates `trained` also `exact` ones and both iterates."""

    rates: np.ndarray
    closed_form: np.ndarray
    trained: np.ndarray
    exact: np.ndarray
    averaged: np.ndarray
    last: np.ndarray


def path(
    n: int = 40, d: int = 8, sigma: float = 1.0, seed: int = 0, tick: Callable = lambda *_: None
) -> Path:
    """Dropout by gradient descent beside ridge regression, on one data set."""
    x, y, _ = linear_data(n, d, sigma, seed)
    rates, trained, found = np.linspace(0, 0.95, 96), np.arange(1, 10) / 10, []
    for p in trained:
        found.append(descent(x, y, p))
        tick(p)
    averaged, last = (np.array([getattr(one, name) for one in found]) for name in ("averaged", "last"))
    closed_form, exact = (np.array([ridge(x, y, p) for p in some]) for some in (rates, trained))
    return Path(rates, closed_form, trained, exact, averaged, last)


class Ensemble(NamedTuple):
    """All M thinned networks' outputs [M, samples, outputs], the chance of each, and the scaled network's."""

    outputs: np.ndarray
    chance: np.ndarray
    scaled: np.ndarray

    def mean(self) -> np.ndarray:
        """The mean output [samples, outputs], every thinned network weighted by its probability."""
        return np.tensordot(self.chance, self.outputs, 1)


def all_masks(units: int, p: float) -> tuple[np.ndarray, np.ndarray]:
    """The 2^units masks of factors 0 and 1/(1 - p), [2^units, units], and the probability of each."""
    kept = np.array(list(itertools.product((0, 1), repeat=units)))
    count = kept.sum(axis=1)
    return kept / (1 - p), (1 - p) ** count * p ** (units - count)


def ensemble(run: Run, x: np.ndarray, p: float) -> Ensemble:
    """Every thinned network of a small trained one, and the scaled network that stands for them all.

    Raises ValueError beyond 2^14 thinned networks.
    """
    e = run.experiment
    units = e.depth * e.width
    if units > 14:
        raise ValueError(
            f"{units} hidden units have 2^{units} thinned networks: allowed are at most 14 units."
        )
    masks, chance = all_masks(units, p)
    outputs = [forward(e, run.weights, x, mask.reshape(e.depth, e.width)).output for mask in masks]
    return Ensemble(np.array(outputs), chance, forward(e, run.weights, x).output)


def geometric_mean(found: Ensemble) -> np.ndarray:
    """The normalized geometric mean of all thinned networks' probabilities (Baldi & Sadowski 2013)."""
    return softmax(np.tensordot(found.chance, log_softmax(found.outputs, axis=-1), 1), axis=-1)


def relative_gap(mean: np.ndarray, scaled: np.ndarray) -> float:
    """RMS difference of the two, relative to the spread of the mean over samples."""
    return float(np.sqrt(np.mean((mean - scaled) ** 2)) / np.std(mean))


def sampled_error(found: Ensemble, counts: np.ndarray, repeats: int = 200, seed: int = 0) -> np.ndarray:
    """RMS distance of the mean over T sampled masks from the mean over all of them, for every T in counts."""
    rng, exact, flat = np.random.default_rng(seed), found.mean(), found.outputs.reshape(len(found.chance), -1)
    errors = []
    for count in counts:
        drawn = rng.multinomial(count, found.chance, size=repeats) / count
        errors.append(np.sqrt(np.mean((drawn @ flat - exact.ravel()) ** 2)))
    return np.array(errors)


def sampled_error_theory(found: Ensemble, counts: np.ndarray) -> np.ndarray:
    """The same in closed form: the standard deviation over all masks, over the square root of T."""
    variance = np.tensordot(found.chance, (found.outputs - found.mean()) ** 2, 1)
    return np.sqrt(variance.mean() / np.asarray(counts))


class Gaps(NamedTuple):
    """How far the scaled network is from the mean of all thinned ones, by network: [rates] each.

    thinned: how many of these there are. Differences are RMS, relative to the spread of the mean.
    """

    rates: np.ndarray
    by_network: dict[str, np.ndarray]
    thinned: int


def gaps(runs: Mapping[str, Run], tick: Callable = lambda *_: None) -> Gaps:
    """For classes by the geometric and by the arithmetic mean of the probabilities."""
    rates, found = np.array([0.1, 0.2, 0.35, 0.5, 0.7]), {}
    for name, run in runs.items():
        points = load(run.experiment).x_test[:SAMPLES]
        for p in rates:
            tick()
            all_of_them = ensemble(run, points, p)
            if run.experiment.loss == "cross_entropy":
                scaled = softmax(all_of_them.scaled, axis=-1)
                arithmetic = np.tensordot(all_of_them.chance, softmax(all_of_them.outputs, axis=-1), 1)
                means = {"geometric": geometric_mean(all_of_them), "arithmetic": arithmetic}
                here = {f"{name}, {kind} mean": relative_gap(mean, scaled) for kind, mean in means.items()}
            else:
                here = {name: relative_gap(all_of_them.mean(), all_of_them.scaled)}
            for line, gap in here.items():
                found.setdefault(line, []).append(gap)
    return Gaps(rates, {line: np.array(values) for line, values in found.items()}, len(all_of_them.chance))


class Sampled(NamedTuple):
    """Error of the mean over `counts` sampled masks, measured and in closed form: [counts] each.

    slope: the power of the count that the measured error follows.
    """

    counts: np.ndarray
    errors: np.ndarray
    theory: np.ndarray
    slope: float


def sampled(run: Run, p: float = 0.5, tick: Callable = lambda *_: None) -> Sampled:
    """How fast the mean over sampled masks approaches the mean over all masks."""
    tick()
    found, counts = ensemble(run, load(run.experiment).x_test[:SAMPLES], p), np.array(COUNTS)
    errors = sampled_error(found, counts)
    slope = np.polyfit(np.log(counts), np.log(errors), 1)[0]
    return Sampled(counts, errors, sampled_error_theory(found, counts), float(slope))


class Asked(NamedTuple):
    """What the same weights answer to held-out samples [n], asked DRAWS times in each mode [DRAWS, n].

    One number each: the probability of the last class, or the regression itself. Sorted by what evaluation
    mode answers.
    """

    training: np.ndarray
    evaluation: np.ndarray


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
