"""Runs in, Plotly figures out. Measured is solid, theory dashed; a chart's meta holds its title and alt."""

from core.charts import (
    claims,
    dropout,
    dropout_effect,
    dropout_ensemble,
    dropout_rates,
    gradients,
    runs,
    strips,
    style,
    sweeps,
    thumbnails,
)

__all__ = [
    "claims",
    "dropout",
    "dropout_effect",
    "dropout_ensemble",
    "dropout_rates",
    "gradients",
    "runs",
    "strips",
    "style",
    "sweeps",
    "thumbnails",
]
