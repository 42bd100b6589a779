"""Rescaled: what was measured when the weights below batch normalization were multiplied by a factor."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Rescaled:
    """One network in float64 whose hidden weights are multiplied by each of `factors` [F].

    output, gradient: epsilon -> the largest change of the output, and of the weight gradients times the
        factor, relative to the largest value at factor 1: [F].
    radial: |<w, gradient>| / (|w| |gradient|), the largest over the hidden layers, with epsilon 0.
    bias, weight: the largest gradient of a bias before batch normalization, and of a weight there.
    norm, predicted [steps + 1]: the squared norm of the hidden weights while they train with epsilon 0, and
        its start plus learning_rate^2 times all squared gradients so far.
    """

    factors: np.ndarray
    output: dict[float, np.ndarray]
    gradient: dict[float, np.ndarray]
    radial: float
    bias: float
    weight: float
    norm: np.ndarray
    predicted: np.ndarray
