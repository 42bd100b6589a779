"""The networks behind the learning-rate ruler: one experiment at many learning rates."""

from core.experiment import WORK_LIMIT, Experiment, work

PRODUCT = 5e7
"""Weights times samples that one Hessian-vector product may take: about a tenth of a second."""
RATES = (1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.3, 1, 3, 10)
SEEDS = 3


def curvature_samples(experiment: Experiment) -> int:
    """Over how many training samples the curvature is measured: all of them, for all but large networks."""
    e = experiment
    return min(e.samples, max(32, int(PRODUCT / ((e.depth - 1) * e.width**2 + e.inputs * e.width))))


def networks(experiment: Experiment) -> list[Experiment]:
    """The experiment at every learning rate, its own among them: [rate][seed], flat.

    Seeds are those after the experiment's, and steps at most 200, less where that would take too long.
    """
    e = experiment
    rates = sorted({*RATES, e.learning_rate})
    first = min(e.seed, 2**32 - SEEDS)
    found = e.but(steps=min(e.steps, 200)).vary(learning_rate=rates, seed=range(first, first + SEEDS))
    affordable = int(found[0].steps * WORK_LIMIT / 2 / work(*found))
    return found if affordable >= found[0].steps else [n.but(steps=max(affordable, 1)) for n in found]
