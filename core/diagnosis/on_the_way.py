"""What goes wrong on the way: numbers overflow, units die, steps are too long or too short.

Thresholds lie between what healthy and broken networks show in tests/benchmarks/rules.py.
"""

import numpy as np

from core.diagnosis.at_the_start import MOST_UNITS
from core.diagnosis.finding import (
    LITTLE,
    SHALLOW,
    Finding,
    Rule,
    finding,
    harm,
    outcome,
    ratio,
    remaining,
)
from core.diagnosis.measures import short
from core.diagnosis.remedies import (
    another_start,
    filled_gaps,
    let_through,
    no_decay,
    resized_steps,
    scaled_features,
)
from core.engine.initial import initial_weight
from core.run import Run

LONG_UPDATE, RISE = 0.25, 2
SHORT_UPDATE, NO_UPDATE = 1e-3, 1e-4
FEW_WEIGHTS = 0.1


def non_finite(run: Run) -> Finding | None:
    """The loss became infinite or NaN, and the run ended there."""
    step, e = run.diverged_at, run.experiment
    if step is None:
        return None
    loss = run.diverged_to
    sentence = f"The loss is {short(loss)} at step {step}"
    evidence = dict(quantity="loss", measured=loss, threshold=float(np.finfo(e.precision).max), step=step)
    if not np.isfinite(run.input_mean_square):
        sentence += ": not every feature is a finite number."
        return finding(run, sentence, filled_gaps(run) + scaled_features(run), **evidence)
    layer, grown = _largest(run) if e.depth else (None, "")
    return finding(
        run,
        f"{sentence}.{grown}",
        resized_steps(run),
        layer=layer,
        otherwise=f" The start looks sound: the learning rate {short(e.learning_rate)} is too high.",
        **evidence,
    )


def _largest(run: Run) -> tuple[int, str]:
    """The hidden layer with the largest numbers where they were last measured, and a sentence on it."""
    probe, name = "activation_std", "std of the activations"
    if run.experiment.batchnorm:
        probe, name = "weight_norm", "norm of the weights"
    sizes = np.nan_to_num(run.probes[probe][: run.last + 1], nan=np.inf)
    layer = int(sizes[-1].argmax())
    start = f", {short(sizes[0, layer])} at the start" if run.last else ""
    return layer + 1, (
        f" At step {run.at[run.last]}, the last one measured, layer {layer + 1} stands out: "
        f"the {name} is {short(sizes[-1, layer])}{start}."
    )


NON_FINITE = Rule(
    non_finite,
    "Not a number",
    fires_on=SHALLOW.but(dataset="curve", learning_rate=1),
    source="AUTOTRAINER (Zhang et al. 2021); Amazon SageMaker Debugger, ExplodingTensor",
    stays=True,
)


def born_dead(run: Run) -> Finding | None:
    """Most ReLU units of a layer stay dead, and a whole layer was dead before the first step."""
    return _dead(run) if run.probes["dead_fraction"][0].max() == 1 else None


BORN_DEAD = Rule(
    born_dead,
    "Dead units",
    fires_on=SHALLOW.but(bias=-5),
    source="Amazon SageMaker Debugger, DeadRelu; Lu et al. 2020",
    hidden=True,
)


def dead(run: Run) -> Finding | None:
    """Most ReLU units of a layer are dead at the end, and no layer was so before the first step."""
    return _dead(run) if run.probes["dead_fraction"][0].max() < 1 else None


def _dead(run: Run) -> Finding | None:
    """Most ReLU units of a layer are at or below 0 on the whole training set, twice in a row at the end."""
    e, shares = run.experiment, run.probes["dead_fraction"][: run.last + 1]
    lasting = shares[-2:].min(axis=0)
    layer = int(lasting.argmax())
    if e.activation != "relu" or len(shares) < 2 or not lasting[layer] > MOST_UNITS:
        return None
    alive = np.flatnonzero(shares[:, layer] < lasting[layer])
    since = int(run.at[alive[-1] + 1]) if len(alive) else 0
    all_dead = lasting[layer] == 1
    count = f"All {e.width}" if all_dead else f"{round(lasting[layer] * e.width)} of {e.width}"
    return finding(
        run,
        f"{count} units of layer {layer + 1} are at or below 0 on every training sample since step {since}, "
        f"and no gradient passes them; {outcome(run)}.",
        let_through(run) if shares[0].max() > MOST_UNITS else resized_steps(run),
        "critical" if all_dead else "warning",
        quantity="share of dead units",
        measured=float(lasting[layer]),
        threshold=MOST_UNITS,
        layer=layer + 1,
        step=since,
    )


DEAD = Rule(
    dead,
    "Dead units",
    fires_on=SHALLOW.but(depth=2, learning_rate=3),
    source="Amazon SageMaker Debugger, DeadRelu; Lu et al. 2020",
    hidden=True,
)


