"""Where batch normalization hurts: gradients that grow with depth, batches that are too small."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.diagnosis.numbers import ratio
from core.run import Run
from core.sweep import Sweep, typical
from core.theory import predict


def middle_factor(run: Run) -> float:
    """What one layer multiplies delta by, from layer 3 to seven layers below the last."""
    delta, last = run.probes["delta_norm"][0].astype(float), run.experiment.depth - 8
    return ratio(delta[2], delta[last]) ** (1 / (last - 2))


def expected(run: Run, layer: int) -> float:
    """What theory expects one layer to multiply delta by, the root of chi."""
    return float(np.sqrt(predict(run.experiment, run.input_mean_square).chi[layer]))


@dataclass(frozen=True)
class Explosion:
    """The error signal before the first step, relative to the last layer: normed, plain [depth].

    factors: gain -> what one layer multiplies delta by with batch normalization, He's weights first;
    plain_factor: without it, with He's weights; expected: with it, by theory.
    """

    normed: np.ndarray
    plain: np.ndarray
    factors: dict[float, float]
    plain_factor: float
    expected: float


def explosion(normed: Sequence[Run], plain: Run) -> Explosion:
    """Of networks with batch normalization and several gains, and one without."""
    first, depth = normed[0], plain.experiment.depth
    return Explosion(
        *(run.probes["delta_norm"][0] / run.probes["delta_norm"][0, -1] for run in (first, plain)),
        {run.experiment.gain: middle_factor(run) for run in normed},
        middle_factor(plain),
        expected(first, depth // 2),
    )


@dataclass(frozen=True)
class Depths:
    """Weight gradient of layer 2 over that of the last layer: ratios [2, depths, seeds], without and with.

    expected: what theory expects one layer to multiply delta by.
    """

    depths: np.ndarray
    ratios: np.ndarray
    expected: float

    @property
    def predicted(self) -> np.ndarray:
        """The ratios that theory expects with batch normalization [depths]."""
        return self.expected ** (self.depths - 2.0)


def depths(sweep: Sweep, runs: Sequence[Run]) -> Depths:
    """Of runs over batchnorm, depth and seed."""
    layers = np.array(sweep.axes["depth"])
    norms = sweep.of(runs, lambda run: run.probes["weight_grad_norm"][0, [1, -1]]).astype(float)
    return Depths(layers, norms[..., 0] / norms[..., 1], expected(runs[-1], layers[-1] // 2))


@dataclass(frozen=True)
class SmallBatches:
    """After equally many steps in batches of `sizes` [n], in evaluation mode.

    train_loss, test_accuracy [2, n, seeds]: without and with batch normalization.
    """

    sizes: tuple[int, ...]
    train_loss: np.ndarray
    test_accuracy: np.ndarray

    @property
    def harmful(self) -> list[int]:
        """Sizes at which batch normalization more than doubles the median loss."""
        plain, normed = typical(self.train_loss)
        return [size for size, worse in zip(self.sizes, normed > 2 * plain, strict=True) if worse]

    @property
    def helpful(self) -> list[int]:
        """Sizes at which it more than halves it."""
        plain, normed = typical(self.train_loss)
        return [size for size, better in zip(self.sizes, 2 * normed < plain, strict=True) if better]


def small_batches(sweep: Sweep, runs: Sequence[Run]) -> SmallBatches:
    """Of runs over batchnorm, batch_size and seed."""
    return SmallBatches(
        sweep.axes["batch_size"],
        sweep.of(runs, lambda run: run.train_loss[-1]),
        sweep.of(runs, lambda run: run.test_accuracy[run.last]),
    )
