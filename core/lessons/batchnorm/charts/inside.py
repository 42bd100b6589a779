"""Batch normalization at work: one batch by hand, and what it does inside a network while it trains."""

import numpy as np
import plotly.graph_objects as go
from plotly.colors import sample_colorscale

from core.charts.compared import losses
from core.charts.style import (
    AFTER,
    BACKWARD,
    BEFORE,
    FORWARD,
    SCALE,
    THEORY,
    WEIGHTS,
    chart,
    log_axis,
    played,
)
from core.lessons.batchnorm.by_hand import Apart, OneBatch, left_of_start
from core.run import LEARNED, PRE_ACTIVATION_EDGES, Run
from core.words import listed, short, two_digits

PANELS = (dict(domain=[0, 0.42]), dict(domain=[0.58, 1]))
DASHED = dict(color=THEORY, dash="dash", width=2)


def table(apart: Apart) -> dict[str, np.ndarray]:
    """The batch as columns, one row per sample."""
    after = apart.after
    return {
        "sample": np.arange(1, len(after.output) + 1),
        "z": after.pre_activation,
        "z − μ": after.pre_activation - after.mean,
        "ẑ": after.normalized,
        "output y": after.output,
        "before the move": apart.before.output,
        "evaluation mode": apart.evaluated,
        "∂ẑ / ∂z₁": after.pull,
    }


def formulas(batch: OneBatch, gamma: float, beta: float) -> str:
    """The four steps with this batch's numbers, as LaTeX."""
    z, count = [short(v) for v in batch.pre_activation], len(batch.pre_activation)
    if count > 3:
        z = [*z[:2], r"\dots", z[-1]]
    total = " + ".join(map(_signed, z))
    mean, variance, first = short(batch.mean), short(batch.variance), short(batch.pre_activation[0])
    hat = short(batch.normalized[0])
    return rf"""\begin{{aligned}}
\mu &= \tfrac{{1}}{{{count}}}\left({total}\right) \\
 &= {mean} \\
\sigma^2 &= \tfrac{{1}}{{{count}}}\textstyle\sum_i (z_i - \mu)^2 = {variance} \\
\hat z_1 &= \frac{{z_1 - \mu}}{{\sqrt{{\sigma^2 + \varepsilon}}}} \\
 &= \frac{{{first} - {_signed(mean)}}}{{\sqrt{{{variance} + 0.00001}}}} = {hat} \\
y_1 &= \gamma\, \hat z_1 + \beta \\
 &= {short(gamma)} \times {_signed(hat)} + {_signed(short(beta))}
 = {short(batch.output[0])}
\end{{aligned}}"""


def _signed(number: str) -> str:
    return f"({number})" if number.startswith("-") else number