def decayed(run: Run) -> Finding | None:
    """Weight decay has taken most of a layer's weights."""
    norms = run.probes["weight_norm"][[0, run.last]]
    shares = [ratio(last, first) for first, last in norms.T]
    layer = int(np.argmin(shares))
    if not run.experiment.weight_decay or not shares[layer] < FEW_WEIGHTS:
        return None
    return finding(
        run,
        f"Weight decay {short(run.experiment.weight_decay)} leaves {short(100 * shares[layer])} % "
        f"of the weights of layer {layer + 1}; {outcome(run)}.",
        no_decay(run),
        quantity="norm of the weights, end over start",
        measured=shares[layer],
        threshold=FEW_WEIGHTS,
        layer=layer + 1,
        step=int(run.at[run.last]),
    )


DECAYED = Rule(
    decayed,
    "Weights decayed away",
    fires_on=SHALLOW.but(weight_decay=1),
    source="Krogh & Hertz 1991",
    hidden=True,
)


def too_fast(run: Run) -> Finding | None:
    """The run fails while an update is a quarter of a layer's weights, or after the loss has risen."""
    if run.diverged_at is not None or harm(run) == "note":
        return None
    updates = np.nan_to_num(run.probes["update_ratio"][: run.last + 1], posinf=0)
    rise = ratio(run.loss.max(), run.loss[0])
    if (largest := float(updates.max(initial=0))) > LONG_UPDATE:
        at, layer = (int(i) for i in np.unravel_index(updates.argmax(), updates.shape))
        what = f"One update changes the weights of layer {layer + 1} by {short(100 * largest)} %"
        quantity, measured, threshold = "update over weights", largest, LONG_UPDATE
        where = dict(layer=layer + 1, step=int(run.at[at]))
    elif rise > RISE:
        what = f"The loss rises to {short(rise)} times its start"
        quantity, measured, threshold = "highest loss over the first", rise, RISE
        where = dict(step=int(run.loss.argmax()))
    else:
        return None
    return finding(
        run,
        f"{what}: the learning rate {short(run.experiment.learning_rate)} is too high; {outcome(run)}.",
        resized_steps(run),
        quantity=quantity,
        measured=measured,
        threshold=threshold,
        **where,
    )


TOO_FAST = Rule(
    too_fast,
    "Learning rate too high",
    fires_on=SHALLOW.but(activation="tanh", init="xavier", learning_rate=5),
    source="Karpathy 2022, makemore part 3; TheDeepChecker (Ben Braiek & Khomh 2022)",
)


def too_slow(run: Run) -> Finding | None:
    """The run fails, no update is a thousandth of a layer's weights, and most are below a ten-thousandth."""
    updates, gradients = _updates(run), run.probes["weight_grad_norm"][: run.last + 1]
    typical, silent = float(np.median(updates)), run.experiment.depth and not np.median(gradients)
    if harm(run) == "note" or silent or not (typical < NO_UPDATE and updates.max() < SHORT_UPDATE):
        return None
    return finding(
        run,
        f"A typical update changes a layer's weights by {short(100 * typical)} %: the learning rate "
        f"{short(run.experiment.learning_rate)} is too low; {outcome(run)}.",
        resized_steps(run),
        "warning",
        quantity="typical update over weights",
        measured=typical,
        threshold=NO_UPDATE,
    )


def _updates(run: Run) -> np.ndarray:
    """Updates over weights, of every hidden layer at every snapshot; of a linear model their mean."""
    if run.experiment.depth:
        return run.probes["update_ratio"][: run.last + 1]
    start = initial_weight(run.experiment, 0).astype(float)
    way = ratio(np.linalg.norm(run.weights["linear.0.weight"] - start), np.linalg.norm(start))
    return np.array([way / run.experiment.steps])


TOO_SLOW = Rule(
    too_slow,
    "Learning rate too low",
    fires_on=SHALLOW.but(learning_rate=1e-5),
    source="Karpathy 2022, makemore part 3; TheDeepChecker (Ben Braiek & Khomh 2022)",
)


def plateau(run: Run) -> Finding | None:
    """The run fails, and that is all there is to see."""
    if harm(run) != "critical":
        return None
    sentence = f"{outcome(run)}, and no other rule sees why."
    return finding(
        run,
        sentence[0].upper() + sentence[1:],
        another_start(run),
        "warning",
        quantity="loss over that of guessing",
        measured=remaining(run),
        threshold=LITTLE,
        step=run.experiment.steps,
    )


PLATEAU = Rule(
    plateau,
    "Not learned",
    fires_on=SHALLOW.but(activation="sigmoid", init="xavier", depth=2),
    source="a loss no better than that of the best constant answer",
)
