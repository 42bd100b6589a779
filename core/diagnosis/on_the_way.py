"""What goes wrong on the way: numbers overflow, units die, weights decay, batches are too small.

Thresholds lie between what healthy and broken networks show in tests/benchmarks/diagnosis.py.
"""

import numpy as np

from core.diagnosis.at_the_start import MOST_UNITS
from core.diagnosis.capacity import larger_batches
from core.diagnosis.census import died_at
from core.diagnosis.finding import (
    SHALLOW,
    Finding,
    Rule,
    finding,
    harm,
    outcome,
    without_hidden_layers,
)
from core.diagnosis.numbers import ratio
from core.diagnosis.pace import shorter_steps
from core.diagnosis.remedies import filled_gaps, let_through, no_decay, scaled_features
from core.diagnosis.skill import percent
from core.diagnosis.usual import FAR_OFF, above_usual, below_usual, too_high
from core.run import Run
from core.words import short

FEW_WEIGHTS = 0.1
SMALL_BATCH = 4
MUCH_DECAY, PULL = 0.01, 0.3


def _no_relu(run: Run) -> str:
    if run.experiment.activation == "relu":
        return without_hidden_layers(run)
    return without_hidden_layers(run) or f"{run.experiment.activation} has a slope below 0 too"


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
        return finding(run, sentence, filled_gaps(run) or scaled_features(run), **evidence)
    if step == 0:
        sentence += ", before the first update: no learning rate has had a say."
        return finding(run, sentence, let_through(run) if e.depth else scaled_features(run), **evidence)
    layer, grown = _largest(run)
    blame = f"{too_high(run)[0].upper()}{too_high(run)[1:]}."
    if above_usual(run) <= 1:
        blame = f"No other cause is seen than the learning rate {short(e.learning_rate)}."
    return finding(
        run,
        f"{sentence}.{grown}",
        shorter_steps(run),
        layer=layer,
        otherwise=f" {blame}",
        stands=above_usual(run) > FAR_OFF,
        **evidence,
    )


