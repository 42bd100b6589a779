"""Gradient Clinic. Start it with `streamlit run dashboard.py`."""

import sys

import streamlit as st

if not (3, 11) <= sys.version_info < (3, 14):
    here = ".".join(map(str, sys.version_info[:2]))
    st.error(
        f"This is Python {here}. Start Gradient Clinic with one that it is made for: 3.11, 3.12 or 3.13."
    )
    st.stop()

from pages.parts import shell

shell.enter()
