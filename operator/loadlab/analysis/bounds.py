"""Where the statistics draw their lines. Why each has its value: docs/method.md#statistics."""

CONFIDENCE = 0.95
# Fewer replicates carry no interval: with two, 12.7 standard errors lie on each side.
FEWEST_BLOCKS = 3
# From so many on a cell's own replicates are enough, and no noise is borrowed from other cells.
ENOUGH_BLOCKS = 5
# Of the cell's own replicates beside the pooled noise, so that a cell that is noisier than the
# others is never given an interval that covers less often than this.
GUARD_CONFIDENCE = 0.90
# Below this a difference is of no matter: the bound of equivalence.
EQUIVALENCE_MARGIN = 0.05
# Of its requests: where more fail, what they cost is in the CPU per request that succeeded.
FAILURES_IN_COST = 0.01
# Of throughput in proportion to the size: less is no reason to speak of its end.
LEAST_BEND = 0.05
# Of the most throughput: a size that carries as much is enough.
ENOUGH_OF_PEAK = 0.9
# Of what k6 itself can send: a closed loop that makes as much may carry more.
CEILING_SHARE = 0.8
# Of a rate that failed in a search: so far beyond it must another cell hold to carry more.
SEARCH_MARGIN = 0.15
# An answer of a pilot that took so many times as long as one at the offered rate had waited in a queue.
QUEUED_ANSWER = 2.0
# How often a difference is to be found that is called detectable.
POWER = 0.9
# More blocks than this are not worth naming.
MOST_BLOCKS_NAMED = 999
# An interval whose ends are further apart says nothing that its values don't.
WIDEST_INTERVAL = 3.0
