"""Gradient descent where its course is known in closed form: on a parabola, and on f = u v / sqrt(n)."""

import math

import numpy as np


def momentum_threshold(curvature: float, momentum: float = 0.0) -> float:
    """Where heavy-ball descent begins to diverge: 2 (1 + momentum) / curvature (Polyak 1964)."""
    return 2 * (1 + momentum) / curvature


def errors(start: np.ndarray, curvatures: np.ndarray, learning_rate: float, momentum: float, steps: int):
    """Distance from the minimum along every eigenvector of the Hessian: start [n] -> [steps + 1, n].

    Without momentum it is (1 - learning_rate curvature)^t. With it, e_t = a r^t + b s^t, where r and s
    are the roots of r^2 - (1 + momentum - learning_rate curvature) r + momentum (Goh 2017).
    """
    t = np.arange(steps + 1)[:, None]
    with np.errstate(over="ignore", invalid="ignore"):
        if not momentum:
            return start * (1 - learning_rate * curvatures) ** t
        r, s = roots(learning_rate * curvatures, momentum)
        a = (1 - learning_rate * curvatures - s) / (r - s)
        return start * (a * r**t + (1 - a) * s**t).real


def roots(rate: np.ndarray, momentum: float) -> tuple[np.ndarray, np.ndarray]:
    """Both factors per step, where `rate` is learning_rate times curvature; complex where it oscillates."""
    half = (1 + momentum - np.asarray(rate, dtype=float)) / 2
    root = np.sqrt((half * half - momentum).astype(complex))
    return half + root, half - root


def overflow_step(
    loss: float, curvature: float, learning_rate: float, momentum: float, limit: float
) -> float:
    """The step at which the loss of a parabola passes `limit`; inf if descent on it does not diverge.

    With a factor g per step the loss grows by g^2: ln(limit / loss) / (2 ln g).
    """
    growth = max(abs(r) for r in roots(learning_rate * curvature, momentum))
    return math.log(limit / loss) / (2 * math.log(growth)) if growth > 1 + 1e-9 else math.inf


def catapult(f: float, curvature: float, n: int, learning_rate: float, steps: int):
    """Outputs f and curvatures [steps + 1] of descent on f^2 / 2 with f = u v / sqrt(n).

    f' = f (1 - r curvature + r^2 f^2 / n) and curvature' = curvature + r f^2 / n (r curvature - 4), where
    r is the learning rate (Lewkowycz et al. 2020, eqs. 4 and 5).
    """
    path = [(f, curvature)]
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(steps):
            f, curvature = np.float64(f), np.float64(curvature)
            square, rate = f * f / n, learning_rate * curvature
            f, curvature = (
                f * (1 - rate + learning_rate**2 * square),
                curvature + learning_rate * square * (rate - 4),
            )
            path.append((f, curvature))
    return tuple(np.array(path).T)
