"""Signal and noise of the weight gradients: by layer in one run, and of layer 1 over depth."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from core.engine.noise import Noise, batches_of, measure, pure_noise
from core.experiment import Experiment
from core.run import Run

DEPTHS, SEEDS = (2, 4, 8, 12, 16, 24), 4
BESIDE = {
    "ReLU, He init": dict(activation="relu", init="he", gain=1),
    "tanh, σ_w = 3": dict(activation="tanh", init="normal", gain=3),
}
"""What stands beside the network on the screen: one at the edge of chaos, one far in it."""


@dataclass(frozen=True)
class ByLayer:
    """Noise of one run before its first step, and after its last; None if it diverged."""

    run: Run
    start: Noise
    end: Noise | None


def by_layer(run: Run, tick: Callable | None = None) -> ByLayer:
    """Signal and noise of every hidden layer of a run."""
    e, ended = run.experiment, run.diverged_at is None
    return ByLayer(run, measure([e], tick=tick), measure([e], [run.weights], tick=tick) if ended else None)


@dataclass(frozen=True)
class OverDepth:
    """Signal over noise of layer 1 before the first step: name -> [depths, seeds].

    floor: what gradients without any signal would show over as many batches.
    """

    depths: np.ndarray
    ratios: dict[str, np.ndarray]
    floor: float


def networks(experiment: Experiment) -> dict[str, Experiment]:
    """The experiment and those BESIDE it, all else as it is: without the one that it is itself."""
    start = experiment.but(steps=1)
    beside = {name: start.but(**changes) for name, changes in BESIDE.items()}
    return {"this network": start} | {name: e for name, e in beside.items() if e != start}


def over_depth(
    experiment: Experiment, depths: Sequence[int] = DEPTHS, tick: Callable | None = None
) -> OverDepth:
    """`networks` at these depths, with SEEDS seeds from the experiment's own on."""
    first = min(experiment.seed, 2**32 - SEEDS)
    count = min(batches_of(experiment.but(depth=depth, steps=1)) for depth in depths)

    def first_layer(e):
        seeds = range(first, first + SEEDS)
        return measure([e.but(seed=seed) for seed in seeds], count=count, tick=tick).ratio[:, 0]

    ratios = {
        name: np.array([first_layer(e.but(depth=depth)) for depth in depths])
        for name, e in networks(experiment).items()
    }
    return OverDepth(np.array(depths), ratios, pure_noise(count))
