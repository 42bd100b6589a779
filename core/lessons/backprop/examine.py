"""The gradient on trial, leaf by leaf: does it agree with the slope that is measured without backpropagation?

The slope comes from a step of a leaf along the imaginary axis, so tiny that its error is rounding alone
(Squire and Trapp 1998), and knows nothing of the backward pass. Beside a kink of relu or a jump of step both
sides are measured: where they differ there is no derivative, and the one of the side that relu and step count
as theirs, the left, is as good as any.
"""

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.lessons.backprop.check import (
    GradientCheck,
    TaylorTest,
    along,
    gradient_check,
    switches,
    taylor_test,
)
from core.lessons.backprop.graph import Graph, backward, forward
from core.lessons.backprop.notation import apart, written
from core.words import listed, short

STEPS = np.array([[1e-20], [1e-60], [1e-100]])
"""Imaginary steps, in units of the leaf; the first that overflows nothing is taken."""
SMALLEST, SIDE_KEPT = 1e-200, 1e-150
"""The unit of a leaf that is smaller, and what keeps the square of a step from moving an operand off 0."""
BESIDE, NEXT, TOLERANCE = 1e-7, 1e-15, 1e-11
"""How far left and right are, how far the next number is, and what rounding may do, all relative."""
SIDES = 1e-6
"""How far the slopes beside a point, led on to it, may be from the slope there, relative to their size."""
LOST = {"tanh": lambda y: 1e-4 * y * y, "sigmoid": lambda y: 1e-4 * y, "bce_with_logits": lambda y: 1e-4}
"""Where a slope is a difference, what rounding takes from it, in units of TOLERANCE."""


@dataclass(frozen=True)
class LeafCheck:
    """What is said of one leaf and what is measured there.

    found: the gradient on trial. slope, left, right: measured at the point and just beside it. tolerance: how
    far rounding may take `found` and `slope` apart, from the sizes of what is added up and from the slope at
    the next number. kink: whether there is no derivative, because left and right stay apart however near they
    come, or because the output `jumps`.
    """

    leaf: str
    found: float
    slope: float
    left: float
    right: float
    tolerance: float
    kink: bool
    jumps: bool

    @property
    def measured(self) -> bool:
        """Whether what is computed beside the point stays finite."""
        return bool(np.isfinite(self.slope))

    @property
    def wrong(self) -> bool:
        return self.measured and not abs(self.found - self.slope) <= self.tolerance


@dataclass(frozen=True)
class Trial:
    """A gradient on trial: leaf by leaf, and along one direction against differences and the Taylor test.

    at_zero: operands of relu and step that are exactly 0.
    """

    leaves: tuple[LeafCheck, ...]
    at_zero: tuple[str, ...]
    check: GradientCheck
    taylor: TaylorTest

    @property
    def wrong(self) -> list[LeafCheck]:
        """The leaves with a wrong gradient, the worst first."""
        return sorted((leaf for leaf in self.leaves if leaf.wrong), key=_error, reverse=True)

    @property
    def kinks(self) -> list[LeafCheck]:
        """The leaves along which there is no derivative."""
        return [leaf for leaf in self.leaves if leaf.kink]

    @property
    def unknown(self) -> list[LeafCheck]:
        """The leaves whose slope cannot be measured."""
        return [leaf for leaf in self.leaves if not leaf.measured]

    @property
    def verdict(self) -> str:
        """wrong, unknown, kink or right: the first of them that is so of any leaf."""
        return (self.wrong and "wrong") or (self.unknown and "unknown") or (self.kinks and "kink") or "right"

    @property
    def sentence(self) -> str:
        """The verdict, with the numbers."""
        many = len(self.leaves)
        if self.verdict == "wrong":
            worst = self.wrong[0]
            found, slope = apart(worst.found, worst.slope)
            return (
                f"The gradient is wrong at {len(self.wrong)} of {many} leaves: {written(worst.leaf)} has "
                f"{found}, but its measured slope is {slope}."
            )
        if self.verdict == "unknown":
            names = _names(leaf.leaf for leaf in self.unknown)
            return f"Not decided: the slope along {names} cannot be measured. No leaf is found wrong."
        if self.verdict == "kink":
            first = self.kinks[0]
            beside = f"is {short(first.left)} to the left and {short(first.right)} to the right"
            zero = f"{_names(self.at_zero)} {'is' if len(self.at_zero) == 1 else 'are'} exactly 0"
            return (
                f"Along {_names(leaf.leaf for leaf in self.kinks)} there is no derivative, since {zero}. "
                f"Along {written(first.leaf)} the {'output jumps' if first.jumps else f'slope {beside}'}; "
                f"backpropagation takes {short(first.found)}. No leaf is found wrong."
            )
        return f"Right: at {many} of {many} leaves the gradient is the measured slope, to rounding."


