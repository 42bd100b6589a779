"""One batch by hand, number by number, and the running statistics that it leaves."""

import numpy as np
import plotly.graph_objects as go

from core.charts.style import AFTER, BACKWARD, BEFORE, FORWARD, WEIGHTS, chart, log_axis
from core.lessons.batchnorm.by_hand import Apart, OneBatch, left_of_start
from core.lessons.batchnorm.charts.gains import DASHED
from core.lessons.batchnorm.charts.inside import PANELS
from core.words import short


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
