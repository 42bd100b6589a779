"""What every chart shares: colours, frames that play in the browser, and numbers that can be drawn."""

import numpy as np
import plotly.graph_objects as go

from core.words import power_of_ten, short

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
THEORY, HEALTHY = "#808895", "rgba(128, 136, 149, 0.2)"
CONTROL = "rgba(128, 136, 149, 0.25)"
SCALE = "Viridis"
POINTS, TICKS = 2000, 8


def chart(traces, title: str, alt: str, how: str = "", height: int = 380, **layout) -> go.Figure:
    """A figure whose meta carries what belongs around it: title (the finding), alt, and how to read it."""
    return _with_hover(go.Figure(list(traces), _layout(title, alt, how, height, **layout)))


def panels(grid: go.Figure, **about) -> go.Figure:
    """A figure made by plotly's make_subplots, with all that `chart` gives one."""
    return _with_hover(grid.update_layout(_layout(**about)).update_annotations(font_size=12))


def _layout(title, alt, how="", height=380, **layout):
    base = dict(
        meta=dict(title=title, alt=alt, how=how),
        height=height,
        margin=dict(l=8, r=8, t=36, b=8),
        legend=dict(orientation="h", y=1.02, yanchor="bottom", x=0, xanchor="left"),
        hovermode="x unified",
    )
    return base | layout


def _with_hover(figure: go.Figure) -> go.Figure:
    """Under the pointer: what is on the axes by name, and every number as people read it."""
    unified = figure.layout.hovermode == "x unified"
    for axis in figure.select_xaxes():
        title = (axis.title.text or "").split(";")[0].split(":")[0]
        axis.unifiedhovertitle.text = f"{title} %{{x}}".strip()
    for trace in figure.data:
        if _is_curve(trace, figure) and not (trace.hoverinfo or trace.hovertemplate or trace.text):
            where = "" if unified else _axis(trace, figure, "x").unifiedhovertitle.text + "<br>"
            name = f"{trace.name}: " if trace.name else ""
            trace.text, trace.hovertemplate = said(trace.y), f"{where}{name}%{{text}}<extra></extra>"
    return figure


def _axis(trace, figure: go.Figure, letter: str):
    return figure.layout[f"{letter}axis{(trace[f'{letter}axis'] or letter)[1:]}"]


def _is_curve(trace, figure: go.Figure) -> bool:
    """Whether the height of its points is a number, and not a place on the paper or on a scale of names."""
    if trace.type != "scatter" or trace.y is None or np.asarray(trace.y).dtype.kind not in "fiu":
        return False
    axis = _axis(trace, figure, "y")
    return axis.visible is not False and (axis.type == "log" or axis.tickvals is None)


def said(values) -> list[str]:
    """Numbers as people read them, "" where there is none."""
    return [short(v) if np.isfinite(v) else "" for v in np.asarray(values, dtype=float)]


def log_axis(values, title: str, floor: float = 1e-45, ticks: int = TICKS, **axis) -> dict:
    """A logarithmic axis over all finite positive values, the same in every frame, with some room.

    It has at most `ticks` labels: powers of ten on a long axis, plain numbers on a short one.
    """
    values = np.asarray(values, dtype=float)
    good = values[np.isfinite(values) & (values > 0)]
    low, high = (max(good.min(), floor), max(good.max(), floor)) if len(good) else (1e-1, 1e1)
    low, high = np.log10([low, high])
    whole = (np.floor(low), np.ceil(high)) if high - low > 0.8 else (low, high)
    low, high = min(whole[0], low - 0.1), max(whole[1], high + 0.1)
    at = _ticks(low, high, ticks)
    plain = high - low <= 3 or (at[0] >= 1e-3 and at[-1] <= 1e4)
    text = [short(v) if plain else power_of_ten(np.log10(v)) for v in at]
    marks = dict(tickmode="array", tickvals=at, ticktext=text)
    return dict(type="log", title=title, range=[low, high], exponentformat="power") | marks | axis


def _ticks(low: float, high: float, most: int) -> np.ndarray:
    """Round numbers between 10^low and 10^high: decades, 1 2 5, 1 and 3, or even steps."""
    if high - low > 3:
        decades = np.arange(np.ceil(low), min(np.floor(high), 308) + 1)
        every = (decades[decades % n == 0] for n in (1, 2, 3, 4, 5, 10, 15, 20, 25, 30, 40, 50, 75, 100, 150))
        return 10 ** next(some for some in every if len(some) <= most)
    for digits in ((1, 2, 5), (1, 3), (1,)):
        some = np.outer(10.0 ** np.arange(np.floor(low), np.ceil(high)), digits).ravel()
        some = some[(low <= np.log10(some)) & (np.log10(some) <= high)]
        if 3 <= len(some) <= most:
            return some
    start, end = 10**low, 10**high
    size = 10 ** np.floor(np.log10((end - start) / most))
    steps = (size * n for n in (1, 2, 5, 10, 20, 3))
    even = (step * np.arange(np.ceil(start / step), np.floor(end / step) + 1) for step in steps)
    return next(some for some in even if 2 <= len(some) <= most and all(map(_said_in_full, some)))


def _said_in_full(value: float) -> bool:
    """Whether two digits say all of it, as many as `short` keeps of a small number."""
    return np.isclose(float(f"{value:.1e}"), value, rtol=1e-6, atol=0)


def ends(axis: dict) -> tuple[float, float]:
    """Where what lies beyond an axis is drawn: 2 % inside its ends, so that no rounding takes it away."""
    low, high = axis["range"]
    inner = np.array([low, high]) + 0.02 * (high - low) * np.array([1, -1])
    return tuple((10 ** np.clip(inner, -300, 300) if axis.get("type") == "log" else inner).tolist())


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
    look = dict(bgcolor=CONTROL, bordercolor=THEORY, borderwidth=1)
    for frame in frames:
        for data in frame["data"]:
            if "y" in data and "text" not in data:
                data["text"] = said(data["y"])
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
                **look,
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
                activebgcolor=THEORY,
                **look,
                steps=[button | dict(label=f["name"], args=[[f["name"]], still]) for f in frames],
                font=dict(size=11),
            )
        ],
    )
    return figure
