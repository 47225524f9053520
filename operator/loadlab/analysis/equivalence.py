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
from loadlab.analysis.own_delays import CellDelay

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


def why_delayed(estimate: LogEstimate, over_ms: float, delays: tuple[CellDelay, CellDelay]) -> str:
    """Say that the longer of two latencies is so by no more than may be k6's own; else nothing.

    It is held where the interval has the two nearest. `delays` are those of either cell.
    """
    half = estimate.half()
    if half is None:
        return ""
    of_ms = math.exp(estimate.mean + (-half if estimate.mean > 0 else half)) * over_ms
    is_longer = estimate.mean > 0
    longer, shorter = (of_ms, over_ms) if is_longer else (over_ms, of_ms)
    delay = delays[0] if is_longer else delays[1]
    if longer - delay.of_ms(longer) > shorter or not (told := delay.told(longer)):
        return ""
    return f"{told}: it may be all of the difference"


def _ends(estimate: LogEstimate) -> tuple[float, float]:
    """Return between what the logarithm of the ratio lies; all numbers without an interval."""
    within = estimate.half(2 * CONFIDENCE - 1)
    within = math.inf if within is None else within
    return estimate.mean - within, estimate.mean + within
