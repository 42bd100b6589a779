"""Rule and Finding: what one rule saw in a Run, how much harm it does, and what cures it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.diagnosis.measures import final_loss, short
from core.diagnosis.remedies import Remedy
from core.experiment import Experiment
from core.run import Run

SEVERITIES = ("critical", "warning", "note")
LITTLE, HALF = 0.9, 0.5
ENOUGH_STEPS = 30


@dataclass(frozen=True)
class Finding:
    """`measured` is beyond `threshold`, both in the unit of `quantity`. Layers count from 1, steps from 0.

    severity: critical or warning where the network fails, note where it learns all the same.
    remedies: one changed setting each, all different; a note has none.
    otherwise: the rest of the sentence where no other rule explains what this one sees.
    rule, title, source: of the Rule that found it, filled in by core.diagnosis.rules.
    """

    severity: str
    sentence: str
    quantity: str
    measured: float
    threshold: float
    layer: int | None = None
    step: int | None = None
    remedies: tuple[Remedy, ...] = ()
    otherwise: str = ""
    rule: str = ""
    title: str = ""
    source: str = ""


@dataclass(frozen=True)
class Rule:
    """`find(run)` is a Finding or None, `fires_on` an experiment that shows it.

    hidden: it looks at hidden layers, and is not asked where there are none.
    stays: it is shown beside its cause too, then without conclusion and remedies.
    """

    find: Callable[[Run], Finding | None]
    title: str
    fires_on: Experiment
    source: str
    hidden: bool = False
    stays: bool = False

    @property
    def name(self) -> str:
        """That of the function."""
        return self.find.__name__


DEEP = Experiment(depth=10, samples=256, steps=150)
SHALLOW = DEEP.but(depth=4)


def remaining(run: Run) -> float:
    """Share of the loss of the best constant answer that is left at the end; inf for a diverged run."""
    return ratio(final_loss(run), run.chance)


def harm(run: Run) -> str:
    """Severity by outcome: critical if more than 9/10 of the loss of guessing are left, warning above half.

    Else, and in a run too short to tell, it is a note.
    """
    if run.diverged_at is None and run.experiment.steps < ENOUGH_STEPS:
        return "note"
    left = remaining(run)
    return "critical" if left > LITTLE else "warning" if left > HALF else "note"


def outcome(run: Run) -> str:
    """How the training ended, as the second half of a sentence."""
    loss, steps = short(final_loss(run)), run.experiment.steps
    if run.diverged_at is not None:
        return f"the training diverges at step {run.diverged_at}"
    if remaining(run) <= HALF:
        return f"the network learns all the same: the loss falls to {loss}"
    if steps < ENOUGH_STEPS:
        return "the training is too short to see what follows"
    return f"after {steps} steps the loss is {loss}, where guessing gives {short(run.chance)}"


def finding(
    run: Run, sentence: str, remedies: Sequence[Remedy] = (), worst: str = "critical", **evidence: Any
) -> Finding:
    """A Finding as severe as the outcome, but not above `worst`; of equal remedies the first is kept."""
    severity = max(harm(run), worst, key=SEVERITIES.index)
    changes = [remedy.change for remedy in remedies]
    kept = (r for i, r in enumerate(remedies) if severity != "note" and r.change not in changes[:i])
    return Finding(severity, sentence, remedies=tuple(kept), **evidence)


def ratio(a: float, b: float) -> float:
    """a / b; inf or NaN where b is 0."""
    with np.errstate(all="ignore"):
        return float(np.float64(a) / np.float64(b))
