"""Bounds of what a measurement takes for known; docs/method.md says why each has its value."""

CUT_SHARE, CUT_APART = 0.01, 0.1
"""Share of the requests that were cut off at once from which on they matter; and by how much a
percentile may differ between those being the shortest and the longest of all."""
COST_BEFORE = 0.01
LEFT_OVER, LEFT_OVER_ERRORS = 0.01, 3.0
"""Share of a half of a load that a steady service may lack, and beside it standard errors of what
it had ended before."""
CLOCK_STEP_SECONDS, CLOCK_DRIFT = 0.02, 0.001
"""By how much a wall clock may differ from a steady one at the end of a measurement: a moment, and
beside it what NTP may slew it by, as a share of the time."""
QUEUE_SHARE = 0.25
"""Of the growth that a queue of what was left over has, as others than first come, first served do
not slow down all alike: an event loop leaves some connections for last."""
KEPT_UNTIL_LAST = 0.99
"""Of the offered rate, up to the last answer: what has answered so much by then has kept it."""
WHOLE_SECONDS = 0.5
"""Share of a load that must be whole seconds for what ended in them to tell what it carried."""
