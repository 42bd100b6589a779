"""How the first weights are drawn: each scheme is one short numpy function returning [fan_out, fan_in]."""

import numpy as np

from core.data import WEIGHTS, stream
from core.trainable import Trainable


def he(rng, fan_out, fan_in):
    """N(0, 2 / fan_in): keeps the signal of a ReLU layer (He et al. 2015, eq. 10)."""
    return rng.normal(0, np.sqrt(2 / fan_in), (fan_out, fan_in))


def xavier(rng, fan_out, fan_in):
    """N(0, 2 / (fan_in + fan_out)): a compromise of both directions (Glorot & Bengio 2010, eq. 12)."""
    return rng.normal(0, np.sqrt(2 / (fan_in + fan_out)), (fan_out, fan_in))


def lecun(rng, fan_out, fan_in):
    """N(0, 1 / fan_in): keeps the signal of a linear layer (LeCun et al. 1998, eq. 16)."""
    return rng.normal(0, np.sqrt(1 / fan_in), (fan_out, fan_in))


def pytorch(rng, fan_out, fan_in):
    """U(-1 / sqrt(fan_in), 1 / sqrt(fan_in)): what nn.Linear does by itself; variance 1 / (3 fan_in)."""
    return rng.uniform(-1, 1, (fan_out, fan_in)) / np.sqrt(fan_in)


def normal(rng, fan_out, fan_in):
    """N(0, 1 / fan_in); times the gain sigma_w it is N(0, sigma_w^2 / fan_in) of Poole et al. 2016."""
    return rng.normal(0, np.sqrt(1 / fan_in), (fan_out, fan_in))


def orthogonal(rng, fan_out, fan_in):
    """Orthonormal rows or columns: a linear layer keeps every length (Saxe et al. 2014)."""
    q, r = np.linalg.qr(rng.normal(size=(max(fan_out, fan_in), min(fan_out, fan_in))))
    q = q * np.sign(np.diag(r))
    return q if fan_out >= fan_in else q.T


def zeros(rng, fan_out, fan_in):
    """All zero: every unit of a layer stays the same as its neighbours."""
    return np.zeros((fan_out, fan_in))


def constant(rng, fan_out, fan_in):
    """All 1 / fan_in: every unit is the mean of its inputs, and the same as its neighbours."""
    return np.full((fan_out, fan_in), 1 / fan_in)


INITS = {f.__name__: f for f in (he, xavier, lecun, pytorch, normal, orthogonal, zeros, constant)}


def initial(e: Trainable, layer: int) -> tuple[np.ndarray, np.ndarray]:
    """Weights [fan_out, fan_in] and biases [fan_out] that a layer starts from; `depth` is the output layer.

    nn.Linear's default draws its biases as its weights; all others start at 0, plus the experiment's bias in
    hidden layers.
    """
    rng, fan_in = stream(e.seed, WEIGHTS, layer), e.width if layer else e.inputs
    fan_out = e.width if layer < e.depth else e.outputs
    weight = e.gain * INITS[e.init](rng, fan_out, fan_in)
    bias = rng.uniform(-1, 1, fan_out) / np.sqrt(fan_in) if e.init == "pytorch" else np.zeros(fan_out)
    return weight, bias + e.bias if layer < e.depth else bias


def initial_weight(e: Trainable, layer: int) -> np.ndarray:
    """The same weights, in the precision of the training."""
    return initial(e, layer)[0].astype(e.precision)
