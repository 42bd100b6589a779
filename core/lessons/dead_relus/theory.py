"""What probability theory says about ReLU units and networks that are dead before the first step."""

import math

import numpy as np

from core.experiment import Experiment
from core.theory import sigma_w

GAUSSIAN = ("he", "xavier", "lecun", "normal")
_POINTS, _WEIGHTS = np.polynomial.legendre.leggauss(16)
_cdf = np.vectorize(lambda x: math.erfc(-x / math.sqrt(2)) / 2, otypes=[float])


def _nodes(low: float, high: float, panels: int) -> tuple[np.ndarray, np.ndarray]:
    """Gauss-Legendre nodes and weights on equal panels."""
    edges = np.linspace(low, high, panels + 1)[:-1, None]
    step = (high - low) / panels
    return (edges + step * (1 + _POINTS) / 2).ravel(), np.tile(_WEIGHTS * step / 2, panels)


def _weighted(nodes, weights, log_density):
    weights = weights * np.exp(log_density - log_density.max())
    return nodes, weights / weights.sum()


def _length(dimension: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and probabilities for the length of a standard normal vector."""
    middle = math.sqrt(dimension)
    r, weights = _nodes(max(0.0, middle - 8), middle + 8, 4)
    return _weighted(r, weights, (dimension - 1) * np.log(r) - r * r / 2)


def _cosine(dimension: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and probabilities for the cosine between a random direction and a fixed one."""
    angle, weights = _nodes(0, math.pi, 120)
    return _weighted(np.cos(angle), weights, (dimension - 2) * np.log(np.sin(angle)))


def dead_at_start(
    inputs: int, samples: int, weight_std: float, bias: float = 0.0, shift: float = 0.0, spread: float = 1.0
) -> float:
    """Expected share of units of the first layer that are at or below 0 on all `samples`.

    For inputs x ~ N(shift, spread^2) in every feature, weights w ~ N(0, weight_std^2) and one initial bias:

        E over |w| and u of  Phi(-(bias / |w| + shift sqrt(d) u) / spread)^samples,

    where u is the cosine between w and the diagonal, (u + 1) / 2 ~ Beta((d - 1) / 2, (d - 1) / 2), and
    (|w| / weight_std)^2 ~ chi^2_d. Given w the samples are independent; so this is exact. By quadrature.
    """
    nothing = np.ones(1), np.ones(1)
    length, p_length = _length(inputs) if bias else nothing
    u, p_u = _cosine(inputs) if shift else nothing
    threshold = bias / (weight_std * length)[:, None]
    below = _cdf(-(threshold + shift * math.sqrt(inputs) * u) / spread)
    return float(p_length @ below**samples @ p_u)


def dead_in_first_layer(experiment: Experiment) -> float | None:
    """`dead_at_start` for an Experiment; None where its data or weights are not Gaussian."""
    e = experiment
    exact = (
        e.dataset == "gaussians"
        and e.scaling == "none"
        and e.init in GAUSSIAN
        and e.gain > 0
        and not e.batchnorm
    )
    if not exact:
        return None
    weight_std = sigma_w(e, e.inputs, e.width) / math.sqrt(e.inputs)
    spread = e.input_scale * math.hypot(1, e.noise)
    return dead_at_start(e.inputs, e.samples, weight_std, e.bias, e.input_shift, spread)


def born_dead(width: int, depth: int) -> float:
    """Probability that one input cannot get through: all units of some hidden layer are silent on it.

    1 - (1 - 2^-N)^depth for N units a layer, zero biases and any symmetric weights (Rister & Rubin 2020; the
    upper bound of Lu et al. 2020, whose L counts the output layer too).
    """
    return 1 - (1 - 2.0**-width) ** depth


def born_dead_everywhere(width: int, depth: int) -> float:
    """Lower bound of the probability that a network of one input is constant on an interval around 0.

    Lu et al. 2020, theorem 2, with L = depth + 1 layers; exact for two hidden layers. One layer with zero
    biases is never silent on both sides of 0.
    """
    n = width
    a1 = 1 - 2.0**-n
    a2 = 1 - 2.0 ** (1 - n) - (n - 1) * 2.0 ** (-2 * n)
    share = (1 - 2.0 ** (1 - n)) * (1 - 2.0**-n) / (1 + (n - 1) * 2.0**-n)
    return 1 - a1 ** (depth - 1) + share * (a2 ** (depth - 1) - a1 ** (depth - 1))
