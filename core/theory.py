"""What mean-field theory says about a random network before it has taken a step.

In a wide network with random weights every pre-activation is close to Gaussian: z ~ N(bias, q). Two numbers
per layer then decide everything (Poole et al. 2016; Schoenholz et al. 2017):

    forward    q_next = sigma_w^2 E[phi(z)^2] + sigma_b^2      the length map
    backward   chi    = sigma_w^2 E[phi'(z)^2]                 what one layer multiplies E[delta^2] by

with sigma_w^2 = fan_in Var(W), sigma_b^2 = Var(b) and delta = dL/dz. chi < 1: gradients vanish, chi > 1: they
explode, chi = 1: the edge of chaos. Wherever one q stands for all samples, they are taken to be equally long.
"""

import math
from dataclasses import dataclass

import numpy as np

from core.experiment import Experiment
from core.slopes import ACTIVATIONS, Function, normal_pdf

FLOAT32_MAX = float(np.finfo(np.float32).max)


def sigma_w(experiment: Experiment, fan_in: int, fan_out: int) -> float:
    """sqrt(fan_in Var(W)) of the initial weights [fan_out, fan_in].

    he: He et al. 2015, eq. 10. xavier: Glorot & Bengio 2010, eq. 12. pytorch is nn.Linear's uniform within
    1/sqrt(fan_in). orthogonal: orthonormal rows or columns, whichever are fewer. constant: nan, since equal
    weights add up instead of averaging out, and theory is about random ones.
    """
    variance = {
        "he": 2 / fan_in,
        "xavier": 2 / (fan_in + fan_out),
        "lecun": 1 / fan_in,
        "normal": 1 / fan_in,
        "pytorch": 1 / (3 * fan_in),
        "orthogonal": 1 / max(fan_in, fan_out),
        "zeros": 0.0,
        "constant": math.nan,
    }[experiment.init]
    return experiment.gain * math.sqrt(fan_in * variance)


def sigma_b(experiment: Experiment, fan_in: int) -> float:
    """Standard deviation of the initial biases around `experiment.bias`: 0 but for nn.Linear's default."""
    return 1 / math.sqrt(3 * fan_in) if experiment.init == "pytorch" else 0.0


ROUNDING = 1e-12
_POINTS, _WEIGHTS = np.polynomial.legendre.leggauss(16)
_PANELS = np.arange(-12.0, 13)
_LADDER = np.concatenate([-(2.0 ** np.arange(6, -1, -1)), [0], 2.0 ** np.arange(7)])


def expect(f: Function, q: float, bias: float = 0.0) -> float:
    """E[f(x)] for x ~ N(bias, q), where f may have a kink at 0; f gets an array and returns one.

    Gauss-Legendre on unit panels of (x - bias) / sqrt(q), cut again at x = 0, ±1, ±2, ±4, ... ±64: the kink
    is in no panel, and a slope that is a narrow spike under a wide Gaussian is still resolved. q = 0 is the
    limit from above; q above 1e300 counts as 1e300. Raises ValueError if q is negative or not a number.
    """
    if not q >= 0:
        raise ValueError(f"q cannot be {q}: allowed is a number from 0.")
    scale = math.sqrt(min(max(q, 1e-300), 1e300))
    edges = np.unique(np.clip(np.concatenate([_PANELS, (_LADDER - bias) / scale]), -12, 12))
    half = np.diff(edges)[:, None] / 2
    z = edges[:-1, None] + half * (1 + _POINTS)
    return float(np.sum(half * _WEIGHTS * normal_pdf(z) * f(scale * z + bias)))


def length(q: float, activation: str, sigma_w: float, sigma_b: float = 0.0, bias: float = 0.0) -> float:
    """One step of the length map: Var(z) in the next layer, around its bias (Poole et al. 2016, eq. 3)."""
    phi, _ = ACTIVATIONS[activation]
    return sigma_w * sigma_w * expect(lambda x: phi(x) ** 2, q, bias) + sigma_b * sigma_b


def chi(q: float, activation: str, sigma_w: float, bias: float = 0.0) -> float:
    """sigma_w^2 E[phi'(z)^2]: what a layer multiplies E[delta^2] by (Schoenholz et al. 2017)."""
    _, slope = ACTIVATIONS[activation]
    return sigma_w * sigma_w * expect(lambda x: slope(x) ** 2, q, bias)


