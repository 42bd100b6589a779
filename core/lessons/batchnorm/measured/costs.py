"""Where batch normalization hurts: gradients that grow with depth, statistics that come late."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.run import Run
from core.sweep import Sweep
from core.theory import predict


def middle_factor(run: Run) -> float:
    """What one layer multiplies |delta|^2 by, from layer 3 to seven layers below the last."""
    delta, last = run.probes["delta_norm"][0].astype(float), run.experiment.depth - 8
    return float((delta[2] / delta[last]) ** (2 / (last - 2)))


def chi(run: Run, layer: int) -> float:
    """What theory expects one layer to multiply |delta|^2 by."""
    return float(predict(run.experiment, run.input_mean_square).chi[layer])


@dataclass(frozen=True)
class Explosion:
    """The error signal before the first step, relative to the last layer: normed, plain [depth].

    factors: gain -> what one layer multiplies |delta|^2 by with batch normalization, He's weights first;
    plain_factor: without it, with He's weights; chi: as theory expects it.
    """

    normed: np.ndarray
    plain: np.ndarray
    factors: dict[float, float]
    plain_factor: float
    chi: float


def explosion(normed: Sequence[Run], plain: Run) -> Explosion:
    """Of networks with batch normalization and several gains, and one without."""
    first, depth = normed[0], plain.experiment.depth
    return Explosion(
        *(run.probes["delta_norm"][0] / run.probes["delta_norm"][0, -1] for run in (first, plain)),
        {run.experiment.gain: middle_factor(run) for run in normed},
        middle_factor(plain),
        chi(first, depth // 2),
    )


@dataclass(frozen=True)
class Depths:
    """Weight gradient of layer 2 over that of the last layer: ratios [2, depths, seeds], without and with.

    chi: what theory expects one layer to multiply the square by.
    """

    depths: np.ndarray
    ratios: np.ndarray
    chi: float

    @property
    def predicted(self) -> np.ndarray:
        """The ratios that theory expects with batch normalization [depths]."""
        return self.chi ** ((self.depths - 2) / 2)


def depths(sweep: Sweep, runs: Sequence[Run]) -> Depths:
    """Of runs over batchnorm, depth and seed."""
    layers = np.array(sweep.axes["depth"])
    norms = sweep.of(runs, lambda run: run.probes["weight_grad_norm"][0, [1, -1]]).astype(float)
    return Depths(layers, norms[..., 0] / norms[..., 1], chi(runs[-1], layers[-1] // 2))


@dataclass(frozen=True)
class Lag:
    """The step among the first twenty at which evaluation mode is furthest behind, and its two losses."""

    step: int
    training: float
    evaluation: float


def lag(run: Run) -> Lag:
    """Of a run with snapshots on the way."""
    early = [i for i, step in enumerate(run.at) if step < min(20, len(run.loss)) and i <= run.last]
    ratios = [run.train_loss[i] / max(run.loss[run.at[i]], 1e-30) for i in early]
    i = early[int(np.argmax(ratios))]
    return Lag(int(run.at[i]), float(run.loss[run.at[i]]), float(run.train_loss[i]))
