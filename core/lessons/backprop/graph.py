"""Backpropagation on single numbers.

A graph lists its nodes so that operands come before results. The forward pass walks the list and records
every value. The backward pass walks it the other way: each operand is sent the gradient of the result times
the slope of the result, added (`+=`) to what other results have sent it before (Linnainmaa 1976; Rumelhart,
Hinton and Williams 1986). A gradient is complete before it is passed on, so every edge is used once.
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from numbers import Real
from typing import NamedTuple

import numpy as np

from core.lessons.backprop.notation import written
from core.lessons.backprop.operations import INFIX, OPERATIONS

LARGEST = "1.8×10³⁰⁸"


@dataclass(frozen=True)
class Node:
    """A leaf ("leaf": its value is given), a constant ("number": its name is its value) or an operation."""

    name: str
    operation: str
    operands: tuple[str, ...] = ()

    def __str__(self) -> str:
        name, *operands = map(written, (self.name, *self.operands))
        if self.operation in INFIX:
            return f"{name} = {f' {self.operation} '.join(operands)}"
        return f"{name} = {self.operation}({', '.join(operands)})"


@dataclass(frozen=True)
class Graph:
    """Nodes in an order in which they can be computed; the last one is the output."""

    nodes: tuple[Node, ...]

    @property
    def output(self) -> str:
        return self.nodes[-1].name

    @cached_property
    def leaves(self) -> tuple[str, ...]:
        return tuple(node.name for node in self.nodes if node.operation == "leaf")

    @cached_property
    def operations(self) -> tuple[Node, ...]:
        return tuple(node for node in self.nodes if node.operands)

    @cached_property
    def varying(self) -> tuple[str, ...]:
        """The nodes that have a gradient: the leaves and everything computed from one."""
        names = list(self.leaves)
        for node in self.operations:
            if any(operand in names for operand in node.operands):
                names.append(node.name)
        return tuple(names)


class Edge(NamedTuple):
    """What `node` sent back to its operand number `position`, and the operand's gradient before and after.

    local = d node / d operand, incoming = d output / d node, product = incoming * local. A backward pass
    starts with an edge from the output to itself, whose gradient is 1.
    """

    node: str
    operand: str
    position: int
    local: float
    incoming: float
    product: float
    before: float
    after: float


@dataclass(frozen=True)
class Training:
    """Gradient descent on a graph, whose output need not be a loss.

    loss: the output before each step and after the last, [steps + 1].
    paths: leaf -> its values, [steps + 1].
    projected_loss: what each step would bring if the loss were as straight as its gradient, [steps].
    stopped: why there are fewer steps than asked for, or "".
    """

    loss: np.ndarray
    paths: dict[str, np.ndarray]
    projected_loss: np.ndarray
    stopped: str


def evaluate(graph: Graph, leaves: Mapping) -> dict:
    """Every node's value, unchecked: leaves may be complex or arrays, and NaN or inf may come out."""
    values = {name: np.asarray(leaves[name])[()] for name in graph.leaves}
    values |= {node.name: np.float64(node.name) for node in graph.nodes if node.operation == "number"}
    with np.errstate(all="ignore"):
        for node in graph.operations:
            operands = [values[name] for name in node.operands]
            values[node.name] = OPERATIONS[node.operation].value(*operands)
    return values


def forward(graph: Graph, leaves: Mapping[str, float]) -> dict[str, float]:
    """Every node's value.

    Raises ValueError, one sentence that names the node: a leaf without a finite number, a name that is not a
    leaf, an operand outside the domain of its operation, a result too large for a float.
    """
    for name in [*graph.leaves, *leaves]:
        value = leaves.get(name)
        if name not in graph.leaves:
            raise ValueError(f"{name} has no place in the graph, whose leaves are {', '.join(graph.leaves)}.")
        if isinstance(value, bool) or not isinstance(value, Real) or not abs(value) <= sys.float_info.max:
            raise ValueError(f"{name} must be a finite number, not {value!r}.")
    values = evaluate(graph, {name: np.float64(leaves[name]) for name in graph.leaves})
    for node in graph.operations:
        operation = OPERATIONS[node.operation]
        if not operation.defined(*(values[name] for name in node.operands)):
            raise ValueError(f"{node} needs {operation.needs}{_here(node, values)}.")
        if not np.isfinite(values[node.name]):
            raise ValueError(f"{node} overflows the largest number, {LARGEST}{_here(node, values)}.")
    return {name: float(value) for name, value in values.items()}


