"""Gradient Clinic. Start it with `streamlit run dashboard.py`."""

from pages import shell

shell.enter()
