"""What every chart shares: colours, frames that play in the browser, and numbers that can be drawn."""

import numpy as np
import plotly.graph_objects as go

PALETTE = (
    "#0072B2",
    "#D55E00",
    "#1C97F6",
    "#C67B97",
    "#B33909",
    "#8E4C84",
    "#5E684C",
    "#AA7BC6",
    "#4C9755",
    "#A16884",
)
FORWARD, BACKWARD, WEIGHTS = PALETTE[0], PALETTE[1], PALETTE[8]
BEFORE, AFTER = PALETTE[9], PALETTE[0]
THEORY, HEALTHY = "#808895", "rgba(76, 151, 85, 0.14)"
SCALE = "Viridis"
POINTS = 2000


def chart(traces, title: str, alt: str, how: str = "", height: int = 380, **layout) -> go.Figure:
    """A figure whose meta carries what belongs around it: title (the finding), alt, and how to read it."""
    return go.Figure(list(traces), _layout(title, alt, how, height, **layout))


def panels(grid: go.Figure, **about) -> go.Figure:
    """A figure made by plotly's make_subplots, with all that `chart` gives one."""
    return grid.update_layout(_layout(**about)).update_annotations(font_size=12)


def _layout(title, alt, how="", height=380, **layout):
    base = dict(
        meta=dict(title=title, alt=alt, how=how),
        height=height,
        margin=dict(l=8, r=8, t=36, b=8),
        legend=dict(orientation="h", y=1.02, yanchor="bottom", x=0, xanchor="left"),
        hovermode="x unified",
    )
    return base | layout


def log_axis(values, title: str, floor: float = 1e-45, **axis) -> dict:
    """A logarithmic axis over all finite positive values, the same in every frame, in whole decades."""
    values = np.asarray(values, dtype=float)
    good = values[np.isfinite(values) & (values > 0)]
    low, high = (max(good.min(), floor), good.max()) if len(good) else (1e-1, 1e1)
    low, high = np.log10(low) - 0.1, np.log10(high) + 0.1
    if high - low > 1:
        low, high = np.floor(low), np.ceil(high)
    return dict(type="log", title=title, range=[low, high], exponentformat="power", nticks=8) | axis


def drawable(values) -> np.ndarray:
    """Values for a logarithmic axis, NaN where there is nothing to draw."""
    values = np.array(values, dtype=float)
    values[~np.isfinite(values) | (values <= 0)] = np.nan
    return values


def single(values) -> np.ndarray:
    """Values in float32, half the size on their way to the browser; NaN beyond what that can hold."""
    with np.errstate(over="ignore", invalid="ignore"):
        values = np.asarray(values).astype(np.float32)
    return np.where(np.isfinite(values), values, np.float32("nan"))


def few_points(y: np.ndarray) -> np.ndarray:
    """Indices of at most 2,000 points, the first and the last among them."""
    return np.unique(np.linspace(0, len(y) - 1, min(len(y), POINTS)).round().astype(int))


def played(figure: go.Figure, frames: list[dict], prefix: str, redraw: bool = False) -> go.Figure:
    """Give a figure a Play button, a Pause button and a slider over its frames, all run by the browser.

    A frame is a plain dict of what changes: data, traces, name and layout. `redraw` is for heat maps.
    """
    if len(frames) < 2:
        return figure
    still = dict(mode="immediate", transition=dict(duration=0), frame=dict(duration=0, redraw=redraw))
    moving = still | dict(fromcurrent=True, frame=dict(duration=120, redraw=redraw))
    button = dict(method="animate")
    figure.frames = frames
    figure.update_layout(
        margin_b=96,
        updatemenus=[
            dict(
                type="buttons",
                direction="left",
                showactive=False,
                x=0,
                xanchor="left",
                y=0,
                yanchor="top",
                pad=dict(t=58, l=0),
                buttons=[
                    button | dict(label="▶", args=[None, moving]),
                    button | dict(label="❚❚", args=[[None], still]),
                ],
            )
        ],
        sliders=[
            dict(
                x=0,
                len=1,
                y=0,
                pad=dict(t=50, l=96, r=8),
                currentvalue=dict(prefix=prefix, xanchor="right"),
                ticklen=0,
                minorticklen=0,
                steps=[button | dict(label=f["name"], args=[[f["name"]], still]) for f in frames],
                font=dict(size=11),
            )
        ],
    )
    return figure
