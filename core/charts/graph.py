"""A computation graph from left to right: both passes as frames, and the paths one after the other."""

import math
from collections.abc import Callable, Iterable

import plotly.graph_objects as go

from core.backprop.layout import layout
from core.backprop.networks import parameters
from core.backprop.paths import Path
from core.backprop.settings import Passes
from core.backprop.steps import equals, factor, symbol
from core.backprop.walk import Moment, walk
from core.charts.latex import html, lines
from core.charts.style import BACKWARD, FORWARD, PALETTE, THEORY, WEIGHTS, chart, played
from core.measures import short

COLOURS = {"data": PALETTE[5], "weight": WEIGHTS, "value": FORWARD, "gradient": BACKWARD}
EMPTY = "rgba(128, 136, 149, 0.25)"
ROW, FRAMES = 92, 200
HEAD, SIDE, SMALL = 1.25, 0.55, 11


def kinds(settings: Passes) -> dict[str, str]:
    """What every node is: "data", "weight" or "value" (computed); "gradient" is one as well. See COLOURS."""
    named = {"gradient": "gradient"} | {node.name: "value" for node in settings.graph.nodes}
    return named | dict.fromkeys(settings.graph.leaves, "data") | dict.fromkeys(settings.parameters, "weight")


def paint(settings: Passes) -> Callable[[str, str], str]:
    """Gives the symbols of a formula the colours that the nodes have in the graph."""
    colours = {name: COLOURS[kind] for name, kind in kinds(settings).items()}
    return lambda name, latex: rf"\textcolor{{{colours[name]}}}{{{latex}}}"


