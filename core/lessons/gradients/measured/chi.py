"""chi measured: what one layer multiplies E[delta^2] by in freshly drawn wide networks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from core.engine.train import train
from core.experiment import Experiment
from core.run import ENDS
from core.sweep import Sweep
from core.theory import chi, critical_sigma_w, fixed_point

SEEDS = 4
GAINS = np.geomspace(0.3, 30, 13).round(3)
WIDE = Experiment(
    dataset="gaussians", noise=0, samples=64, init="normal", depth=15, width=128, learning_rate=1e-6, steps=1
)


@dataclass(frozen=True)
class Chi:
    """chi over sigma_w: `values` [n, seeds] measured at `gains` [n], `predicted` [60] over `line` [60].

    off: the largest relative error of the prediction, for the geometric mean over seeds. edge: sigma_w where
    the prediction crosses 1, None if it does not.
    """

    gains: np.ndarray
    values: np.ndarray
    line: np.ndarray
    predicted: np.ndarray
    off: float
    edge: float | None


def input_scale(activation: str, sigma_w: float) -> float:
    """The size of the features at which every layer has the length q*, or near to where that is 0 or inf."""
    q = fixed_point(activation, sigma_w)
    return float(np.clip(np.sqrt(q) / sigma_w, 1e-3, 1e3))


def beside_sigmoid(activation: str, tick: Callable | None = None) -> dict[str, Chi]:
    """This activation, and sigmoid, which is said always to vanish."""
    return {name: over_gains(name, tick) for name in dict.fromkeys([activation, "sigmoid"])}


def over_gains(activation: str, tick: Callable | None = None) -> Chi:
    """chi measured and predicted over sigma_w."""

    def predicted(gains):
        return np.array([chi(fixed_point(activation, w), activation, w) for w in gains])

    values, line = measured_chi(activation, GAINS, tick), np.geomspace(GAINS[0], GAINS[-1], 60)
    off = np.abs(np.exp(np.log(values).mean(axis=1)) / predicted(GAINS) - 1)
    return Chi(GAINS, values, line, predicted(line), float(np.nanmax(off)), critical_sigma_w(activation))


def measured_chi(activation: str, gains: Sequence[float], tick: Callable | None = None) -> np.ndarray:
    """chi [gains, seeds] of networks 15 layers deep and 128 wide, a geometric mean over layers."""

    def network(gain, seed):
        scale = input_scale(activation, gain)
        return WIDE.but(activation=activation, gain=gain, input_scale=scale, seed=seed)

    sweep = Sweep.made(network, gain=gains, seed=range(SEEDS))
    delta = sweep.of(train(sweep.experiments, ENDS, tick), lambda run: run.probes["delta_norm"][0])
    with np.errstate(divide="ignore", invalid="ignore"):
        return (delta[..., 0] / delta[..., -1]) ** (2 / (WIDE.depth - 1))
