"""Trainable: what can be trained, an Experiment or a table with a network on it."""

from types import SimpleNamespace
from typing import Any, Protocol, Self, runtime_checkable


@runtime_checkable
class Trainable(Protocol):
    """All that the engine, theory and the rules ask of an experiment; nothing of it is ever changed."""

    @property
    def samples(self) -> int:
        """Rows of the training set."""

    @property
    def inputs(self) -> int:
        """Input features."""

    @property
    def outputs(self) -> int:
        """Numbers that the network answers with."""

    @property
    def loss(self) -> str:
        """The training objective: bce, cross_entropy or mse."""

    @property
    def depth(self) -> int:
        """Hidden layers; 0 is a linear model."""

    @property
    def width(self) -> int:
        """Units of every hidden layer."""

    @property
    def activation(self) -> str:
        """What every hidden layer applies to its weighted sums."""

    @property
    def init(self) -> str:
        """How the first weights are drawn."""

    @property
    def gain(self) -> float:
        """Multiplies the first weights."""

    @property
    def bias(self) -> float:
        """Added to the first bias of every hidden unit."""

    @property
    def batchnorm(self) -> bool:
        """Whether every weighted sum is normalized over the batch."""

    @property
    def dropout(self) -> float:
        """Share of hidden units dropped at every step, where any are."""

    @property
    def residual(self) -> bool:
        """Whether every hidden layer after the first adds its input."""

    @property
    def optimizer(self) -> str:
        """How a gradient becomes a step."""

    @property
    def learning_rate(self) -> float:
        """How far one step goes."""

    @property
    def momentum(self) -> float:
        """Of the optimizers that have it as a setting."""

    @property
    def weight_decay(self) -> float:
        """Times the weights, this is added to the gradient."""

    @property
    def clip_norm(self) -> float:
        """Largest norm of the whole gradient; 0 is off."""

    @property
    def batch_size(self) -> int:
        """Samples per step; 0 takes all in their own order."""

    @property
    def batch(self) -> int:
        """Samples per step as a number."""

    @property
    def steps(self) -> int:
        """Gradient steps."""

    @property
    def precision(self) -> str:
        """float32 or float64."""

    @property
    def seed(self) -> int:
        """Of all random numbers."""

    def load(self) -> SimpleNamespace:
        """x_train, x_test [rows, inputs] and y_train, y_test [rows], ready to train on."""

    def dropout_after(self, layer: int) -> float:
        """Share of units dropped in a hidden layer, counted from 0."""

    def but(self, **changes: Any) -> Self:
        """The same with some settings changed; raises pydantic.ValidationError where that is not possible."""
