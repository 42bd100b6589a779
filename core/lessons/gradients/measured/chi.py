"""chi measured: what one layer multiplies E[delta^2] by in freshly drawn wide networks."""

import numpy as np

from core.engine.train import train
from core.experiment import Experiment
from core.theory import fixed_point

SEEDS = 4
GAINS = np.geomspace(0.3, 30, 13).round(3)
WIDE = Experiment(
    dataset="gaussians", noise=0, samples=64, init="normal", depth=15, width=128, learning_rate=1e-6, steps=1
)


def input_scale(activation: str, sigma_w: float) -> float:
    """The size of the features at which every layer has the length q*, or near to where that is 0 or inf."""
    q = fixed_point(activation, sigma_w)
    return float(np.clip(np.sqrt(q) / sigma_w, 1e-3, 1e3))


def beside_sigmoid(activation: str, tick=None) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """`measured_chi` of this activation, and of sigmoid, which is said always to vanish."""
    return {name: measured_chi(name, tick=tick) for name in dict.fromkeys([activation, "sigmoid"])}


def measured_chi(activation: str, gains=GAINS, tick=None) -> tuple[np.ndarray, np.ndarray]:
    """sigma_w [n] and chi [n, seed] of networks 15 layers deep and 128 wide, a geometric mean over layers."""
    experiments = [
        WIDE.but(activation=activation, gain=gain, input_scale=input_scale(activation, gain), seed=seed)
        for gain in gains
        for seed in range(SEEDS)
    ]
    delta = np.array([run.probes["delta_norm"][0] for run in train(experiments, 2, tick)])
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = (delta[:, 0] / delta[:, -1]) ** (2 / (WIDE.depth - 1))
    return np.asarray(gains), factor.reshape(len(gains), SEEDS)
