"""A computation graph from left to right: both passes as frames, and the paths one after the other."""

import math

import plotly.graph_objects as go

from core.charts.style import BACKWARD, FORWARD
from core.lessons.backprop.charts.drawing import COLOURS, ROW, Drawing, paint
from core.lessons.backprop.charts.latex import lines
from core.lessons.backprop.moments import Moment, walk
from core.lessons.backprop.paths import Path
from core.lessons.backprop.settings import Passes
from core.lessons.backprop.steps import equals, factor
from core.words import short

FRAMES = 200
__all__ = ["COLOURS", "paint", "passes", "paths", "still"]


def passes(settings: Passes, moments: list[Moment], moment: int) -> go.Figure:
    """The forward and the backward pass, one frame per step, standing at `moment`."""
    drawing = Drawing(settings)
    forward = len(settings.graph.operations)
    frames = [_moment(drawing, moments, i) for i in range(len(moments))]
    title = moments[moment].title
    return drawing.played(
        drawing.figure(
            frames[moment],
            title=f"Step {moment} of {len(moments) - 1}. {title}",
            alt=f"Computation graph with {forward} operations, left to right. {title}.",
            how="A node fills when it has a value and gets an orange ring when gradient arrives; below it "
            "are its value and, after ∂, its gradient so far. Purple is data, green a weight, blue computed.",
        ),
        frames,
        "step ",
        moment,
    )


def still(settings: Passes) -> go.Figure:
    """The graph when both passes are done, without formula and frames."""
    moments = walk(settings)
    drawing, title = Drawing(settings), "Values forward, gradients back"
    figure = drawing.figure(
        _moment(drawing, moments, len(moments) - 1)[:-1], title=title, alt=f"A computation graph. {title}."
    )
    return figure.update_layout(height=ROW * drawing.rows + 40, yaxis_range=[0.2 - drawing.rows, 0.6])


def _moment(drawing: Drawing, moments: list[Moment], i: int) -> list[dict]:
    moment = moments[i]
    sent = [(m.edge.operand, m.edge.node) for m in moments[1 : i + 1] if m.edge]
    colour = BACKWARD if moment.edge else FORWARD
    active = [(operand, moment.node) for operand in moment.operands] if i else []
    known, mark = (moment.gradients, "∂ ") if moment.edge else (moment.values, "")
    labels = {
        (operand, node): mark + short(known[operand])
        for operand, node in active
        if operand not in drawing.at and operand in known
    }
    lit = {moment.node, *(moment.operands if moment.edge else ())}
    formulas = [*moment.formulas[1::2]] or [*moment.formulas]
    return [
        drawing.lines(sent, BACKWARD, 2),
        drawing.lines(active, colour, 5),
        drawing.nodes(moment.values, moment.gradients, lit, colour),
        drawing.numbers(moment.values, moment.gradients),
        drawing.labels(labels),
        drawing.formula("<br>".join(map(lines, formulas)) or moment.title),
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
                drawing.nodes(values, {}, way.nodes, BACKWARD),
                drawing.labels({edge: short(value) for edge, value in zip(edges, way.factors, strict=True)}),
                drawing.formula(f"{lines(f'{product} {equals(way.product)}')}<br>{total}"),
            ]
        )
    difference = abs(math.fsum(way.product for way in ways) - gradient)
    many = f"The {len(ways):,} paths from {leaf} sum" if len(ways) > 1 else f"The one path from {leaf} comes"
    title = f"{many} to {short(ways[-1].running_sum)}; backpropagation found {short(gradient)}"
    return drawing.played(
        drawing.figure(
            frames[0],
            title=title,
            alt=f"The paths from {leaf} through the graph. {title}.",
            how=f"A number on an edge is its local derivative; a path's share is their product. The sum and "
            f"the gradient differ by {short(difference)}."
            + (f" The first {FRAMES} paths are drawn." if len(ways) > FRAMES else ""),
        ),
        frames,
        "path ",
        0,
        first=1,
    )
