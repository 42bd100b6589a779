"""Remedies that change how much a network can learn: units, steps, dropout, weight decay, batches."""

from core.diagnosis.remedies import WIDE, Remedy, offer
from core.diagnosis.usual import steady_rate
from core.run import Run

MANY_STEPS, ENOUGH_STEPS = 5000, 30
DECAY = 0.01


def less_dropout(run: Run) -> tuple[Remedy, ...]:
    """Most units stay."""
    return tuple(offer(run, "Four of five units stay at every step.", dropout=0.2))


def more_steps(run: Run) -> tuple[Remedy, ...]:
    """Four times as many steps and 500 at least, or as many as are possible."""
    e, why = run.experiment, "The loss is still on its way down."
    for steps in (max(500, 4 * e.steps), 4 * e.steps, 2 * e.steps):
        if found := offer(run, why, steps=min(steps, MANY_STEPS)):
            return tuple(found)
    return ()


def more_units(run: Run) -> tuple[Remedy, ...]:
    """Four times as many units, and 32 at least."""
    width = max(WIDE, 4 * run.experiment.width)
    return tuple(offer(run, "More units can bend the answer in more places.", width=width))


def without_dropout(run: Run) -> tuple[Remedy, ...]:
    """No dropout; in a wide layer, or a little."""
    found = offer(run, "Every unit takes part at every step.", dropout=0.0)
    if run.experiment.width >= WIDE:
        found += offer(run, "Nine of ten units stay at every step.", dropout=0.1)
    return tuple(found)


def larger_batches(run: Run) -> tuple[Remedy, ...]:
    """Batches large enough for a mean and a deviation."""
    why = "Mean and deviation of a batch then are close to those of all samples."
    found = offer(run, why, batch_size=0)
    return tuple(found + (offer(run, why, batch_size=64) if run.experiment.samples > 64 else []))


def one_mode(run: Run, table: tuple[dict, ...]) -> tuple[Remedy, ...]:
    """What brings evaluation mode close to training mode: less of what only training has."""
    e, blamed = run.experiment, {row["switch"] for row in table}
    found, steady = [], steady_rate(run)
    if "batch" in blamed and e.steps < ENOUGH_STEPS:
        why = "A running mean forgets its start by a factor of 0.9 a step (Ioffe & Szegedy 2015)."
        found += offer(run, why, steps=200)
    elif "batch" in blamed and "dropout" not in blamed:
        why = "Weights that change less at a step leave the running mean time to follow."
        found += offer(run, why, **steady)
        found += offer(run, "Mean and deviation of all samples change least.", batch_size=0)
    if "dropout" in blamed:
        found += offer(run, "Both modes then see the same signal.", dropout=0.0)
    if e.batchnorm and e.steps >= 100:
        why = "Without normalization there are no running statistics."
        found += offer(run, why, steady, batchnorm=False)
    return tuple(found)


def regularized(run: Run) -> tuple[Remedy, ...]:
    """A network that cannot learn single samples by heart."""
    e = run.experiment
    why = "Large weights, which single samples need, cost something (Krogh & Hertz 1991)."
    found = offer(run, why, weight_decay=DECAY) if e.weight_decay < DECAY else []
    if e.dropout < 0.5 and e.width >= WIDE:
        why = "No unit can rely on another that learned one sample (Srivastava et al. 2014)."
        found += offer(run, why, dropout=0.5)
    return tuple(found)
