"""One number of many runs over several seeds: against one setting, or in rows."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.colors import hex_to_rgb

from core.charts.style import AFTER, BEFORE, PALETTE, THEORY, chart, drawable, ends, log_axis
from core.sweep import typical
from core.words import two_digits


def over_seeds(
    x,
    series: Mapping[str, np.ndarray],
    *,
    x_title: str,
    y_title: str,
    title: str,
    alt: str,
    how: str = "",
    log_x: bool = False,
    log_y: bool = False,
    theory: Mapping[str, tuple] | None = None,
    here: float | None = None,
    colours: Sequence[str] = PALETTE,
    lost: str = "diverged",
    dots: bool = True,
    **layout,
) -> go.Figure:
    """Every seed a dot, if asked for, the median a line, a band from the lowest to the highest seed.

    series: name -> [len(x), seeds]; what is not finite is a cross at the upper edge, and is said to have
    `lost`: diverged, or never arrived.
    theory: name -> (x, y), drawn dashed grey. here: the value of the experiment on the screen.
    """
    x, drawn = np.asarray(x, dtype=float), theory or {}
    values = {name: np.asarray(v, dtype=float) for name, v in series.items()}
    every = np.concatenate(
        [*(v.ravel() for v in values.values()), *(np.asarray(y) for _, y in drawn.values())]
    )
    finite = every[np.isfinite(every)]
    if log_y:
        axis = log_axis(finite, y_title)
    else:
        low, high = (finite.min(), finite.max()) if len(finite) else (0.0, 1.0)
        pad = 0.06 * (high - low) or 0.1
        axis = dict(title=y_title, range=[low - pad, high + pad])
    edge = ends(axis)[1]
    on_axis = x if here is None else np.append(x, here)
    traces = []
    for (name, v), colour in zip(values.items(), colours, strict=False):
        shown = drawable(v) if log_y else np.where(np.isfinite(v), v, np.nan)
        some = np.isfinite(shown).any(axis=1)
        median = typical(v)
        rgb = ", ".join(map(str, hex_to_rgb(colour)))
        band = np.concatenate([np.nanmin(shown[some], axis=1), np.nanmax(shown[some], axis=1)[::-1]])
        group = dict(legendgroup=name, hoverinfo="skip")
        traces.append(
            go.Scatter(
                x=np.concatenate([x[some], x[some][::-1]]),
                y=band,
                fill="toself",
                fillcolor=f"rgba({rgb}, 0.15)",
                line_width=0,
                mode="lines",
                showlegend=False,
                **group,
            )
        )
        if dots:
            traces.append(
                go.Scatter(
                    x=np.repeat(x, v.shape[1]),
                    y=shown.ravel(),
                    mode="markers",
                    marker=dict(color=colour, size=4, opacity=0.6),
                    showlegend=False,
                    **group,
                )
            )
        traces.append(
            go.Scatter(
                x=x,
                y=np.where(np.isfinite(median), median, np.nan),
                name=name,
                legendgroup=name,
                line=dict(color=colour, width=2.5),
                mode="lines+markers" if dots else "lines",
            )
        )
        gone = (~np.isfinite(v)).sum(axis=1)
        traces.append(
            go.Scatter(
                x=x[gone > 0],
                y=np.full((gone > 0).sum(), edge),
                mode="markers",
                marker=dict(symbol="x", size=9, color=colour),
                text=[f"{n} of {v.shape[1]} {lost}" for n in gone[gone > 0]],
                hovertemplate="%{text}<extra></extra>",
                legendgroup=name,
                showlegend=False,
                cliponaxis=False,
            )
        )
    traces += [
        go.Scatter(x=tx, y=ty, name=name, mode="lines", line=dict(color=THEORY, dash="dash", width=2))
        for name, (tx, ty) in drawn.items()
    ]
    figure = chart(
        traces,
        title=title,
        alt=alt,
        how=how,
        xaxis=log_axis(on_axis, x_title) if log_x else dict(title=x_title),
        yaxis=axis,
        hovermode="closest",
        **layout,
    )
    if here is not None and (here > 0 or not log_x):
        place, ends_ = (np.log(v) if log_x else v for v in (here, x[[0, -1]]))
        side = "left" if place < np.mean(ends_) else "right"
        label = dict(text="you are here", textangle=0, textposition="start", xanchor=side, font_size=11)
        figure.add_vline(here, line=dict(color=THEORY, width=1), label=label)
    return figure


def in_rows(
    losses: Mapping[str, np.ndarray],
    *,
    x_title: str,
    title: str,
    alt: str,
    how: str,
    about: Sequence[Sequence[str]] | None = None,
    guessing: float | None = None,
) -> go.Figure:
    """Losses of every row [seeds] as dots on a logarithmic axis, their median as a bar; what is not finite is
    a cross at the right edge.

    about: what the pointer says of every dot besides, by row and seed. guessing: a loss marked by a line.
    """
    values = np.array(list(losses.values()), dtype=float)
    places, lost = np.arange(len(values)), ~np.isfinite(values)
    marked = [] if guessing is None else [guessing]
    axis = log_axis([*values.ravel(), *marked], x_title)
    edge, middle = ends(axis)[1], typical(values)
    said = [[or_diverged(value) for value in row] for row in values]
    if about is not None:
        pairs = zip(said, about, strict=True)
        said = [[f"{a}, {b}" for a, b in zip(*row, strict=True)] for row in pairs]
    texts = [f"{name}<br>{text}" for name, row in zip(losses, said, strict=True) for text in row]
    medians = [f"{name}<br>median {or_diverged(value)}" for name, value in zip(losses, middle, strict=True)]
    hover = dict(mode="markers", hovertemplate="%{text}<extra></extra>")
    figure = chart(
        [
            go.Scatter(
                x=np.where(lost, edge, values).ravel(),
                y=(places[:, None] + np.linspace(-0.2, 0.2, values.shape[1])).ravel(),
                marker=dict(color=BEFORE, size=7, symbol=np.where(lost, "x", "circle").ravel()),
                text=texts,
                name="a seed",
                **hover,
            ),
            go.Scatter(
                x=np.where(np.isfinite(middle), middle, edge),
                y=places,
                marker=dict(color=AFTER, size=26, symbol="line-ns-open", line_width=4),
                text=medians,
                name="median",
                **hover,
            ),
        ],
        title=title,
        alt=alt,
        how=how,
        height=130 + 50 * len(values),
        xaxis=axis,
        yaxis=dict(tickvals=places, ticktext=list(losses), range=[len(values) - 0.5, -0.5], showgrid=False),
        hovermode="closest",
    )
    return figure if guessing is None else figure.add_vline(guessing, line=dict(color=THEORY, dash="dash"))


def or_diverged(loss: float) -> str:
    """Such a loss in words."""
    return two_digits(loss) if np.isfinite(loss) else "diverged"
