"""The forward and the backward pass told step by step, in formulas with the numbers of this graph in them.

`paint(name, latex)` is called for every symbol and every number that belongs to a node, and may colour it;
the name of a number that is a gradient is "gradient".
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from core.lessons.backprop.graph import Edge, Graph, backward, forward
from core.lessons.backprop.notation import equals, factor, number, symbol
from core.lessons.backprop.operations import OPERATIONS, frac

Paint = Callable[[str, str], str]


@dataclass(frozen=True)
class ForwardStep:
    """One operation and its result; LaTeX of its formula, in symbols and in numbers."""

    node: str
    operands: tuple[str, ...]
    value: float
    formula: str
    numbers: str


@dataclass(frozen=True)
class BackwardStep:
    """One edge; LaTeX of its local derivative and of the sum it adds to, each in symbols and in numbers."""

    edge: Edge
    local_formula: str
    local_numbers: str
    chain_formula: str
    chain_numbers: str


def plain(name: str, latex: str) -> str:
    return latex


def forward_steps(graph: Graph, leaves: Mapping[str, float], paint: Paint = plain) -> list[ForwardStep]:
    """One step per operation, in the order of the forward pass. Errors: see `graph.forward`."""
    values = forward(graph, leaves)
    steps = []
    for node in graph.operations:
        formula, value = OPERATIONS[node.operation].formula, values[node.name]
        result = paint(node.name, symbol(node.name))
        in_symbols = formula(*(paint(name, symbol(name)) for name in node.operands))
        in_numbers = "= " + formula(*(paint(name, factor(values[name])) for name in node.operands)) + " "
        if formula(*(factor(values[name]) for name in node.operands)) == "-0":
            in_numbers = ""
        steps.append(
            ForwardStep(
                node.name,
                node.operands,
                value,
                formula=f"{result} = {in_symbols}",
                numbers=f"{result} {in_numbers}{equals(value)}",
            )
        )
    return steps


def backward_steps(
    graph: Graph,
    leaves: Mapping[str, float],
    accumulate: bool = True,
    start: Mapping[str, float] | None = None,
    paint: Paint = plain,
) -> list[BackwardStep]:
    """The start, then one step per edge, in the order of the backward pass.

    Arguments and errors are those of `core.lessons.backprop.graph.backward`.
    """
    values = forward(graph, leaves)
    nodes = {node.name: node for node in graph.operations}
    adds = r"\mathrel{+}=" if accumulate else "="

    def partial(above: str, below: str) -> str:
        return frac(*(rf"\partial {paint(name, symbol(name))}" for name in (above, below)))

    begin, *edges = backward(graph, values, accumulate, start)
    steps = [BackwardStep(begin, *[f"{partial(graph.output, graph.output)} = 1"] * 4)]
    for edge in edges:
        node = nodes[edge.node]
        slopes = OPERATIONS[node.operation].slope_formulas
        names = (node.name, *node.operands)
        symbols = [paint(name, symbol(name)) for name in names]
        numbers = [paint(name, factor(values[name])) for name in names]
        in_symbols, in_numbers = slopes(*symbols)[edge.position], slopes(*numbers)[edge.position]
        worked_out = "" if in_symbols in (*symbols, "0", "1", "-1") else f" {equals(edge.local)}"
        if in_symbols in symbols:
            name = names[symbols.index(in_symbols)]
            in_numbers = paint(name, number(values[name]))
        elif slopes(*(factor(values[name]) for name in names))[edge.position] == "-0":
            in_numbers, worked_out = "0", ""
        local, total = partial(edge.node, edge.operand), partial(graph.output, edge.operand)
        steps.append(
            BackwardStep(
                edge,
                local_formula=f"{local} = {in_symbols}",
                local_numbers=f"{local} = {in_numbers}{worked_out}",
                chain_formula=rf"{total} {adds} {partial(graph.output, edge.node)} \cdot {local}",
                chain_numbers=f"{total}{_sum(edge, accumulate, paint)} {equals(edge.after)}",
            )
        )
    return steps


def _sum(edge: Edge, accumulate: bool, paint: Paint) -> str:
    """= before + incoming * local, without a sum with 0, a product with 1 and what would be said twice."""
    incoming, local = paint("gradient", factor(edge.incoming)), factor(edge.local)
    factors = [text for text, value in ((incoming, edge.incoming), (local, edge.local)) if value != 1]
    share = r" \cdot ".join(factors) or "1"
    if accumulate and edge.before:
        return f" = {paint('gradient', factor(edge.before))} + {share}"
    return f" = {share}" if len(factors) > 1 else ""
