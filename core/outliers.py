"""What outliers and heavy tails do to one straight line y = 2 x + noise, measured and in closed form."""

import math

import numpy as np

from core.data import DATA, stream

SLOPE, NOISE, ROWS = 2.0, 0.5, 5_000
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
    inside = math.erf(bound / math.sqrt(2)) if math.isfinite(bound) else 1.0
    square = inside
    if math.isfinite(bound):
        density = math.exp(-(bound**2) / 2) / math.sqrt(2 * math.pi)
        square += bound**2 * (1 - inside) - 2 * bound * density
    size = np.minimum(np.asarray(size, dtype=float), bound)
    variance = (1 - share) * square + share * size**2
    slope = SLOPE * (1 - share) * inside / variance
    return slope, slope**2 * variance / (SLOPE**2 + NOISE**2)


def line(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Slope and R2 of the least-squares line."""
    dx, dy = x - x.mean(), y - y.mean()
    slope = float(dx @ dy / (dx @ dx))
    return slope, slope**2 * float(dx @ dx) / float(dy @ dy)


def squeezed(x: np.ndarray) -> float:
    """Share of values within 5 % of the range of the median: near 1, linear scaling leaves them all alike."""
    x = x[np.isfinite(x)]
    return float((np.abs(x - np.median(x)) <= 0.05 * (x.max() - x.min())).mean())


def with_outliers(seed: int, share: float, size: float) -> tuple[np.ndarray, np.ndarray]:
    """x ~ N(0, 1) and y = 2 x + noise [5000], after which a share of x is replaced by +-size."""
    rng = stream(seed, DATA)
    x, noise = rng.normal(size=(2, ROWS))
    y = SLOPE * x + NOISE * noise
    spoilt = rng.permutation(ROWS)[: round(share * ROWS)]
    x[spoilt] = size * rng.choice([-1.0, 1.0], len(spoilt))
    return x, y


def outliers(share: float, bound: float, seeds: int = 5, tick=lambda *_: None) -> dict[str, np.ndarray]:
    """Slope and R2 with and without clipping at +-bound, and the share squeezed: [sizes, seeds] each."""
    found = {
        name: np.empty((len(SIZES), seeds)) for name in ("slope", "r2", "clipped", "clipped_r2", "squeezed")
    }
    for i, size in enumerate(SIZES):
        for seed in range(seeds):
            x, y = with_outliers(seed, share, size)
            found["slope"][i, seed], found["r2"][i, seed] = line(x, y)
            found["clipped"][i, seed], found["clipped_r2"][i, seed] = line(np.clip(x, -bound, bound), y)
            found["squeezed"][i, seed] = squeezed(x)
        tick()
    return found


def log_theory(spread) -> np.ndarray:
    """R2 on e^(sz) over R2 on z, for y linear in z ~ N(0, 1): s^2 / (e^(s^2) - 1), as Cov(z, e^(sz)) =
    s e^(s^2 / 2). A sample shows it for s up to 1; beyond, its largest value rules the estimate."""
    square = np.square(spread, dtype=float)
    return square / np.expm1(square)


def without_log(seeds: int = 9, rows: int = 2_000, tick=lambda *_: None) -> np.ndarray:
    """Measured R2 on the raw log-normal feature over R2 on its logarithm: [spreads, seeds]."""
    kept = np.empty((len(SPREADS), seeds))
    for seed in range(seeds):
        z, noise = stream(seed, DATA).normal(size=(2, rows))
        y = z + NOISE * noise
        kept[:, seed] = [line(np.exp(s * z), y)[1] / line(z, y)[1] for s in SPREADS]
        tick()
    return kept
