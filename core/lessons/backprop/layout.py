"""Where to draw the nodes of a graph: left to right, every operation to the right of its operands."""

from collections.abc import Collection
from dataclasses import dataclass

from core.lessons.backprop.graph import Graph

SWEEPS = 8


@dataclass(frozen=True)
class Layout:
    """positions: node -> (column, row), both from 0; columns and rows are how many, to size the drawing."""

    positions: dict[str, tuple[int, float]]
    columns: int
    rows: int


def layout(graph: Graph, hide: Collection[str] = ()) -> Layout:
    """Columns by the longest path from the leaves, rows close to the neighbours, so that few edges cross.

    A leaf stands just left of the first operation that uses it. Constants get no place, being part of a
    formula; nor do the names in `hide`, say the weights of a network, for which a narrow screen has room only
    on the edges. A column is spread evenly over the height (barycentre method, Sugiyama et al. 1981).
    """
    shown = [node for node in graph.nodes if node.operation != "number"]
    users = {node.name: [user.name for user in shown if node.name in user.operands] for node in shown}
    operands = {node.name: [name for name in node.operands if name in users] for node in shown}

    column = {}
    for node in shown:
        column[node.name] = max((column[name] + 1 for name in operands[node.name]), default=0)
    for leaf in graph.leaves:
        column[leaf] = min(column[user] for user in users[leaf]) - 1

    kept = [node.name for node in shown if node.name not in hide]
    columns = [[name for name in kept if column[name] == c] for c in sorted({column[name] for name in kept})]
    rows = max(len(names) for names in columns)
    row = {}

    def height(name: str) -> float:
        near = [row[other] for other in operands[name] + users[name] if other in row]
        return sum(near) / max(len(near), 1)

    for names in columns * SWEEPS:
        names.sort(key=height)
        row |= {name: (place + 0.5) * rows / len(names) - 0.5 for place, name in enumerate(names)}
    positions = {name: (place, row[name]) for place, names in enumerate(columns) for name in names}
    return Layout(positions, len(columns), rows)
