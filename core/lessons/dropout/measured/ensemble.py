"""All thinned networks of a small trained one, beside the scaled network that stands for them."""

import itertools
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from scipy.special import log_softmax, softmax

from core.data import load
from core.engine.forward import forward
from core.run import Run

SAMPLES = 32
COUNTS = (1, 3, 10, 30, 100, 300, 1000)


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
