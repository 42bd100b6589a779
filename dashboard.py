"""Gradient Clinic. Start it with `streamlit run dashboard.py`."""

from pages.parts import shell

shell.enter()
