"""What is wrong with the data: features and target far from unit size, or nothing in them but noise.

Thresholds lie between what healthy and broken networks show in tests/benchmarks/diagnosis.py.
"""

import math

import numpy as np

from core.diagnosis.at_the_start import EXPLODING, exploding
from core.diagnosis.finding import (
    SHALLOW,
    WORTH,
    Finding,
    Rule,
    broken_off,
    finding,
    kept_back,
    not_finite,
    outcome,
    remaining,
    unlearned,
)
from core.diagnosis.numbers import ratio
from core.diagnosis.reference import reference
from core.diagnosis.remedies import LONG_TAIL, UNIT_SIZE, scaled_features, scaled_target
from core.run import Run
from core.words import short

SPREAD, OFFSET = 10, 4
TARGET_SIZE = 0.2, 5
NOISE = 1.15


def _worst(run: Run) -> str:
    """How severe data may be called: no scale of theirs mends weights by which signals overflow."""
    overflown = run.diverged_at == 0 and not EXPLODING.idle(run) and exploding(run)
    return "note" if overflown else "critical"


def unscaled(run: Run) -> Finding | None:
    """Features far from unit size, far from 0 for their spread, of very different size, or with long tails.

    Batch normalization makes up for size and distance from 0 in its first layer.
    """
    sizes, std = np.sqrt(run.input_mean**2 + run.input_std**2), run.input_std
    pooled, (small, large) = run.input_mean_square**0.5, UNIT_SIZE
    varies = std > 0
    offset = float((np.abs(run.input_mean[varies]) / std[varies]).max(initial=0))
    spread = ratio(sizes[varies].max(initial=0), sizes[varies].min(initial=np.inf))
    tail = float((run.input_reach[varies] / std[varies]).max(initial=0))
    normed = run.experiment.batchnorm
    if spread > SPREAD:
        largest = "The largest feature" if varies.all() else "Of the features that vary the largest"
        what = f"{largest} is {short(spread)} times the size of the smallest, and drowns it"
        quantity, measured, threshold = "largest over smallest root mean square of a feature", spread, SPREAD
    elif not normed and not small <= pooled <= large:
        what = (
            f"The features have a root mean square of {short(pooled)}; initial weights are made for about 1"
        )
        quantity, measured = "root mean square of the features", pooled
        threshold = large if pooled > large else small
    elif tail > LONG_TAIL:
        what = f"A feature reaches {short(tail)} standard deviations from its mean: few samples stretch it"
        quantity, measured, threshold = (
            "largest deviation of a feature, in standard deviations",
            tail,
            LONG_TAIL,
        )
    elif not normed and offset > OFFSET:
        what = (
            f"A feature lies {short(offset)} standard deviations from 0: what tells samples apart in it is "
            "small beside what they share"
        )
        quantity, measured, threshold = (
            "mean of a feature over its standard deviation",
            offset,
            OFFSET,
        )
    else:
        return None
    return finding(
        run,
        f"{what}; {outcome(run)}.",
        scaled_features(run),
        _worst(run),
        quantity=quantity,
        measured=measured,
        threshold=threshold,
    )


UNSCALED = Rule(
    unscaled,
    "Unscaled features",
    fires_on=SHALLOW.but(input_scale=1000),
    source="LeCun et al. 1998, Efficient BackProp, section 4.3; UMLAUT (Schoop et al. 2021)",
    idle=not_finite,
)


def unscaled_target(run: Run) -> Finding | None:
    """A regression target whose size is far from what a network answers at its start."""
    size, (small, large) = math.hypot(run.target_mean, run.target_std), TARGET_SIZE
    if small <= size <= large:
        return None
    return finding(
        run,
        f"The target has mean {short(run.target_mean)} and standard deviation {short(run.target_std)}, where "
        f"initial weights are made for answers of about 1; {outcome(run)}.",
        scaled_target(run),
        _worst(run),
        quantity="root mean square of the target",
        measured=size,
        threshold=large if size > large else small,
    )


UNSCALED_TARGET = Rule(
    unscaled_target,
    "Unscaled target",
    fires_on=SHALLOW.but(dataset="curve", learning_rate=0.01, target_scale=100),
    source="Bishop 1995, Neural Networks for Pattern Recognition, section 8.2",
    idle=lambda run: "the target is a class" if run.experiment.loss != "mse" else "",
)


def noise_floor(run: Run) -> Finding | None:
    """More than a fifth is left, and a reference that sees the same samples does no better."""
    known = reference(run.experiment)
    if known is None or known.train <= WORTH or not WORTH < remaining(run) < 1.1:
        return None
    held, left = float(run.test_loss[-1]), remaining(run)
    if not (left < NOISE * known.train or kept_back(run) < NOISE * known.held_out) or unlearned(run) > WORTH:
        return None
    return Finding(
        "note",
        f"These samples tell little more: held out, the network loses {short(held)} and kernel ridge "
        f"regression {short(known.held_out * known.chance)}, where guessing loses {short(run.chance)} on the "
        "training samples. The rest is noise, or takes more samples to learn.",
        quantity="loss left of that of guessing, over what the reference leaves",
        measured=min(left / known.train, kept_back(run) / known.held_out),
        threshold=NOISE,
    )


NOISE_FLOOR = Rule(
    noise_floor,
    "Little left to learn",
    fires_on=SHALLOW.but(dataset="blobs", noise=2, scaling="zscore", depth=2, steps=60),
    source="Hastie, Tibshirani & Friedman 2009, sections 2.4 and 7.10: irreducible error, cross-validation",
    idle=lambda run: broken_off(run) or not_finite(run),
)
