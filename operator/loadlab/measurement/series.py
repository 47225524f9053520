"""What happened in each second of a load: requests that ended, failures, median and p99.

A second leaves no histogram behind. So of several pods the requests are added, and a percentile is
the highest of theirs; the same holds for a long load, whose seconds are put together until there
are few enough bins. A median or p99 is that of answers that were 2xx, and None where none was.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import NamedTuple, Self

from loadlab.measurement.documents import Scenario

MOST_BINS = 240


class Line(NamedTuple):
    """What ended from one moment, in seconds since 1970, to the next one; latency in µs."""

    at: int
    requests: int
    failed: int
    p50_us: int | None
    p99_us: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A load bin by bin, without a gap; all columns are as long."""

    start_epoch_seconds: int
    bin_seconds: int
    requests: tuple[int, ...]
    failed: tuple[int, ...]
    p50_us: tuple[int | None, ...]
    p99_us: tuple[int | None, ...]

    @classmethod
    def of(cls, lines: Sequence[Line], most_bins: int = MOST_BINS, least_seconds: int = 1) -> Self:
        """Put lines together into so many bins at most, of least_seconds or more."""
        start, end = min(line.at for line in lines), max(line.at for line in lines)
        width = next(w for w in _widths() if w >= least_seconds and (end - start) // w < most_bins)
        bins: list[list[Line]] = [[] for _ in range((end - start) // width + 1)]
        for line in lines:
            bins[(line.at - start) // width].append(line)
        return cls(
            start_epoch_seconds=start,
            bin_seconds=width,
            requests=tuple(sum(line.requests for line in each) for each in bins),
            failed=tuple(sum(line.failed for line in each) for each in bins),
            p50_us=tuple(_highest(line.p50_us for line in each) for each in bins),
            p99_us=tuple(_highest(line.p99_us for line in each) for each in bins),
        )

    def lines(self) -> Iterator[Line]:
        """Yield the bins in order."""
        columns = zip(self.requests, self.failed, self.p50_us, self.p99_us, strict=True)
        for place, column in enumerate(columns):
            yield Line(self.start_epoch_seconds + place * self.bin_seconds, *column)

    def between(self, start: float, end: float) -> list[Line]:
        """Return the bins that lie wholly between two moments."""
        return [each for each in self.lines() if start <= each.at <= end - self.bin_seconds]

    def wider(self, most_bins: int) -> Self:
        """Return it with so many bins at most."""
        return self.of(list(self.lines()), most_bins, self.bin_seconds)


def merge_series(scenarios: Iterable[Scenario]) -> Series | None:
    """Put the seconds of all pods together; None without any."""
    lines = [
        Line(second.t, second.n, second.err, second.p50 or None, second.p99 or None)
        for scenario in scenarios
        for second in scenario.series
    ]
    return Series.of(lines) if lines else None


def _widths() -> Iterator[int]:
    """Yield the lengths that a bin may have: 1, 2, 5, 10, 20, 50, … seconds."""
    return (digit * 10**power for power in count() for digit in (1, 2, 5))


def _highest(values: Iterable[int | None]) -> int | None:
    return max((value for value in values if value is not None), default=None)
