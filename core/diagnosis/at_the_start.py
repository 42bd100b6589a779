"""What is wrong before the first step: the features, the weights, the signal's way through the layers.

Thresholds lie between what healthy and broken networks show in tests/benchmarks/rules.py.
"""

from core.diagnosis.finding import Finding, finding, outcome, ratio
from core.diagnosis.measures import first_over_last, short
from core.diagnosis.remedies import (
    bounded_steps,
    fresh_weights,
    less_dropout,
    let_through,
    rescaled_gradients,
    scaled_features,
)
from core.run import Run

SMALL_FEATURES, LARGE_FEATURES = 0.1, 2
FORWARD_GROWTH, BACKWARD_GROWTH = 10, 100
VANISHED = 0.03
MOST_UNITS = 0.5


def unscaled(run: Run) -> Finding | None:
    """Features far from unit size; batch normalization makes up for them in its first layer."""
    size = run.input_mean_square**0.5
    if SMALL_FEATURES <= size <= LARGE_FEATURES or run.experiment.batchnorm:
        return None
    return finding(
        run,
        f"The features have a root mean square of {short(size)}, where initial weights are made for about 1; "
        f"{outcome(run)}.",
        scaled_features(run),
        quantity="root mean square of the features",
        measured=size,
        threshold=LARGE_FEATURES if size > LARGE_FEATURES else SMALL_FEATURES,
    )


def no_gradient(run: Run) -> Finding | None:
    """All weights zero, or every unit dropped: no weight of a hidden layer gets a gradient."""
    gradient = float(run.probes["weight_grad_norm"][0].max())
    zero = not run.probes["weight_norm"][0].any()
    if gradient or not (zero or run.experiment.dropout == 1):
        return None
    cause = "All weights start at 0" if zero else "Dropout 1 drops every unit"
    return finding(
        run,
        f"{cause}, so no weight of a hidden layer gets a gradient; {outcome(run)}.",
        fresh_weights(run) if zero else less_dropout(run),
        quantity="largest norm of a weight gradient",
        measured=gradient,
        threshold=0.0,
        step=0,
    )


def exploding(run: Run) -> Finding | None:
    """Activations grow from layer to layer, or the error signal does on its way back."""
    layers, std = run.experiment.depth, run.probes["activation_std"][0]
    bounded = run.experiment.activation in ("sigmoid", "tanh")
    forward, backward = 1.0 if bounded else ratio(std[-1], std[0]), first_over_last(run)
    if forward > FORWARD_GROWTH:
        growth, threshold, layer = forward, FORWARD_GROWTH, layers
        quantity = "std of activations, last over first layer"
        what = f"the activations of layer {layers} are {short(growth)} times those of layer 1"
    elif backward > BACKWARD_GROWTH:
        growth, threshold, layer = backward, BACKWARD_GROWTH, 1
        quantity = "error signal, first over last layer"
        what = f"layer 1 receives {short(growth)} times the error signal of layer {layers}"
    else:
        return None
    return finding(
        run,
        f"Before the first step {what}, ×{short(growth ** (1 / (layers - 1)))} per layer; {outcome(run)}.",
        let_through(run) + bounded_steps(run, max(forward, backward)),
        quantity=quantity,
        measured=growth,
        threshold=threshold,
        layer=layer,
        step=0,
    )


def saturated(run: Run) -> Finding | None:
    """Most units of a layer sit where sigmoid or tanh is flat."""
    e, shares = run.experiment, run.probes["saturated_fraction"][0]
    layer = int(shares.argmax())
    if e.activation not in ("sigmoid", "tanh") or not shares[layer] > MOST_UNITS:
        return None
    return finding(
        run,
        f"Before the first step {short(100 * shares[layer])} % of the units of layer {layer + 1} are "
        f"saturated, where {e.activation} is flat; {outcome(run)}.",
        let_through(run),
        quantity="share of saturated units",
        measured=float(shares[layer]),
        threshold=MOST_UNITS,
        layer=layer + 1,
        step=0,
    )


def vanishing(run: Run) -> Finding | None:
    """The error signal is lost on its way back."""
    share, layers = first_over_last(run), run.experiment.depth
    if not share < VANISHED:
        return None
    heard = f"{short(share)} of the error signal that layer {layers} receives"
    factor = f", ×{short(share ** (1 / (layers - 1)))} per layer" if share else ": it is exactly 0"
    return finding(
        run,
        f"Layer 1 receives {heard}{factor}; {outcome(run)}.",
        let_through(run) + rescaled_gradients(run),
        quantity="error signal, first over last layer",
        measured=share,
        threshold=VANISHED,
        layer=1,
        step=0,
    )
