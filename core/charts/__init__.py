"""Runs in, Plotly figures out. Measured is solid, theory dashed; a chart's meta holds its title and alt."""

from core.charts import (
    autopsy,
    claims,
    clipping,
    depth_map,
    gradients,
    learning_rate,
    rescues,
    runs,
    strips,
    style,
    sweeps,
    thumbnails,
)

__all__ = [
    "autopsy",
    "claims",
    "clipping",
    "depth_map",
    "gradients",
    "learning_rate",
    "rescues",
    "runs",
    "strips",
    "style",
    "sweeps",
    "thumbnails",
]
