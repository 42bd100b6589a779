"""One number of a Run each: inf or NaN for a run that has none."""

from collections.abc import Callable

import numpy as np

from core.run import LEARNED, Run
from core.slopes import ACTIVATIONS

RISE = 1e-3


def ratio(a: float, b: float) -> float:
    """a / b; inf or NaN where b is 0."""
    with np.errstate(all="ignore"):
        return float(np.float64(a) / np.float64(b))


def of_layers(values: np.ndarray, sum_up: Callable) -> float:
    """One number of all hidden layers, inf where there are none."""
    return float(sum_up(values)) if values.size else np.inf


def first_over_last(run: Run, snapshot: int = 0) -> float:
    """RMS of delta in the first hidden layer over that in the last; 1: all layers hear the error alike."""
    delta = run.probes["delta_norm"][snapshot].astype(float)
    with np.errstate(all="ignore"):
        return of_layers(delta, lambda delta: delta[0] / delta[-1])


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


def epochs_to(run: Run, target: float) -> float:
    """Epochs until the held-out loss is first down to the target; inf if it is at no snapshot.

    From one snapshot to the next the logarithm of the loss is taken to fall evenly.
    """
    losses = np.maximum(run.test_loss.astype(float), 1e-30)
    reached = np.flatnonzero(losses <= target)
    if not len(reached):
        return np.inf
    last = int(reached[0])
    before = max(last - 1, 0)
    step = np.interp(-np.log(target), -np.log(losses[[before, last]]), run.at[[before, last]])
    return float(step * run.experiment.batch / run.experiment.samples)


def highest_rate(run: Run) -> float:
    """Its learning rate if it has learned, else 0."""
    return float(run.experiment.learning_rate) if run.learned else 0.0


def unequal_units(run: Run) -> float:
    """Over the units of the first hidden layer, the largest over the smallest standard deviation of what
    enters the activation function at the end, on the training set in evaluation mode; inf diverged."""
    from core.engine.forward import forward

    e = run.experiment
    if run.diverged_at is not None or not e.depth:
        return np.inf
    spread = forward(e, run.weights, e.load().x_train).pre_activations[0].std(axis=0)
    return ratio(spread.max(), spread.min()) if spread.min() else np.inf


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
    return of_layers(run.probes["weight_moved"][run.last], lambda moved: moved[0])


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
    return of_layers(run.probes["weight_moved"][run.last], np.max)


def shut_units(run: Run) -> float:
    """Share of hidden units with output and slope 0 on every training sample at the end; inf diverged."""
    from core.engine.forward import forward

    if run.diverged_at is not None:
        return np.inf
    e = run.experiment
    phi, slope = ACTIVATIONS[e.activation]
    gates = forward(e, run.weights, e.load().x_train).pre_activations
    return of_layers(np.array([((phi(z) == 0) & (slope(z) == 0)).all(axis=0) for z in gates]), np.mean)


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


def signal_to_noise(run: Run) -> float:
    """Of the gradient of layer 1 over batches before the first step, see core.engine.noise."""
    from core.engine import noise

    return noise.signal_to_noise(run)
