"""Why recording pays: what paths share, counted on the drawn graph, on deep networks and on a ladder."""

from collections import Counter

import numpy as np
import plotly.graph_objects as go

from core.charts.style import (
    AFTER,
    BACKWARD,
    BEFORE,
    FORWARD,
    POINTS,
    THEORY,
    chart,
    drawable,
    log_axis,
    said,
)
from core.lessons.backprop.layout import layout
from core.lessons.backprop.networks import SHAPES
from core.lessons.backprop.notation import apart, written
from core.lessons.backprop.paths import (
    LadderCosts,
    Path,
    add_up,
    agree,
    multiplications,
    network_multiplications,
)
from core.lessons.backprop.settings import Passes
from core.words import short

DEEPEST = 20


def counts(settings: Passes) -> go.Figure:
    """Multiplications path by path and edge by edge: of the drawn graph, and of ever deeper networks."""
    drawn, typed = multiplications(settings.graph), settings.shape == "expression"
    width = _units(settings)
    depths = np.arange(1, DEEPEST + 1)
    deeper = [network_multiplications((2, *[width] * int(depth), 1)) for depth in depths]
    times = "multiplication" if drawn.by_path == 1 else "multiplications"
    unshared = "" if drawn.by_path > drawn.by_edge else ": no two paths share an edge"
    title = (
        f"The gradient above takes {drawn.by_path:,} {times} path by path and {drawn.by_edge:,} edge by edge"
        f"{unshared}; with {DEEPEST} hidden layers of {width} units it would take "
        f"{short(float(deeper[-1].by_path))} and {deeper[-1].by_edge:,}"
    )
    at = [0, DEEPEST] if typed else [len(SHAPES[settings.shape]) - 2]
    traces = []
    for way, name, colour in (("by_path", "path by path", BACKWARD), ("by_edge", "edge by edge", FORWARD)):
        ever = [float(getattr(counted, way)) for counted in deeper]
        traces.append(go.Scatter(x=depths, y=ever, name=name, line_color=colour, mode="lines"))
        traces.append(
            go.Scatter(
                x=at,
                y=[getattr(drawn, way)] * len(at),
                name=f"{name}, above",
                line=dict(color=colour, dash="dot"),
                marker_size=12,
                mode="lines" if typed else "markers",
                showlegend=False,
            )
        )
    return chart(
        traces,
        title=title,
        alt=f"Multiplications against depth. {title}.",
        how="Both ways start from 1 at the output and multiply by one local derivative after the other: a "
        "path takes a multiplication for each of its edges, backpropagation one for each edge of the graph. "
        f"{'Dotted' if typed else 'Dots'}: the graph above. Lines: networks with layers of {width} units.",
        xaxis=dict(title="hidden layers", range=[-0.5, DEEPEST + 0.5]),
        yaxis=log_axis([*drawn, *deeper[0], *deeper[-1]], "multiplications"),
    )


def _units(settings: Passes) -> int:
    """The units of the widest layer, or the operations side by side in a formula; 2 at least."""
    if settings.shape in SHAPES:
        return max(SHAPES[settings.shape])
    placed = layout(settings.graph).positions
    return max(2, *Counter(placed[node.name][0] for node in settings.graph.operations).values())


def path_sum(leaf: str, ways: list[Path], gradient: float) -> go.Figure:
    """The product of every path and their running sum, beside the gradient that is on trial."""
    every, total = ways, add_up(ways)
    ways = ways[:POINTS]
    numbers = np.arange(1, len(ways) + 1)
    products = np.array([way.product for way in ways])
    sums = np.array([way.running_sum for way in ways])
    title = f"Path by path the sum comes to {short(total)}, the gradient"
    if not agree(every, gradient):
        title = "Path by path the sum comes to {}, not to {}".format(*apart(total, gradient))
    figure = chart(
        [
            go.Bar(
                x=numbers,
                y=products,
                name="product of one path",
                marker_color=FORWARD,
                text=[
                    f"{' → '.join(map(written, way.nodes))}<br>product {short(way.product)}" for way in ways
                ],
                textposition="none",
                hovertemplate="%{text}<extra></extra>",
            ),
            go.Scatter(
                x=numbers,
                y=sums,
                name="sum so far",
                mode="lines+markers",
                line=dict(color=BACKWARD, shape="hv"),
                text=said(sums),
                hovertemplate="sum %{text}<extra></extra>",
            ),
        ],
        title=title,
        alt=f"Products of the paths from {written(leaf)} and their running sum. {title}.",
        how="Hover over a bar to see its path. The dashed line is the gradient that the passes above found.",
        xaxis=dict(title=f"path from {written(leaf)}", dtick=max(1, len(ways) // 10)),
        yaxis=dict(title="share of the gradient"),
        hovermode="closest",
    )
    figure.add_hline(gradient, line=dict(color=THEORY, dash="dash", width=1.5))
    return figure


def ladder(costs: LadderCosts) -> go.Figure:
    """Calls without and with recording, counted, against the number of levels."""
    levels = np.array(costs.levels)
    title = (
        f"At {levels[-1]} levels the chain rule as it is written takes {costs.calls_without[-1]:,} calls, "
        f"with recording {costs.calls_with[-1]}"
    )
    dots = dict(mode="markers", marker_size=8)
    return chart(
        [
            go.Scatter(
                x=levels,
                y=2.0 ** (levels + 1) - 1,
                name="2ᴷ⁺¹ − 1",
                mode="lines",
                line=dict(color=THEORY, dash="dash"),
            ),
            go.Scatter(x=levels, y=levels, name="K", mode="lines", line=dict(color=THEORY, dash="dot")),
            go.Scatter(
                x=levels, y=costs.calls_without, name="without recording", marker_color=BEFORE, **dots
            ),
            go.Scatter(x=levels, y=costs.calls_with, name="with recording", marker_color=AFTER, **dots),
        ],
        title=title,
        alt=f"Calls against levels, counted. {title}.",
        how="Counted while computing the slope of a ladder in which every level uses the one below twice.",
        xaxis=dict(title="levels K"),
        yaxis=log_axis([*costs.calls_without, *costs.calls_with], "calls"),
    )


def ladder_time(costs: LadderCosts) -> go.Figure:
    """The seconds those calls took."""
    ratio = costs.seconds_without[-1] / costs.seconds_with[-1]
    title = (
        f"The same on the clock: {short(1000 * costs.seconds_without[-1])} ms against "
        f"{short(1000 * costs.seconds_with[-1])} ms, {short(ratio)} times as long"
    )
    return chart(
        [
            go.Scatter(
                x=costs.levels, y=drawable(seconds), name=name, line_color=colour, mode="lines+markers"
            )
            for name, seconds, colour in (
                ("without recording", costs.seconds_without, BEFORE),
                ("with recording", costs.seconds_with, AFTER),
            )
        ],
        title=title,
        alt=f"Seconds against levels, measured. {title}.",
        how="Measured on the machine that serves this page; the numbers differ a little every time.",
        xaxis=dict(title="levels K"),
        yaxis=log_axis([*costs.seconds_without, *costs.seconds_with], "seconds"),
    )
