"""Both passes as one list of moments, each with all that is known by then and the formula of what is new."""

from dataclasses import dataclass

from core.lessons.backprop.graph import Edge
from core.lessons.backprop.notation import written
from core.lessons.backprop.settings import Passes
from core.lessons.backprop.steps import Paint, backward_steps, forward_steps, plain


@dataclass(frozen=True)
class Moment:
    """What the last step was and what is known after it.

    title: the step in words. formulas: LaTeX, in symbols and in numbers; numbers: the latter alone.
    node, operands: what was computed, or the node that sent a gradient and the operand that got it.
    values, gradients: of every node that has one by now. edge: None in the forward pass.
    """

    title: str
    formulas: tuple[str, ...]
    numbers: tuple[str, ...]
    node: str
    operands: tuple[str, ...]
    values: dict[str, float]
    gradients: dict[str, float]
    edge: Edge | None = None


def walk(passes: Passes, paint: Paint = plain) -> list[Moment]:
    """Moment 0 knows the leaves alone; then one moment per operation, and one per edge on the way back."""
    graph, leaves = passes.graph, passes.leaves
    values, gradients = {leaf: float(leaves[leaf]) for leaf in graph.leaves}, dict(passes.earlier or {})
    gradients = {name: gradient for name, gradient in gradients.items() if name in graph.leaves}
    moments = [Moment("Only the leaves have a value", (), (), "", graph.leaves, values, gradients)]
    for step in forward_steps(graph, leaves, paint):
        values = values | {step.node: step.value}
        title = f"Forward: {written(step.node)} gets its value"
        said = (step.formula, step.numbers), (step.numbers,)
        moments.append(Moment(title, *said, step.node, step.operands, values, gradients))
    for step in backward_steps(graph, leaves, passes.accumulate, passes.earlier, paint):
        edge = step.edge
        gradients = gradients | {edge.operand: edge.after}
        numbers = step.local_numbers, step.chain_numbers
        formulas = step.local_formula, step.local_numbers, step.chain_formula, step.chain_numbers
        title = f"Backward: {written(edge.node)} sends {written(edge.operand)} its share of the gradient"
        if edge.node == edge.operand:
            title = f"Backward starts at {written(edge.node)}, whose own gradient is 1"
        said = tuple(dict.fromkeys(formulas)), tuple(dict.fromkeys(numbers))
        moments.append(Moment(title, *said, edge.node, (edge.operand,), values, gradients, edge))
    return moments


def now(passes: Passes, moments: list[Moment]) -> int:
    """The moment the settings ask for; beyond the last it is the last."""
    return min(passes.step, len(moments) - 1)


def rows(passes: Passes) -> list[dict]:
    """The same as a table, one row per step, for a CSV file."""
    table = []
    for i, moment in enumerate(walk(passes)[1:], 1):
        edge, row = moment.edge, {"step": i, "pass": "forward", "node": moment.node}
        if edge is None:
            row |= {"operands": " ".join(moment.operands), "value": moment.values[moment.node]}
        else:
            row |= {"pass": "backward", "operands": edge.operand, "local": edge.local}
            row |= {"incoming": edge.incoming, "product": edge.product}
            row |= {"before": edge.before, "after": edge.after}
        table.append(row)
    return table