def _largest(run: Run) -> tuple[int | None, str]:
    """The hidden layer with the largest numbers when they were last finite, and a sentence on it."""
    probe, name = "activation_std", "spread of the activations over samples"
    if run.experiment.batchnorm:
        probe, name = "weight_norm", "norm of the weights"
    sizes = run.probes[probe]
    known = np.flatnonzero(np.isfinite(sizes).all(axis=1))
    if not sizes.size or not len(known):
        return None, ""
    layer, last = int(sizes[known[-1]].argmax()), int(known[-1])
    start = f", {short(sizes[0, layer])} at the start" if last else ""
    return layer + 1, (
        f" When last measured and finite, at step {run.at[last]}, the {name} was largest in layer "
        f"{layer + 1}: {short(sizes[last, layer])}{start}."
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
    return _dead(run) if _at_the_start(run) == 1 else None


BORN_DEAD = Rule(
    born_dead,
    "Dead units",
    fires_on=SHALLOW.but(bias=-5),
    source="Amazon SageMaker Debugger, DeadRelu; Lu et al. 2020",
    idle=_no_relu,
)


def dead(run: Run) -> Finding | None:
    """Most ReLU units of a layer are dead at the end, and no layer was so before the first step."""
    return _dead(run) if _at_the_start(run) < 1 else None


def _at_the_start(run: Run) -> float:
    """The largest share of units of a layer that is dead before the first step."""
    return float(run.probes["dead_fraction"][0].max())


def _dead(run: Run) -> Finding | None:
    """Most ReLU units of a layer are at or below 0 on the whole training set, the same twice in a row."""
    e, silent = run.experiment, run.active_fraction[: run.last + 1] == 0
    lasting = silent[-2:].all(axis=0)
    layer = int(lasting.sum(axis=1).argmax())
    count, units = int(lasting[layer].sum()), lasting[layer]
    heard = e.batchnorm and run.probes["weight_grad_norm"][run.last, layer] > 0 and count == e.width
    if len(silent) < 2 or not count > MOST_UNITS * e.width or heard:
        return None
    since = int(died_at(run)[layer][units].max())
    where, born = ", and no gradient passes them", silent[0].mean(axis=1).max() > MOST_UNITS
    if e.batchnorm or (e.dropout and layer):
        where = " in evaluation mode"
    if not born and above_usual(run) > 1:
        where += f"; {too_high(run)}"
    return finding(
        run,
        f"{count} of {e.width} units of layer {layer + 1} {'is' if count == 1 else 'are'} at or below 0 on "
        f"every training sample, "
        f"whenever measured since step {since}{where}; {outcome(run)}.",
        let_through(run) if born else shorter_steps(run),
        "critical" if count == e.width else "warning",
        quantity="share of dead units",
        measured=count / e.width,
        threshold=MOST_UNITS,
        layer=layer + 1,
        step=since,
    )


DEAD = Rule(
    dead,
    "Dead units",
    fires_on=SHALLOW.but(depth=2, learning_rate=3),
    source="Amazon SageMaker Debugger, DeadRelu; Lu et al. 2020",
    idle=_no_relu,
)


def decayed(run: Run) -> Finding | None:
    """Weight decay has taken most of a layer's weights, or pulls as hard as the loss in the end."""
    e, norms = run.experiment, run.probes["weight_norm"][[0, run.last]]
    shares = [ratio(last, first) for first, last in norms.T]
    layer = int(np.argmin(shares))
    gradient = run.probes["weight_grad_norm"][run.last]
    pull = float(np.median([ratio(e.weight_decay * w, g) for w, g in zip(norms[1], gradient, strict=True)]))
    if shares[layer] < FEW_WEIGHTS:
        what = f"leaves {percent(shares[layer])} of the norm of the weights of layer {layer + 1}"
        evidence = dict(
            quantity="norm of the weights, end over start", measured=shares[layer], threshold=FEW_WEIGHTS
        )
    elif (
        e.weight_decay >= MUCH_DECAY
        and PULL < pull < np.inf
        and below_usual(run) <= 1
        and harm(run) != "note"
    ):
        what = f"pulls the weights of a middling layer {short(pull)} times as hard as the loss does"
        evidence = dict(
            quantity="weight decay times weights, over the gradient", measured=pull, threshold=PULL
        )
        layer = None
    else:
        return None
    return finding(
        run,
        f"Weight decay {short(e.weight_decay)} {what}; {outcome(run)}.",
        no_decay(run),
        layer=None if layer is None else layer + 1,
        step=int(run.at[run.last]),
        **evidence,
    )


DECAYED = Rule(
    decayed,
    "Weights decayed away",
    fires_on=SHALLOW.but(weight_decay=1),
    source="Krogh & Hertz 1991",
    idle=lambda run: (
        without_hidden_layers(run) or ("" if run.experiment.weight_decay else "there is no weight decay")
    ),
)


def small_batch_norm(run: Run) -> Finding | None:
    """The run fails with batch normalization over batches too small for mean and deviation."""
    e = run.experiment
    if e.batch > SMALL_BATCH or harm(run) == "note":
        return None
    return finding(
        run,
        f"Batch normalization takes mean and deviation from {e.batch} samples, so that what a sample becomes "
        f"depends on chance; {outcome(run)}.",
        larger_batches(run),
        quantity="samples in a batch",
        measured=float(e.batch),
        threshold=float(SMALL_BATCH),
    )


SMALL_BATCH_NORM = Rule(
    small_batch_norm,
    "Batches too small for batch normalization",
    fires_on=SHALLOW.but(batchnorm=True, batch_size=2),
    source="Ioffe 2017, Batch Renormalization; Wu & He 2018, Group Normalization, section 1",
    idle=lambda run: (
        without_hidden_layers(run) or ("" if run.experiment.batchnorm else "there is no batch normalization")
    ),
)
