"""What goes wrong on the way: numbers overflow, units die, steps are too long or too short.

Thresholds lie between what healthy and broken networks show in tests/benchmarks/rules.py.
"""

import numpy as np

from core.diagnosis.at_the_start import MOST_UNITS, exploding, unscaled, vanishing
from core.diagnosis.finding import LITTLE, Finding, finding, harm, outcome, ratio, remaining
from core.diagnosis.measures import short
from core.diagnosis.remedies import another_start, let_through, no_decay, resized_steps
from core.run import Run

LONG_UPDATE, RISE = 0.25, 2
SHORT_UPDATE, NO_UPDATE = 1e-3, 1e-4
DECAYED = 0.1


def non_finite(run: Run) -> Finding | None:
    """The loss became infinite or NaN, and the run ended there."""
    step, e = run.diverged_at, run.experiment
    if step is None:
        return None
    probe, name = ("activation_std", "std of the activations")
    if e.batchnorm:
        probe, name = ("weight_norm", "norm of the weights")
    sizes = np.nan_to_num(run.probes[probe][: run.last + 1], nan=np.inf)
    layer, loss = int(sizes[-1].argmax()), float(run.loss[step])
    start = f", {short(sizes[0, layer])} at the start" if run.last else ""
    explained = unscaled(run) or exploding(run)
    verdict = f" The start looks sound: the learning rate {short(e.learning_rate)} is too high."
    return finding(
        run,
        f"The loss is {short(loss)} at step {step}. At step {run.at[run.last]}, the last one measured, "
        f"layer {layer + 1} stands out: the {name} is {short(sizes[-1, layer])}{start}."
        + ("" if explained else verdict),
        () if explained else resized_steps(run),
        quantity="loss",
        measured=loss,
        threshold=float(np.finfo(e.precision).max),
        layer=layer + 1,
        step=step,
    )


def dead(run: Run) -> Finding | None:
    """Most ReLU units of a layer are at or below 0 on the whole training set, twice in a row at the end."""
    e, shares = run.experiment, run.probes["dead_fraction"][: run.last + 1]
    lasting = shares[-2:].min(axis=0)
    layer, born = int(lasting.argmax()), shares[0].max()
    if e.activation != "relu" or len(shares) < 2 or not lasting[layer] > MOST_UNITS:
        return None
    if born < 1 and vanishing(run):
        return None
    alive = np.flatnonzero(shares[:, layer] < lasting[layer])
    since = int(run.at[alive[-1] + 1]) if len(alive) else 0
    all_dead = lasting[layer] == 1
    count = f"All {e.width}" if all_dead else f"{round(lasting[layer] * e.width)} of {e.width}"
    return finding(
        run,
        f"{count} units of layer {layer + 1} are at or below 0 on every training sample since step {since}, "
        f"and no gradient passes them; {outcome(run)}.",
        let_through(run) if born > MOST_UNITS else resized_steps(run),
        "critical" if all_dead else "warning",
        quantity="share of dead units",
        measured=float(lasting[layer]),
        threshold=MOST_UNITS,
        layer=layer + 1,
        step=since,
    )


def decayed(run: Run) -> Finding | None:
    """Weight decay has taken most of a layer's weights."""
    norms = run.probes["weight_norm"][[0, run.last]]
    shares = [ratio(last, first) for first, last in norms.T]
    layer = int(np.argmin(shares))
    if not run.experiment.weight_decay or not shares[layer] < DECAYED:
        return None
    return finding(
        run,
        f"Weight decay {short(run.experiment.weight_decay)} leaves {short(100 * shares[layer])} % "
        f"of the weights of layer {layer + 1}; {outcome(run)}.",
        no_decay(run),
        quantity="norm of the weights, end over start",
        measured=shares[layer],
        threshold=DECAYED,
        layer=layer + 1,
        step=int(run.at[run.last]),
    )


def too_fast(run: Run) -> Finding | None:
    """The run fails while an update is a quarter of a layer's weights, or after the loss has risen."""
    if run.diverged_at is not None or harm(run) == "note":
        return None
    updates = np.nan_to_num(run.probes["update_ratio"][: run.last + 1], posinf=0)
    at, layer = (int(i) for i in np.unravel_index(updates.argmax(), updates.shape))
    rise = ratio(run.loss.max(), run.loss[0])
    if (largest := float(updates[at, layer])) > LONG_UPDATE:
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


def too_slow(run: Run) -> Finding | None:
    """The run fails, no update is a thousandth of a layer's weights, and most are below a ten-thousandth."""
    updates = run.probes["update_ratio"][: run.last + 1]
    typical = float(np.median(updates))
    if harm(run) == "note" or not (0 < typical < NO_UPDATE and updates.max() < SHORT_UPDATE):
        return None
    return finding(
        run,
        f"A typical update changes a layer's weights by {short(100 * typical)} %: the learning rate "
        f"{short(run.experiment.learning_rate)} is too low; {outcome(run)}.",
        resized_steps(run),
        "warning",
        quantity="median update over weights",
        measured=typical,
        threshold=NO_UPDATE,
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
