"""Charts of this lesson."""
