"""How far apart the inputs of a random network still look in every hidden layer, says mean-field theory.

Pairs of samples a and b are followed up through the layers (Poole et al. 2016, eq. 5; Lee et al. 2018): in a
wide network z_a and z_b are Gaussian with q = E[z^2] each and the distance d = E[(z_a - z_b)^2]. Unlike a
covariance, the distance keeps all its digits where the two look all but the same.
"""

import numpy as np

from core.experiment import BN_EPSILON, Experiment
from core.slopes import ACTIVATIONS, normal_pdf
from core.theory import ROUNDING, sigma_b, sigma_w

SAMPLES, DRAWS = 256, 30
TANGENT, LARGEST = 1e-6, 1e290
_PANELS = np.linspace(-6, 6, 7)
_LADDER = np.array([-16.0, -4, -1, 0, 1, 4, 16])
_POINTS, _WEIGHTS = np.polynomial.legendre.leggauss(3)
_SHIFTS = 0.618 * np.arange(len(_POINTS) * (len(_PANELS) + len(_LADDER) - 1)) % 1
_Y = 1.4 * (np.arange(-3, 3) + _SHIFTS[:, None])
_SHARES = 1.4 * normal_pdf(_Y)


def _partner(values):
    """Of every sample a the value of b, the next one; after the last comes the first."""
    return np.roll(values, -1, axis=0)


def _paired(x):
    """Up to SAMPLES rows of x in random order: of DRAWS orders the one whose pairs differ most typically."""
    rng, variance = np.random.default_rng(0), np.var(x, axis=0).mean()
    orders = (x[rng.permutation(len(x))[:SAMPLES]] for _ in range(DRAWS))
    return min(orders, key=lambda x: abs(np.mean((x - _partner(x)) ** 2) / 2 - variance))


def _grid(q, bias):
    """Points [samples, n] of N(0, 1) and their weights, in panels cut where sqrt(q) x + bias is 0, ±1, ..."""
    cuts = (_LADDER - bias) / np.sqrt(q)[:, None]
    edges = np.concatenate([np.tile(_PANELS, (len(q), 1)), np.clip(cuts, -6, 6)], axis=1)
    edges.sort(axis=1)
    half = np.diff(edges)[..., None] / 2
    x = edges[:, :-1, None] + half * (1 + _POINTS)
    weights = half * _WEIGHTS * normal_pdf(x)
    return x.reshape(len(q), -1), weights.reshape(len(q), -1)


def moments(
    activation: str, q: np.ndarray, distance: np.ndarray, bias: float = 0.0
) -> tuple[np.ndarray, ...]:
    """E[phi(z_a)], E[phi(z_a)^2] and E[(phi(z_a) - phi(z_b))^2], each [samples]; see _partner for b.

    z ~ N(bias, q): given z_a = sqrt(q_a) x + bias, z_a - z_b is sqrt(d) (r x + sqrt(1 - r^2) y), y ~ N(0, 1),
    with r = (q_a - q_b + d) / sqrt(4 q_a d). Where that difference is tiny, phi' times it has more digits.
    Six steps of 1.4 are enough for y (trapezoidal rule): another shift for every x lets no kink fall between.
    """
    phi, slope = ACTIVATIONS[activation]
    q = np.maximum(q, 1e-300)
    x, weights = _grid(q, bias)
    z = np.sqrt(q)[:, None] * x + bias
    change = q - _partner(q)
    change[np.abs(change) < ROUNDING * q] = 0
    r = np.clip((change + distance) / np.maximum(2 * np.sqrt(q) * np.sqrt(distance), 1e-300), -1, 1)
    delta = (r[:, None] * x)[..., None] + np.sqrt(1 - r * r)[:, None, None] * _Y
    delta *= np.sqrt(distance)[:, None, None]
    a = phi(z)
    tiny = np.abs(delta) < TANGENT * np.minimum(1, np.sqrt(q + bias * bias))[:, None, None]
    apart = np.where(tiny, slope(z)[..., None] * delta, a[..., None] - phi(z[..., None] - delta))
    square = np.sum(_SHARES * apart**2, axis=2)
    return tuple(np.sum(weights * values, axis=1) for values in (a, a * a, square))


def spread(experiment: Experiment, x: np.ndarray) -> np.ndarray:
    """The probe `activation_std` [hidden layers] that a freshly drawn wide network should show on x.

    x is [samples, features] as core.data.load gives it; SAMPLES of them are enough, each paired with another
    at random: half the mean squared distance of pairs is the variance. Biases are shared by all samples and
    change no distance. Residual connections, dropout: as in core.theory.predict, for distances. Batch
    normalization leaves a variance of v / (v + 1e-5) over the batch, whatever came before.
    """
    e = experiment
    x = _paired(x)
    mask_mean, mask_square = (1.0, 1 / (1 - e.dropout)) if e.dropout < 1 else (0.0, 0.0)
    mean, square, distance = np.zeros(len(x)), np.mean(x**2, axis=1), np.mean((x - _partner(x)) ** 2, axis=1)
    fan_in, found = e.inputs, []
    for layer in range(e.depth):
        w, b, fan_in = sigma_w(e, fan_in, e.width), sigma_b(e, fan_in), e.width
        (q, d), bias = np.minimum([w * w * square + b * b, w * w * distance], LARGEST), e.bias
        if e.batchnorm:
            variance = d.mean() / 2
            q, bias = np.full(len(x), variance / (variance + BN_EPSILON)), 0.0
            d = 2 * q
        phi_mean, phi_square, d = moments(e.activation, q, d, bias)
        found.append(np.sqrt(d.mean() / 2))
        if layer == 0 or not e.residual:
            mean, square, distance = np.zeros((3, len(x)))
        branch = mask_mean * phi_mean
        distance = distance + mask_mean**2 * d + 2 * (mean - _partner(mean)) * (branch - _partner(branch))
        distance += (mask_square - mask_mean**2) * (phi_square + _partner(phi_square))
        square = square + mask_square * phi_square + 2 * mean * branch
        mean = mean + branch
    return np.array(found)
