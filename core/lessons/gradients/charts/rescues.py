"""What rescues a stuck network: a bar for every remedy, a dot for every seed."""

import numpy as np
import plotly.graph_objects as go

from core.charts.style import BEFORE, PALETTE, chart, drawable, log_axis
from core.lessons.gradients.measured.rescues import Rescues
from core.words import short

COLOURS = {"all": PALETTE[8], "some": PALETTE[0], "none": BEFORE}


def rescues(found: Rescues) -> go.Figure:
    """Final loss and the gradient of layer 1 before the first step, over change and seed.

    customdata is the number of the change.
    """
    names, loss, gradient, always = found.names, found.loss, found.gradient, found.always
    seeds, median = loss.shape[1], np.median(loss, axis=1)
    kinds = ["all" if n == seeds else "some" if n else "none" for n in found.saved]
    title = (
        f"{', '.join(always) if always else 'Nothing'} rescue{'s' * (len(always) < 2)} it with every seed; "
        f"{kinds.count('none')} of {len(names)} never do"
    )
    order = np.arange(len(names))
    axis = log_axis(loss[np.isfinite(loss)], "final loss", floor=1e-6)
    edges = [10.0**v for v in axis["range"]]
    text = [
        f"{name}: rescues {n} of {seeds}, median loss {short(m) if np.isfinite(m) else 'diverged'}"
        for name, n, m in zip(names, found.saved, median, strict=True)
    ]
    shared = dict(customdata=order, hovertext=text, hovertemplate="%{hovertext}<extra></extra>")
    dots = dict(mode="markers", hoverinfo="skip", customdata=np.repeat(order, seeds))
    level = np.repeat(order, seeds) + np.tile(np.linspace(-0.2, 0.2, seeds), len(names))
    shown = np.clip(np.where(np.isfinite(loss), loss, edges[1]), *edges).ravel()
    symbols = np.where(np.isfinite(loss.ravel()), "circle", "x")
    start = log_axis(gradient[gradient > 0], "‖∂L/∂W₁‖")
    return chart(
        [
            go.Bar(
                x=np.clip(np.where(np.isfinite(median), median, edges[1]), *edges),
                y=order,
                orientation="h",
                marker_color=[COLOURS[kind] for kind in kinds],
                opacity=0.75,
                **shared,
            ),
            go.Scatter(x=shown, y=level, marker=dict(size=5, symbol=symbols, color=BEFORE), **dots),
            go.Scatter(
                x=drawable(gradient.ravel()),
                y=level,
                xaxis="x2",
                marker=dict(size=6, color=np.repeat([COLOURS[kind] for kind in kinds], seeds)),
                **dots,
            ),
        ],
        title=title,
        alt=f"Bars of the final training loss of {len(names)} variants of one network. {title}.",
        how=f"The bar is the median over {seeds} seeds, a dot one seed, a cross one that diverged. On the "
        "right the gradient of layer 1 before the first step: where it is next to nothing, only a change of "
        "the step itself, as in Adam, makes up for it. A click on a bar opens it.",
        height=80 + 34 * len(names),
        showlegend=False,
        hovermode="closest",
        clickmode="event+select",
        margin=dict(l=8, r=16, t=8, b=8),
        xaxis=axis | dict(domain=[0, 0.6], nticks=5),
        xaxis2=start | dict(domain=[0.7, 1], anchor="y", nticks=4),
        yaxis=dict(
            tickvals=order, ticktext=names, range=[len(names) - 0.5, -0.5], showgrid=False, automargin=True
        ),
    )
