"""Chaos: from which step on a training goes elsewhere when next to nothing is changed, and how to say so."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.diagnosis.numbers import final_loss
from core.run import Run
from core.words import share, two_digits
from core.work import WORK_LIMIT, work

TWINS, NUDGE = 3, 1e-7
ROUNDING = {"float32": 1e-6, "float64": 2e-15}
"""Relative changes of the first weights that outdo rounding in another order: some 16 units of rounding."""
AGREE, ELSEWHERE, OFTEN = 0.01, 0.05, 0.1
NOTHING = 1e-10
"""Of the loss of guessing: what differs below it is rounding, not another course."""


@dataclass(frozen=True)
class Sensitivity:
    """What twins of a run say about it; see `core.engine.twin`.

    script_leaves: the first step whose loss rounding in another order may change by more than 1 %; the
        number of steps if there is none.
    leaves: the first step whose loss a NUDGE changes by more than 1 %.
    chaotic: whether one of the nudged twins takes another course, see `elsewhere`.
    end, diverged_at: of the twin that ends furthest from the run, its training loss or else its last step.
    """

    script_leaves: int
    leaves: int
    chaotic: bool
    end: float
    diverged_at: int | None


def apart(a, b, least: float = 0) -> np.ndarray:
    """By how much the larger of two losses is above the smaller, as a share of the smaller.

    Losses below `least` count as that. inf where one of them alone is finite, 0 where neither is.
    """
    a, b = (np.asarray(losses, dtype=float) for losses in (a, b))
    finite = np.isfinite(a).astype(int) + np.isfinite(b)
    low, high = (np.maximum(pick(a, b), least) for pick in (np.minimum, np.maximum))
    with np.errstate(all="ignore"):
        return np.select([(finite == 0) | (low == high), finite == 1], [0.0, np.inf], high / low - 1)


def first_apart(run: Run, others: list[Run]) -> int:
    """The first step at which any of them is more than 1 % away from the run; the number of steps if none."""
    away = np.array([apart(run.loss, other.loss) > AGREE for other in others]).any(axis=0)
    return int(np.argmax(away)) if away.any() else len(away)


def elsewhere(run: Run, twin: Run) -> bool:
    """Whether the twin takes another course: its loss is more than 5 % off at more than a tenth of all steps.

    So a spike is not chaos, nor is a divergence some steps sooner or later.
    """
    alive = np.isfinite(run.loss) | np.isfinite(twin.loss)
    away = apart(run.loss, twin.loss, NOTHING * run.chance)[alive] > ELSEWHERE
    return bool(away.sum() > OFTEN * len(away))


def sensitivity(run: Run, tick: Callable[[float], None] | None = None) -> Sensitivity:
    """Train twins of this run and compare their losses with its own, step by step.

    Another processor, or plain PyTorch, adds in another order and so rounds otherwise, at every step. Twins
    stand for that, with a larger change before the first step: in training such changes can grow
    exponentially (Herrmann et al. 2022).
    """
    from core.engine.twin import twins

    e = run.experiment
    count = int(min(TWINS, WORK_LIMIT // work(e)))
    rounding = ROUNDING[e.precision]
    rounded, others = (twins(e, size, count, tick) for size in (rounding, NUDGE))
    furthest = max(others, key=lambda twin: apart(final_loss(run), final_loss(twin)))
    return Sensitivity(
        script_leaves=first_apart(run, rounded + others * (rounding >= NUDGE)),
        leaves=first_apart(run, others),
        chaotic=any(elsewhere(run, twin) for twin in others),
        end=final_loss(furthest),
        diverged_at=furthest.diverged_at,
    )


def of_script(run: Run, found: Sensitivity) -> str:
    """How long page and script have the same losses, as a sentence."""
    size = share(ROUNDING[run.experiment.precision])
    how = f"Measured on copies whose first weights differ by {size}; rounding is less."
    agree = "Page and script agree to 1 % in the loss of every step"
    if found.script_leaves == len(run.loss):
        end = "" if run.diverged_at is None else f", up to the divergence at step {run.diverged_at}"
        return f"{agree}{end}. {how}"
    if not found.script_leaves:
        return f"Rounding alone can set page and script more than 1 % apart from the first loss on. {how}"
    return f"{agree} before step {found.script_leaves}; from there on rounding may part them. {how}"


def _end(run: Run, found: Sensitivity) -> str:
    ends, end = two_digits(final_loss(run)), two_digits(found.end)
    if found.diverged_at is None and run.diverged_at is None:
        if end == ends:
            return f"takes another course, though it too ends at a training loss of {ends}"
        return f"ends at a training loss of {end}, not {ends}"
    if found.diverged_at is None:
        return f"ends at a training loss of {end}; this run diverges at step {run.diverged_at}"
    if run.diverged_at is None:
        return f"diverges at step {found.diverged_at}; this run ends at a training loss of {ends}"
    if found.diverged_at == run.diverged_at:
        return f"takes another course, though it too diverges at step {run.diverged_at}"
    return f"diverges at step {found.diverged_at}, not {run.diverged_at}"


def of_run(run: Run, found: Sensitivity) -> str:
    """What a twin of a chaotic run does, as a sentence; nothing of a calm one."""
    if not found.chaotic:
        return ""
    return (
        f"**Chaotic from step {found.leaves} on**: a copy whose first weights differ by {share(NUDGE)} "
        f"{_end(run, found)}."
    )


def of_seeds(runs: list[Run]) -> str:
    """How the same training ends over seeds, as a sentence: what can be said where one end says little."""
    ends = [final_loss(run) for run in runs if run.diverged_at is None]
    if not ends:
        return f"Over {len(runs)} seeds every run diverges."
    low, middle, high = (two_digits(f(ends)) for f in (np.min, np.median, np.max))
    lost = len(runs) - len(ends)
    which = f"{lost} of {len(runs)} runs diverge{'s' * (lost == 1)}; in the others " if lost else ""
    loss = f"the training loss at the end has the median {middle}, from {low} to {high}."
    return f"Over {len(runs)} seeds {which}{loss}"
