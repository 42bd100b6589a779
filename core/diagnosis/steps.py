"""What goes wrong with the steps themselves: too long, too short, with too long a memory, or cut off.

Thresholds lie between what healthy and broken networks show in tests/benchmarks/diagnosis.py.
"""

import numpy as np

from core.diagnosis.finding import SHALLOW, Finding, Rule, broken_off, finding, harm, outcome
from core.diagnosis.numbers import ratio
from core.diagnosis.pace import (
    less_momentum,
    longer_steps,
    longer_updates,
    shorter_steps,
)
from core.diagnosis.skill import percent
from core.diagnosis.usual import FAR_OFF, LOW, above_usual, below_usual, too_high, too_low
from core.engine.initial import initial_weight
from core.engine.optimizers import OPTIMIZERS
from core.run import Run
from core.words import short

LONG_UPDATE, RISE = 0.25, 2
SHORT_UPDATE, NO_UPDATE = 1e-3, 1e-4
MUCH_MOMENTUM, OVERSHOT, SOON, BEARS = 0.95, 1, 5, 3
CUT = 0.5


def momentum(run: Run) -> Finding | None:
    """The run fails after momentum carried the loss far up again, at a rate that less of it would bear."""
    beta, (loss, width) = run.experiment.momentum, _smooth(run)
    if beta < MUCH_MOMENTUM or not len(loss) or above_usual(run) > BEARS or harm(run) == "note":
        return None
    lowest = np.minimum.accumulate(loss)
    top = int((loss - lowest).argmax())
    rise = ratio(loss[top] - lowest[top], run.chance)
    if not rise > OVERSHOT or top < SOON:
        return None
    return finding(
        run,
        f"Momentum {short(beta)} adds up about {short(1 / (1 - beta))} gradients, old ones too: from "
        f"{short(lowest[top])} the loss, a mean of {width} steps, rises to {short(loss[top])} up to step "
        f"{top + width - 1}; {outcome(run)}.",
        less_momentum(run),
        quantity="rise of the loss above what it was before, over that of guessing",
        measured=rise,
        threshold=OVERSHOT,
        step=top + width - 1,
    )


def _smooth(run: Run) -> tuple[np.ndarray, int]:
    """The loss of training as means of consecutive steps up to a divergence, and how many steps each is of:
    ten, or as many as see all samples once, but no more than a tenth of the run."""
    e = run.experiment
    loss = run.loss[: run.diverged_at].astype(float)
    width = max(10, min(e.samples // e.batch, e.steps // 10))
    return (np.convolve(loss, np.ones(width) / width, "valid") if len(loss) >= width else loss[:0]), width


MOMENTUM_RULE = Rule(
    momentum,
    "Too much momentum",
    fires_on=SHALLOW.but(dataset="blobs", activation="gelu", momentum=0.999, steps=200),
    source="Polyak 1964; Goh 2017, Why Momentum Really Works",
    idle=lambda run: (
        ""
        if OPTIMIZERS[run.experiment.optimizer].has_momentum
        else f"{run.experiment.optimizer} has no such setting"
    ),
)


def too_fast(run: Run) -> Finding | None:
    """The run fails while an update is a quarter of a layer's weights, or after the loss has risen."""
    if harm(run) == "note" or above_usual(run) <= 1:
        return None
    updates = np.nan_to_num(run.probes["update_ratio"][: run.last + 1], posinf=0)
    loss = run.train_loss.astype(float)
    rise = ratio(loss.max(), loss[0])
    if (largest := float(updates.max(initial=0))) > LONG_UPDATE:
        at, layer = (int(i) for i in np.unravel_index(updates.argmax(), updates.shape))
        what = (
            f"The update of step {run.at[at]} changes layer {layer + 1} by {percent(largest)} of its weights"
        )
        quantity, measured, threshold = "update over weights", largest, LONG_UPDATE
        where = dict(layer=layer + 1, step=int(run.at[at]))
    elif rise > RISE:
        what = f"The loss rises to {short(rise)} times its start by step {run.at[loss.argmax()]}"
        quantity, measured, threshold = "highest loss over the first", rise, RISE
        where = dict(step=int(run.at[loss.argmax()]))
    else:
        return None
    return finding(
        run,
        f"{what}; {too_high(run)}; {outcome(run)}.",
        shorter_steps(run),
        stands=above_usual(run) > FAR_OFF,
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
    idle=broken_off,
)


def too_slow(run: Run) -> Finding | None:
    """The run fails at a rate below the usual ones, and most updates are below a thousandth of the weights,
    or below a ten-thousandth, where the rate is but a little low."""
    updates, gradients = _updates(run), run.probes["weight_grad_norm"][: run.last + 1]
    typical, silent = float(np.median(updates)), run.experiment.depth and not np.median(gradients)
    tiny = typical < NO_UPDATE and updates.max() < SHORT_UPDATE
    low = below_usual(run)
    if harm(run) == "note" or silent or not ((tiny and low > 1) or (typical < SHORT_UPDATE and low > LOW)):
        return None
    what = f"A typical update changes a layer's weights by {percent(typical)}"
    if not run.experiment.depth:
        what = f"From start to end the weights move by {percent(typical)} a step"
    return finding(
        run,
        f"{what}; {too_low(run)}; {outcome(run)}.",
        longer_updates(run),
        stands=low > FAR_OFF,
        quantity="typical update over weights",
        measured=typical,
        threshold=NO_UPDATE if tiny else SHORT_UPDATE,
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
    idle=broken_off,
)


def clipped_too_hard(run: Run) -> Finding | None:
    """The run fails, and clipping leaves but a part of every gradient."""
    e, gradients = run.experiment, run.probes["weight_grad_norm"][: run.last + 1].astype(float)
    kept = float(np.median(e.clip_norm / np.maximum(np.linalg.norm(gradients, axis=1), 1e-300)))
    if harm(run) == "note" or not kept < CUT:
        return None
    return finding(
        run,
        f"Clipping at {short(e.clip_norm)} leaves at most {percent(kept)} of a typical gradient: "
        f"steps are as much shorter; {outcome(run)}.",
        longer_steps(run, e.clip_norm / kept),
        quantity="limit over the typical norm of the gradient",
        measured=kept,
        threshold=CUT,
    )


def _without_clipping(run: Run) -> str:
    e = run.experiment
    if not e.clip_norm:
        return "gradients are not clipped"
    if run.diverged_at is not None:
        return broken_off(run)
    return f"{e.optimizer} does not feel the size of gradients" if OPTIMIZERS[e.optimizer].rescales else ""


CLIPPED_TOO_HARD = Rule(
    clipped_too_hard,
    "Clipped too hard",
    fires_on=SHALLOW.but(clip_norm=0.001),
    source="Pascanu, Mikolov & Bengio 2013, section 3.2",
    idle=_without_clipping,
)
