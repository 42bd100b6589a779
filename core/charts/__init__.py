"""Runs in, Plotly figures out. Measured is solid, theory dashed; a chart's meta holds its title and alt."""

from core.charts import (
    born_dead,
    claims,
    dead_causes,
    dead_relus,
    gradients,
    hinges,
    runs,
    strips,
    style,
    sweeps,
    thumbnails,
    units,
)

__all__ = [
    "born_dead",
    "claims",
    "dead_causes",
    "dead_relus",
    "gradients",
    "hinges",
    "runs",
    "strips",
    "style",
    "sweeps",
    "thumbnails",
    "units",
]
