"""Is the gradient right? The same graph, evaluated beside the point, must agree with it.

    forward        (f(x + h) - f(x)) / h            error |f''| h / 2   + rounding ~ eps |f| / h
    central        (f(x + h) - f(x - h)) / (2 h)    error |f'''| h^2 / 6 + rounding ~ eps |f| / h
    complex step   Im f(x + i h) / h                error |f'''| h^2 / 6, without subtraction or rounding

Here f(h) stands for the output after the leaves have moved by h times a direction (Press et al., Numerical
Recipes, section 5.7; Squire and Trapp 1998). relu and step look at the real part of a complex number only, so
the complex step sees the side on which the point lies; a difference across a kink mixes both sides.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.lessons.backprop.graph import Graph, evaluate, gradients

EPSILON = np.finfo(np.float64).eps
H = np.logspace(-16, 0, 65)
SIDE = 1e-3


@dataclass(frozen=True)
class GradientCheck:
    """The slope of the output along a direction: `exact`, the one to be tested, and by three differences.

    Arrays run over `h`; NaN marks an h that leaves the domain. The predicted arrays are absolute errors, from
    the table above with f'' and f''' measured at the point.
    """

    h: np.ndarray
    exact: float
    forward: np.ndarray
    central: np.ndarray
    complex_step: np.ndarray
    predicted_forward: np.ndarray
    predicted_central: np.ndarray

    @property
    def errors(self) -> dict[str, np.ndarray]:
        """The error of every difference over `h`."""
        estimates = {"forward": self.forward, "central": self.central, "complex step": self.complex_step}
        return {name: np.abs(estimate - self.exact) for name, estimate in estimates.items()}

    @property
    def best(self) -> dict[str, int]:
        """Difference -> the index of the h with the smallest error."""
        return {name: lowest(error) for name, error in self.errors.items()}

    @property
    def orders(self) -> dict[str, float]:
        """Difference -> the power of h by which its error falls where truncation rules."""
        return {
            name: order(self.h, error, 20 * self.h[self.best[name]], 0.03)
            for name, error in self.errors.items()
        }


@dataclass(frozen=True)
class TaylorTest:
    """|f(h) - f(0)|, which falls like h, and |f(h) - f(0) - h slope|, like h^2 if the gradient is right.

    noise: what rounding alone makes of such a difference. crossed: whether a relu or a step on the way from
    0 to h stands on its other side at h.
    """

    h: np.ndarray
    zeroth: np.ndarray
    first: np.ndarray
    noise: np.ndarray
    crossed: np.ndarray

    @property
    def orders(self) -> tuple[float, float]:
        """The powers of h by which both fall, above rounding; NaN where nothing is above it."""
        return tuple(
            order(self.h, np.where(rest > 10 * self.noise, rest, np.nan), 1e-6, 1e-2)
            for rest in (self.zeroth, self.first)
        )

    @property
    def straight(self) -> bool:
        """Whether the gradient explains the whole change, to rounding."""
        return self._nothing(self.first)

    @property
    def flat(self) -> bool:
        """Whether nothing changes at all, and the gradient says so."""
        return self._nothing(self.zeroth) and self.straight

    def _nothing(self, rest: np.ndarray) -> bool:
        part = (self.h >= 1e-6) & (self.h <= 1e-2)
        return bool((rest <= 10 * self.noise)[part].all())


def order(h: np.ndarray, error: np.ndarray, low: float, high: float) -> float:
    """The slope of log error over log h where low <= h <= high; NaN with fewer than three points to fit."""
    part = (low <= h) & (h <= high) & np.isfinite(error) & (error > 0)
    return float(np.polyfit(np.log10(h[part]), np.log10(error[part]), 1)[0]) if part.sum() > 2 else np.nan


def lowest(error: np.ndarray) -> int:
    """The index of the smallest error that is a number."""
    return int(np.argmin(np.nan_to_num(error, nan=np.inf)))


def gradient_check(
    graph: Graph,
    leaves: Mapping[str, float],
    direction: Mapping[str, float],
    h: np.ndarray = H,
    found: Mapping[str, float] | None = None,
) -> GradientCheck:
    """Compare a gradient with differences. direction: leaf -> how far it moves per unit of h.

    found: leaf -> the gradient to be tested; that of backpropagation if none is given.
    Raises ValueError as `core.lessons.backprop.graph.gradients` does, and for a direction that names no leaf.
    """
    exact = _slope(graph, leaves, direction, found)

    def f(distance):
        return along(graph, leaves, direction, distance)[graph.output]

    def slope(at):
        return np.imag(f(at + 1e-20j)) / 1e-20

    with np.errstate(all="ignore"):
        here = f(np.zeros_like(h))
        estimates = (f(h) - here) / h, (f(h) - f(-h)) / (2 * h), np.imag(f(1j * h)) / h
        below, middle, above = slope(np.array([-SIDE, 0, SIDE]))
        second, third = (above - below) / (2 * SIDE), (above - 2 * middle + below) / SIDE**2
    return GradientCheck(
        h,
        exact,
        *(np.where(np.isfinite(estimate), estimate, np.nan) for estimate in estimates),
        predicted_forward=h * abs(second) / 2 + EPSILON * abs(here) / h,
        predicted_central=h**2 * abs(third) / 6 + EPSILON * abs(here) / h,
    )


def taylor_test(
    graph: Graph,
    leaves: Mapping[str, float],
    direction: Mapping[str, float],
    h: np.ndarray = H,
    found: Mapping[str, float] | None = None,
) -> TaylorTest:
    """Remainders of the Taylor polynomials of degree 0 and 1. Arguments, errors: see `gradient_check`."""
    exact = _slope(graph, leaves, direction, found)
    here, there = (along(graph, leaves, direction, distance) for distance in (0 * h, h))
    with np.errstate(all="ignore"):
        change = there[graph.output] - here[graph.output]
        noise = EPSILON * np.maximum(abs(here[graph.output]), abs(there[graph.output]))
        rest = abs(change - h * exact)
    crossed = [(here[name] > 0) != (there[name] > 0) for name in switches(graph)]
    return TaylorTest(h, abs(change), rest, noise, np.any([0 * h > 0, *crossed], axis=0))


def switches(graph: Graph) -> list[str]:
    """The operands of relu and step: where one of them is 0 the output may have no derivative."""
    return [node.operands[0] for node in graph.operations if node.operation in ("relu", "step")]


def along(graph: Graph, leaves: Mapping, direction: Mapping, distance: np.ndarray) -> dict[str, np.ndarray]:
    """Every node's value after the leaves have moved by real or complex distances along a direction."""
    moved = {name: leaves[name] + distance * step for name, step in direction.items()}
    return {
        name: np.broadcast_to(value, np.shape(distance))
        for name, value in evaluate(graph, dict(leaves) | moved).items()
    }


def _slope(graph: Graph, leaves: Mapping, direction: Mapping, found: Mapping | None) -> float:
    if unknown := [name for name in direction if name not in graph.leaves]:
        raise ValueError(f"{unknown[0]} cannot move: the leaves are {', '.join(graph.leaves)}.")
    found = gradients(graph, leaves) if found is None else found
    return sum(found[name] * step for name, step in direction.items())
