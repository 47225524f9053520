"""What a tool found, whichever it was: counts, latencies in µs, and what kind they are."""

from collections.abc import Mapping
from dataclasses import dataclass, field

Counts = Mapping[int, int]  # of values in µs, or of statuses


@dataclass(frozen=True)
class Latencies:
    """Of some answers: from the send, and with the wait for a connection before it."""

    from_send: Counts
    total: Counts


@dataclass(frozen=True)
class Outcome:
    """One phase of a load. Moments are seconds since 1970.

    `latencies` are by status class. A tool that tells them of all answers together, failed ones
    too, has them under the class of the good ones and says so by `mixes_failures`. `iterations` are
    what requests took of their users' time, where that is more than their latency.
    """

    began: float
    first_answer: float
    ended: float
    statuses: Counts
    latencies: Mapping[str, Latencies]
    without_answer: Mapping[str, int] = field(default_factory=dict)  # requests by error
    cut: int = 0  # requests under way when the load ended
    bytes_received: int = 0
    seconds: Mapping[int, "Second"] = field(default_factory=dict)  # by second since 1970
    mixes_failures: bool = False
    iterations: Counts = field(default_factory=dict)  # of a user's time; empty for the latencies

    @property
    def answers(self) -> int:
        """Requests that were answered, however."""
        return sum(self.statuses.values())

    @property
    def longest_seconds(self) -> float:
        """What the slowest answer took; 0 without one."""
        of_all = [us for found in self.latencies.values() for us in found.total]
        return max(of_all, default=0) / 1e6

    @property
    def requests(self) -> int:
        """Requests that ended."""
        return self.answers + sum(self.without_answer.values())


@dataclass
class Second:
    """What ended in one second; the latencies are of good answers, in µs."""

    requests: int = 0
    failed: int = 0
    good_us: list[int] = field(default_factory=list)
