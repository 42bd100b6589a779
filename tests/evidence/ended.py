"""How a run ended, computed a second time: what is left of its loss, what was to be learned."""

from functools import lru_cache

import numpy as np
from scipy.optimize import minimize
from scipy.spatial.distance import cdist
from scipy.special import log_softmax, ndtri

from core.run import Run
from tests.evidence.numbers import over

GUESSING, HARMFUL, PARTLY, SHORT = 0.9, 0.2, 0.5, 30


def end(run: Run) -> float:
    """The training loss at the end, inf for none."""
    loss = float(run.train_loss[-1])
    return loss if np.isfinite(loss) else np.inf


def broken(run: Run) -> int | None:
    """The first step whose loss, in training mode, is not a finite number; that after the last update is not
    kept, but the loss in evaluation mode is."""
    steps = np.flatnonzero(~np.isfinite(run.loss))
    after = run.diverged_at == run.experiment.steps and not np.isfinite(run.train_loss[-1])
    return int(steps[0]) if len(steps) else run.experiment.steps if after else None


def guess(e) -> float:
    """The loss of the best constant answer to the training targets, as precise as they are in training."""
    y = e.load().y_train
    if e.loss == "mse":
        return float(np.var(y.astype(e.precision).astype(float)))
    shares = np.unique(y, return_counts=True)[1] / len(y)
    return float(-(shares * np.log(shares)).sum())


def finite(run: Run) -> int:
    """The last snapshot with a finite training loss, 0 if there is none."""
    return max(np.flatnonzero(np.isfinite(run.train_loss)), default=0)


def left(run: Run) -> tuple[float, float]:
    """Shares of the loss of guessing that are left: of the training and of the held-out data."""
    held = float(run.test_loss[-1])
    return over(end(run), run.chance), over(held if np.isfinite(held) else np.inf, run.chance)


@lru_cache(maxsize=256)
def yardstick(e) -> tuple[float, float, float] | None:
    """Kernel ridge regression: loss of training rows left out one by one, of held-out rows, of guessing."""
    data = e.load()
    x, y, x_test, y_test = (
        np.asarray(v[:512], dtype=float) for v in (data.x_train, data.y_train, data.x_test, data.y_test)
    )
    if not all(np.isfinite(v).all() for v in (x, y, x_test, y_test)):
        return None
    n, d = x.shape
    targets = y[:, None] if e.loss == "mse" else (y[:, None] == np.arange(y.max() + 1)).astype(float)
    spread = np.where(x.std(axis=0) > 0, x.std(axis=0), 1)
    levels = ndtri((np.arange(n) + 0.5) / n)

    def ranked(z):
        columns = [np.interp(z[:, i], np.sort(x[:, i]), levels) for i in range(d)]
        return np.stack(columns, axis=1)

    centred, best = targets - targets.mean(axis=0), (np.inf,)
    for scale in (lambda z: (z - x.mean(axis=0)) / spread, ranked):
        a, b = scale(x), scale(x_test)
        for width in (0.1, 0.3, 1, 3, None):
            inner, across = (
                (1 + z @ a.T / d) ** 2
                if width is None
                else np.exp(-cdist(z, a, "sqeuclidean") / 2 / d / width**2)
                for z in (a, b)
            )
            values, vectors = np.linalg.eigh(inner)
            for ridge in np.logspace(-4, 2, 13):
                dual = vectors @ (vectors.T @ centred / (values + ridge)[:, None])
                unseen = centred - dual / (vectors**2 @ (1 / (values + ridge)))[:, None]
                if (error := ((unseen - centred) ** 2).mean()) < best[0]:
                    best = error, unseen + targets.mean(axis=0), across @ dual + targets.mean(axis=0)
    _, unseen, held = best
    if e.loss == "mse":
        return float(np.mean((unseen[:, 0] - y) ** 2)), float(np.mean((held[:, 0] - y_test) ** 2)), np.var(y)
    soft = np.where(
        targets > 0, 1 - (targets.shape[1] - 1) / (n + targets.shape[1]), 1 / (n + targets.shape[1])
    )
    fit = minimize(
        lambda p: -(soft * log_softmax(unseen * p[0] + p[1:], axis=1)).sum(axis=1).mean(),
        [4.0] + [0.0] * targets.shape[1],
        method="BFGS",
    ).x
    shares = targets.mean(axis=0)[targets.any(axis=0)]
    losses = (
        float(-log_softmax(answers * fit[0] + fit[1:], axis=1)[np.arange(len(t)), t.astype(int)].mean())
        for answers, t in ((unseen, y), (held, y_test))
    )
    return *losses, float(-(shares * np.log(shares)).sum())


def unlearned(run: Run) -> float:
    """The share of what can be learned that was not, on the training or the held-out data, whichever is less:
    a tenth of what guessing loses is always worth learning."""
    train, held = left(run)
    if train <= HARMFUL or not np.isfinite(train) or (known := yardstick(run.experiment)) is None:
        return train
    floor, floor_held = known[0] / known[2], known[1] / known[2]
    if run.experiment.samples > 512 and held < 0.9 * floor_held:
        return train
    missing = (train - floor) / max(1 - floor, 0.1)
    if floor_held < floor + HARMFUL:
        missing = min(missing, (held - floor_held) / max(1 - floor_held, 0.1))
    return max(0.0, missing)


def too_short(run: Run) -> bool:
    """Fewer than thirty steps, and nothing was thrown away."""
    risen = end(run) > max(float(run.train_loss[0]), run.chance)
    return broken(run) is None and run.experiment.steps < SHORT and not risen


def right_class(run: Run) -> tuple[float, float] | None:
    """Share of held-out samples in the right class and share of the commonest class, where the first is
    clearly more; by the final weights."""
    e, data = run.experiment, run.experiment.load()
    if e.loss == "mse" or broken(run) is not None:
        return None
    right, commonest = float(run.test_accuracy[-1]), np.unique(data.y_test, return_counts=True)[1].max()
    commonest = commonest / len(data.y_test)
    noise = 3 * np.sqrt(commonest * (1 - commonest) / len(data.y_test))
    return (right, commonest) if right - commonest > max(0.2 * (1 - commonest), noise) else None


def severities(run: Run, ask_short: bool = True) -> set[str]:
    """How severe this may be called; two words where a share lies on the border."""
    if ask_short and too_short(run):
        return {"note"}
    missing = unlearned(run)

    def word(missing):
        if missing > GUESSING:
            return "warning" if right_class(run) else "critical"
        return "warning" if missing > HARMFUL else "note"

    return {word(missing), word(missing * (1 - 2e-3)), word(missing * (1 + 2e-3))}
