"""What the end of a run shows: too few units or steps, what dropout and the two modes do, overfitting.

Thresholds lie between what healthy and broken networks show in tests/benchmarks/diagnosis.py.
"""

import numpy as np

from core.diagnosis.capacity import (
    ENOUGH_STEPS,
    more_steps,
    more_units,
    one_mode,
    regularized,
    without_dropout,
)
from core.diagnosis.finding import (
    HALF,
    LITTLE,
    SHALLOW,
    WORTH,
    Finding,
    Rule,
    broken_off,
    finding,
    harm,
    kept_back,
    outcome,
    remaining,
    short_run,
    unlearned,
    without_hidden_layers,
)
from core.diagnosis.measures import final_loss, ratio
from core.diagnosis.modes import four_modes
from core.diagnosis.reference import reference
from core.diagnosis.remedies import Remedy, another_start
from core.diagnosis.usual import LOW, above_usual, below_usual
from core.engine.optimizers import OPTIMIZERS
from core.run import Run
from core.words import short

MODE_GAP = 2
MUCH_DROPOUT, HIGH = 0.4, 4
PARTED, WORSE = 2, 0.05
STILL, EVEN, HARDLY, BIT = 0.93, 0.1, 0.3, 0.002
FEW_UNITS, FEWEST_UNITS = 8, 4


def _falling(run: Run) -> float:
    """How far the training loss falls over the last quarter of the steps, over guessing; 0 if little."""
    e, end = run.experiment, final_loss(run)
    before, start = np.interp([0.75 * e.steps, 0], run.at, run.train_loss)
    fall, fallen = before - end, min(start, run.chance) - end
    moved = np.max(run.probes["weight_moved"][run.last], initial=0) if e.depth else np.inf
    much = fall > (1 - STILL) * before or fall > max(EVEN * fallen, 0.01 * run.chance)
    return float(fall / run.chance) if fall > BIT * run.chance and (much or moved < HARDLY) else 0.0


def mode_gap(run: Run) -> Finding | None:
    """The loss is much higher in evaluation than in training mode: same weights, same data."""
    missing = unlearned(run)
    if missing <= WORTH:
        return None
    table = four_modes(run)
    worst, best = table[0]["loss"], table[-1]["loss"]
    if not worst > MODE_GAP * best:
        return None
    return Finding(
        "critical" if missing > LITTLE else "warning",
        f"The same weights lose {short(best)} on the training data in training mode, {short(worst)} in "
        f"evaluation mode: {_blame(table)}.",
        remedies=one_mode(run, table),
        quantity="loss in evaluation over that in training mode",
        measured=worst / best,
        threshold=MODE_GAP,
        table=table,
    )


SWITCHES = {
    (): "it takes dropout and the statistics of batches together to get the loss of training back",
    ("dropout",): "they have learned to work with units dropped, and do not without",
    ("batch",): "the running mean and variance of batch normalization are not those of the batches",
    ("dropout", "batch"): "the running variance was taken while units were dropped, and does not fit what "
    "arrives when none is",
}
"""What explains the gap, by the switches that close most of it alone."""


def _blame(table: tuple[dict, ...]) -> str:
    middle = (table[0]["loss"] * table[-1]["loss"]) ** 0.5
    return SWITCHES[
        tuple(row["switch"] for row in table[1:] if row["switch"] != "both" and row["loss"] < middle)
    ]


def _one_mode(run: Run) -> str:
    e = run.experiment
    return "" if e.dropout or e.batchnorm else "without dropout and batch normalization, both are the same"


MODE_GAP_RULE = Rule(
    mode_gap,
    "Training and evaluation mode differ",
    fires_on=SHALLOW.but(batchnorm=True, steps=15),
    source="Ioffe & Szegedy 2015, algorithm 2; Li et al. 2019 on dropout before batch norm",
    idle=lambda run: broken_off(run) or without_hidden_layers(run) or _one_mode(run),
)


def dropout_too_strong(run: Run) -> Finding | None:
    """The run fails in evaluation mode, where nothing is dropped, and dropout is all that holds it."""
    e = run.experiment
    usual = above_usual(run) <= HIGH and below_usual(run) <= LOW
    units = e.width * (1 - e.dropout)
    strong = e.dropout >= MUCH_DROPOUT or (e.dropout >= MUCH_DROPOUT / 2 and units <= FEW_UNITS)
    unfinished = e.dropout < HALF and _falling(run)
    if not strong or not usual or unfinished or harm(run) == "note":
        return None
    return finding(
        run,
        f"Dropout {short(e.dropout)} leaves about {short(units)} of {e.width} units of a layer at a step; "
        f"even in evaluation mode, where none is dropped, {outcome(run)}.",
        without_dropout(run),
        quantity="dropout",
        measured=e.dropout,
        threshold=MUCH_DROPOUT,
    )


DROPOUT_TOO_STRONG = Rule(
    dropout_too_strong,
    "Dropout too strong",
    fires_on=SHALLOW.but(
        depth=1, width=2, activation="tanh", init="xavier", dataset="curve", dropout=0.5, steps=400
    ).but(optimizer="adam", learning_rate=0.02),
    source="Srivastava et al. 2014, section 7.3 and appendix A.4",
    idle=lambda run: without_hidden_layers(run) or ("" if run.experiment.dropout else "nothing is dropped"),
)


