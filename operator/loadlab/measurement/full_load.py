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
    scenarios: Sequence[Scenario], began: float, ramp_seconds: float, seconds: float
) -> Ended | None:
    """Return what ended in the whole seconds of a load that began at a moment since 1970.

    Without a ramp the first of them begins with the first answer, before which nothing could end;
    after one, once those that were sent first at its end have answers.
    None where too little of the load is whole seconds, or not each request's second is told.
    """
    last = int(began + ramp_seconds + seconds)
    first, full = int(began), began + ramp_seconds
    if ramp_seconds:
        first = ceil(full + first_latency([s.series for s in scenarios], full))
    lines = [line for scenario in scenarios for line in scenario.series]
    if sum(line.n for line in lines) != sum(scenario.requests for scenario in scenarios):
        return None
    since = first if ramp_seconds else min(s.first_sample_us for s in scenarios) / 1e6
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

    … and over the planned time. No service answers more than it is asked, and none that answered
    all of it so fast carries less; in between what ended while the load lasted counts.
    """
    return min(planned, max(until_last, ended))
