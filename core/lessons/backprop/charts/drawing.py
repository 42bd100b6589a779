"""Where the nodes and edges of a computation graph are, and the traces that draw them."""

from collections.abc import Callable, Iterable

import plotly.graph_objects as go

from core.charts.style import BACKWARD, FORWARD, PALETTE, THEORY, WEIGHTS, chart, played
from core.lessons.backprop.charts.latex import html
from core.lessons.backprop.layout import layout
from core.lessons.backprop.networks import parameters
from core.lessons.backprop.notation import symbol
from core.lessons.backprop.operations import OPERATIONS
from core.lessons.backprop.settings import Passes
from core.words import short

COLOURS = {"data": PALETTE[5], "weight": WEIGHTS, "value": FORWARD, "gradient": BACKWARD}
EMPTY = "rgba(128, 136, 149, 0.25)"
ROW, ROW_OF_WEIGHTS = 92, 124
HEAD, SIDE = 1.25, 0.55
SMALL = dict(size=11)
GAP, BIAS, BELOW, NEAR, STILL = 15, 42, 52, 0.3, 2


def kinds(settings: Passes) -> dict[str, str]:
    """What every node is: "data", "weight" or "value" (computed); "gradient" is one as well. See COLOURS."""
    named = {"gradient": "gradient"} | {node.name: "value" for node in settings.graph.nodes}
    return named | dict.fromkeys(settings.graph.leaves, "data") | dict.fromkeys(settings.parameters, "weight")


def paint(settings: Passes) -> Callable[[str, str], str]:
    """Gives the symbols of a formula the colours that the nodes have in the graph."""
    colours = {name: COLOURS[kind] for name, kind in kinds(settings).items()}
    return lambda name, latex: rf"\textcolor{{{colours[name]}}}{{{latex}}}"


