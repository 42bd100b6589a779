"""Why recording pays, and what the gradient is for: paths against edges, and the steps it leads to."""

import numpy as np
import plotly.graph_objects as go

from core.charts.style import (
    AFTER,
    BACKWARD,
    BEFORE,
    FORWARD,
    PALETTE,
    POINTS,
    THEORY,
    chart,
    drawable,
    few_points,
    log_axis,
)
from core.lessons.backprop.graph import Training
from core.lessons.backprop.layout import layout
from core.lessons.backprop.networks import SHAPES
from core.lessons.backprop.paths import LadderCosts, Path, layered_edges, layered_paths, path_counts
from core.lessons.backprop.settings import Passes
from core.words import short

DEEPEST = 20


def counts(settings: Passes) -> go.Figure:
    """Paths and edges of networks as wide as the chosen one, against depth, and the chosen graph."""
    graph = settings.graph
    if settings.shape in SHAPES:
        widths = SHAPES[settings.shape]
        width, depth = max(widths[1:]), len(widths) - 2
        ways, edges = layered_paths(widths), layered_edges(widths)
    else:
        from_node = path_counts(graph)
        ways = sum(from_node[leaf] for leaf in graph.leaves)
        edges = sum(operand in graph.varying for node in graph.operations for operand in node.operands)
        width, depth = 3, layout(graph).columns - 2
    width = max(width, 2)
    depths = np.arange(1, max(DEEPEST, depth) + 1)
    shapes = [(2, *[width] * int(d), 1) for d in depths]
    all_ways = [float(layered_paths(shape)) for shape in shapes]
    all_edges = [layered_edges(shape) for shape in shapes]
    more = "more paths than edges" if ways > edges else "no more paths than edges"
    title = (
        f"This graph has {ways:,} paths and {edges:,} edges, {more}; {DEEPEST} layers of {width} units have "
        f"{short(all_ways[DEEPEST - 1])} paths and {all_edges[DEEPEST - 1]:,} edges"
    )
    mark = dict(mode="markers", showlegend=False)
    return chart(
        [
            go.Scatter(x=depths, y=all_ways, name="paths: widths multiplied", line_color=BACKWARD),
            go.Scatter(x=depths, y=all_edges, name="edges: products added", line_color=FORWARD),
            go.Scatter(x=[depth], y=[ways], name="paths here", marker=dict(color=BACKWARD, size=13), **mark),
            go.Scatter(x=[depth], y=[edges], name="edges here", marker=dict(color=FORWARD, size=9), **mark),
        ],
        title=title,
        alt=f"Paths and edges against depth. {title}.",
        how="The chain rule written out has one product per path; backpropagation uses each edge once. "
        "Dots: the graph above.",
        xaxis=dict(title="hidden layers", range=[-0.5, depths[-1]]),
        yaxis=log_axis([*all_ways, *all_edges, max(edges, 1)], "how many"),
    )


