"""MEASURES: one number of a Run each, for the first glance at a page and for testing claims."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.diagnosis.census import dead_share, died_at
from core.diagnosis.numbers import (
    RISE,
    came_back,
    epochs_to,
    final_loss,
    first_layer_moved,
    first_over_last,
    generalization_gap,
    given_to_right,
    hidden_moved,
    highest_rate,
    lowest_loss,
    of_layers,
    per_layer,
    shut_units,
    signal_to_noise,
    steady_rate,
    steps_to_learned,
    survived,
    test_loss,
    test_r2,
    unequal_units,
)
from core.run import Run
from core.words import short, two_digits


@dataclass(frozen=True)
class Measure:
    """`of(run)` is the number, inf or NaN for a run that has none: one that diverged, or a linear model where
    hidden layers are measured. Then `missing` stands for it. `logarithmic` compares ratios. `of_training`: it
    is a loss that training led to, see core.words.two_digits. `unit`: what a difference counts.
    """

    title: str
    of: Callable[[Run], float]
    help: str
    logarithmic: bool = False
    percent: bool = False
    of_training: bool = False
    missing: str = "diverged"
    unit: str = ""

    def text(self, value: float) -> str:
        """The number as people read it."""
        if not np.isfinite(value):
            return self.missing
        if not self.percent:
            return two_digits(value) if self.of_training else short(value)
        return f"{100 * value:.1f} %" if value == 0 or 5e-4 <= abs(value) < 10 else f"{short(100 * value)} %"


def _epochs_to(target: float) -> Measure:
    return Measure(
        f"Epochs to a held-out loss of {target}",
        lambda run: epochs_to(run, target),
        "Passes over the training set until the loss on held-out data, in evaluation mode, is first down to "
        f"{target}.",
        logarithmic=True,
        missing="not reached",
    )


MEASURES = {
    "first_over_last": Measure(
        "Error signal, first / last",
        first_over_last,
        "RMS of the error signal δ in layer 1 over that in the last hidden layer, before the first step.",
        logarithmic=True,
        missing="undefined",
    ),
    "per_layer": Measure(
        "Error signal per layer",
        per_layer,
        "The factor by which the error signal δ changes from layer to layer down, before the first step.",
        logarithmic=True,
        missing="undefined",
    ),
    "final_loss": Measure(
        "Training loss at the end",
        final_loss,
        "Over the whole training set, after the last step.",
        logarithmic=True,
        of_training=True,
    ),
    "lowest_loss": Measure(
        "Lowest training loss",
        lowest_loss,
        "The lowest mean of ten consecutive steps.",
        logarithmic=True,
        of_training=True,
    ),
    "epochs": Measure(
        "Epochs to the same held-out loss",
        lambda run: epochs_to(run, 0.1),
        "Passes over the training set until the held-out loss, in evaluation mode, is first down to that of "
        "the condition.",
        logarithmic=True,
        missing="not reached",
    ),
    **{f"epochs_to_{target}": _epochs_to(target) for target in (0.1, 0.02, 0.005)},
    "steps_to_learned": Measure(
        "Steps until it has learned",
        steps_to_learned,
        "The first step at which the training loss is below half of what the best constant answer loses.",
        logarithmic=True,
        missing="not reached",
    ),
    "steady_rate": Measure(
        "Largest steady learning rate",
        steady_rate,
        f"At which no step raises the loss by more than {short(100 * RISE)} %.",
        logarithmic=True,
    ),
    "highest_rate": Measure(
        "Highest learning rate that trains",
        highest_rate,
        "At which the training loss ends below half of what guessing loses.",
        logarithmic=True,
        missing="none",
    ),
    "unequal_units": Measure(
        "Largest unit over smallest",
        unequal_units,
        "Over the units of layer 1: the largest standard deviation of what enters the activation function "
        "over the smallest, on the training set at the end.",
        logarithmic=True,
        missing="no number",
    ),
    "first_layer_moved": Measure(
        "Layer 1 has moved",
        first_layer_moved,
        "Distance of its weights from where they started, relative to their norm.",
        logarithmic=True,
        percent=True,
    ),
    "test_accuracy": Measure(
        "Held-out accuracy",
        lambda run: float(run.test_accuracy[run.last]),
        "Share of held-out samples in the right class, at the last snapshot with a finite loss.",
        percent=True,
    ),
    "given_to_right": Measure(
        "The right class gets",
        given_to_right,
        "Probability that the network gives the right class of a held-out sample: the geometric mean, "
        "exp(−loss).",
        percent=True,
    ),
    "test_r2": Measure(
        "Held-out R²",
        test_r2,
        "Share of the variance of the target that the network explains on rows it never trained on. "
        "0 is what guessing the mean gives, below 0 is worse.",
    ),
    "survived": Measure(
        "Steps survived",
        survived,
        "Steps with a finite loss, before the first inf or NaN.",
        unit="step",
    ),
    "dead_units": Measure(
        "Dead units",
        lambda run: of_layers(dead_share(run), np.mean),
        "Share of all hidden units that are at or below 0 on every training sample at the end.",
        percent=True,
    ),
    "dead_first_layer": Measure(
        "Dead in layer 1",
        lambda run: of_layers(dead_share(run), lambda dead: dead[0]),
        "The same share for the first hidden layer, whose inputs never change.",
        percent=True,
    ),
    "dead_last_layer": Measure(
        "Dead in the last layer",
        lambda run: of_layers(dead_share(run), lambda dead: dead[-1]),
        "The same share for the last hidden layer.",
        percent=True,
    ),
    "stuck_units": Measure(
        "Stuck units",
        lambda run: of_layers(died_at(run) == 0, np.mean),
        "Share of all hidden units that are silent on every training sample before the first step and after "
        "the last.",
        percent=True,
    ),
    "shut_units": Measure(
        "Units that pass nothing",
        shut_units,
        "Share of all hidden units whose output and slope are exactly 0 on every training sample at the end: "
        "nothing passes forward, and no gradient back. A ReLU is so at or below 0.",
        percent=True,
    ),
    "came_back": Measure(
        "Units that came back",
        came_back,
        "Of the hidden units that are at or below 0 on every training sample before the first step, the "
        "share that is above 0 on some of them after the last.",
        percent=True,
        missing="no number",
    ),
    "test_loss": Measure(
        "Held-out loss",
        test_loss,
        "Over held-out data, after the last step.",
        logarithmic=True,
        of_training=True,
    ),
    "generalization_gap": Measure(
        "Held-out minus training loss",
        generalization_gap,
        "After the last step, in evaluation mode: what regularization is to close.",
        of_training=True,
    ),
    "hidden_moved": Measure(
        "Hidden weights have moved",
        hidden_moved,
        "The hidden layer that went farthest from its initial weights, relative to their norm.",
        percent=True,
    ),
    "signal_to_noise": Measure(
        "Signal over noise in layer 1",
        signal_to_noise,
        "The mean over batches of the gradient of its weights, over how far single batches lie from that "
        "mean; before the first step.",
        logarithmic=True,
        missing="not finite",
    ),
}
