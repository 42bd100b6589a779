"""What dropout does where it can be computed: linear regression, all thinned networks, variances.

Inverted dropout multiplies every unit by 0 with probability p and by 1/(1 - p) otherwise, so that its mean
stays and its variance grows by p/(1 - p) times its square (Srivastava et al. 2014, section 10).
"""

from typing import NamedTuple

import numpy as np

RATES = np.arange(1, 40) / 40


class Linear(NamedTuple):
    """A linear regression y = x w + noise with standard normal features: x [n, d], y [n], w [d]."""

    x: np.ndarray
    y: np.ndarray
    w: np.ndarray


def linear_data(n: int, d: int, sigma: float, seed: int) -> Linear:
    """n samples of d standard normal features, a random |w| = 1, and noise of standard deviation sigma."""
    rng = np.random.default_rng(seed)
    x, w = rng.normal(size=(n, d)), rng.normal(size=d)
    w /= np.linalg.norm(w)
    return Linear(x, x @ w + sigma * rng.normal(size=n), w)


def dropout_loss(x: np.ndarray, y: np.ndarray, w: np.ndarray, p: float) -> float:
    """Expected mean squared error with dropout on the inputs: |y - Xw|^2/n + p/(1-p) w^T diag(X^T X) w / n.

    Srivastava et al. 2014, section 9.1.
    """
    return float((np.sum((y - x @ w) ** 2) + p / (1 - p) * np.sum(x**2, axis=0) @ w**2) / len(y))


def ridge(x: np.ndarray, y: np.ndarray, p: float) -> np.ndarray:
    """The weights that minimize `dropout_loss`: (X^T X + p/(1-p) diag(X^T X))^-1 X^T y, zeros at p = 1."""
    if p == 1:
        return np.zeros(x.shape[1])
    gram = x.T @ x
    return np.linalg.solve(gram + p / (1 - p) * np.diag(np.diag(gram)), x.T @ y)


def best_rate(n: int, d: int, sigma: float, length: float = 1.0) -> float:
    """p* = sigma^2 d / (n |w|^2 + sigma^2 d): where n p/(1-p) is the best ridge penalty d sigma^2 / |w|^2.

    The penalty is Hoerl, Kennard & Baldwin's (1975); that dropout at p is a ridge penalty of n p/(1-p) for
    standardized features follows from `dropout_loss`.
    """
    return sigma**2 * d / (n * length**2 + sigma**2 * d)
