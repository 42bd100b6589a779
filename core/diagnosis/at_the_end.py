"""What the end of a run shows: too few units or steps, overfitting, or nothing that a rule knows.

Thresholds lie between what healthy and broken networks show in tests/benchmarks/diagnosis.py.
"""

import numpy as np

from core.diagnosis.capacity import ENOUGH_STEPS, more_steps, more_units, regularized
from core.diagnosis.finding import (
    BIT,
    HALF,
    SHALLOW,
    WORTH,
    Finding,
    Rule,
    broken_off,
    falling,
    finding,
    harm,
    kept_back,
    outcome,
    remaining,
    short_run,
    three_quarters,
    unlearned,
)
from core.diagnosis.numbers import final_loss, ratio
from core.diagnosis.pace import another_start
from core.diagnosis.reference import reference
from core.diagnosis.remedies import Remedy
from core.diagnosis.usual import above_usual
from core.engine.optimizers import OPTIMIZERS
from core.run import Run
from core.words import short, two_digits

PARTED, WORSE = 2, 0.05
FEW_UNITS, FEWEST_UNITS = 8, 4


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
        f"while that of training falls from {short(train[parted])} to {short(train[-1])}: the "
        "samples are learned by heart.",
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
            f"Not finished: after {e.steps} step{'s' * (e.steps > 1)} the loss is "
            f"{two_digits(final_loss(run))}, where guessing gives {two_digits(run.chance)}: too short to "
            "tell.",
            quantity="steps",
            measured=float(e.steps),
            threshold=float(ENOUGH_STEPS),
        )
    if harm(run) == "note" or remaining(run) <= HALF:
        return None
    at = three_quarters(run)
    before, end, step = float(run.train_loss[at]), final_loss(run), int(run.at[at])
    if falls := falling(run):
        return finding(
            run,
            f"Not finished: from step {step} to step {e.steps} the loss still falls by "
            f"{short(100 * (1 - end / before))} %, to {two_digits(end)}, where guessing gives "
            f"{two_digits(run.chance)}.",
            _unfinished(run),
            "warning",
            quantity="fall of the loss to the end, over that of guessing",
            measured=falls,
            threshold=BIT,
            step=step,
        )
    if not e.depth or e.width > FEW_UNITS or remaining(run) > 1.1 or step < HALF * e.steps:
        return None
    return finding(
        run,
        f"{e.width} unit{'s' * (e.width > 1)} a layer are few for these data, and the loss goes from "
        f"{short(before)} at step {step} to {short(end)}, no further; {outcome(run)}.",
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
