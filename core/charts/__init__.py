"""Runs in, Plotly figures out. Measured is solid, theory dashed; a chart's meta holds its title and alt."""