def overfitting(run: Run) -> Finding | None:
    """Held out, the loss was lower before, while the training loss fell on."""
    held, train = run.test_loss.astype(float), run.train_loss.astype(float)
    best, parted = float(held.min()), int(held.argmin())
    if not (
        kept_back(run) > WORTH
        and held[-1] > 1.3 * best
        and train[-1] < train[parted]
        and train[-1] < held[-1] / 2
    ):
        return None
    known = reference(run.experiment)
    within = min(best, known.held_out * run.chance) if known else best
    lost = run.test_accuracy.max() - run.test_accuracy[-1]
    severe = held[-1] > PARTED * within and (kept_back(run) > 1 or lost > WORSE)
    return Finding(
        "warning" if severe else "note",
        f"From step {run.at[parted]} on the held-out loss rises from {short(best)} to {short(held[-1])}, "
        f"while that of training falls from {short(train[parted])} to {short(train[-1])}: the network learns "
        "its samples by heart.",
        remedies=regularized(run) if severe else (),
        quantity="held-out loss at the end over its lowest",
        measured=ratio(held[-1], best),
        threshold=1.3,
        step=int(run.at[parted]),
    )


def _by_heart(run: Run) -> str:
    """Why the run cannot have learned its samples by heart, or nobody could see it."""
    weights = sum(values.size for name, values in run.weights.items() if name.startswith("linear"))
    if not np.isfinite(run.test_loss).all():
        return "no held-out loss was measured"
    return "" if 10 * weights > run.experiment.samples else "there are too few weights for that"


OVERFITTING = Rule(
    overfitting,
    "Overfitting",
    fires_on=SHALLOW.but(
        dataset="xor",
        features=10,
        label_noise=0.1,
        depth=2,
        width=64,
        optimizer="adam",
        learning_rate=0.01,
        steps=300,
    ),
    source="Prechelt 1998, Early Stopping - but when?; Srivastava et al. 2014",
    idle=lambda run: broken_off(run) or _by_heart(run),
    harms=kept_back,
)


def too_small(run: Run) -> Finding | None:
    """The run fails while its loss still falls: too few steps. Or it has settled: too few units."""
    e = run.experiment
    if short_run(run) and remaining(run) > HALF:
        return Finding(
            "note",
            f"Not finished: after {e.steps} steps the loss is {short(final_loss(run))}, where guessing gives "
            f"{short(run.chance)}: too short to tell.",
            quantity="steps",
            measured=float(e.steps),
            threshold=float(ENOUGH_STEPS),
        )
    if harm(run) == "note" or remaining(run) <= HALF:
        return None
    if falls := _falling(run):
        before = falls * run.chance + final_loss(run)
        return finding(
            run,
            f"Not finished: over the last quarter of the steps the loss still falls from {short(before)} to "
            f"{short(final_loss(run))}, where guessing gives {short(run.chance)}.",
            _unfinished(run),
            "warning",
            quantity="fall of the loss over the last quarter of the steps, over that of guessing",
            measured=falls,
            threshold=BIT,
        )
    if not e.depth or e.width > FEW_UNITS or remaining(run) > 1.1:
        return None
    return finding(
        run,
        f"{e.width} unit{'s' * (e.width > 1)} a layer cannot follow these data: the loss has settled, and "
        f"{outcome(run)}.",
        more_units(run),
        "warning",
        stands=e.width <= FEWEST_UNITS and above_usual(run) <= 1,
        quantity="units in a layer",
        measured=float(e.width),
        threshold=float(FEW_UNITS),
    )


def _unfinished(run: Run) -> tuple[Remedy, ...]:
    """More steps, and units where they are few; where a sigmoid shortens every step, another activation."""
    e = run.experiment
    if e.activation == "sigmoid" and not OPTIMIZERS[e.optimizer].rescales:
        return another_start(run)
    return more_steps(run) + (more_units(run) if e.depth and e.width <= FEW_UNITS else ())


TOO_SMALL = Rule(
    too_small,
    "Too few units or steps",
    fires_on=SHALLOW.but(depth=1, width=2, activation="tanh", init="xavier", steps=400).but(
        optimizer="adam", learning_rate=0.02
    ),
    source="Cybenko 1989; Goodfellow, Bengio & Courville 2016, Deep Learning, section 11.4.1",
    idle=broken_off,
)


def plateau(run: Run) -> Finding | None:
    """More than half is left, and that is all there is to see."""
    if remaining(run) <= HALF or short_run(run):
        return None
    sentence = f"Something holds this run, and no rule sees what: {outcome(run)}."
    if harm(run) == "note":
        sentence = f"{outcome(run)[0].upper()}{outcome(run)[1:]}; kernel ridge regression does little better."
    return finding(
        run,
        sentence,
        another_start(run),
        "warning",
        quantity="share of what can be learned that was not",
        measured=unlearned(run),
        threshold=WORTH,
        step=run.experiment.steps,
    )


PLATEAU = Rule(
    plateau,
    "Not learned",
    fires_on=SHALLOW.but(activation="sigmoid", init="xavier", depth=2),
    source="a loss far above what kernel ridge regression reaches on the same data",
    idle=broken_off,
)
