"""Bounds of what a measurement takes for known; docs/method.md says why each has its value."""

CUT_SHARE, CUT_APART = 0.01, 0.1
"""Share of the requests that were cut off at once from which on they matter; and by how much a
percentile may differ between those being the shortest and the longest of all."""
COST_BEFORE = 0.01
FEWEST_TO_CARRY = 3
"""Whole bins of a load: of the two or more of its second half one may be that of a stall."""
LEFT_OVER, LEFT_OVER_ERRORS = 0.01, 3.0
"""Share of the load that is left over, and beside it standard errors of random arrivals."""
BEST_SECONDS = 0.75
"""Place among the seconds, by what they carried, of the one that must be short, too."""
QUEUE_SHARE = 0.5
"""Of the growth that a queue of what was left over has, as others than first come, first served do
not slow down all alike."""
