"""What dropout does: losses, confidence, answers and weights of a network trained with it and without."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from core.charts.style import (
    AFTER,
    BACKWARD,
    BEFORE,
    FORWARD,
    PALETTE,
    THEORY,
    chart,
    drawable,
    log_axis,
    single,
)
from core.data import load
from core.diagnosis.numbers import generalization_gap, test_loss
from core.engine.forward import Reliability
from core.lessons.dropout.charts.modes import answer_title, percent
from core.run import Run
from core.words import short, two_digits

if TYPE_CHECKING:
    from core.lessons.dropout.measured.answers import Spread, Surface

TWO_CLASSES = [[0, BACKWARD], [0.5, "#C9CFD3"], [1, FORWARD]]


def _pair(runs: dict[str, Run]):
    return zip(runs.items(), (BEFORE, AFTER), strict=True)


def learning(runs: dict[str, Run], error: bool = False) -> go.Figure:
    """Training and held-out loss (or error) of two runs with the same seed, both in evaluation mode."""
    traces, everything = [], []
    for (name, run), colour in _pair(runs):
        sets = (run.train_accuracy, run.test_accuracy) if error else (run.train_loss, run.test_loss)
        for where, values in zip(("training", "held out"), sets, strict=True):
            y = 100 * (1 - values.astype(float)) if error else drawable(values)
            everything.append(y)
            with np.errstate(over="ignore"):
                small = y.astype(np.float32)
            quiet = where == "training"
            traces.append(
                go.Scatter(
                    x=run.at,
                    y=small,
                    name=f"{where}, {name}",
                    line=dict(color=colour, width=1.5 if quiet else 3),
                    opacity=0.6 if quiet else 1,
                )
            )
    (one, without), (other, dropped) = runs.items()
    regression = without.experiment.loss == "mse"
    if error:
        a, b = (100 * (1 - float(run.test_accuracy[-1])) for run in (without, dropped))
        what = "unexplained variance" if regression else "error"
        title = f"The held-out {what} ends at {short(b)} % with {other}, {short(a)} % with {one}"
        axis = dict(title=f"{what} (%)", rangemode="tozero")
    else:
        gaps = [two_digits(generalization_gap(run)) for run in (without, dropped)]
        a, b = two_digits(test_loss(without)), two_digits(test_loss(dropped))
        title = (
            f"The held-out loss ends at {b} with {other}, {a} with {one}; "
            f"above the training loss by {gaps[1]} and {gaps[0]}"
        )
        axis = log_axis(np.concatenate(everything), "loss", floor=1e-4 * min(1, without.chance))
    return chart(
        traces,
        title=title,
        alt=f"{'Error' if error else 'Loss'} over steps with and without dropout, same seed. {title}.",
        how="Thick is held out, thin is the training set, both in evaluation mode. Label noise is in the "
        "training labels only."
        if without.experiment.label_noise
        else "Thick is held out, thin is the training set, both in evaluation mode.",
        xaxis=dict(title="step"),
        yaxis=axis,
    )


def calibration(found: dict[str, Reliability]) -> go.Figure:
    """How often held-out answers are right, by how sure the network is (a reliability diagram)."""
    traces = [go.Scatter(x=[0, 1], y=[0, 1], name="as sure as right", line=dict(color=THEORY, dash="dash"))]
    for (name, r), colour in zip(found.items(), (BEFORE, AFTER), strict=True):
        traces.append(
            go.Scatter(
                x=r.confidence,
                y=r.right,
                name=name,
                mode="lines+markers",
                line_color=colour,
                marker=dict(size=5 + 20 * np.sqrt(r.count / r.count.sum())),
                text=[f"{n} samples" for n in r.count],
                hovertemplate="%{x:.2f} sure, %{y:.2f} right, %{text}",
            )
        )
    errors = ", ".join(f"{percent(r.ece)} with {name}" for name, r in found.items())
    title = f"Confidence is off by {errors}"
    return chart(
        traces,
        title=title,
        alt=f"Reliability diagram of the held-out answers. {title}.",
        how="Below the diagonal the network is surer than it is right. The number is the expected "
        "calibration error (Guo et al. 2017); larger dots hold more samples.",
        hovermode="closest",
        xaxis=dict(title="mean confidence", range=[0, 1.03]),
        yaxis=dict(title="share right", range=[0, 1.05]),
    )


def surface(run: Run, found: Surface, name: str) -> go.Figure:
    """The answer over the plane of the first two features, the others at 0, and training points."""
    e, data, p = run.experiment, load(run.experiment), found.answer
    classes = p.shape[2]
    two = classes == 2
    z = p[..., 1] if two else p.argmax(axis=2)
    steps = [[(i + j) / classes, PALETTE[i]] for i in range(classes) for j in (0, 1)]
    traces = [
        go.Heatmap(
            x=found.across.astype(np.float32),
            y=found.up.astype(np.float32),
            z=z.astype(np.float32),
            zmin=0 if two else -0.5,
            zmax=1 if two else classes - 0.5,
            colorscale=TWO_CLASSES if two else steps,
            opacity=0.85 if two else 0.5,
            colorbar=dict(thickness=10, title=None),
            showscale=two,
            hovertemplate="%{z:.2f}<extra></extra>",
        )
    ]
    if e.inputs == 2:
        for label in range(classes):
            chosen = data.x_train[data.y_train == label]
            colour = (BACKWARD, FORWARD)[label] if two else PALETTE[label]
            traces.append(
                go.Scatter(
                    x=chosen[:, 0].astype(np.float32),
                    y=chosen[:, 1].astype(np.float32),
                    mode="markers",
                    hoverinfo="skip",
                    marker=dict(color=colour, size=6, line=dict(width=1, color="#FFFFFF")),
                )
            )
    title = f"With {name}: {percent(1 - run.test_accuracy[run.last])} wrong on held-out data"
    where = "" if e.inputs == 2 else f", the other {e.inputs - 2} at 0"
    points = " Dots are training samples, with the labels they were given." if e.inputs == 2 else ""
    return chart(
        traces,
        title=title,
        alt=f"Decision surface over the first two features. {title}.",
        how=f"Colour is the {answer_title(e) if two else 'most probable class'} over the first two "
        f"features{where}.{points}",
        height=340,
        showlegend=False,
        hovermode="closest",
        xaxis=dict(title="feature 1", range=found.across[[0, -1]]),
        yaxis=dict(title="feature 2", range=found.up[[0, -1]]),
    )


def uncertainty(run: Run, found: Spread) -> go.Figure:
    """A regression over one feature: its answer, and the spread of many thinned networks."""
    e, data, x = run.experiment, load(run.experiment), found.x
    low, high = found.mean - 2 * found.deviation, found.mean + 2 * found.deviation
    title = f"Where there is data, {found.networks} thinned networks differ by {short(found.known)}"
    if np.isfinite(found.unknown):
        title += f", in the gap by {short(found.unknown)}"
    title += f", beyond the data by {short(found.beyond)}"
    return chart(
        [
            go.Scatter(
                x=np.concatenate([x, x[::-1]]),
                y=single(np.concatenate([low, high[::-1]])),
                fill="toself",
                fillcolor="rgba(0, 114, 178, 0.18)",
                line_width=0,
                mode="lines",
                name="mean ± 2 standard deviations",
                hoverinfo="skip",
            ),
            go.Scatter(x=x, y=single(found.mean), name="mean of thinned networks", line_color=AFTER),
            go.Scatter(
                x=x,
                y=single(found.evaluation),
                name="evaluation mode",
                line=dict(color=BEFORE, width=1.5),
            ),
            go.Scatter(
                x=data.x_train[:, 0],
                y=data.y_train,
                name="training data",
                mode="markers",
                marker=dict(color=BACKWARD, size=5),
            ),
        ],
        title=title,
        alt=f"Regression with the spread of {found.networks} thinned networks. {title}.",
        how=f"Every thinned network drops {percent(e.dropout)} of its units for the whole curve "
        "(Gal & Ghahramani 2016). The spread follows the rate and the weights; it is no promise that the "
        "truth lies inside.",
        hovermode="closest",
        xaxis=dict(title="feature"),
        yaxis=dict(title="target"),
    )


def weights(runs: dict[str, Run]) -> go.Figure:
    """The distribution of all weights, output layer included."""
    every = {}
    for name, run in runs.items():
        matrices = [w.ravel() for key, w in run.weights.items() if key.startswith("linear") and w.ndim == 2]
        every[name] = np.concatenate(matrices).astype(float)
    finite = {name: w[np.isfinite(w)] for name, w in every.items()}
    far = max(np.abs(w).max(initial=1e-3) for w in finite.values())
    edges = np.linspace(-far, far, 82)
    spread = {name: np.sqrt(np.mean(w**2)) if len(w) else np.nan for name, w in finite.items()}
    title = "Root mean square of all weights: " + ", ".join(f"{short(v)} with {n}" for n, v in spread.items())
    traces, shares = [], []
    for (name, w), colour in zip(finite.items(), (BEFORE, AFTER), strict=True):
        shares.append(np.histogram(w, edges)[0] / max(len(w), 1))
        traces.append(
            go.Scatter(
                x=(edges[1:] + edges[:-1]) / 2,
                y=drawable(shares[-1]),
                name=name,
                line=dict(color=colour, shape="hvh"),
            )
        )
    return chart(
        traces,
        title=title,
        alt=f"Histograms of all weights after training. {title}.",
        how="Share of weights per bin, on a logarithmic axis, so that the few large ones are seen.",
        xaxis=dict(title="weight"),
        yaxis=log_axis(shares, "share"),
    )
