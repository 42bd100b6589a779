"""A computation graph from left to right: both passes as frames, and the paths one after the other."""

import plotly.graph_objects as go

from core.charts.style import BACKWARD, FORWARD
from core.lessons.backprop.charts.drawing import COLOURS, Drawing, paint
from core.lessons.backprop.charts.latex import lines
from core.lessons.backprop.moments import Moment, walk
from core.lessons.backprop.notation import apart, equals, factor, written
from core.lessons.backprop.paths import Path, add_up, agree
from core.lessons.backprop.settings import Passes
from core.words import short

FRAMES = 200
__all__ = ["COLOURS", "Drawing", "paint", "passes", "paths", "still"]


def passes(settings: Passes, moments: list[Moment], moment: int) -> go.Figure:
    """The forward and the backward pass, one frame per step, standing at `moment`."""
    drawing = Drawing(settings)
    forward, edges = len(settings.graph.operations), sum(bool(m.edge) for m in moments)
    frames = [_moment(drawing, moments, i) for i in range(len(moments))]
    title = f"{forward} value{'s' * (forward > 1)} forward, then {edges} steps back with gradients"
    return drawing.played(
        drawing.figure(
            frames[moment],
            title=title,
            alt=f"Computation graph with {forward} operations, left to right. {title}.",
            how="A node fills when it has a value and gets an orange ring when gradient arrives; below it "
            "are its value and, after ∂, its gradient so far. Purple is data, green a weight, blue computed."
            + (" A weight's gradient stands beside its dot; on a phone, tap it." if drawing.on_edges else ""),
        ),
        frames,
        "step ",
        moment,
    )


def still(settings: Passes) -> go.Figure:
    """The graph when both passes are done, without formula, frames and words on edges."""
    last = walk(settings)[-1]
    drawing, title = Drawing(settings), "Values forward, gradients back"
    sent = [(operand, node.name) for node in settings.graph.operations for operand in node.operands]
    figure = drawing.figure(
        [
            drawing.lines(sent, BACKWARD, 2),
            drawing.weights(last.values, {}, ()),
            drawing.nodes(last.values, last.gradients, (), BACKWARD),
            drawing.numbers(last.values, last.gradients),
        ],
        title=title,
        alt=f"A computation graph. {title}.",
    )
    return figure.update_layout(height=drawing.row * drawing.rows + 40, yaxis_range=[0.2 - drawing.rows, 0.6])


def _moment(drawing: Drawing, moments: list[Moment], i: int) -> list[dict]:
    moment = moments[i]
    sent = [(m.edge.operand, m.edge.node) for m in moments[1 : i + 1] if m.edge]
    colour = BACKWARD if moment.edge else FORWARD
    active = [(operand, moment.node) for operand in moment.operands] if i else []
    lit = {moment.node, *(moment.operands if moment.edge else ())}
    return [
        drawing.lines(sent, BACKWARD, 2),
        drawing.lines(active, colour, 5),
        drawing.nodes(moment.values, moment.gradients, lit, colour),
        drawing.numbers(moment.values, moment.gradients),
        drawing.formula("<br>".join(map(lines, moment.numbers)) or moment.title),
        drawing.weights(moment.values, moment.gradients, [operand for operand, _ in active]),
    ]


def paths(settings: Passes, values: dict, leaf: str, ways: list[Path], gradient: float) -> go.Figure:
    """Every path from a leaf to the output, one frame each, with its product and the sum so far."""
    drawing = Drawing(settings)
    shown = ways[:FRAMES]
    frames = []
    for i, way in enumerate(shown, 1):
        edges = list(zip(way.nodes, way.nodes[1:], strict=False))
        product = r" \cdot ".join(factor(value) for value in way.factors)
        total = f"sum of {i} of {len(ways)}: {short(way.running_sum)}"
        frames.append(
            [
                drawing.lines(edges, BACKWARD, 5),
                drawing.weights(values, {}, ()),
                drawing.nodes(values, {}, way.nodes, BACKWARD),
                drawing.labels({edge: short(value) for edge, value in zip(edges, way.factors, strict=True)}),
                drawing.formula(f"{lines(f'{product} {equals(way.product)}')}<br>{total}"),
            ]
        )
    many = f"The {len(ways):,} paths from {written(leaf)} sum"
    if len(ways) == 1:
        many = f"The one path from {written(leaf)} comes"
    if agree(ways, gradient):
        title = f"{many} to {short(gradient)}, the gradient that backpropagation found"
    else:
        total, found = apart(add_up(ways), gradient)
        title = f"{many} to {total}; the page's gradient is {found}"
    return drawing.played(
        drawing.figure(
            frames[0],
            title=title,
            alt=f"The paths from {written(leaf)} through the graph. {title}.",
            how="A number on an edge is its local derivative; a path's share is their product."
            + (f" The first {FRAMES} paths are drawn." if len(ways) > FRAMES else ""),
        ),
        frames,
        "path ",
        0,
        first=1,
    )
