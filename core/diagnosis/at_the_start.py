"""What is wrong before the first step: the features, the weights, the signal's way through the layers.

Thresholds lie between what healthy and broken networks show in tests/benchmarks/rules.py.
"""

import math

from core.diagnosis.finding import DEEP, SHALLOW, Finding, Rule, finding, outcome, ratio
from core.diagnosis.measures import first_over_last, short
from core.diagnosis.remedies import (
    UNIT_SIZE,
    bounded_steps,
    fresh_weights,
    less_dropout,
    let_through,
    rescaled_gradients,
    scaled_features,
)
from core.run import Run

FORWARD_GROWTH, BACKWARD_GROWTH = 10, 100
VANISHED = 0.03
MOST_UNITS = 0.5


def unscaled(run: Run) -> Finding | None:
    """Features far from unit size; batch normalization makes up for them in its first layer."""
    size = run.input_mean_square**0.5
    small, large = UNIT_SIZE
    if small <= size <= large or not math.isfinite(size) or run.experiment.batchnorm:
        return None
    return finding(
        run,
        f"The features have a root mean square of {short(size)}, where initial weights are made for about 1; "
        f"{outcome(run)}.",
        scaled_features(run),
        quantity="root mean square of the features",
        measured=size,
        threshold=large if size > large else small,
    )


UNSCALED = Rule(
    unscaled,
    "Unscaled features",
    fires_on=SHALLOW.but(input_scale=1000),
    source="LeCun et al. 1998, Efficient BackProp, section 4.3; UMLAUT (Schoop et al. 2021)",
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


NO_GRADIENT = Rule(
    no_gradient,
    "No gradient at all",
    fires_on=SHALLOW.but(init="zeros"),
    source="Goodfellow, Bengio & Courville 2016, Deep Learning, section 8.4",
    hidden=True,
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


EXPLODING = Rule(
    exploding,
    "Exploding signals",
    fires_on=DEEP.but(gain=2.5),
    source="Pascanu, Mikolov & Bengio 2013; Poole et al. 2016",
    hidden=True,
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


SATURATED = Rule(
    saturated,
    "Saturated units",
    fires_on=SHALLOW.but(activation="tanh", init="xavier", bias=5),
    source="Glorot & Bengio 2010; DeepDiagnosis (Wardat et al. 2022)",
    hidden=True,
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


VANISHING = Rule(
    vanishing,
    "Vanishing gradients",
    fires_on=DEEP.but(activation="sigmoid", init="xavier"),
    source="Glorot & Bengio 2010; AUTOTRAINER (Zhang et al. 2021)",
    hidden=True,
)