class _Drawing:
    """Where everything is, and the traces that both kinds of frames share."""

    def __init__(self, settings: Passes):
        self.graph, self.kinds = settings.graph, kinds(settings)
        hidden = parameters(self.graph) if settings.shape.count("-") > 1 else ()
        placed = layout(self.graph, hide=hidden)
        self.rows, self.columns = placed.rows, placed.columns
        self.at = {name: (column, -row) for name, (column, row) in placed.positions.items()}
        self.names = list(self.at)
        self.segments = {}
        for node in self.graph.operations:
            for i, operand in enumerate(node.operands):
                end = self.at[node.name]
                if operand in self.at:
                    start = self.at[operand]
                elif operand not in hidden:
                    continue
                elif i == len(node.operands) - 1:
                    start = (end[0] - 0.3, end[1] + 0.36)
                else:
                    start = self.at[node.operands[i + 1]]
                self.segments[operand, node.name] = start, end

    def lines(self, edges: Iterable[tuple[str, str]], colour: str, width: float) -> dict:
        """A trace of straight lines."""
        drawn = [self.segments[edge] for edge in edges if edge in self.segments]
        return dict(
            x=[x for (x0, _), (x1, _) in drawn for x in (x0, x1, None)],
            y=[y for (_, y0), (_, y1) in drawn for y in (y0, y1, None)],
            mode="lines",
            line=dict(color=colour, width=width),
            hoverinfo="skip",
        )

    def labels(self, edges: dict[tuple[str, str], str]) -> dict:
        """A trace of words on edges, nearer to the start so that those of one node stay apart."""
        drawn = [(self.segments[edge], text) for edge, text in edges.items() if edge in self.segments]
        return dict(
            x=[x0 + 0.42 * (x1 - x0) for ((x0, _), (x1, _)), _ in drawn],
            y=[y0 + 0.42 * (y1 - y0) for ((_, y0), (_, y1)), _ in drawn],
            text=[f"<b>{text}</b>" for _, text in drawn],
            mode="text",
            textfont_size=SMALL,
            hoverinfo="skip",
        )

    def nodes(self, values: dict, gradients: dict, active: Iterable[str], ring: str) -> dict:
        """A trace of markers: filled once a node has a value, ringed once it has a gradient."""
        formulas = {node.name: str(node) for node in self.graph.operations}
        return dict(
            x=[self.at[name][0] for name in self.names],
            y=[self.at[name][1] for name in self.names],
            mode="markers",
            marker=dict(
                color=[COLOURS[self.kinds[name]] if name in values else EMPTY for name in self.names],
                size=[26 if name in active else 17 for name in self.names],
                opacity=1,
                line=dict(
                    color=[ring if name in active else BACKWARD for name in self.names],
                    width=[4 if name in active else 3 * (name in gradients) for name in self.names],
                ),
            ),
            text=[formulas.get(name, name) for name in self.names],
            hovertemplate="%{text}<extra></extra>",
        )

    def numbers(self, values: dict, gradients: dict) -> dict:
        """A trace of each node's value with its gradient below."""
        return self.text(
            [
                (short(values[name]) if name in values else "")
                + (f"<br>∂ {short(gradients[name])}" if name in gradients else "")
                for name in self.names
            ],
            "bottom center",
        )

    def text(self, texts: list[str], where: str) -> dict:
        """A trace of words at the nodes."""
        return dict(
            x=[self.at[name][0] for name in self.names],
            y=[self.at[name][1] for name in self.names],
            text=texts,
            mode="text",
            textposition=where,
            textfont_size=SMALL,
            hoverinfo="skip",
        )

    def formula(self, text: str) -> dict:
        """A trace with the formula of the moment, above the graph."""
        place = dict(x=[-SIDE], y=[HEAD], textposition="bottom right", hoverinfo="skip")
        return dict(mode="text", text=[text], textfont_size=13, **place)

    def figure(self, traces: list[dict], **words) -> go.Figure:
        """All of it: grey edges and names that stay, and the traces of the first frame."""
        still = [
            self.lines(self.segments, THEORY, 1),
            self.text([f"<b>{html(symbol(name))}</b>" for name in self.names], "top center"),
        ]
        axis = dict(visible=False, fixedrange=True)
        return chart(
            [go.Scatter(trace) for trace in still + traces],
            height=round(ROW * (self.rows + HEAD) + 110),
            showlegend=False,
            hovermode="closest",
            margin=dict(l=4, r=4, t=4, b=4),
            xaxis=axis | dict(range=[-SIDE, self.columns - 1 + SIDE]),
            yaxis=axis | dict(range=[0.5 - self.rows - 0.25, HEAD]),
            **words,
        )

    def played(self, figure: go.Figure, frames: list[list[dict]], prefix: str, active: int) -> go.Figure:
        """Frames that hold only what changes, standing at the one on the screen."""
        numbers = list(range(2, 2 + len(frames[0])))
        changing = [
            [key for key in first if any(frame[i][key] != first[key] for frame in frames)]
            for i, first in enumerate(frames[0])
        ]
        named = [
            dict(
                data=[
                    {"type": "scatter"} | {key: trace[key] for key in keys}
                    for trace, keys in zip(frame, changing, strict=True)
                ],
                traces=numbers,
                name=str(i),
            )
            for i, frame in enumerate(frames)
        ]
        played(figure, named, prefix)
        if figure.layout.sliders:
            figure.layout.sliders[0].active = active
            figure.layout.updatemenus[0].buttons[0].args[1]["frame"]["duration"] = 900
        return figure


def passes(settings: Passes, moments: list[Moment], moment: int) -> go.Figure:
    """The forward and the backward pass, one frame per step, standing at `moment`."""
    drawing = _Drawing(settings)
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
    drawing, title = _Drawing(settings), "Values forward, gradients back"
    figure = drawing.figure(
        _moment(drawing, moments, len(moments) - 1)[:-1], title=title, alt=f"A computation graph. {title}."
    )
    return figure.update_layout(height=ROW * drawing.rows + 40, yaxis_range=[0.2 - drawing.rows, 0.6])


def _moment(drawing: _Drawing, moments: list[Moment], i: int) -> list[dict]:
    moment = moments[i]
    sent = [(m.edge.operand, m.edge.node) for m in moments[1 : i + 1] if m.edge]
    colour = BACKWARD if moment.edge else FORWARD
    active = [(operand, moment.node) for operand in moment.operands] if i else []
    known, mark = (moment.gradients, "∂ ") if moment.edge else (moment.values, "")
    labels = {
        (operand, node): f"{mark}{html(symbol(operand))} = {short(known[operand])}"
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
    drawing = _Drawing(settings)
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
    )
