"""Bounds of what a measurement takes for known; docs/method.md says why each has its value."""

CUT_SHARE, CUT_APART = 0.01, 0.1
"""Share of the requests that were cut off at once from which on they matter; and by how much a
percentile may differ between those being the shortest and the longest of all."""
COST_BEFORE = 0.01
