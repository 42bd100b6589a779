"""Gradient descent where its course is known in closed form: on a parabola, and on f = u v / sqrt(n)."""

import numpy as np

from core.theory import roots


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
