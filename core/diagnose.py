"""RULES: each finds one thing that is wrong with a Run; a Finding names the evidence and what cures it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.experiment import Experiment
from core.measures import final_loss, first_over_last, short
from core.remedies import (
    Remedy,
    bounded_steps,
    let_through,
    rescaled_gradients,
    resized_steps,
    scaled_features,
)
from core.run import Run

SEVERITIES = ("critical", "warning", "note")
ENOUGH_STEPS = 30


@dataclass(frozen=True)
class Finding:
    """What one rule found. `measured` is beyond `threshold`, both in the unit of `quantity`; layers count from 1.

    severity: critical or warning where the network fails to learn, note where it learns all the same.
    """

    rule: str
    severity: str
    sentence: str
    quantity: str
    measured: float
    threshold: float
    layer: int | None = None
    step: int | None = None
    remedies: tuple[Remedy, ...] = ()

    @property
    def title(self) -> str:
        """What is wrong, in two or three words."""
        return _rule(self.rule).title

    @property
    def source(self) -> str:
        """Where the rule comes from."""
        return _rule(self.rule).source


@dataclass(frozen=True)
class Rule:
    """`find(run)` is a Finding or None. `unless` names the rules that explain what this one sees.

    fires_on: an experiment that shows it.
    """

    name: str
    title: str
    find: Callable[[Run], Finding | None]
    fires_on: Experiment
    source: str
    unless: tuple[str, ...] = ()


def remaining(run: Run) -> float:
    """Share of the loss of the best constant answer that is left after the last step; inf if the run diverged."""
    return final_loss(run) / run.chance


def harm(run: Run) -> str:
    """How badly the run failed: critical if it learned next to nothing, note if it learned or had no time to."""
    if run.diverged_at is None and run.experiment.steps < ENOUGH_STEPS:
        return "note"
    left = remaining(run)
    return "critical" if left > 0.9 else "warning" if left > 0.5 else "note"


def _outcome(run: Run) -> str:
    if run.diverged_at is not None:
        return f"the training diverges at step {run.diverged_at}"
    if harm(run) == "note":
        return f"the network learns all the same: the loss falls to {short(final_loss(run))}"
    return (
        f"after {run.experiment.steps} steps the loss is {short(final_loss(run))}, "
        f"where guessing gives {short(run.chance)}"
    )


def _finding(run: Run, rule: str, sentence: str, severity: str = "", remedies=(), **evidence) -> Finding:
    severity = severity or harm(run)
    return Finding(rule, severity, sentence, remedies=() if severity == "note" else remedies, **evidence)


def _ratio(a, b) -> float:
    with np.errstate(all="ignore"):
        return float(np.float64(a) / np.float64(b))


def non_finite(run: Run) -> Finding | None:
    """The loss became infinite or NaN; the run ended there."""
    step = run.diverged_at
    if step is None:
        return None
    probe, what = ("weight_norm", "norm") if run.experiment.batchnorm else ("activation_std", "standard deviation")
    sizes = np.nan_to_num(run.probes[probe][: run.last + 1], nan=np.inf)
    layer, loss = int(sizes[-1].argmax()), float(run.loss[step])
    things = "weights" if run.experiment.batchnorm else "activations"
    start = f", {short(sizes[0, layer])} at the start" if run.last else ""
    return _finding(
        run,
        "non_finite",
        f"The loss is {short(loss)} at step {step}. Largest before, at step {run.at[run.last]}, are the {things} "
        f"of layer {layer + 1}: their {what} is {short(sizes[-1, layer])}{start}.",
        quantity="loss",
        measured=loss,
        threshold=float(np.finfo(run.experiment.precision).max),
        layer=layer + 1,
        step=step,
        remedies=() if unscaled(run) or exploding(run) else resized_steps(run),
    )


def unscaled(run: Run) -> Finding | None:
    """Features far from unit size. Batch normalization makes up for them in its first layer."""
    size = run.input_mean_square**0.5
    if 0.1 <= size <= 3 or run.experiment.batchnorm:
        return None
    return _finding(
        run,
        "unscaled",
        f"The features have a root mean square of {short(size)}; initial weights are made for about 1, and "
        f"{_outcome(run)}.",
        quantity="root mean square of the features",
        measured=size,
        threshold=3 if size > 3 else 0.1,
        remedies=scaled_features(run),
    )


def no_gradient(run: Run) -> Finding | None:
    """All weights zero, or every unit dropped: no weight of a hidden layer gets a gradient."""
    gradient, e = float(run.probes["weight_grad_norm"][0].max()), run.experiment
    weights = float(run.probes["weight_norm"][0].max())
    if gradient or (weights and e.dropout < 1):
        return None
    cause = "All weights start at 0" if not weights else "Dropout 1 drops every unit"
    return _finding(
        run,
        "no_gradient",
        f"{cause}, so no hidden weight gets a gradient: {_outcome(run)}.",
        quantity="norm of the largest weight gradient",
        measured=gradient,
        threshold=0.0,
        step=0,
        remedies=let_through(run) if not weights else (),
    )


def exploding(run: Run) -> Finding | None:
    """Before the first step, activations grow from layer to layer, or the error signal does on its way back."""
    std, layers = run.probes["activation_std"][0], run.experiment.depth
    forward, backward = _ratio(std[-1], std[0]), first_over_last(run)
    if run.experiment.activation in ("sigmoid", "tanh"):
        forward = 1.0
    if not (forward > 10 or backward > 100):
        return None
    if forward > 10:
        measured, threshold, layer, quantity = forward, 10, layers, "activation std, last over first layer"
        what = f"the activations of layer {layers} are {short(forward)} times those of layer 1"
    else:
        measured, threshold, layer, quantity = backward, 100, 1, "error signal, first over last layer"
        what = f"layer 1 receives {short(backward)} times the error signal of layer {layers}"
    per_layer = short(measured ** (1 / (layers - 1)))
    return _finding(
        run,
        "exploding",
        f"Before the first step {what}, ×{per_layer} per layer; {_outcome(run)}.",
        quantity=quantity,
        measured=measured,
        threshold=threshold,
        layer=layer,
        step=0,
        remedies=let_through(run) + bounded_steps(run, max(forward, backward)),
    )


def dead(run: Run) -> Finding | None:
    """ReLU units at or below 0 on the whole training set in the last two measurements: no gradient reaches them."""
    e, now = run.experiment, run.last
    if e.activation != "relu" or now == 0:
        return None
    shares = run.probes["dead_fraction"][: now + 1]
    layer = int(shares[-2:].min(axis=0).argmax())
    share = float(shares[-2:, layer].min())
    if share <= 0.5 or (share < 1 and vanishing(run)):
        return None
    alive = np.flatnonzero(shares[:, layer] < share)
    first = int(run.at[alive[-1] + 1]) if len(alive) else 0
    count = f"All {e.width}" if share == 1 else f"{round(share * e.width)} of {e.width}"
    severity = harm(run)
    if severity == "critical" and share < 1:
        severity = "warning"
    return _finding(
        run,
        "dead",
        f"{count} units of layer {layer + 1} are at or below 0 on every training sample since step {first}: "
        f"nothing flows back through them, and {_outcome(run)}.",
        severity,
        quantity="share of dead units",
        measured=share,
        threshold=0.5,
        layer=layer + 1,
        step=first,
        remedies=resized_steps(run) if shares[0].max() <= 0.5 else let_through(run),
    )


def saturated(run: Run) -> Finding | None:
    """Before the first step, most units of a layer sit where the slope of sigmoid or tanh is near 0."""
    e, shares = run.experiment, run.probes["saturated_fraction"][0]
    layer = int(shares.argmax())
    if e.activation not in ("sigmoid", "tanh") or not shares[layer] > 0.5:
        return None
    return _finding(
        run,
        "saturated",
        f"Before the first step {short(100 * shares[layer])} % of the units in layer {layer + 1} are saturated: "
        f"{e.activation} is flat there, and {_outcome(run)}.",
        quantity="share of saturated units",
        measured=float(shares[layer]),
        threshold=0.5,
        layer=layer + 1,
        step=0,
        remedies=let_through(run),
    )


def vanishing(run: Run) -> Finding | None:
    """Before the first step the error signal is lost on its way back."""
    ratio, layers = first_over_last(run), run.experiment.depth
    if not ratio < 0.01:
        return None
    return _finding(
        run,
        "vanishing",
        f"Layer 1 receives {short(ratio)} of the error signal that layer {layers} receives, "
        f"×{short(ratio ** (1 / (layers - 1)))} per layer; {_outcome(run)}.",
        quantity="error signal, first over last layer",
        measured=ratio,
        threshold=0.01,
        layer=1,
        step=0,
        remedies=let_through(run) + rescaled_gradients(run),
    )


def too_fast(run: Run) -> Finding | None:
    """Updates of a hidden layer above a tenth of its weights, or a loss that rises, in a run that fails."""
    updates = run.probes["update_ratio"][: run.last + 1]
    at, layer = (int(i) for i in np.unravel_index(np.nan_to_num(updates).argmax(), updates.shape))
    largest, rise = float(updates[at, layer]), _ratio(np.nanmax(run.loss), run.loss[0])
    if run.diverged_at is not None or harm(run) == "note" or not (largest > 0.1 or rise > 2):
        return None
    fast = largest > 0.1
    what = (
        f"One update changes the weights of layer {layer + 1} by {short(100 * largest)} %"
        if fast
        else f"The loss rises to {short(rise)} times its start"
    )
    return _finding(
        run,
        "too_fast",
        f"{what}: the learning rate {short(run.experiment.learning_rate)} is too high, and {_outcome(run)}.",
        quantity="update over weights" if fast else "highest loss over the first",
        measured=largest if fast else rise,
        threshold=0.1 if fast else 2,
        layer=layer + 1 if fast else None,
        step=int(run.at[at]) if fast else int(np.nanargmax(run.loss)),
        remedies=resized_steps(run),
    )


def too_slow(run: Run) -> Finding | None:
    """Updates so small that the loss hardly falls."""
    update = float(np.median(run.probes["update_ratio"]))
    tail = max(1, len(run.loss) // 10)
    fell = 1 - _ratio(run.loss[-tail:].mean(), run.loss[:tail].mean())
    if harm(run) == "note" or not (0 < update < 1e-4 and fell < 0.1):
        return None
    return _finding(
        run,
        "too_slow",
        f"A typical update changes the weights by {short(100 * update)} %: the learning rate "
        f"{short(run.experiment.learning_rate)} is too low, and {_outcome(run)}.",
        "warning",
        quantity="update over weights",
        measured=update,
        threshold=1e-4,
        remedies=resized_steps(run),
    )


DEEP = Experiment(depth=10, steps=150, samples=256)
SHALLOW = DEEP.but(depth=4)
RULES = (
    Rule(
        "non_finite",
        "Not a number",
        non_finite,
        SHALLOW.but(dataset="curve", learning_rate=1),
        "AUTOTRAINER (Zhang et al. 2021); Amazon SageMaker Debugger, ExplodingTensor",
    ),
    Rule(
        "unscaled",
        "Unscaled features",
        unscaled,
        SHALLOW.but(input_scale=1000),
        "UMLAUT (Schoop et al. 2021); LeCun et al. 1998, Efficient BackProp, section 4.3",
    ),
    Rule(
        "no_gradient",
        "No gradient at all",
        no_gradient,
        SHALLOW.but(init="zeros"),
        "Goodfellow, Bengio & Courville 2016, Deep Learning, section 8.4",
    ),
    Rule(
        "exploding",
        "Exploding signals",
        exploding,
        DEEP.but(gain=2.5),
        "Pascanu, Mikolov & Bengio 2013; Poole et al. 2016",
    ),
    Rule(
        "dead",
        "Dead units",
        dead,
        SHALLOW.but(bias=-5),
        "Amazon SageMaker Debugger, DeadRelu; Lu et al. 2020",
        unless=("non_finite", "unscaled", "no_gradient", "exploding"),
    ),
    Rule(
        "saturated",
        "Saturated units",
        saturated,
        SHALLOW.but(activation="tanh", init="xavier", bias=5),
        "Glorot & Bengio 2010; DeepDiagnosis (Wardat et al. 2022)",
        unless=("unscaled", "exploding"),
    ),
    Rule(
        "vanishing",
        "Vanishing gradients",
        vanishing,
        DEEP.but(activation="sigmoid", init="xavier"),
        "Glorot & Bengio 2010; AUTOTRAINER (Zhang et al. 2021)",
        unless=("non_finite", "unscaled", "no_gradient", "exploding", "dead", "saturated"),
    ),
    Rule(
        "too_fast",
        "Learning rate too high",
        too_fast,
        SHALLOW.but(learning_rate=10),
        "Karpathy 2022, makemore part 3; TheDeepChecker (Ben Braiek & Khomh 2022)",
        unless=("unscaled", "exploding", "saturated", "vanishing"),
    ),
    Rule(
        "too_slow",
        "Learning rate too low",
        too_slow,
        SHALLOW.but(learning_rate=1e-5),
        "Karpathy 2022, makemore part 3; TheDeepChecker (Ben Braiek & Khomh 2022)",
        unless=("unscaled", "no_gradient", "exploding", "dead", "saturated", "vanishing", "too_fast"),
    ),
)
"""In the order of cause and effect."""


def _rule(name: str) -> Rule:
    return next(rule for rule in RULES if rule.name == name)


def diagnose(run: Run) -> list[Finding]:
    """What is wrong with this run, the most severe first; what only follows from another finding is left out."""
    found = {}
    for rule in RULES:
        if not found.keys() & rule.unless and (finding := rule.find(run)):
            found[rule.name] = finding
    return sorted(found.values(), key=lambda finding: SEVERITIES.index(finding.severity))


def helped(before: Run, after: Run) -> bool:
    """Whether the training loss ended at less than half, and clearly below guessing."""
    return remaining(after) < 0.9 and final_loss(after) < final_loss(before) / 2


def _ending(run: Run) -> str:
    if run.diverged_at is not None:
        return f"the training diverges at step {run.diverged_at}"
    return f"the training loss ends at {short(final_loss(run))}"


def cured(before: Run, after: Run) -> str:
    """Whether a change of settings helped, in words: how both runs ended, and which findings went, stayed or came."""
    worse = final_loss(after) > 2 * final_loss(before)
    verdict = "Helped" if helped(before, after) else "Made it worse" if worse else "Did not help"
    was, now = ([f.title for f in diagnose(run) if f.severity != "note"] for run in (before, after))
    changes = {
        "Gone": [title for title in was if title not in now],
        "Still there": [title for title in was if title in now],
        "New": [title for title in now if title not in was],
    }
    sentences = [f"{verdict}: {_ending(after)}; before, {_ending(before)}."]
    sentences += [f"{word}: {', '.join(titles).lower()}." for word, titles in changes.items() if titles]
    return " ".join(sentences)
