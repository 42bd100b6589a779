"""Every activation and its slope in numpy: what theory integrates and a trained network answers with."""

import math
from collections.abc import Callable

import numpy as np

LEAK = 0.01
SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772  # Klambauer et al. 2017

_erfc = np.vectorize(math.erfc, otypes=[float])


def _sigmoid(x):
    small = np.exp(-np.abs(x))
    return np.where(x > 0, 1, small) / (1 + small)


def _normal_cdf(x):
    return _erfc(-x / math.sqrt(2)) / 2


def _normal_pdf(x):
    return np.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)


def _exp_below_zero(x):
    return np.exp(np.minimum(x, 0))


def _elu(x):
    return np.where(x > 0, x, np.expm1(np.minimum(x, 0)))


Function = Callable[[np.ndarray], np.ndarray]
ACTIVATIONS: dict[str, tuple[Function, Function]] = {
    "relu": (lambda x: np.maximum(x, 0), lambda x: np.where(x > 0, 1.0, 0)),
    "leaky_relu": (lambda x: np.where(x > 0, x, LEAK * x), lambda x: np.where(x > 0, 1, LEAK)),
    "elu": (_elu, _exp_below_zero),
    "selu": (
        lambda x: SELU_SCALE * np.where(x > 0, 1, SELU_ALPHA) * _elu(x),
        lambda x: SELU_SCALE * np.where(x > 0, 1, SELU_ALPHA) * _exp_below_zero(x),
    ),
    "gelu": (lambda x: x * _normal_cdf(x), lambda x: _normal_cdf(x) + x * _normal_pdf(x)),
    "silu": (lambda x: x * _sigmoid(x), lambda x: _sigmoid(x) * (1 + x * _sigmoid(-x))),
    "tanh": (np.tanh, lambda x: 4 * _sigmoid(2 * x) * _sigmoid(-2 * x)),
    "sigmoid": (_sigmoid, lambda x: _sigmoid(x) * _sigmoid(-x)),
    "identity": (lambda x: 1.0 * x, lambda x: np.ones(np.shape(x))),
}
"""Every activation and its slope, elementwise on float arrays; at a kink the slope is PyTorch's."""
