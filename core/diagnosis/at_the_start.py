"""What is wrong before the first step: the weights, and the signal's way through the layers.

Thresholds lie between what healthy and broken networks show in tests/benchmarks/diagnosis.py.
"""

import numpy as np

from core.diagnosis.capacity import less_dropout
from core.diagnosis.finding import (
    DEEP,
    SHALLOW,
    Finding,
    Rule,
    finding,
    not_finite,
    outcome,
    with_one_layer,
    without_hidden_layers,
)
from core.diagnosis.numbers import first_over_last, ratio
from core.diagnosis.pace import bounded_steps, rescaled_gradients
from core.diagnosis.remedies import fresh_weights, let_through
from core.diagnosis.skill import percent
from core.engine.initial import initial_weight
from core.run import Run
from core.words import share, short

FORWARD_GROWTH, BACKWARD_GROWTH, NORMED_GROWTH = 10, 100, 1000
VANISHED, ALIKE = 0.03, 0.003
MOST_UNITS = 0.5


def no_gradient(run: Run) -> Finding | None:
    """All weights zero, or every unit dropped: no weight of a hidden layer ever gets a gradient."""
    gradient = float(run.probes["weight_grad_norm"][: run.last + 1].max())
    zero = not run.probes["weight_norm"][0].any()
    grown = zero and any(run.weights[f"linear.{layer}.weight"].any() for layer in range(run.experiment.depth))
    if gradient or grown or not (zero or run.experiment.dropout == 1):
        return None
    cause = "All weights are 0" if zero else "Dropout 1 drops every unit that it may"
    return Finding(
        "critical",
        f"{cause}, so no weight of a hidden layer ever gets a gradient; {outcome(run)}.",
        remedies=fresh_weights(run) if zero else less_dropout(run),
        quantity="largest norm of a weight gradient",
        measured=gradient,
        threshold=0.0,
    )


NO_GRADIENT = Rule(
    no_gradient,
    "No gradient at all",
    fires_on=SHALLOW.but(init="zeros"),
    source="Goodfellow, Bengio & Courville 2016, Deep Learning, section 8.4",
    idle=without_hidden_layers,
)


def symmetric(run: Run) -> Finding | None:
    """All units of every hidden layer start with the same weights, and nothing has told them apart since."""
    e = run.experiment
    if not all(_alike(initial_weight(e, layer)) for layer in range(e.depth)):
        return None
    spread = max(_spread(run.weights[f"linear.{layer}.weight"]) for layer in range(e.depth))
    if spread > 1e-3 or (run.diverged_at is not None and e.dropout):
        return None
    since = "get the same gradients and stay the same: they do what one unit a layer could do"
    if 0 < e.dropout < 1:
        since = f"and dropout tells them apart by at most {percent(spread)} of the largest weight"
    return finding(
        run,
        f"All {e.width} units of every hidden layer start with the same weights, {since}; {outcome(run)}.",
        fresh_weights(run),
        quantity="spread of the weights over the units of a layer, over their size",
        measured=spread,
        threshold=1e-3,
    )


def _spread(weight: np.ndarray) -> float:
    """The largest difference between the weights of two units, over the largest weight; 0 where they are
    equal in every bit, inf where one of two is not finite."""
    lowest, highest = weight.min(axis=0).astype(float), weight.max(axis=0).astype(float)
    with np.errstate(invalid="ignore"):
        same = (weight == weight[0]) | (np.isnan(weight) & np.isnan(weight[0]))
        apart = np.where(same, 0, highest - lowest)
    largest = np.nan_to_num(apart, nan=np.inf).max()
    return ratio(largest, np.abs(weight).max()) if largest else 0.0


def _alike(weight: np.ndarray) -> bool:
    return bool((weight == weight[0]).all())


SYMMETRIC = Rule(
    symmetric,
    "All units are the same",
    fires_on=SHALLOW.but(init="constant"),
    source="Goodfellow, Bengio & Courville 2016, Deep Learning, section 8.4",
    idle=lambda run: (
        without_hidden_layers(run) or ("a layer has one unit" if run.experiment.width == 1 else "")
    ),
)


