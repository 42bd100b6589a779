"""Gradient descent on least squares: why the condition number of the features sets how long it takes.

The loss is the mean squared error (1/n) |Xw - y|^2 with Hessian H = (2/n) X'X; kappa is the ratio of its
largest to its smallest eigenvalue. With the best constant step 2 / (lambda_max + lambda_min) every step
multiplies the worst error by (kappa - 1) / (kappa + 1) (Nocedal & Wright 2006, section 3.3).
"""

from dataclasses import dataclass

import numpy as np

from core.data import WEIGHTS, stream
from core.engine.initial import initial
from core.lessons.feature_scaling.table import PIPELINES, TableExperiment
from core.lessons.feature_scaling.theory import (
    MOST_STEPS,
    TARGET,
    kappa,
    with_bias,
)

PATH = 20
"""Steps of a path that is drawn."""
FLAT = 1e-12
"""Of the largest curvature: one that is smaller is rounding."""


def count_steps(hessian: np.ndarray, error: np.ndarray, limit: int = MOST_STEPS, tick=lambda: None):
    """Steps of gradient descent until the excess loss e'He is a millionth of its start: [P], NaN if more.

    hessian [P, d, d], error [P, d]: how far the weights are from the best. All P run at once.
    """
    values = np.linalg.eigvalsh(hessian)
    values = np.where(values > FLAT * values[:, -1:], values, np.nan)
    values[np.isnan(values).all(axis=1)] = 1
    rate = 2 / (np.nanmin(values, axis=1) + np.nanmax(values, axis=1))
    e, counted = error[:, :, None], np.full(len(hessian), np.nan)
    goal = TARGET * (e.mT @ hessian @ e)[:, 0, 0]
    for step in range(limit + 1):
        slope = hessian @ e
        reached = np.isnan(counted) & ((e * slope).sum(axis=(1, 2)) <= goal)
        counted[reached] = step
        if not np.isnan(counted).any():
            break
        e = e - rate[:, None, None] * slope
        if step % 500 == 0:
            tick()
    return counted


