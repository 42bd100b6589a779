"""The networks behind the learning-rate ruler: one experiment at many learning rates."""

from core.experiment import Experiment
from core.sweep import Sweep
from core.work import WORK_LIMIT, work

PRODUCT = 5e7
"""Weights times samples that one Hessian-vector product may take: about a tenth of a second."""
RATES = (1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.3, 1, 3, 10)
SEEDS = 3


def curvature_samples(experiment: Experiment) -> int:
    """Over how many training samples the curvature is measured: all of them, for all but large networks."""
    e = experiment
    return min(e.samples, max(32, int(PRODUCT / ((e.depth - 1) * e.width**2 + e.inputs * e.width))))


def networks(experiment: Experiment) -> Sweep:
    """The experiment over learning_rate, its own among them, and over the seeds after its own.

    At most 200 steps, less where that would take too long.
    """
    e = experiment
    first = min(e.seed, 2**32 - SEEDS)

    def over(steps):
        rates = sorted({*RATES, e.learning_rate})
        return Sweep.over(e.but(steps=steps), learning_rate=rates, seed=range(first, first + SEEDS))

    steps = min(e.steps, 200)
    affordable = int(steps * WORK_LIMIT / 2 / work(*over(steps).experiments))
    return over(min(steps, max(affordable, 1)))
