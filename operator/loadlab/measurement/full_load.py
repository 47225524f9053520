"""What ended while an open load was at its full height: what the service carried.

Over the time up to the last answer a rate is as low as one slow answer makes it: of 100/s for 10 s,
of which one hangs until 20 s later, it would be 33/s. Over the planned time it is as high as what
was answered afterwards makes it: a service that has a queue of 10 s left carried none of that.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from loadlab.measurement import bounds
from loadlab.measurement.backlog import first_latency
from loadlab.measurement.documents import Scenario


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """Requests that ended in so many seconds of a load."""

    requests: int
    failed: int
    seconds: float

    @property
    def good(self) -> int:
        """Those of them that succeeded."""
        return self.requests - self.failed


def ended_at_full_load(
    scenarios: Sequence[Scenario],
    began: float,
    ramp_seconds: float,
    seconds: float,
    iteration_ms: float,
) -> Ended | None:
    """Return what ended in the whole seconds of a load that began at a moment since 1970.

    Without a ramp the first of them begins with the first answer, before which nothing could end;
    after one, once those that were sent first at its end have answers. Where an iteration has more
    than one request, it begins once those of the first iterations are over; in the midst at last.
    None where too little of the load is whole seconds, or not each request's second is told.
    """
    last = int(began + ramp_seconds + seconds)
    requests, full = sum(scenario.requests for scenario in scenarios), began + ramp_seconds
    has_several = requests > sum(scenario.iterations for scenario in scenarios)
    is_later = bool(ramp_seconds) or has_several
    first = int(began)
    if is_later:
        first_answers = first_latency([s.series for s in scenarios], full)
        first = ceil(full + max(first_answers, iteration_ms / 1000 if has_several else 0.0))
        latest = int(last - bounds.WHOLE_SECONDS * seconds)
        first = min(first, max(latest, ceil(full)))
    lines = [line for scenario in scenarios for line in scenario.series]
    if sum(line.n for line in lines) != requests:
        return None
    since = first if is_later else min(s.first_sample_us for s in scenarios) / 1e6
    if last - since < bounds.WHOLE_SECONDS * seconds:
        return None
    within = [line for line in lines if first <= line.t < last]
    return Ended(
        requests=sum(line.n for line in within),
        failed=sum(line.err for line in within),
        seconds=last - since,
    )


def carried_per_second(ended: float, until_last: float, planned: float) -> float:
    """Return what was carried, of three rates: while the load lasted, until the last answer, …

    … and over the planned time. No service answers more than it is asked, and one that has answered
    all of it so soon kept it. Else what ended while the load lasted counts: to the queue that is
    left it may answer faster, as nobody takes its CPU or its connections any more.
    """
    is_kept = until_last >= bounds.KEPT_UNTIL_LAST * planned
    return planned if is_kept else min(planned, ended)
