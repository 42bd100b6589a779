"""Runs in, Plotly figures out. Measured is solid, theory dashed; a chart's meta holds its title and alt."""

from core.charts import (
    batchnorm,
    batchnorm_costs,
    batchnorm_gains,
    claims,
    gradients,
    runs,
    strips,
    style,
    sweeps,
    thumbnails,
)

__all__ = [
    "batchnorm",
    "batchnorm_costs",
    "batchnorm_gains",
    "claims",
    "gradients",
    "runs",
    "strips",
    "style",
    "sweeps",
    "thumbnails",
]
