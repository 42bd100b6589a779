"""How deep can it train? Networks over depth and sigma_w, beside the depth scale of theory."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np

from core.experiment import Experiment
from core.run import LEARNED, Run
from core.sweep import Sweep, typical
from core.theory import critical_sigma_w, trainable_depth

MAP = Experiment(
    dataset="blobs",
    features=20,
    noise=0.5,
    init="normal",
    width=48,
    batch_size=64,
    learning_rate=0.05,
    momentum=0,
    steps=100,
)
COARSE, FINE = (4, 8, 14, 22, 32, 44), (4, 6, 8, 11, 14, 18, 22, 27, 32, 38, 44)
SEEDS = 2


@cache
def gains(activation: str, fine: bool) -> tuple[float, ...]:
    """sigma_w on both sides of the edge of chaos, even on a log scale; the fine ones hold the coarse."""
    edge = critical_sigma_w(activation) or 1.6
    return tuple(float(f"{edge * 2**power:.4g}") for power in np.linspace(-1.25, 1.25, 17 if fine else 9))


def grid(activation: str, fine: bool) -> Sweep:
    """The networks of the map, over depth, gain (sigma_w) and seed."""
    return Sweep.over(
        MAP.but(activation=activation),
        depth=FINE if fine else COARSE,
        gain=gains(activation, fine),
        seed=range(SEEDS),
    )


def cells(sweep: Sweep) -> dict[str, Experiment]:
    """The first network of every cell of the map, under a name that tells the cells apart."""
    return {f"{e.depth} layers, σ_w = {e.gain:g}": e for e in sweep.experiments[:: len(sweep.axes["seed"])]}


@dataclass(frozen=True)
class Expected:
    """6 xi on the gains of the map `at` [gains], and as a line over finer ones: `gains`, `depths` [80].

    edge: the gain on the edge of chaos, None if there is none (Schoenholz et al. 2017).
    """

    at: np.ndarray
    gains: np.ndarray
    depths: np.ndarray
    edge: float | None


def expected(activation: str, fine: bool, tick: Callable = lambda *_: None) -> Expected:
    """What theory expects of the map."""
    at = np.array(gains(activation, fine))
    line = np.geomspace(at[0] / 2**0.2, at[-1] * 2**0.2, 80)

    def depths(values):
        found = []
        for gain in values:
            tick()
            found.append(trainable_depth(activation, gain))
        return np.array(found)

    return Expected(depths(at), line, depths(line), critical_sigma_w(activation))


@dataclass(frozen=True)
class DepthMap:
    """What the networks of a map reached.

    experiment: the first of them. left [depths, gains]: the median over seeds of the final training loss, as
    a share of `chance`, what guessing loses; inf for a run that diverged. diverged [depths, gains]: any did.
    reached [gains]: the largest depth up to which networks of all depths learn, 0 if none does.
    """

    experiment: Experiment
    depths: np.ndarray
    gains: np.ndarray
    left: np.ndarray
    diverged: np.ndarray
    reached: np.ndarray
    chance: float


def depth_map(sweep: Sweep, runs: list[Run]) -> DepthMap:
    """Final training losses of the runs of a `grid`."""
    left = sweep.of(runs, lambda run: run.train_loss[-1] / run.chance)
    depths, gains = (np.array(sweep.axes[name]) for name in ("depth", "gain"))
    return DepthMap(
        sweep.experiments[0],
        depths,
        gains,
        typical(left),
        ~np.isfinite(left).all(axis=2),
        trained_depth(left, depths),
        runs[0].chance,
    )


def trained_depth(left: np.ndarray, depths: np.ndarray) -> np.ndarray:
    """For every sigma_w the largest depth up to which networks of all depths learn, 0 if none does.

    left [depth, sigma_w, seed]: share of the loss of guessing. Half of it is learned, by the median.
    """
    good = np.cumprod(typical(left) < LEARNED, axis=0)
    return np.array([0, *depths])[good.sum(axis=0)]