def fixed_point(activation: str, sigma_w: float, sigma_b: float = 0.0) -> float:
    """q*, where the length map started at q = 1 settles: 0 or inf if it never does in between.

    Where every q is a fixed point (ReLU with sigma_w^2 = 2 and no bias) that is 1.
    """
    from scipy.optimize import brentq

    def growth(log_q):
        q = math.exp(log_q)
        return length(q, activation, sigma_w, sigma_b) / q - 1

    if abs(growth(0.0)) < 1e-12:
        return 1.0
    rises = growth(0.0) > 0
    inner, outer = 0.0, math.log(2) if rises else -math.log(2)
    while (growth(outer) > 0) == rises:
        inner, outer = outer, 2 * outer - inner
        if abs(outer) > math.log(1e12):
            return math.inf if rises else 0.0
    return math.exp(brentq(growth, inner, outer, xtol=1e-13))


def depth_scale(activation: str, sigma_w: float, sigma_b: float = 0.0) -> float:
    """xi = 1 / |ln chi(q*)|: E[delta^2] changes e-fold in xi layers; inf on the edge of chaos.

    Schoenholz et al. 2017 found networks of up to about 6 xi layers trainable.
    """
    factor = chi(fixed_point(activation, sigma_w, sigma_b), activation, sigma_w)
    rate = abs(math.log(factor)) if factor else math.inf
    return 1 / rate if rate > 1e-9 else math.inf


def trainable_depth(activation: str, sigma_w: float, sigma_b: float = 0.0) -> float:
    """6 xi, the number of layers that still train (Schoenholz et al. 2017)."""
    return 6 * depth_scale(activation, sigma_w, sigma_b)


def critical_sigma_w(activation: str, sigma_b: float = 0.0) -> float | None:
    """The smallest sigma_w with chi(q*) = 1, the edge of chaos; None if chi jumps over 1 or never gets there.

    ReLU has sqrt(2), the initialization of He et al. 2015; tanh without bias has 1; sigmoid about 10.15.
    That of tanh touches 1 with slope 0 from above: ROUNDING below, the crossing is sharp.
    """
    from scipy.optimize import brentq

    def excess(w):
        return chi(fixed_point(activation, w, sigma_b), activation, w) - (1 - ROUNDING)

    low, high = 0.1, 0.2
    while excess(high) < 0:
        low, high = high, 2 * high
        if high > 100:
            return None
    edge = brentq(excess, low, high, xtol=1e-10)
    return edge if abs(excess(edge)) < 1e-6 else None


def overflow_depth(sigma_w: float) -> float:
    """Layers until a ReLU network overflows float32: from RMS 1 it grows by sigma_w / sqrt(2) per layer."""
    growth = sigma_w / math.sqrt(2)
    return math.log(FLOAT32_MAX) / math.log(growth) if growth > 1 else math.inf


@dataclass(frozen=True)
class Prediction:
    """Arrays [hidden layers], first layer first, of what a freshly drawn network is expected to show.

    `pre_activation_square` is E[z^2] of what enters the activation, `activation_mean` the mean behind it,
    `chi` what the layer multiplies E[delta^2] by on the way back, dropout and batch normalization included.
    `delta_ratio` is RMS(delta_l) / RMS(delta_L), 1 at the last layer: without residual connections the root
    of the product of the chi in between; nan where every delta is 0 (zero weights, dropout 1, all dead).
    """

    pre_activation_square: np.ndarray
    activation_mean: np.ndarray
    chi: np.ndarray
    delta_ratio: np.ndarray


def _moments(activation, q, bias):
    phi, _ = ACTIVATIONS[activation]
    return expect(phi, q, bias), expect(lambda x: phi(x) ** 2, q, bias), chi(q, activation, 1.0, bias)


