"""Why backpropagation is dynamic programming: a gradient is a sum over paths, and there are too many to list.

The chain rule written out says d output / d leaf = the sum, over every path from the leaf to the output, of
the product of the local derivatives along it. Paths multiply with every layer; edges only add up, and
recording one gradient per node lets each edge be used once for all the paths that share it.
"""

import math
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from core.lessons.backprop.graph import Graph, backward, forward

MAX_PATHS = 10_000
MAX_LEVELS = 22


@dataclass(frozen=True)
class Path:
    """One way from a leaf to the output: its nodes, the local derivative of each edge, and their product.

    running_sum: the products of this path and of all paths listed before it.
    """

    nodes: tuple[str, ...]
    factors: tuple[float, ...]
    product: float
    running_sum: float


def path_counts(graph: Graph) -> dict[str, int]:
    """How many paths lead from each node to the output: a backward pass with every local derivative 1."""
    counts = dict.fromkeys((node.name for node in graph.nodes), 0) | {graph.output: 1}
    for node in reversed(graph.operations):
        for operand in node.operands:
            counts[operand] += counts[node.name]
    return counts


class Multiplications(NamedTuple):
    """What the gradient of every leaf costs: path by path, and by backpropagation, edge by edge.

    Both start from d output / d output = 1 and multiply it by one local derivative after the other: a path
    takes one multiplication for each of its edges, backpropagation one for each edge of the graph.
    """

    by_path: int
    by_edge: int


def multiplications(graph: Graph) -> Multiplications:
    """Counted without listing the paths: from the output back, how many lead there and how long they are.

    Every edge lies on a path from a leaf, so backpropagation never takes more; it takes as many only where no
    two paths share an edge.
    """
    counts, lengths, varying = path_counts(graph), Counter(), set(graph.varying)
    edges = 0
    for node in reversed(graph.operations):
        for operand in node.operands:
            lengths[operand] += lengths[node.name] + counts[node.name]
            edges += operand in varying
    return Multiplications(sum(lengths[leaf] for leaf in graph.leaves), edges)


def network_multiplications(widths: Sequence[int]) -> Multiplications:
    """The same for a network as `networks.program` writes one, with any number of layers and units.

    widths: of the inputs, the hidden layers and the output. Hidden units are activated, the output is not,
    and a loss compares it with a target.
    """
    paths, length, by_path, edges = 1, 0, 1, 1
    for below, units in reversed(list(pairwise(widths))):
        length += paths
        by_path += units * (below + 1) * (length + paths)
        edges += units * (2 * below + 2)
        paths, length = units * paths, units * (length + paths)
    return Multiplications(by_path + widths[0] * length, edges)


def paths(graph: Graph, leaves: Mapping[str, float], leaf: str) -> list[Path]:
    """Every path from `leaf` to the output; the last running sum is the gradient of the leaf.

    Raises ValueError for a name that is not a leaf, for more than MAX_PATHS paths, and as `forward` does.
    """
    if leaf not in graph.leaves:
        raise ValueError(f"{leaf} is not a leaf of the graph; its leaves are {', '.join(graph.leaves)}.")
    if (count := path_counts(graph)[leaf]) > MAX_PATHS:
        raise ValueError(
            f"{leaf} reaches {graph.output} by {count:,} paths; up to {MAX_PATHS:,} can be listed."
        )
    _, *edges = backward(graph, forward(graph, leaves))
    found, total = [], 0.0
    unfinished = [((leaf,), ())]
    while unfinished:
        nodes, factors = unfinished.pop()
        if nodes[-1] == graph.output:
            product = math.prod(factors)
            total += product
            found.append(Path(nodes, factors, product, total))
        unfinished += [((*nodes, e.node), (*factors, e.local)) for e in edges if e.operand == nodes[-1]]
    return found


def add_up(ways: Sequence[Path]) -> float:
    """The gradient of the leaf from which all these paths lead."""
    return math.fsum(way.product for way in ways)


def agree(ways: Sequence[Path], gradient: float) -> bool:
    """Whether a gradient is the sum of the paths, to rounding."""
    size = math.fsum(abs(way.product) for way in ways)
    return abs(add_up(ways) - gradient) <= 1e-12 * size


def ladder(levels: int, start: float = 1.0) -> list[float]:
    """The values y_0 ... y_levels of y <- sin(y) + y / 2, in which every level uses the one below twice."""
    if not 0 <= levels <= MAX_LEVELS:
        raise ValueError(f"levels is {levels}; allowed are 0 to {MAX_LEVELS}, since calls double with each.")
    values = [start]
    for _ in range(levels):
        values.append(math.sin(values[-1]) + values[-1] / 2)
    return values


def ladder_without_recording(values: Sequence[float]) -> tuple[float, int]:
    """d y_K / d y_0 of a ladder by the chain rule as it is written, and the calls it took: 2^(K+1) - 1."""
    calls = 0

    def slope(level: int) -> float:
        nonlocal calls
        calls += 1
        if level == 0:
            return 1.0
        return math.cos(values[level - 1]) * slope(level - 1) + 0.5 * slope(level - 1)

    return slope(len(values) - 1), calls


def ladder_with_recording(values: Sequence[float]) -> tuple[float, int]:
    """The same derivative with the slope of each level recorded and used twice, and the levels it took: K."""
    slope, calls = 1.0, 0
    for value in values[:-1]:
        slope = math.cos(value) * slope + 0.5 * slope
        calls += 1
    return slope, calls


@dataclass(frozen=True)
class LadderCosts:
    """What the gradient of ever longer ladders costs without and with recording; the seconds are measured."""

    levels: list[int]
    calls_without: list[int]
    calls_with: list[int]
    seconds_without: list[float]
    seconds_with: list[float]


def ladder_costs(most: int, tick: Callable = lambda: None) -> LadderCosts:
    """Climb the ladders of 1 to `most` levels both ways. Raises ValueError as `ladder` does."""
    rows = []
    for levels in range(1, most + 1):
        tick()
        values = ladder(levels)
        start = time.perf_counter()
        _, without = ladder_without_recording(values)
        middle = time.perf_counter()
        _, recorded = ladder_with_recording(values)
        rows.append((levels, without, recorded, middle - start, time.perf_counter() - middle))
    return LadderCosts(*(list(column) for column in zip(*rows, strict=True)))