def least_squares(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Hessian [d, d] of the mean squared error and the best weights [d]; the pseudoinverse where singular."""
    return 2 / len(x) * x.T @ x, np.linalg.lstsq(x, y, rcond=1e-12)[0]


def conditioning(e: TableExperiment, tick=lambda *_: None) -> dict[str, tuple[float, float]]:
    """kappa and the counted steps (NaN: more than 20,000) of every pipeline, with a bias; gaps are filled."""
    kappas, problems = [], []
    for name in PIPELINES:
        data = e.but(impute=True).everywhere(name).load()
        x = with_bias(data.x_train)
        kappas.append(kappa(x))
        problems.append(least_squares(x, data.y_train))
        tick()
    hessians, best = (np.array(part) for part in zip(*problems, strict=True))
    counted = count_steps(hessians, -best, tick=tick)
    return dict(zip(PIPELINES, zip(kappas, counted.tolist(), strict=True), strict=True))


def ratio_steps(ratios, tick=lambda *_: None) -> tuple[np.ndarray, np.ndarray]:
    """kappa = r^2 and the counted steps of two orthogonal features, one r times the other.

    The best weights are proportional to 1 / r: both directions hold the same share of the loss, as in the
    worst case that the prediction is for.
    """
    ratios = np.asarray(ratios, dtype=float)
    hessian = np.stack([np.diag([1.0, r**2]) for r in ratios])
    error = np.stack([np.array([1.0, 1 / r]) for r in ratios])
    return ratios**2, count_steps(hessian, error, limit=40_000, tick=tick)


def correlation_and_mean(seed: int, rows: int = 20_000, tick=lambda *_: None):
    """Measured kappa against correlation (two features, standardized) and against the mean (one, and a bias).

    Returns (rhos, kappas), (means, kappas).
    """
    a, b = stream(seed, WEIGHTS, 99).normal(size=(2, rows))
    rhos, means = np.array([0, 0.3, 0.6, 0.8, 0.9, 0.95, 0.99]), np.array([0, 0.5, 1, 2, 3, 5, 10])
    correlated = []
    for rho in rhos:
        x = np.column_stack([a, rho * a + np.sqrt(1 - rho**2) * b])
        correlated.append(kappa((x - x.mean(axis=0)) / x.std(axis=0)))
        tick()
    shifted = [kappa(with_bias((a - a.mean()) / a.std() + mean)) for mean in means]
    return (rhos, np.array(correlated)), (means, np.array(shifted))


@dataclass(frozen=True)
class Landscape:
    """The loss over the weights of two columns, and the way of gradient descent down it.

    curvatures [2], rising, and directions [2, 2], a column each: eigenvalues and eigenvectors of the Hessian.
    pipelines: what is really done to either column. path [steps + 1, 2] starts at weights of 0; best [2] is
    where the loss is lowest. counted: the steps to a
    millionth of the excess loss, NaN for more than 20,000.
    """

    names: tuple[str, str]
    pipelines: tuple[str, str]
    kappa: float
    counted: float
    curvatures: np.ndarray
    directions: np.ndarray
    path: np.ndarray
    best: np.ndarray

    @property
    def flat(self) -> bool:
        """Whether neither weight changes the loss."""
        return bool(self.curvatures[1] == 0)

    @property
    def stretch(self) -> float:
        """How many times as long as wide the valley is: the root of kappa; inf beyond a million."""
        low, high = self.curvatures
        return float(np.sqrt(high / low)) if low > FLAT * high else np.inf

    @property
    def done(self) -> float:
        """The share of the way from the start to the lowest loss that the path has come at its end."""
        start, end = (np.linalg.norm(self.path[i] - self.best) for i in (0, -1))
        return float(1 - end / start) if start else 1.0

    def ring(self, distance: float) -> np.ndarray:
        """Weights of one loss [181, 2]: of `distance` squared times the start's above the lowest."""
        excess = 0.5 * np.sum(self.curvatures * ((self.path[0] - self.best) @ self.directions) ** 2)
        with np.errstate(invalid="ignore"):
            axes = np.sqrt(2 * excess / np.maximum(self.curvatures, FLAT * self.curvatures[1]))
        turn = np.linspace(0, 2 * np.pi, 181)
        along = np.column_stack([np.cos(turn), np.sin(turn)]) * axes * distance
        return self.best + along @ self.directions.T


def landscape(e: TableExperiment, names: tuple[str, str], pipeline: str, tick=lambda *_: None) -> Landscape:
    """Linear regression on two columns without bias, all else the page's; 20 steps from 0."""
    tick()
    e = e.but(impute=True).everywhere(pipeline)
    data, done = e.load(), e.pipelines()
    x = data.x_train[:, [e.features.index(name) for name in names]]
    hessian, best = least_squares(x, data.y_train)
    values, directions = np.linalg.eigh(hessian)
    steep = values[values > FLAT * values[-1]]
    rate, path = 2 / (steep[0] + steep[-1]) if len(steep) else 0.0, [np.zeros(2)]
    for _ in range(PATH):
        path.append(path[-1] - rate * hessian @ (path[-1] - best))
    counted = count_steps(hessian[None], -best[None], tick=tick)[0]
    return Landscape(
        tuple(names),
        tuple(done[name] for name in names),
        kappa(x),
        float(counted),
        values,
        directions,
        np.array(path),
        best,
    )


def steepest(e: TableExperiment, tick=lambda *_: None) -> tuple[float, float]:
    """lambda_max of a linear model on these columns, and the error of the row furthest along its eigenvector.

    The error is that of the initial weights, before any step.
    """
    tick()
    data = e.load()
    x = with_bias(data.x_train)
    best = np.linalg.lstsq(x, data.y_train, rcond=1e-12)[0]
    start = np.append(*initial(e, 0))
    _, singular, rows = np.linalg.svd(x, full_matrices=False)
    furthest = np.abs(x @ rows[0]).max() * abs(rows[0] @ (start - best))
    return 2 * singular[0] ** 2 / len(x), float(furthest)