def predict(experiment: Experiment, input_mean_square: float) -> Prediction:
    """Follow the signal up through the layers and the error signal back down.

    `input_mean_square` is the mean of x^2 over samples and features. What is predicted is the mean over wide
    random networks: L layers down, a typical gradient norm is smaller by about exp(-5 L / (4 width)) (ReLU,
    He; Hanin & Nica 2019). Constant weights are not random: all is nan.

    Residual: a layer adds to the stream h, E[h^2] += E[phi^2] + 2 E[h] E[phi], and on the way back to the
    gradient on the stream, which grows by 1 + chi (Yang & Schoenholz 2017). Where activations have a positive
    mean it slowly aligns with h and grows by more, the deeper and narrower the network.
    Dropout multiplies second moments by 1 / (1 - dropout).
    Batch normalization: z ~ N(0, 1) whatever the weights, and chi = E[phi'^2] / Var[phi], for ReLU
    pi / (pi - 1) (Yang et al. 2019). This describes the middle of a deep network; the first and last few
    layers and batches of less than about 128 deviate.
    """
    e = experiment
    if e.init == "constant":
        return Prediction(*np.full((4, e.depth), np.nan))
    mask_mean, mask_square = (1.0, 1 / (1 - e.dropout)) if e.dropout < 1 else (0.0, 0.0)
    mean, square, variance = 0.0, input_mean_square, input_mean_square
    w, b = sigma_w(e, e.inputs, e.width), sigma_b(e, e.inputs)
    rows, slopes, gains = [], [], []
    for layer in range(e.depth):
        q, bias = (float(w * variance > 0), 0.0) if e.batchnorm else (w * w * square + b * b, e.bias)
        phi_mean, phi_square, slope_square = _moments(e.activation, q, bias)
        m, s = (mean, square) if e.residual and layer else (0.0, 0.0)
        mean = m + mask_mean * phi_mean
        square = s + mask_square * phi_square + 2 * m * mask_mean * phi_mean
        variance = square - mean * mean
        w, b = sigma_w(e, e.width, e.width), sigma_b(e, e.width)
        gains.append((1 / variance if w * variance > 0 else 0.0) if e.batchnorm else w * w)
        slopes.append(mask_square * slope_square)
        rows.append((q + bias * bias, phi_mean, gains[-1] * slopes[-1]))

    delta, stream = np.empty(e.depth), sigma_w(e, e.width, e.outputs)
    for layer in reversed(range(e.depth)):
        delta[layer] = math.sqrt(slopes[layer]) * stream
        if layer:
            stream = math.hypot(math.sqrt(gains[layer - 1]) * delta[layer], stream if e.residual else 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return Prediction(*np.array(rows).T, delta_ratio=delta / delta[-1])


def variance_shift(activation: str, p):
    """Variance of a unit in evaluation over that in training mode, after dropout; its input is N(0, 1).

    Li et al. 2019 for units of mean 0 (identity): 1 - p. For ReLU E[h^2] = 1/2 and E[h]^2 = 1/(2 pi):
    (1/2 - 1/2pi) / (1/2 / (1 - p) - 1/2pi).
    """
    p = np.asarray(p, dtype=float)
    if activation == "identity":
        return 1 - p
    if activation != "relu":
        raise ValueError(f"activation cannot be {activation}: allowed is one of identity, relu.")
    square = 1 / (2 * np.pi)
    return (0.5 - square) * (1 - p) / (0.5 - square * (1 - p))


def momentum_threshold(curvature: float, momentum: float = 0.0) -> float:
    """Where heavy-ball descent begins to diverge: 2 (1 + momentum) / curvature (Polyak 1964)."""
    return 2 * (1 + momentum) / curvature


def roots(rate: np.ndarray, momentum: float) -> tuple[np.ndarray, np.ndarray]:
    """Both factors per step, where `rate` is learning_rate times curvature; complex where it oscillates."""
    half = (1 + momentum - np.asarray(rate, dtype=float)) / 2
    root = np.sqrt((half * half - momentum).astype(complex))
    return half + root, half - root


def overflow_step(
    loss: float, curvature: float, learning_rate: float, momentum: float = 0.0, limit: float = FLOAT32_MAX
) -> float:
    """The step at which the loss of a parabola passes `limit`; inf if descent on it does not diverge.

    With a factor g per step, the larger of the roots, the loss grows by g^2: ln(limit / loss) / (2 ln g).
    """
    growth = max(abs(r) for r in roots(learning_rate * curvature, momentum))
    return math.log(limit / loss) / (2 * math.log(growth)) if growth > 1 + 1e-9 else math.inf
