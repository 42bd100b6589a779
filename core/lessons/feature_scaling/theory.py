"""What is expected of raw columns: steps in a narrow valley, outliers, heavy tails, the overflow."""

import math

import numpy as np
from scipy.special import ndtr

from core.slopes import normal_pdf

TARGET, MOST_STEPS = 1e-6, 20_000
SLOPE, NOISE, ROWS = 2.0, 0.5, 5_000
ROUNDING = 1e-6
"""R2 of one and the same model computed in two ways differs by less."""
SEEN, COLUMNS, CHOSEN, NEW = 100, 200, 5, 2_000
"""Of the leak: rows, columns of pure noise, how many of them are chosen, and rows that nobody has seen."""
SIZES = np.array([1, 2, 5, 10, 20, 50, 100])
SPREADS = np.array([0.1, 0.25, 0.5, 0.75, 1, 1.5, 2])


def slope_theory(share: float, size) -> np.ndarray:
    """Expected slope when a share f of x ~ N(0, 1) is replaced by +-M: 2 (1 - f) / ((1 - f) + f M^2).

    Errors in variables (Fuller 1987, section 1.1): covariance with y shrinks by 1 - f, variance grows.
    """
    return SLOPE * (1 - share) / ((1 - share) + share * np.square(size, dtype=float))


def clipped_theory(share: float, size, bound: float) -> tuple[np.ndarray, np.ndarray]:
    """Expected slope and R2 after clipping x at +-bound; bound = inf is no clipping.

    For x ~ N(0, 1) and g(x) = clip(x): E[x g(x)] = E[g'(x)] = P(|x| < c) (Stein 1981, lemma 1) and
    E[g(x)^2] = P(|x| < c) - 2 c phi(c) + c^2 P(|x| > c).
    """
    inside = float(2 * ndtr(bound) - 1)
    square = inside
    if math.isfinite(bound):
        square += bound**2 * (1 - inside) - 2 * bound * float(normal_pdf(bound))
    size = np.minimum(np.asarray(size, dtype=float), bound)
    variance = (1 - share) * square + share * size**2
    slope = SLOPE * (1 - share) * inside / variance
    return slope, slope**2 * variance / (SLOPE**2 + NOISE**2)


def log_theory(spread) -> np.ndarray:
    """R2 on e^(sz) over R2 on z, for y linear in z ~ N(0, 1): s^2 / (e^(s^2) - 1), as Cov(z, e^(sz)) =
    s e^(s^2 / 2). A sample shows it for s up to 1; beyond, its largest value rules the estimate."""
    square = np.square(spread, dtype=float)
    return square / np.expm1(square)


def predicted_steps(kappa, to: float = TARGET):
    """Steps after which the worst error has shrunk the excess loss to the share `to`: ln to / 2 ln(rate)."""
    kappa = np.asarray(kappa, dtype=float)
    with np.errstate(divide="ignore"):
        return np.log(to) / (2 * np.log1p(-2 / (kappa + 1)))


def kappa_of_correlation(rho):
    """Of two standardized features with correlation rho: (1 + rho) / (1 - rho)."""
    return (1 + np.abs(rho)) / (1 - np.abs(rho))


def kappa_of_mean(mean):
    """Of one feature with mean m and variance 1, and a bias: the eigenvalues of [[1, m], [m, 1 + m^2]]."""
    t = 2 + np.square(mean, dtype=float)
    return (t + np.sqrt(t**2 - 4)) / (t - np.sqrt(t**2 - 4))


def with_bias(x: np.ndarray) -> np.ndarray:
    """The features and a column of ones: the bias is the weight of a feature that is always 1."""
    return np.column_stack([x, np.ones(len(x))])


def kappa(x: np.ndarray) -> float:
    """lambda_max / lambda_min of X'X; directions in which nothing varies do not count. NaN with gaps, or if
    there is no other."""
    if not np.isfinite(x).all() or not x.any():
        return np.nan
    values = np.linalg.svd(x, compute_uv=False)
    values = values[values > 1e-10 * values[0]]
    return float((values[0] / values[-1]) ** 2)


def squeezed_share(x: np.ndarray) -> float:
    """Share of values within 5 % of the range of the median: near 1, linear scaling leaves them all alike."""
    x = x[np.isfinite(x)]
    return float((np.abs(x - np.median(x)) <= 0.05 * (x.max() - x.min())).mean())
