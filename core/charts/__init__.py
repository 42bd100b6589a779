"""Runs in, Plotly figures out. Measured is solid, theory dashed; a chart's meta holds its title and alt."""

from core.charts import (
    backprop,
    claims,
    gradient_cost,
    gradients,
    graph,
    runs,
    strips,
    style,
    sweeps,
    thumbnails,
)

__all__ = [
    "backprop",
    "claims",
    "gradient_cost",
    "gradients",
    "graph",
    "runs",
    "strips",
    "style",
    "sweeps",
    "thumbnails",
]
