"""Dropout, measured: on linear regression, as an ensemble, and in what trained networks answer."""
