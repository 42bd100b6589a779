"""Rule and Finding: what one rule saw in a Run, how much harm it does, and what cures it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.diagnosis.capacity import ENOUGH_STEPS
from core.diagnosis.numbers import final_loss, ratio
from core.diagnosis.reference import ROWS, reference
from core.diagnosis.remedies import Remedy
from core.diagnosis.skill import in_words, skill
from core.experiment import Experiment
from core.run import Run
from core.words import two_digits

SEVERITIES = ("critical", "warning", "note")
HALF, LITTLE = 0.5, 0.9
WORTH = 0.2
BETTER = 0.9
STILL, EVEN, HARDLY, BIT = 0.93, 0.1, 0.3, 0.002


@dataclass(frozen=True)
class Finding:
    """`measured` is beyond `threshold`, both in the unit of `quantity`. Layers count from 1, steps from 0.

    severity: critical or warning where the network fails, note where it learns all the same.
    remedies: one changed setting each, all different; a note has none.
    stands: it is shown beside what else might explain it.
    otherwise: the rest of the sentence where no other rule explains what this one sees.
    table: what it was read off, as rows of named cells, where one number does not say it.
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
    stands: bool = False
    table: tuple[dict[str, Any], ...] = ()
    rule: str = ""
    title: str = ""
    source: str = ""


def always(run: Run) -> str:
    """The rule can be asked of every run."""
    return ""


@dataclass(frozen=True)
class Rule:
    """`find(run)` is a Finding or None, `fires_on` an experiment that shows it.

    idle: why this run does not let the rule be asked, "" where it does.
    harms: what it does harm to, the share of what guessing loses that is left: `remaining` or `kept_back`.
    stays: it is shown beside its cause too, then without conclusion and remedies.
    """

    find: Callable[[Run], Finding | None]
    title: str
    fires_on: Experiment
    source: str
    idle: Callable[[Run], str] = always
    harms: Callable[[Run], float] | None = None
    stays: bool = False

    @property
    def name(self) -> str:
        """That of the function."""
        return self.find.__name__

    def quantity(self, run: Run) -> float:
        """What a remedy has to halve."""
        return (self.harms or remaining)(run)


DEEP = Experiment(depth=10, samples=256, steps=150)
SHALLOW = DEEP.but(depth=4)


def remaining(run: Run) -> float:
    """Share of the loss of the best constant answer that is left at the end; inf for a diverged run."""
    return ratio(final_loss(run), run.chance)


def kept_back(run: Run) -> float:
    """The same for held-out data; inf for a diverged run."""
    loss = float(run.test_loss[-1])
    return ratio(loss, run.chance) if np.isfinite(loss) else np.inf


def unlearned(run: Run) -> float:
    """Share of what can be learned, by core.diagnosis.reference, that was not; inf for a diverged run.

    The better of training and held-out data counts; a tenth of what guessing loses is always worth learning.
    The reference excuses nothing where the network, which saw more rows, does better, nor held out where it
    fails there itself.
    """
    left = remaining(run)
    if left <= WORTH or not np.isfinite(left) or (known := reference(run.experiment)) is None:
        return left
    if run.experiment.samples > ROWS and kept_back(run) < BETTER * known.held_out:
        return left
    shares = [(left, known.train)]
    if known.held_out < known.train + WORTH:
        shares.append((kept_back(run), known.held_out))
    return max(0.0, min((left - floor) / max(1 - floor, 0.1) for left, floor in shares))


def three_quarters(run: Run) -> int:
    """The snapshot nearest to three quarters of the steps, but for the last."""
    return int(np.abs(run.at[:-1] - 0.75 * run.experiment.steps).argmin())


def falling(run: Run) -> float:
    """How far the training loss falls from three quarters of the steps on, over guessing; 0 if little, or
    where it was not measured between half and the end."""
    if run.at[three_quarters(run)] < HALF * run.experiment.steps:
        return 0.0
    e, end = run.experiment, final_loss(run)
    before, start = (float(run.train_loss[i]) for i in (three_quarters(run), 0))
    fall, fallen = before - end, min(start, run.chance) - end
    moved = np.max(run.probes["weight_moved"][run.last], initial=0) if e.depth else np.inf
    much = fall > (1 - STILL) * before or fall > max(EVEN * fallen, 0.01 * run.chance)
    return ratio(fall, run.chance) if fall > BIT * run.chance and (much or moved < HARDLY) else 0.0


def harm(run: Run) -> str:
    """Severity by what a remedy would leave; in a run too short to tell it is a note."""
    return "note" if short_run(run) else severity(run)


def severity(run: Run) -> str:
    """critical if more than 9/10 of what can be learned was not, and no more held-out samples get their right
    class than by guessing; a warning above 1/5; else a note."""
    missing = unlearned(run)
    if missing > LITTLE:
        return "warning" if skill(run) else "critical"
    return "warning" if missing > WORTH else "note"


def short_run(run: Run) -> bool:
    """Whether the run ended before anything can be said, without having thrown its loss away."""
    risen = final_loss(run) > max(float(run.train_loss[0]), run.chance)
    return run.diverged_at is None and run.experiment.steps < ENOUGH_STEPS and not risen


def outcome(run: Run) -> str:
    """How the training ended, as the second half of a sentence."""
    loss, steps = two_digits(final_loss(run)), run.experiment.steps
    count = f"{steps} step{'s' * (steps > 1)}"
    if run.diverged_at is not None:
        return f"the training diverges at step {run.diverged_at}"
    if short_run(run):
        return "the training is too short to see what follows"
    if remaining(run) <= HALF and harm(run) == "note":
        return f"the network learns all the same: the loss ends at {loss}"
    text = f"after {count} the loss is {loss}, where guessing gives {two_digits(run.chance)}"
    known = skill(run) if unlearned(run) > LITTLE else None
    return f"{text}, {in_words(run, known)}" if known else text


def finding(
    run: Run, sentence: str, remedies: Sequence[Remedy] = (), worst: str = "critical", **evidence: Any
) -> Finding:
    """A Finding as severe as the outcome, but not above `worst`; of equal remedies the first is kept."""
    severe = max(harm(run), worst, key=SEVERITIES.index)
    changes = [remedy.change for remedy in remedies]
    kept = (r for i, r in enumerate(remedies) if severe != "note" and r.change not in changes[:i])
    return Finding(severe, sentence, remedies=tuple(kept), **evidence)


def broken_off(run: Run) -> str:
    """Why the end of a run cannot be judged."""
    return "" if run.diverged_at is None else "the training diverged"


def not_finite(run: Run) -> str:
    """Why the features say nothing."""
    return "" if np.isfinite(run.input_mean_square) else "not every feature is a finite number"


def without_hidden_layers(run: Run) -> str:
    """Why a rule on hidden layers cannot be asked."""
    return "" if run.experiment.depth else "there is no hidden layer"


def with_one_layer(run: Run) -> str:
    """Why a rule on the way between hidden layers cannot be asked."""
    return "" if run.experiment.depth > 1 else without_hidden_layers(run) or "there is one hidden layer"
