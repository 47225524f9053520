"""Bounds of what a measurement takes for known; docs/method.md says why each has its value."""

CUT_SHARE = 0.01
COST_BEFORE = 0.01