def by_hand(apart: Apart, nudge: float) -> go.Figure:
    """Outputs of one batch before and after its first value moved, and in evaluation mode."""
    before, after, evaluated = apart.before, apart.after, apart.evaluated
    count, moved = len(after.output), np.abs(after.output - before.output)
    samples = np.arange(1, count + 1)
    if count == 2:
        size = short(abs(after.normalized[0]))
        title = f"In a batch of two the outputs are β ± {size} γ: of two values only their order is left"
    elif nudge:
        title = (
            f"Moving sample 1 by {short(nudge)} moves its own output by {short(moved[0])}, "
            f"and the others by up to {short(moved[1:].max())}"
        )
    else:
        title = (
            f"{count} values of mean {short(after.mean)} and deviation {short(after.variance**0.5)} come out "
            f"with mean {short(round(after.output.mean(), 12))} and deviation {short(after.output.std())}"
        )

    def dots(y, name, symbol, colour):
        marker = dict(symbol=symbol, color=colour, size=9)
        return go.Scatter(x=samples, y=y, name=name, mode="markers", marker=marker)

    stems = [value for row in zip(before.output, after.output, [None] * count, strict=True) for value in row]
    return chart(
        [
            go.Scatter(
                x=np.repeat(samples, 3),
                y=stems,
                mode="lines",
                line=dict(color=AFTER, width=1),
                showlegend=False,
                hoverinfo="skip",
            ),
            dots(before.output, "before the move", "circle-open", BEFORE),
            dots(after.output, "training mode", "circle", AFTER),
            dots(evaluated, "evaluation mode", "diamond-open", BACKWARD),
        ],
        title=title,
        alt=f"Outputs of the {count} samples of one batch. {title}.",
        how="In training mode a sample's output depends on its whole batch; in evaluation mode, on running "
        "statistics from earlier batches, each sample stands for itself. The table's last column is how "
        "far each ẑ moves with z₁; its sum is 0.",
        xaxis=dict(title="sample", dtick=max(1, count // 8)),
        yaxis=dict(title="output"),
    )


def warm_up(apart: Apart, seen: int) -> go.Figure:
    """Running mean and variance over the batches seen, over what is expected of them."""
    mean, variance, goal = apart.running_mean, apart.running_variance, apart.goal
    t = np.arange(len(mean))
    left = left_of_start(t)
    expected = ((1 - left) * goal[0], left + (1 - left) * goal[1])
    title = (
        f"After {seen} batch{'es' * (seen != 1)} the start value 1 has a weight of "
        f"{short(100 * left_of_start(seen))} % and makes up "
        f"{short(100 * left_of_start(seen) / variance[seen])} % of the running variance, "
        f"{short(variance[seen])}; the data's is {short(goal[1])}"
    )
    traces = []
    names = ("running mean", FORWARD), ("running variance", WEIGHTS)
    for i, ((name, colour), values, theory) in enumerate(
        zip(names, (mean, variance), expected, strict=True), start=1
    ):
        place = dict(x=t, mode="lines", xaxis=f"x{i}", yaxis=f"y{i}")
        traces += [
            go.Scatter(y=values, name=name, line_color=colour, **place),
            go.Scatter(y=theory, name="expected", line=DASHED, showlegend=i == 1, **place),
            go.Scatter(
                y=values[[seen]],
                name=f"after {seen}",
                marker=dict(color=colour, size=11),
                showlegend=False,
                **place | dict(x=[seen], mode="markers"),
            ),
        ]
    return chart(
        traces,
        title=title,
        alt=f"Running mean and variance of one unit over {len(mean) - 1} batches. {title}.",
        how="Every batch moves them a tenth of the way. Dashed: start value times 0.9ᵗ, plus the mean or "
        "variance of the whole training set times 1 − 0.9ᵗ.",
        height=320,
        xaxis=dict(title="mean by batches seen") | PANELS[0],
        xaxis2=dict(title="variance by batches seen") | PANELS[1],
        yaxis2=log_axis([*variance, *expected[1]], None, anchor="x2"),
        hovermode="closest",
    )


def learning(plain: Run, normed: Run) -> go.Figure:
    """The losses of both in both modes; a network that has learned in one of them only is in the title."""
    figure = losses({"without batchnorm": plain, "with batchnorm": normed}, evaluated=True)
    trained = float(normed.loss[-10:].mean())
    if normed.learned or not trained < LEARNED * normed.chance:
        return figure
    title = (
        f"With batchnorm the network has learned in training mode only: a loss of {two_digits(trained)} over "
        f"its last {min(10, len(normed.loss))} batches, {two_digits(normed.train_loss[-1])} in evaluation "
        "mode"
    )
    meta = figure.layout.meta
    return figure.update_layout(meta={**meta, "title": title, "alt": f"{meta['alt']} {title}."})


def inside(plain: Run, normed: Run) -> go.Figure:
    """What enters the activation functions, a column per layer, without and with, over the steps."""
    shares = [run.pre_activation_histogram for run in (plain, normed)]
    used = np.flatnonzero(np.nansum(np.concatenate(shares), axis=(0, 1)) > 0.002 * len(shares[0]))
    ticks = np.array([-1000, -100, -30, -10, -3, -1, 0, 1, 3, 10, 30, 100, 1000])
    layers, depth = np.arange(1, plain.experiment.depth + 1), plain.experiment.depth
    spreads = [short(run.probes["activation_std"][0, -1]) for run in (plain, normed)]
    title = (
        f"Before the first step the activations of layer {depth} spread by {spreads[0]} over the samples "
        f"without batch normalization and by {spreads[1]} with it"
    )

    def strips(i):
        return [
            dict(type="heatmap", z=_relative(share[i]).T, xaxis=f"x{n}", yaxis=f"y{n}")
            for n, share in enumerate(shares, start=1)
        ]

    axis = dict(
        tickvals=np.interp(ticks, PRE_ACTIVATION_EDGES, np.arange(len(PRE_ACTIVATION_EDGES)) + 0.5),
        ticktext=[f"{v:g}" for v in ticks],
        range=[used.min(initial=45) - 1.5, used.max(initial=55) + 1.5],
    )
    columns, where = dict(dtick=max(1, depth // 10)), "layer %{x}<extra></extra>"
    figure = chart(
        [
            go.Heatmap(
                strip, x=layers, zmin=0, zmax=1, colorscale=SCALE, showscale=False, hovertemplate=where
            )
            for strip in strips(0)
        ],
        title=title,
        alt=f"Histograms of the pre-activations of {depth} layers, without and with. {title}.",
        how="Left without, right with batch normalization, same seed: a column is a layer, the brighter, the "
        "more of its pre-activations have that value, relative to the commonest.",
        height=460,
        xaxis=dict(title="layer, without", **columns) | PANELS[0],
        xaxis2=dict(title="layer, with", **columns) | PANELS[1],
        yaxis=dict(title="pre-activation") | axis,
        yaxis2=axis | dict(anchor="x2", showticklabels=False),
        hovermode="closest",
    )
    frames = [dict(data=strips(i), name=str(plain.at[i])) for i in range(0, len(plain.at), 2)]
    return played(figure, frames, "step ", redraw=True)


def _relative(share: np.ndarray) -> np.ndarray:
    """Histograms [L, bins] relative to their highest bin; NaN where there is none."""
    highest = share.max(axis=1, keepdims=True)
    return np.divide(share, highest, out=np.full_like(share, np.nan), where=highest > 0).astype(np.float32)


def _from_to(values: np.ndarray) -> str:
    low, high = short(values.min()), short(values.max())
    return low if low == high else f"{low} to {high}"


def learned(run: Run) -> go.Figure:
    """The median scale and shift of every layer over the steps."""
    kept, depth = run.last + 1, run.experiment.depth
    places = [0.5] if depth == 1 else list(np.linspace(0.25, 0.8, depth))
    colours = sample_colorscale(SCALE, places)
    said = []
    for name, values in (("γ", run.gamma[kept - 1]), ("β", run.beta[kept - 1])):
        middle = np.median(values, axis=1)
        said.append(f"{name} is {_from_to(middle)} in the layers' medians (single units: {_from_to(values)})")
    title = f"At step {run.at[kept - 1]} {listed(said)}"
    traces = [
        go.Scatter(
            x=run.at[:kept],
            y=np.median(values[:kept, layer], axis=1),
            name=f"layer {layer + 1}",
            legendgroup=layer,
            showlegend=n == 1 and layer in (0, depth - 1),
            line_color=colour,
            xaxis=f"x{n}",
            yaxis=f"y{n}",
        )
        for n, values in enumerate((run.gamma, run.beta), start=1)
        for layer, colour in enumerate(colours)
    ]
    return chart(
        traces,
        title=title,
        alt=f"Median scale and shift of every layer over {run.experiment.steps} steps. {title}.",
        how="A line is the median over the units of a layer, dark for the first, bright for the last. γ "
        "starts at 1 and β at 0.",
        height=340,
        xaxis=dict(title="scale γ by step") | PANELS[0],
        xaxis2=dict(title="shift β by step") | PANELS[1],
        yaxis2=dict(anchor="x2"),
        hovermode="closest",
    )
