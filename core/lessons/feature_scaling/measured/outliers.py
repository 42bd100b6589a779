"""What outliers and heavy tails do to one straight line y = 2 x + noise, measured and in closed form."""

import numpy as np

from core.data import DATA, stream
from core.lessons.feature_scaling.theory import NOISE, ROWS, SIZES, SLOPE, SPREADS, squeezed_share


def line(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Slope and R2 of the least-squares line."""
    dx, dy = x - x.mean(), y - y.mean()
    slope = float(dx @ dy / (dx @ dx))
    return slope, slope**2 * float(dx @ dx) / float(dy @ dy)


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
            found["squeezed"][i, seed] = squeezed_share(x)
        tick()
    return found


def without_log(seeds: int = 9, rows: int = 2_000, tick=lambda *_: None) -> np.ndarray:
    """Measured R2 on the raw log-normal feature over R2 on its logarithm: [spreads, seeds]."""
    kept = np.empty((len(SPREADS), seeds))
    for seed in range(seeds):
        z, noise = stream(seed, DATA).normal(size=(2, rows))
        y = z + NOISE * noise
        kept[:, seed] = [line(np.exp(s * z), y)[1] / line(z, y)[1] for s in SPREADS]
        tick()
    return kept
