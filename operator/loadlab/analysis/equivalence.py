"""Whether two figures are equal but for what is of no matter: two one-sided tests.

Both one-sided tests at 5 % hold where the 90 % interval of the ratio lies within 1/1.05 and 1.05
(Schuirmann, Journal of Pharmacokinetics and Biopharmaceutics 15, 1987). A latency has what the load
generator adds in it, on both sides, which pulls a ratio towards 1: so it has to hold without that,
too, and nothing is equal where that is not known.
"""

import math

from loadlab import spelling
from loadlab.analysis.bounds import CONFIDENCE, EQUIVALENCE_MARGIN
from loadlab.analysis.calibration import without_own_delay
from loadlab.analysis.estimate import LogEstimate

MARGIN = math.log1p(EQUIVALENCE_MARGIN)
_UNKNOWN = "what k6 itself adds to both is not known (load.calibration), and may hide a difference"


def seems_equal(estimate: LogEstimate) -> bool:
    """Whether both tests hold for the figures as they were measured."""
    return all(abs(end) < MARGIN for end in _ends(estimate))


def why_hidden(estimate: LogEstimate, over_ms: float, own_ms: float | None) -> str:
    """Say why they don't hold for latencies without what k6 itself adds; nothing where they do.

    `over_ms` is the latency that the other one is divided by.
    """
    if own_ms is None:
        return _UNKNOWN
    ends = (without_own_delay(end, over_ms, own_ms) for end in _ends(estimate))
    if all(abs(end) < MARGIN for end in ends):
        return ""
    return (
        f"less what k6 itself may add ({spelling.number(own_ms)} ms) they may lie 5 % apart or more"
    )


def why_waited(estimate: LogEstimate, over_ms: float, waited_ms: tuple[float, float]) -> str:
    """Say that the longer of two latencies is so by no more than k6 waited for a CPU meanwhile.

    `waited_ms` is how long it did for either, which is in its latency; nothing where it is less.
    """
    half = estimate.half()
    if half is None:
        return ""
    of, over = waited_ms
    if estimate.mean > 0:
        is_more = math.exp(estimate.mean - half) * over_ms - of > over_ms
    else:
        is_more = over_ms - over > math.exp(estimate.mean + half) * over_ms
    waited = of if estimate.mean > 0 else over
    if is_more or not waited:
        return ""
    told = f"k6 waited for a CPU for {spelling.number(waited)} ms (p99)"
    return f"{told}: it may be all of the difference"


def _ends(estimate: LogEstimate) -> tuple[float, float]:
    """Return between what the logarithm of the ratio lies; all numbers without an interval."""
    within = estimate.half(2 * CONFIDENCE - 1)
    within = math.inf if within is None else within
    return estimate.mean - within, estimate.mean + within
