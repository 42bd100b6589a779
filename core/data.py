"""Synthetic data: every dataset is one short numpy function, and every random number has its own stream."""

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np

DATA, LABEL_NOISE, WEIGHTS, DROPOUT, BATCHES = range(5)


def stream(seed: int, use: int, layer: int = 0) -> np.random.Generator:
    """The random numbers of one use (DATA, WEIGHTS, ...) in one layer of the run with this seed."""
    return np.random.default_rng([seed, use, layer])


def moons(rng, n, features, noise):
    """Two interleaving half circles."""
    label = np.arange(n) % 2
    angle = np.pi * rng.random(n)
    x = np.where(label, 1 - np.cos(angle), np.cos(angle)) - 0.5
    y = np.where(label, 0.5 - np.sin(angle), np.sin(angle)) - 0.25
    return np.stack([x, y], axis=1) + noise * rng.normal(size=(n, 2)), label


def circles(rng, n, features, noise):
    """A circle of radius 1/2 inside a circle of radius 1."""
    label = np.arange(n) % 2
    angle = 2 * np.pi * rng.random(n)
    radius = np.where(label, 0.5, 1.0)
    points = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return points + noise * rng.normal(size=(n, 2)), label


def xor(rng, n, features, noise):
    """Opposite quadrants share a class; every feature after the second is pure noise."""
    points = rng.uniform(-1, 1, size=(n, features))
    label = (points[:, 0] * points[:, 1] > 0).astype(int)
    return points + noise * rng.normal(size=(n, features)), label


def spirals(rng, n, features, noise):
    """Two arms that wind one and a half times around the centre."""
    label = np.arange(n) % 2
    radius = np.sqrt(rng.random(n))
    angle = 3 * np.pi * radius + np.pi * label
    points = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return points + noise * rng.normal(size=(n, 2)), label


def blobs(rng, n, features, noise):
    """Four clouds around four random centres."""
    centres = rng.normal(size=(4, features))
    label = np.arange(n) % 4
    return centres[label] + noise * rng.normal(size=(n, features)), label


def gaussians(rng, n, features, noise):
    """One standard normal cloud, cut by the curved boundary x1 x2 + x3 / 2 = 0."""
    points = rng.normal(size=(n, features))
    label = (points[:, 0] * points[:, 1] + 0.5 * points[:, 2] > 0).astype(int)
    return points + noise * rng.normal(size=(n, features)), label


def curve(rng, n, features, noise):
    """Regression: a sine wave over one feature."""
    x = rng.uniform(-2, 2, size=(n, 1))
    return x, np.sin(2 * x[:, 0]) + noise * rng.normal(size=n)


def gap(rng, n, features, noise):
    """The same sine wave, but with nothing known between -0.5 and 1."""
    x = rng.uniform(0, 2.5, size=(n, 1))
    x = np.where(x < 1.5, x - 2, x - 0.5)
    return x, np.sin(2 * x[:, 0]) + noise * rng.normal(size=n)


@dataclass(frozen=True)
class Dataset:
    """`classes` is 0 for regression; `features` is the default, `lowest` to `highest` may be asked for."""

    draw: Callable
    classes: int
    features: int
    lowest: int
    highest: int

    def allows(self, features: int) -> bool:
        """Whether it can have so many features; 0 stands for its own number."""
        return features == 0 or self.lowest <= features <= self.highest


DATASETS = {
    "moons": Dataset(moons, 2, 2, 2, 2),
    "circles": Dataset(circles, 2, 2, 2, 2),
    "xor": Dataset(xor, 2, 2, 2, 64),
    "spirals": Dataset(spirals, 2, 2, 2, 2),
    "blobs": Dataset(blobs, 4, 2, 1, 64),
    "gaussians": Dataset(gaussians, 2, 10, 3, 64),
    "curve": Dataset(curve, 0, 1, 1, 1),
    "gap": Dataset(gap, 0, 1, 1, 1),
}


def none(x, train):
    """The features as they come."""
    return x


def linear(x, train):
    """Each feature's training range is mapped to [-1, 1]."""
    low, high = train.min(axis=0), train.max(axis=0)
    return 2 * (x - low) / (high - low) - 1


def zscore(x, train):
    """Mean 0 and standard deviation 1 on the training set, each feature by itself."""
    return (x - train.mean(axis=0)) / train.std(axis=0)


SCALERS = {"none": none, "linear": linear, "zscore": zscore}
TARGET_SCALERS = {"none": none, "zscore": zscore}


def load(experiment) -> SimpleNamespace:
    """The training set and an equally large held-out set of an Experiment, in float64.

    Returns x_train, x_test [samples, features] and y_train, y_test [samples] (class numbers, or the
    regression target). Label noise disturbs only the training labels, so that the held-out set
    measures what was learned.
    """
    e, n, dataset = experiment, experiment.samples, DATASETS[experiment.dataset]
    x, y = dataset.draw(stream(e.seed, DATA), 2 * n, e.inputs, e.noise)
    x = e.input_scale * x * e.input_spread ** np.linspace(0, 1, e.inputs) + e.input_shift
    x = SCALERS[e.scaling](x, x[:n])
    rng = stream(e.seed, LABEL_NOISE)
    if dataset.classes:
        flipped = np.flatnonzero(rng.random(n) < e.label_noise)
        y[flipped] = (y[flipped] + rng.integers(1, dataset.classes, n)[flipped]) % dataset.classes
    else:
        y[:n] += e.label_noise * rng.normal(size=n)
        y = e.target_scale * y + e.target_shift
        y = TARGET_SCALERS[e.target_scaling](y, y[:n])
    return SimpleNamespace(x_train=x[:n], y_train=y[:n], x_test=x[n:], y_test=y[n:])
