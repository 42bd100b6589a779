"""Runs in, Plotly figures out. Measured is solid, theory dashed; a chart's meta holds its title and alt."""

from core.charts import (
    claims,
    descent,
    feature_scaling,
    gradients,
    not_finite,
    runs,
    strips,
    style,
    sweeps,
    thumbnails,
)

__all__ = [
    "claims",
    "descent",
    "feature_scaling",
    "gradients",
    "not_finite",
    "runs",
    "strips",
    "style",
    "sweeps",
    "thumbnails",
]
