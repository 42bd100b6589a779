"""How one missing value spreads over a network, and at which step raw features overflow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from core.charts.style import BACKWARD, FORWARD, chart, played
from core.charts.sweeps import over_seeds
from core.diagnosis.skill import percent
from core.lessons.feature_scaling.trials import Overflows

if TYPE_CHECKING:
    from core.lessons.feature_scaling.measured.nan_trap import Poisoned


def parameters(found: Poisoned) -> go.Figure:
    """Every parameter a square: finite or NaN, step by step."""

    def squares(grid):
        return dict(type="heatmap", z=grid[::-1])

    title = (
        f"One missing cell among {found.cells:,}: after one step {percent(found.shares[1])} of a network’s "
        f"{found.parameters} parameters are NaN"
    )
    figure = chart(
        [
            go.Heatmap(
                squares(found.grids[1]),
                zmin=0,
                zmax=1,
                colorscale=[[0, FORWARD], [1, BACKWARD]],
                showscale=False,
                xgap=1,
                ygap=1,
                hoverinfo="skip",
            )
        ],
        title=title,
        alt=f"Grid of all parameters, finite in blue and NaN in orange. {title}.",
        how="Not the model above: 2 hidden layers of 16 on the columns of this table behind log, clip, "
        "z-score, gaps filled, of which one cell is made NaN. Blue is a finite number, orange is NaN. "
        f"At the end {percent(found.healthy_finite)} of the outputs are finite, for rows without a gap: the "
        "weights themselves are gone.",
        height=360,
        hovermode="closest",
        xaxis=dict(
            tickvals=[start for _, start in found.blocks],
            ticktext=[name for name, _ in found.blocks],
            showgrid=False,
            zeroline=False,
        ),
        yaxis=dict(visible=False),
    )
    frames = [dict(data=[squares(grid)], name=str(i)) for i, grid in enumerate(found.grids)]
    played(figure, frames, "step ", redraw=True)
    for slider in figure.layout.sliders:
        slider.active = 1
    return figure


def overflow(found: Overflows) -> go.Figure:
    """The step at which raw columns overflow over the learning rate, measured and predicted."""
    title = (
        f"Predicted before training, the step of the overflow is right to within one in "
        f"{(found.off <= 1).sum()} of {len(found.off)} runs"
    )
    figure = over_seeds(
        found.multiples,
        {"measured": found.measured},
        theory={"predicted": (found.multiples, np.median(np.ceil(found.predicted), axis=1))},
        x_title="learning rate, in units of 2 / λ_max",
        y_title="first step with a loss that is not finite",
        title=title,
        alt=f"Step of overflow against the learning rate. {title}.",
        how="A linear model on the raw columns, gaps filled, by plain gradient descent, in float32. "
        "Beyond 1 the error along the top eigenvector grows by |1 − η λ_max| a step, until its square passes "
        "3.4×10³⁸.",
        log_x=True,
        log_y=True,
    )
    return figure
