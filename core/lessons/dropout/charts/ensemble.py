"""The ensemble inside a network trained with dropout, and dropout before batch normalization."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from core.charts.style import BACKWARD, FORWARD, PALETTE, THEORY, WEIGHTS, chart, log_axis
from core.data import load
from core.diagnosis.measures import short
from core.lessons.batchnorm.measured import measured_shift
from core.lessons.dropout.charts.modes import percent
from core.lessons.dropout.measured import (
    all_masks,
    ensemble,
    geometric_mean,
    relative_gap,
    sampled_error,
    sampled_error_theory,
    softmax,
)
from core.run import Run
from core.theory import variance_shift

SAMPLES, FROZEN = 32, 1e-5


def gaps(runs: Mapping[str, Run]) -> go.Figure:
    """How far the scaled network is from the mean of all its thinned networks, over rates."""
    x, lines = np.array([0.1, 0.2, 0.35, 0.5, 0.7]), {}
    for name, run in runs.items():
        points = load(run.experiment).x_test[:SAMPLES]
        found = [ensemble(run, points, p) for p in x]
        if run.experiment.loss == "cross_entropy":
            scaled = [softmax(f.scaled) for f in found]
            lines[f"{name}, geometric mean"] = [
                relative_gap(geometric_mean(f), s) for f, s in zip(found, scaled, strict=True)
            ]
            lines[f"{name}, arithmetic mean"] = [
                relative_gap(np.tensordot(f.chance, softmax(f.outputs), 1), s)
                for f, s in zip(found, scaled, strict=True)
            ]
        else:
            lines[name] = [relative_gap(f.mean(), f.scaled) for f in found]
    relative = {name: np.array(values) for name, values in lines.items()}
    exact = [name for name, values in relative.items() if values.max() < 1e-10]
    deep = list(relative)[-1]
    low, high = (percent(float(relative[deep][i])) for i in (1, 3))
    title = f"Exact: {' and '.join(exact)}. Only close: {deep}, off by {low} at rate 0.2 and {high} at 0.5"
    colours = (FORWARD, WEIGHTS, BACKWARD, PALETTE[5])
    return chart(
        [
            go.Scatter(x=x, y=np.maximum(v, 1e-17), name=name, line_color=c, mode="lines+markers")
            for (name, v), c in zip(relative.items(), colours, strict=True)
        ],
        title=title,
        alt=f"Distance of the scaled network from the mean of all thinned ones, over rates. {title}.",
        how=f"All {len(all_masks(10, 0.5)[1]):,} thinned networks of 10 hidden units, each weighted by its "
        "probability, against one pass without dropout; RMS difference over the spread of the mean. 10⁻¹⁶ is "
        "the precision of a double.",
        hovermode="closest",
        xaxis=dict(title="dropout rate", range=[0, 0.75]),
        yaxis=log_axis([1e-17, *np.concatenate(list(relative.values()))], "relative difference"),
    )


def sampled(run: Run, p: float = 0.5) -> go.Figure:
    """How fast the mean over sampled masks approaches the mean over all masks."""
    found = ensemble(run, load(run.experiment).x_test[:SAMPLES], p)
    counts = np.array([1, 3, 10, 30, 100, 300, 1000])
    errors, theory = sampled_error(found, counts), sampled_error_theory(found, counts)
    slope = np.polyfit(np.log(counts), np.log(errors), 1)[0]
    title = f"The error of T sampled masks falls as T to the power {slope:.2f}; theory says −1/2"
    return chart(
        [
            go.Scatter(
                x=counts, y=errors, name="measured", mode="markers", marker=dict(color=FORWARD, size=9)
            ),
            go.Scatter(x=counts, y=theory, name="σ/√T", mode="lines", line=dict(color=THEORY, dash="dash")),
        ],
        title=title.replace("power -", "power −"),
        alt=f"Error of the mean over T sampled masks. {title}.",
        how="RMS distance from the mean over all masks; σ is the standard deviation over all masks, counted "
        "out, not fitted. For a tenth of the error you need a hundred times as many passes.",
        hovermode="closest",
        xaxis=dict(title="sampled masks T", type="log"),
        yaxis=log_axis([*errors, *theory], "error"),
    )


def shift(runs: Sequence[Run]) -> go.Figure:
    """Variance in evaluation over training mode behind dropout: measured in networks, over the formula."""
    p, worst, traces = np.linspace(0, 0.95, 60), 0.0, []
    for activation, colour in (("identity", WEIGHTS), ("relu", FORWARD)):
        traces.append(
            go.Scatter(
                x=p,
                y=variance_shift(activation, p),
                line=dict(color=THEORY, dash="dash"),
                name="formula",
                legendgroup="formula",
                showlegend=activation == "relu",
            )
        )
        for when, symbol in (("random weights", "circle"), ("trained", "diamond-open")):
            mine = [
                r
                for r in runs
                if r.experiment.activation == activation
                and (r.experiment.learning_rate > FROZEN) == (when == "trained")
            ]
            x = np.array([r.experiment.dropout for r in mine])
            y = np.array([measured_shift(r, load(r.experiment).x_train) for r in mine])
            if when == "random weights":
                worst = max(worst, float(np.abs(y / variance_shift(activation, x) - 1).max()))
            traces.append(
                go.Scatter(
                    x=x,
                    y=y,
                    name=f"{activation}, {when}",
                    mode="markers",
                    marker=dict(color=colour, symbol=symbol, size=10),
                )
            )
    trained = [r for r in runs if r.experiment.learning_rate > FROZEN and r.experiment.activation == "relu"]
    one = trained[len(trained) // 2]
    title = (
        f"With random weights the variance shift is within {100 * worst:.1f} % of the formula; after "
        f"training a ReLU layer behind dropout {one.experiment.dropout:g} has "
        f"×{short(measured_shift(one, load(one.experiment).x_train))} "
        f"(formula ×{short(float(variance_shift('relu', one.experiment.dropout)))})"
    )
    return chart(
        traces,
        title=title,
        alt=f"Variance in evaluation mode over training mode, over dropout rates. {title}.",
        how="Batch normalization learns the variance of training mode, dropout noise included; in evaluation "
        "mode the noise is gone and it divides by too much. Dashed: 1 − p for identity, "
        "(½ − 1/2π) / (½/(1 − p) − 1/2π) for ReLU.",
        hovermode="closest",
        xaxis=dict(title="dropout rate", range=[0, 1]),
        yaxis=dict(title="variance, evaluation / training", range=[0, 1.05]),
    )
