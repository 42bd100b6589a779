"""What held-out rows may tell a model before they are asked: a leak that lies, and fitting that does not."""

import numpy as np
import plotly.graph_objects as go

from core.charts.style import AFTER, BACKWARD, THEORY, chart
from core.diagnosis.claims import TRUE, decided, interval
from core.lessons.feature_scaling.table import AFFINE, PIPELINES
from core.lessons.feature_scaling.theory import CHOSEN, COLUMNS, NEW, ROUNDING, SEEN
from core.lessons.feature_scaling.trials import COST
from core.words import listed, short

CHOOSING = ("on all rows", "on the training rows alone")


def chosen(found: np.ndarray) -> go.Figure:
    """A few of many columns of pure noise: held-out score and truth: [chosen on, scored on, seeds]."""
    said = []
    for name, (held_out, new) in zip(CHOOSING, found, strict=True):
        low, middle, high = interval(held_out - new)
        leak = "a leak" if decided(low, high, COST) == TRUE else "no leak shown"
        by = f"{short(abs(middle))} {'higher' if middle > 0 else 'lower'}"
        said.append(f"{name} they score {by} on held-out rows than on new ones ({leak})")
    title = f"The {CHOSEN} best of {COLUMNS} columns of pure noise: chosen {'; chosen '.join(said)}"
    traces = []
    for i, (name, colour) in enumerate({"held-out rows": BACKWARD, "new rows": AFTER}.items()):
        at, values = np.repeat([0, 1], found.shape[2]) + 0.3 * i - 0.15, found[:, i]
        traces += [
            go.Scatter(
                x=values.ravel(),
                y=at,
                name=name,
                mode="markers",
                marker=dict(color=colour, size=7, opacity=0.7),
                text=[f"scored on {name}: R² {short(value)}" for value in values.ravel()],
                hovertemplate="%{text}<extra></extra>",
            ),
            go.Scatter(
                x=np.median(values, axis=1),
                y=np.array([0, 1]) + 0.3 * i - 0.15,
                mode="markers",
                marker=dict(color=colour, size=15, opacity=0.7),
                text=[f"scored on {name}: median R² {short(value)}" for value in np.median(values, axis=1)],
                hovertemplate="%{text}<extra></extra>",
                showlegend=False,
            ),
        ]
    figure = chart(
        traces,
        title=title,
        alt=f"R² of a model of pure noise on held-out and on new rows over {found.shape[2]} seeds. {title}.",
        how=f"Not the table above: {SEEN} rows of normal numbers, half of them held out, and a target that "
        "has nothing to do with them, so that no R² above 0 is real. The model is least squares on the "
        f"training rows. Small dots are {found.shape[2]} seeds, large ones their median, new rows are "
        f"{NEW:,}. It is a leak if the whole 93 % interval of the paired differences reaches {COST}.",
        height=300,
        hovermode="closest",
        xaxis=dict(title="R²"),
        yaxis=dict(tickvals=[0, 1], ticktext=[f"chosen<br>{name}" for name in CHOOSING], range=[1.5, -0.5]),
    )
    figure.add_vline(0, line=dict(color=THEORY, width=1))
    return figure


def refitted(training: np.ndarray, every: np.ndarray) -> str:
    """What it changes to fit the scaling on all rows: least-squares R2 of both ways [pipelines, seeds].

    "" where cells have no number.
    """
    apart = dict(zip(PIPELINES, np.abs(every - training).max(axis=1), strict=True))
    known = [name for name, change in apart.items() if np.isfinite(change)]
    if not known:
        return ""
    affine = max(apart[name] for name in AFFINE)
    told = (
        "**Scaling fitted on all rows** knows something of the held-out rows, too. For a linear model "
        f"trained to the end it changes held-out R², in {training.shape[1]} seeds, by at most "
    )
    if affine < ROUNDING:
        told += (
            f"{short(affine)} behind {listed([PIPELINES[name] for name in AFFINE])}: what only shifts and "
            "stretches a column moves no prediction, and what is left is rounding. Behind the others, which "
            "may bend a column, the most is "
        )
        known = [name for name in known if name not in AFFINE] or known
    most = max(known, key=apart.get)
    return (
        f"{told}{short(apart[most])}, behind {PIPELINES[most]}. While training is not at its end another "
        "range can change its speed; that is no leak."
    )
