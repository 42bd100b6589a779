"""Born dead: narrow ReLU networks with fresh weights, of which many give one answer to every input."""

from dataclasses import dataclass

import numpy as np

from core.data import WEIGHTS, stream
from core.engine.initial import he
from core.lessons.dead_relus.theory import born_dead


@dataclass(frozen=True)
class BornDead:
    """Shares of `networks` drawn networks, by width and number of hidden layers: [widths, depths].

    at_point: silent for the input 1. everywhere: silent for 1 and for -1, hence, as a network without biases
    scales with its input, on the whole line.
    """

    widths: tuple[int, ...]
    depths: np.ndarray
    networks: int
    at_point: np.ndarray
    everywhere: np.ndarray

    @property
    def exact(self) -> np.ndarray:
        """The probability of `at_point` in closed form [widths, depths]."""
        return np.array([[born_dead(width, int(depth)) for depth in self.depths] for width in self.widths])

    @property
    def error(self) -> np.ndarray:
        """Standard error of `everywhere`."""
        return np.sqrt(self.everywhere * (1 - self.everywhere) / self.networks)


def draw(widths: tuple[int, ...], deepest: int, networks: int, seed: int = 0, tick=None) -> BornDead:
    """Draw networks of one input with He's weights and zero biases, and send 1 and -1 through them."""
    point, everywhere = np.empty((2, len(widths), deepest))
    for i, width in enumerate(widths):
        signal = np.broadcast_to(np.array([[1.0, -1.0]]), (networks, 1, 2))
        for layer in range(deepest):
            rng, fan_in = stream(seed, WEIGHTS, layer), signal.shape[1]
            weight = he(rng, networks * width, fan_in).reshape(networks, width, fan_in)
            signal = np.maximum(weight @ signal, 0)
            silent = ~signal.any(axis=1)
            point[i, layer], everywhere[i, layer] = silent[:, 0].mean(), silent.all(axis=1).mean()
            if tick:
                tick()
    return BornDead(tuple(widths), np.arange(1, deepest + 1), networks, point, everywhere)