def try_gradient(
    graph: Graph, leaves: Mapping[str, float], found: Mapping[str, float], moving: Sequence[str]
) -> Trial:
    """Put gradients, leaf -> number, on trial; `moving` names the leaves of the direction.

    Leaves with a wrong gradient move as well, and backwards where it is too large: so errors add up along the
    direction and none can hide another. Raises ValueError as `graph.gradients` does.
    """
    checks, values = check_leaves(graph, leaves, found), forward(graph, leaves)
    direction = dict.fromkeys(moving, 1.0)
    direction |= {leaf.leaf: -1.0 if leaf.found > leaf.slope else 1.0 for leaf in checks if leaf.wrong}
    return Trial(
        checks,
        tuple(dict.fromkeys(name for name in switches(graph) if values[name] == 0)),
        gradient_check(graph, leaves, direction, found=found),
        taylor_test(graph, leaves, direction, found=found),
    )


def check_leaves(
    graph: Graph, leaves: Mapping[str, float], found: Mapping[str, float]
) -> tuple[LeafCheck, ...]:
    """Every leaf's gradient beside its measured slope. Errors: see `graph.gradients`."""
    values = forward(graph, leaves)
    at_a_switch = any(values[name] == 0 for name in switches(graph))
    operations = {node.name: node.operation for node in graph.operations}
    size = dict.fromkeys(graph.varying, 0.0) | {graph.output: 1.0}
    for edge in backward(graph, values)[1:]:
        lost = LOST.get(operations[edge.node], lambda y: 0.0)(values[edge.node])
        size[edge.operand] += size[edge.node] * (abs(edge.local) + lost)
    checks = []
    for leaf in graph.leaves:
        here = leaves[leaf] and max(abs(leaves[leaf]), SMALLEST)
        beside, near = BESIDE * (here or 1.0), NEXT * here
        steps = STEPS * (here or 1.0) * (SIDE_KEPT if at_a_switch or not here else 1.0)
        with np.errstate(all="ignore"):
            away = [0, -beside, beside, -near, near, -100 * beside, 100 * beside]
            places = np.array(away) + 1j * steps
            output = along(graph, leaves, {leaf: 1.0}, places)[graph.output]
            slope, left, right, *close, far_left, far_right = map(first_finite, (np.imag(output) / steps).T)
            rounding = 8 * min(filter(np.isfinite, np.abs(np.subtract(close, slope))), default=0.0)
            torn = abs(np.real(output[0, 2] - output[0, 1])) - 10 * beside * max(abs(left), abs(right))
        jumps = at_a_switch and torn > 1e-9 * abs(np.real(output[0, 0]))
        bend = abs(right - left) - 1e-9 * max(abs(left), abs(right))
        bends = at_a_switch and bend > 0.5 * abs(far_right - far_left)
        tolerance = TOLERANCE * size[leaf] + rounding + sys.float_info.min / steps.max()
        if at_a_switch and not (jumps or bends):
            sides = [left - (far_left - left) / 99, right - (far_right - right) / 99]
            margin = SIDES * max(map(abs, (left, right, far_left, far_right)))
            if min(abs(side - slope) for side in sides) > margin:
                slope, tolerance = float(np.mean(sides)), margin
        checks.append(
            LeafCheck(
                leaf, found[leaf], slope, left, right, float(tolerance), bool(jumps or bends), bool(jumps)
            )
        )
    return tuple(checks)


def first_finite(values: np.ndarray) -> float:
    """The first number among some values, NaN if there is none."""
    finite = values[np.isfinite(values)]
    return float(finite[0]) if len(finite) else np.nan


def _error(leaf: LeafCheck) -> float:
    return abs(leaf.found - leaf.slope)


def _names(leaves: Iterable[str]) -> str:
    return listed([written(leaf) for leaf in leaves])
