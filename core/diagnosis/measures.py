"""MEASURES: one number of a Run each, for the first glance at a page and for testing claims."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.diagnosis.census import dead_share, died_at
from core.run import LEARNED, Run
from core.slopes import ACTIVATIONS
from core.words import short, two_digits

TARGET = 0.1
RISE = 1e-3


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


def ratio(a: float, b: float) -> float:
    """a / b; inf or NaN where b is 0."""
    with np.errstate(all="ignore"):
        return float(np.float64(a) / np.float64(b))


def _of_layers(values: np.ndarray, sum_up: Callable) -> float:
    """One number of all hidden layers, inf where there are none."""
    return float(sum_up(values)) if values.size else np.inf


def first_over_last(run: Run, snapshot: int = 0) -> float:
    """RMS of delta in the first hidden layer over that in the last; 1: all layers hear the error alike."""
    delta = run.probes["delta_norm"][snapshot].astype(float)
    with np.errstate(all="ignore"):
        return _of_layers(delta, lambda delta: delta[0] / delta[-1])


def per_layer(run: Run, snapshot: int = 0) -> float:
    """The factor by which delta changes on its way down through one layer, as a geometric mean."""
    ratio = first_over_last(run, snapshot)
    layers = run.experiment.depth - 1
    return ratio ** (1 / layers) if layers > 0 and ratio >= 0 else ratio


def _finite(value: float) -> float:
    return float(value) if np.isfinite(value) else np.inf


def final_loss(run: Run) -> float:
    """Training loss after the last step, in evaluation mode."""
    return _finite(run.train_loss[-1])


def lowest_loss(run: Run) -> float:
    """The lowest mean of ten consecutive steps' losses: robust against a spike at the very end."""
    width = min(10, len(run.loss))
    means = np.convolve(run.loss.astype(float), np.ones(width) / width, "valid")
    return float(np.nanmin(means)) if np.isfinite(means).any() else np.inf


def steps_to_target(run: Run) -> float:
    """The first step at which the mean loss of ten consecutive steps is down to 0.1; inf if it never is."""
    width = min(10, len(run.loss))
    means = np.convolve(run.loss.astype(float), np.ones(width) / width, "valid")
    reached = np.flatnonzero(means <= TARGET)
    return float(reached[0] + width - 1) if len(reached) else np.inf


def steps_to_learned(run: Run) -> float:
    """The first step whose loss is below half of what the best constant answer loses; inf if none is."""
    reached = np.flatnonzero(run.loss < LEARNED * run.chance)
    return float(reached[0]) if len(reached) else np.inf


def rises(run: Run) -> float:
    """Share of the steps that raise the loss by more than a thousandth; those after a divergence do."""
    losses = np.append(run.loss, run.train_loss[-1]).astype(float)
    return float(1 - (losses[1:] <= (1 + RISE) * losses[:-1]).mean())


def steady_rate(run: Run) -> float:
    """Its learning rate if no step raises the loss by more than a thousandth, else 0."""
    return 0.0 if rises(run) or run.diverged_at is not None else float(run.experiment.learning_rate)


def first_layer_moved(run: Run) -> float:
    """How far the first layer's weights have come from their start, relative to their norm."""
    return _of_layers(run.probes["weight_moved"][run.last], lambda moved: moved[0])


def test_r2(run: Run) -> float:
    """R2 on held-out rows after the last step; -inf after a divergence."""
    value = run.test_accuracy[-1]
    return float(value) if run.diverged_at is None and np.isfinite(value) else -np.inf


def given_to_right(run: Run) -> float:
    """Probability of the right class of a held-out sample: exp(-loss), the geometric mean."""
    return float(np.exp(-run.test_loss[-1].astype(float))) if run.diverged_at is None else np.inf


def survived(run: Run) -> float:
    """How many steps had a finite loss."""
    return float(len(run.loss) if run.diverged_at is None else run.diverged_at)


def hidden_moved(run: Run) -> float:
    """The largest distance of a hidden layer's weights from their start, relative to their norm."""
    return _of_layers(run.probes["weight_moved"][run.last], np.max)


def shut_units(run: Run) -> float:
    """Share of hidden units with output and slope 0 on every training sample at the end; inf diverged."""
    from core.engine.forward import forward

    if run.diverged_at is not None:
        return np.inf
    e = run.experiment
    phi, slope = ACTIVATIONS[e.activation]
    gates = forward(e, run.weights, e.load().x_train).pre_activations
    return _of_layers(np.array([((phi(z) == 0) & (slope(z) == 0)).all(axis=0) for z in gates]), np.mean)


def came_back(run: Run) -> float:
    """Of the units that start at or below 0 on every training sample, the share that is above 0 on one at the
    end; inf diverged, NaN if none starts so."""
    if run.diverged_at is not None:
        return np.inf
    silent = run.active_fraction[0] == 0
    return float((run.active_fraction[-1][silent] > 0).mean()) if silent.any() else np.nan


def test_loss(run: Run) -> float:
    """Held-out loss after the last step, in evaluation mode."""
    return _finite(run.test_loss[-1])


def generalization_gap(run: Run) -> float:
    """Held-out loss minus training loss after the last step, both in evaluation mode."""
    return _finite(float(run.test_loss[-1]) - float(run.train_loss[-1]))


def thinned_accuracy(run: Run) -> float:
    """Held-out accuracy of single thinned networks, see core.engine.forward."""
    from core.engine import forward

    return forward.thinned_accuracy(run)


def signal_to_noise(run: Run) -> float:
    """Of the gradient of layer 1 over batches before the first step, see core.engine.noise."""
    from core.engine import noise

    return noise.signal_to_noise(run)


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
    "steps_to_target": Measure(
        f"Steps to a loss of {TARGET}",
        steps_to_target,
        f"The first step at which the mean of the last ten losses is down to {TARGET}.",
        logarithmic=True,
        missing="not reached",
    ),
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
        lambda run: _of_layers(dead_share(run), np.mean),
        "Share of all hidden units that are at or below 0 on every training sample at the end.",
        percent=True,
    ),
    "dead_first_layer": Measure(
        "Dead in layer 1",
        lambda run: _of_layers(dead_share(run), lambda dead: dead[0]),
        "The same share for the first hidden layer, whose inputs never change.",
        percent=True,
    ),
    "dead_last_layer": Measure(
        "Dead in the last layer",
        lambda run: _of_layers(dead_share(run), lambda dead: dead[-1]),
        "The same share for the last hidden layer.",
        percent=True,
    ),
    "stuck_units": Measure(
        "Stuck units",
        lambda run: _of_layers(died_at(run) == 0, np.mean),
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
    "thinned_accuracy": Measure(
        "Accuracy of one thinned network",
        thinned_accuracy,
        "Held out, with half of the hidden units removed for all samples; the mean of 8 such networks.",
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
