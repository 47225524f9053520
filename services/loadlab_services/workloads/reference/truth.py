"""What is true of a behaviour: latency, errors and cost, as formulas and without any measurement.

They hold for an open model with even arrivals, over whole periods of the stall, for a service below
saturation: each process burns less than the time between its requests, and where threads wait
(`sync`), there are enough of them. What HTTP, the network and the client add is not in them: the
truth of a behaviour is the difference to the one that does nothing.
"""

from dataclasses import dataclass

from loadlab_services.workloads.reference.behaviour import Behaviour


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What a perfect instrument sees of a behaviour.

    A request's latency is the sum of two independent parts: what its number says (`waits`, burning
    included), and the rest of the stall that it came into. Even arrivals find the stall's phase
    uniformly distributed, so with a stall of S in a period of N the rest exceeds x with the chance
    (S - x) / N for 0 <= x < S (the residual life of renewal theory; Cox, Renewal Theory, 1962,
    with a constant S). The distribution of the sum is a mixture of these, linear between its jumps.
    """

    waits: tuple[tuple[float, float], ...]
    """(ms, share) of the successful requests, shortest first; empty where all fail."""
    stall_ms: float
    """S, the length of a stall in ms."""
    period_ms: float
    """N, ms from the beginning of a stall to the next."""
    error_share: float
    """Failed requests over all, 0..1."""
    service_micros: float
    """µs of the service's CPU for a request, also a failed one, beyond those of doing nothing."""
    worker_micros: float
    """µs of the worker's CPU for an accepted request, beyond those of an empty message."""

    def share_within(self, ms: float) -> float:
        """Return the share of successful requests whose latency is `ms` or less, 0..1."""
        return sum(share * self._stall_within(ms - wait) for wait, share in self.waits)

    def percentile_ms(self, percent: float) -> float:
        """Return the least latency, ms, that `percent` % of the successful requests keep.

        Raises:
            ValueError: no request succeeds.
        """
        if not self.waits:
            raise ValueError("no request succeeds, and so none has a latency")
        wanted, jumps = percent / 100, dict(self.waits)
        free = 1 - self.stall_ms / self.period_ms  # the share that comes into no stall
        last, within = 0.0, 0.0
        for point in self._bends():
            share = self.share_within(point)
            before = share - jumps.get(point, 0.0) * free
            if wanted <= before and within < before:
                return last + (point - last) * (wanted - within) / (before - within)
            if wanted <= share:
                return point
            last, within = point, share
        return last

    @property
    def mean_ms(self) -> float:
        """Mean latency of the successful requests, ms: the mean wait and S^2 / 2N of the stall."""
        waited = sum(wait * share for wait, share in self.waits)
        return waited + self.stall_ms**2 / (2 * self.period_ms)

    def _stall_within(self, ms: float) -> float:
        if ms < 0:
            return 0.0
        return 1 - max(0.0, self.stall_ms - ms) / self.period_ms

    def _bends(self) -> list[float]:
        """Return the latencies, ms, between which the distribution is a straight line."""
        waits = {wait for wait, _ in self.waits}
        return sorted(waits | {wait + self.stall_ms for wait in waits})


def truth_of(behaviour: Behaviour) -> Truth:
    """Return what is true of a behaviour; its worker's part is that of the variant `queued`."""
    failing = behaviour.error_permille / 1000
    slow = min(behaviour.slow_permille / 1000, 1 - failing)
    burnt_ms = behaviour.burn_micros / 1000
    fast_ms = behaviour.delay_ms + burnt_ms
    slow_ms = max(behaviour.delay_ms, behaviour.slow_ms) + burnt_ms
    served = {fast_ms: 1 - failing - slow}
    served[slow_ms] = served.get(slow_ms, 0.0) + slow
    period_ms = behaviour.stall_every_seconds * 1000
    return Truth(
        waits=tuple((ms, part / (1 - failing)) for ms, part in sorted(served.items()) if part > 0),
        stall_ms=min(behaviour.stall_ms, period_ms),
        period_ms=period_ms,
        error_share=failing,
        service_micros=behaviour.burn_micros,
        worker_micros=behaviour.put_off_micros,
    )
