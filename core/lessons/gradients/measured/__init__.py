"""Measured for this lesson."""