def path_sum(leaf: str, ways: list[Path], gradient: float) -> go.Figure:
    """The product of every path and their running sum, which ends at the gradient."""
    ways = ways[:POINTS]
    numbers = np.arange(1, len(ways) + 1)
    products = np.array([way.product for way in ways])
    sums = np.array([way.running_sum for way in ways])
    title = f"Path by path the sum comes to {short(sums[-1])}, and the gradient is {short(gradient)}"
    figure = chart(
        [
            go.Bar(
                x=numbers,
                y=products,
                name="product of one path",
                marker_color=FORWARD,
                text=[" → ".join(way.nodes) for way in ways],
                textposition="none",
                hovertemplate="%{text}<br>product %{y:.4g}<extra></extra>",
            ),
            go.Scatter(
                x=numbers,
                y=sums,
                name="sum so far",
                mode="lines+markers",
                line=dict(color=BACKWARD, shape="hv"),
                hovertemplate="sum %{y:.4g}<extra></extra>",
            ),
        ],
        title=title,
        alt=f"Products of the paths from {leaf} and their running sum. {title}.",
        how="Hover over a bar to see its path. The dashed line is what backpropagation found.",
        xaxis=dict(title=f"path from {leaf}", dtick=max(1, len(ways) // 10)),
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


def learning(training: Training) -> go.Figure:
    """The loss of every step, and what the gradient promised for it."""
    loss, steps = training.loss, np.arange(len(training.loss))
    positive = loss.min() > 0
    if len(loss) > 1:
        promised, real = loss[0] - training.projected_loss[0], loss[0] - loss[1]
        first = f": the first step promised {short(promised)} less and brought {short(real)} less"
    else:
        first = ""
    title = f"The loss goes from {short(loss[0])} to {short(loss[-1])} in {steps[-1]} steps{first}"
    i = few_points(loss)
    projected = training.projected_loss[i[i < len(training.projected_loss)]]
    y = drawable if positive else np.asarray
    everything = np.clip([*loss, *projected], max(loss.min() / 10, 1e-20), None) if positive else loss
    return chart(
        [
            go.Scatter(
                x=i[: len(projected)] + 1,
                y=y(projected),
                name="promised by the gradient",
                line=dict(color=THEORY, dash="dash"),
                mode="lines+markers",
                marker_size=5,
            ),
            go.Scatter(x=i, y=y(loss[i]), name="loss", line_color=FORWARD, mode="lines+markers"),
        ],
        title=title,
        alt=f"Loss over {steps[-1]} steps. {title}.",
        how="Dashed is where the loss would be if it were as straight as its tangent; it is not, and the "
        "longer the step the less it is."
        + (" Where the promise is below 0 there is nothing to draw on this axis." if positive else ""),
        xaxis=dict(title="step", range=[0, max(steps[-1], 1)]),
        yaxis=log_axis(everything, "loss", floor=1e-32) if positive else dict(title="value of the output"),
    )


def weights(settings: Passes, training: Training) -> go.Figure:
    """The path of every weight and bias."""
    moved = {name: float(np.ptp(training.paths[name])) for name in settings.parameters}
    most = max(moved, key=moved.get)
    still = sum(distance == 0 for distance in moved.values())
    title = (
        f"{most} moves furthest, from {short(training.paths[most][0])} to {short(training.paths[most][-1])}"
    )
    if still:
        title += f"; {still} of {len(moved)} never move"
    i = few_points(training.loss)
    return chart(
        [
            go.Scatter(
                x=i,
                y=training.paths[name][i],
                name=name,
                line=dict(color=PALETTE[k % len(PALETTE)], dash="dot" if name.startswith("b") else "solid"),
            )
            for k, name in enumerate(moved)
        ],
        title=title,
        alt=f"Weights and biases over the steps. {title}.",
        how="One line per weight, dotted for biases; hover for its name. Where lines lie on each other, "
        "units stay copies.",
        showlegend=len(moved) < 10,
        xaxis=dict(title="step"),
        yaxis=dict(title="value"),
        hovermode="closest",
    )


def functions(runs: dict[str, Training]) -> go.Figure:
    """The losses of several functions, each relative to where it starts."""
    shares = {name: run.loss / run.loss[0] for name, run in runs.items()}
    good = [name for name, share in shares.items() if share[-1] < 0.01]
    title = f"{len(good)} of {len(runs)} are learned: {', '.join(good)}"
    return chart(
        [
            go.Scatter(
                x=np.arange(len(share)),
                y=drawable(np.maximum(share, 1e-16)),
                name=name,
                line=dict(color=PALETTE[k], dash="solid" if name in good else "dash"),
            )
            for k, (name, share) in enumerate(shares.items())
        ],
        title=title,
        alt=f"Loss relative to the start, for {', '.join(runs)}. {title}.",
        how="Loss relative to the start. Dashed lines are not learned. Values below 10⁻¹⁶ are drawn there.",
        xaxis=dict(title="step"),
        yaxis=log_axis([1.0, 1e-16], "loss / loss at the start"),
    )