def backward(
    graph: Graph,
    values: Mapping[str, float],
    accumulate: bool = True,
    start: Mapping[str, float] | None = None,
) -> list[Edge]:
    """What travels along each edge, from the output to the leaves, given the values of a forward pass.

    accumulate: False makes the mistake of `=` for `+=`: a node used twice keeps only its last share.
    start: gradients of an earlier pass; the leaves still have theirs, as in PyTorch without `zero_grad`.
    Raises ValueError, one sentence that names the node, where a slope or a gradient is not finite.
    """
    kept = {name: start[name] for name in graph.leaves if start and name in start}
    gradient = dict.fromkeys(graph.varying, 0.0) | kept | {graph.output: 1.0}
    edges = [Edge(graph.output, graph.output, 0, local=1.0, incoming=1.0, product=1.0, before=0.0, after=1.0)]
    for node in reversed(graph.operations):
        operands = [np.float64(values[name]) for name in node.operands]
        with np.errstate(all="ignore"):
            slopes = OPERATIONS[node.operation].slopes(np.float64(values[node.name]), *operands)
        for position, (operand, slope) in enumerate(zip(node.operands, slopes, strict=True)):
            if operand not in gradient:
                continue
            incoming, local, before = gradient[node.name], float(slope), gradient[operand]
            product = incoming * local
            gradient[operand] = before + product if accumulate else product
            if not np.isfinite(gradient[operand]):
                raise ValueError(f"{node} sends {written(operand)} no finite gradient{_here(node, values)}.")
            edges.append(
                Edge(node.name, operand, position, local, incoming, product, before, gradient[operand])
            )
    return edges


def gradients(
    graph: Graph,
    leaves: Mapping[str, float],
    accumulate: bool = True,
    start: Mapping[str, float] | None = None,
) -> dict[str, float]:
    """d output / d node for every leaf and what is computed from one. Arguments, errors: see `backward`."""
    return _after(backward(graph, forward(graph, leaves), accumulate, start))


def train(
    graph: Graph,
    leaves: Mapping[str, float],
    parameters: Sequence[str],
    learning_rate: float,
    steps: int,
    accumulate: bool = True,
    zero_grad: bool = True,
    start: Mapping[str, float] | None = None,
) -> Training:
    """Plain gradient descent, leaf -= learning_rate * gradient, on the leaves named in `parameters`.

    accumulate=False and zero_grad=False make the mistakes described in `backward`, and so does `start` for
    the first step; the projected loss uses the true gradient. A run whose numbers overflow or leave the
    domain ends there and says so.
    Raises ValueError as `backward` does for the start, and for a parameter that is not a leaf.
    """
    if unknown := [name for name in parameters if name not in graph.leaves]:
        raise ValueError(f"{unknown[0]} cannot be trained: the leaves are {', '.join(graph.leaves)}.")
    leaves, earlier, stopped = dict(leaves), start, ""
    history, loss, projected = [], [], []
    for step in range(steps + 1):
        try:
            values = forward(graph, leaves)
            true = _after(backward(graph, values))
            used = _after(backward(graph, values, accumulate, earlier))
        except ValueError as error:
            if not step:
                raise
            stopped = f"Stopped at step {step}: {error}"
            break
        history.append(leaves)
        loss.append(values[graph.output])
        change = {name: -learning_rate * used[name] for name in parameters}
        projected.append(loss[-1] + sum(true[name] * change[name] for name in parameters))
        leaves = leaves | {name: leaves[name] + change[name] for name in parameters}
        earlier = None if zero_grad else used
    paths = {name: np.array([leaf[name] for leaf in history]) for name in graph.leaves}
    return Training(np.array(loss), paths, np.array(projected[: len(loss) - 1]), stopped)


def _after(edges: list[Edge]) -> dict[str, float]:
    return {edge.operand: edge.after for edge in edges}


def _here(node: Node, values: Mapping) -> str:
    names = [name for name in dict.fromkeys(node.operands) if name[0].isalpha()]
    here = [f"{written(name)} = {written(f'{values[name]:.6g}')}" for name in names]
    return f", and here {' and '.join(here)}" if here else ""