class Drawing:
    """Where everything is, and the traces that both kinds of frames share."""

    def __init__(self, settings: Passes):
        self.settings, self.graph, self.kinds = settings, settings.graph, kinds(settings)
        hidden = parameters(self.graph) if settings.shape.count("-") > 1 else ()
        placed = layout(self.graph, hide=hidden)
        self.rows, self.columns = placed.rows, placed.columns
        self.row = ROW_OF_WEIGHTS if hidden else ROW
        self.at = {name: (column, -row) for name, (column, row) in placed.positions.items()}
        self.names = list(self.at)
        self.on_edges = [
            (name, node.name) for node in self.graph.operations for name in node.operands if name in hidden
        ]
        self.segments = {}
        for node in self.graph.operations:
            for i, operand in enumerate(node.operands):
                end = self.at[node.name]
                if operand in self.at:
                    start = self.at[operand]
                elif operand not in hidden:
                    continue
                elif i == len(node.operands) - 1:
                    start = (end[0], end[1] + BIAS / self.row)
                else:
                    start = self.at[node.operands[i + 1]]
                self.segments[operand, node.name] = start, end

    @property
    def wide(self) -> bool:
        """Whether it takes the whole width of a page."""
        return self.columns > 5

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

    def weights(self, values: dict, gradients: dict, active: Iterable[str]) -> dict:
        """A trace of dots on the edges that carry a weight, each with its gradient as soon as it has one.

        The value stands there while the weight is `active` without a gradient; hovering tells both.
        """
        names = [name for name, _ in self.on_edges]
        places = [self.middle(*edge) for edge in self.on_edges]
        shown = {name: short(values[name]) for name in active if name in values}
        shown |= {name: f"∂ {short(gradients[name])}" for name in names if name in gradients}
        return dict(
            x=[x for x, _ in places],
            y=[y for _, y in places],
            text=[f"<b>{shown[name]}</b>" if name in active else shown.get(name, "") for name in names],
            customdata=[f"{html(symbol(name))} = {short(values[name])}" for name in names],
            mode="markers+text",
            marker=dict(color=WEIGHTS, size=7),
            textposition=[self.slant(*edge) for edge in self.on_edges],
            textfont=dict(size=10),
            hovertemplate="%{customdata}<br>%{text}<extra></extra>",
        )

    def slant(self, operand: str, node: str) -> str:
        """Where words beside a point on an edge do not lie on it."""
        (x0, y0), (x1, y1) = self.segments[operand, node]
        if x0 == x1:
            return "middle right"
        return "bottom right" if y1 > y0 else "top right"

    def middle(self, operand: str, node: str) -> tuple[float, float]:
        """A point on an edge, nearer to its start, so that those of one node stay apart."""
        (x0, y0), (x1, y1) = self.segments[operand, node]
        if x0 == x1:
            return x0, y0
        return x0 + NEAR * (x1 - x0), y0 + NEAR * (y1 - y0)

    def labels(self, edges: dict[tuple[str, str], str]) -> dict:
        """A trace of words beside edges."""
        drawn = [edge for edge in edges if edge in self.segments]
        places = [self.middle(*edge) for edge in drawn]
        return dict(
            x=[x for x, _ in places],
            y=[y for _, y in places],
            text=[f"<b>{edges[edge]}</b>" for edge in drawn],
            mode="text",
            textposition=[self.slant(*edge) for edge in drawn],
            textfont=SMALL,
            hoverinfo="skip",
        )

    def nodes(self, values: dict, gradients: dict, active: Iterable[str], ring: str) -> dict:
        """A trace of markers: filled once a node has a value, ringed once it has a gradient."""
        formulas = {
            node.name: html(
                f"{symbol(node.name)} = {OPERATIONS[node.operation].formula(*map(symbol, node.operands))}"
            )
            for node in self.graph.operations
        }
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
            text=[formulas.get(name, html(symbol(name))) for name in self.names],
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
            side=-1,
        )

    def text(self, texts: list[str], side: int) -> dict:
        """A trace of words above (side 1) or below (-1) the nodes."""
        return dict(
            x=[self.at[name][0] for name in self.names],
            y=[self.at[name][1] + side * GAP / self.row for name in self.names],
            text=texts,
            mode="text",
            textposition="top right" if side > 0 else "bottom center",
            textfont=SMALL,
            hoverinfo="skip",
        )

    def formula(self, text: str) -> dict:
        """A trace with the formula of the moment, above the graph."""
        place = dict(x=[-SIDE], y=[HEAD * ROW / self.row], textposition="bottom right", hoverinfo="skip")
        return dict(mode="text", text=[text], textfont_size=13, cliponaxis=False, **place)

    def figure(self, traces: list[dict], **words) -> go.Figure:
        """All of it: grey edges and names that stay, and the traces of the first frame."""
        still = [
            self.lines(self.segments, THEORY, 1),
            self.text([f"\u2002<b>{html(symbol(name))}</b>" for name in self.names], side=1),
        ]
        axis = dict(visible=False, fixedrange=True)
        return chart(
            [go.Scatter(trace) for trace in still + traces],
            height=round(self.row * (self.rows - 1) + BELOW + ROW * HEAD + 114),
            showlegend=False,
            hovermode="closest",
            margin=dict(l=4, r=4, t=18, b=4),
            xaxis=axis | dict(range=[-SIDE, self.columns - 1 + SIDE]),
            yaxis=axis | dict(range=[1 - self.rows - BELOW / self.row, HEAD * ROW / self.row]),
            **words,
        )

    def played(
        self, figure: go.Figure, frames: list[list[dict]], prefix: str, active: int, first: int = 0
    ) -> go.Figure:
        """Frames that hold only what changes, counted from `first`, standing at number `active`."""
        numbers = list(range(STILL, STILL + len(frames[0])))
        changing = [
            [key for key in trace if any(frame[i][key] != trace[key] for frame in frames)]
            for i, trace in enumerate(frames[0])
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
            for i, frame in enumerate(frames, first)
        ]
        played(figure, named, prefix)
        if figure.layout.sliders:
            figure.layout.sliders[0].active = active
            play = figure.layout.updatemenus[0].buttons[0]
            play.args[1]["frame"]["duration"] = 900
            if active < len(frames) - 1:
                play.args = [[frame["name"] for frame in named[active:]], play.args[1]]
        return figure
