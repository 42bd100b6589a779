"""Run: what was measured while one network trained."""

from dataclasses import dataclass, field

import numpy as np

from core.trainable import Trainable

ENDS = 2
"""Snapshots of a Run that is measured at its start and its end only."""
LEARNED = 0.5
"""A network has learned whose final training loss is less than this share of what guessing loses."""
DELTA_EDGES = np.logspace(-30, 10, 81)
PRE_ACTIVATION_EDGES = np.sinh(np.linspace(-10, 10, 101))


def activation_edges(activation: str) -> np.ndarray:
    """Inner edges of the activation histogram: even for bounded functions, else logarithmic around 0."""
    if activation in ("tanh", "sigmoid"):
        return np.linspace(-1 if activation == "tanh" else 0, 1, 61)[1:-1]
    tail = np.logspace(-3, 6, 46)
    return np.concatenate([-tail[::-1], tail])


@dataclass(frozen=True)
class Run:
    """One training, numpy only. S snapshots, L hidden layers (the first layer first), U units a layer.

    loss [steps]: the objective on each step's batch, in training mode, before its update.
    at [S]: the snapshot steps, from 0 (before any update) to `steps` (after the last).
    train_loss, test_loss, train_accuracy, test_accuracy [S]: whole sets, in evaluation mode;
        accuracy is the explained variance R2 for regression.
    probes: name -> [S, L], as core.engine.probes describes them.
    activation_histogram, pre_activation_histogram, delta_histogram [S, L, bins]: shares over the first
        samples of the batch, of activations between `activation_edges`, of what enters the activation
        function between `PRE_ACTIVATION_EDGES` and of |delta| between `DELTA_EDGES`; the outer bins are open.
    active_fraction [S, L, U]: share of the training set on which the unit's pre-activation is above 0.
    gamma, beta [S, L, U]: the scale and shift of batch normalization; [S, 0, U] without it.
    weights: the final parameters, by their names in PyTorch.
    input_mean, input_std, input_reach [inputs]: of every feature, over the training set; its reach is the
        largest distance from its mean.
    target_mean, target_std: of the regression target, over the training set; NaN for classes.
    chance: the training loss of the best constant answer, ln 2 for two equal classes.
    diverged_at: the first step whose loss was not finite, `steps` if it is that after the last update, in
        both modes. The run ends there: what comes later is NaN.
    """

    experiment: Trainable
    loss: np.ndarray
    at: np.ndarray
    train_loss: np.ndarray
    test_loss: np.ndarray
    train_accuracy: np.ndarray
    test_accuracy: np.ndarray
    probes: dict[str, np.ndarray]
    activation_histogram: np.ndarray
    pre_activation_histogram: np.ndarray
    delta_histogram: np.ndarray
    active_fraction: np.ndarray
    gamma: np.ndarray
    beta: np.ndarray
    weights: dict[str, np.ndarray] = field(repr=False)
    input_mean: np.ndarray
    input_std: np.ndarray
    input_reach: np.ndarray
    target_mean: float
    target_std: float
    chance: float
    diverged_at: int | None

    @property
    def input_mean_square(self) -> float:
        """Mean of x^2 over samples and features of the training set."""
        return float(np.mean(self.input_mean**2 + self.input_std**2))

    @property
    def diverged_to(self) -> float:
        """The loss of the step at which it diverged: inf or NaN. IndexError for a run that did not."""
        losses = np.append(self.loss, self.train_loss[-1])
        return float(losses[self.diverged_at])

    @property
    def nbytes(self) -> int:
        """Size of all its arrays in bytes."""
        held = [*vars(self).values(), *self.probes.values(), *self.weights.values()]
        return sum(value.nbytes for value in held if isinstance(value, np.ndarray))

    @property
    def kept(self) -> list[int]:
        """Indices of the snapshots up to the end, or up to where the run diverged."""
        return [i for i, step in enumerate(self.at) if self.diverged_at is None or step <= self.diverged_at]

    @property
    def last(self) -> int:
        """Index of the last snapshot at which the network was still finite."""
        finite = np.flatnonzero(np.isfinite(self.train_loss))
        return int(finite[-1]) if len(finite) else 0

    @property
    def learned(self) -> bool:
        """Whether the final training loss is below half of `chance`: the one rule, wherever it is asked."""
        return bool(self.train_loss[-1] < LEARNED * self.chance)