def exploding(run: Run) -> Finding | None:
    """Activations grow from layer to layer, or the error signal does on its way back."""
    layers, spread = run.experiment.depth, run.probes["activation_std"][0]
    if overflow := _overflows(run):
        return overflow
    bounded = run.experiment.activation in ("sigmoid", "tanh")
    limit = NORMED_GROWTH if run.experiment.batchnorm else BACKWARD_GROWTH
    forward, backward = 1.0 if bounded else ratio(spread[-1], spread[0]), first_over_last(run)
    if forward > FORWARD_GROWTH:
        growth, threshold, layer = forward, FORWARD_GROWTH, layers
        quantity = "spread of activations over samples, last over first layer"
        what = f"the activations of layer {layers} spread {short(growth)} times as far as those of layer 1"
    elif backward > limit:
        growth, threshold, layer = backward, limit, 1
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


def _overflows(run: Run) -> Finding | None:
    """Activations grow on their way until those of a layer are too large for a number."""
    spread, precision = run.probes["activation_std"][0], run.experiment.precision
    known = spread[: int(np.argmin(np.isfinite(spread)))]
    top = int(known.argmax()) if len(known) else 0
    growth = ratio(known[top], known[0]) if top else 1.0
    if np.isfinite(spread).all() or not growth > FORWARD_GROWTH:
        return None
    factor, layer = growth ** (1 / top), len(known) + 1
    return finding(
        run,
        f"Before the first step the activations of layer {top + 1} spread {short(growth)} times as far as "
        f"those of layer 1, ×{short(factor)} per layer, and those of layer {layer} are too large for "
        f"{precision}; {outcome(run)}.",
        let_through(run),
        quantity="spread of activations over samples",
        measured=np.inf,
        threshold=float(np.finfo(precision).max),
        layer=layer,
        step=0,
    )


EXPLODING = Rule(
    exploding,
    "Exploding signals",
    fires_on=DEEP.but(gain=2.5),
    source="Pascanu, Mikolov & Bengio 2013; Poole et al. 2016",
    idle=lambda run: with_one_layer(run) or not_finite(run),
)


def saturated(run: Run) -> Finding | None:
    """Most units of a layer sit where sigmoid or tanh is flat."""
    e, shares = run.experiment, run.probes["saturated_fraction"][0]
    layer = int(shares.argmax())
    if not shares[layer] > MOST_UNITS:
        return None
    return finding(
        run,
        f"Before the first step {percent(shares[layer])} of the activations of layer {layer + 1} lie where "
        f"{e.activation} is almost flat; {outcome(run)}.",
        let_through(run),
        quantity="share of saturated activations",
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
    idle=lambda run: (
        without_hidden_layers(run)
        or (
            ""
            if run.experiment.activation in ("sigmoid", "tanh")
            else f"{run.experiment.activation} is not flat on both sides"
        )
    ),
)


def vanishing(run: Run) -> Finding | None:
    """The error signal is lost on its way back, or what tells samples apart on its way forward."""
    reached, layers = first_over_last(run), run.experiment.depth
    spread = run.probes["activation_std"][0]
    alike = ratio(spread[-1], spread[0])
    if reached < VANISHED:
        lost, threshold, layer, quantity = reached, VANISHED, 1, "error signal, first over last layer"
        part = share(reached) if reached else "nothing"
        heard = f"Layer 1 receives {part} of the error signal that layer {layers} receives"
    elif alike < ALIKE:
        lost, threshold, layer = alike, ALIKE, layers
        quantity = "spread of activations over samples, last over first layer"
        apart = f"samples are {short(alike)} times as far apart as in layer 1"
        heard = f"In layer {layers} {apart if alike else 'all samples are the same'}"
    else:
        return None
    factor = f", ×{short(lost ** (1 / (layers - 1)))} per layer" if lost else ""
    return finding(
        run,
        f"{heard}{factor}; {outcome(run)}.",
        let_through(run) + rescaled_gradients(run),
        quantity=quantity,
        measured=lost,
        threshold=threshold,
        layer=layer,
        step=0,
    )


VANISHING = Rule(
    vanishing,
    "Vanishing gradients",
    fires_on=DEEP.but(activation="sigmoid", init="xavier"),
    source="Glorot & Bengio 2010; Schoenholz et al. 2017; AUTOTRAINER (Zhang et al. 2021)",
    idle=with_one_layer,
)
