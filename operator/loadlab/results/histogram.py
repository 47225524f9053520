"""Latency histograms that merge exactly: HDR buckets of 1 µs to 120 s with three digits.

A Histogram is a value: equal contents are equal objects, merging returns a new one. The counts
are kept sparse and added here rather than by hdrh's `add`, which takes the minimum of an empty
histogram for 0 and so spoils the minimum of a merge. hdrh reads and writes the V2 text.

A bucket is never wider than 0.1 % of its values. Percentiles follow HdrHistogram's rule (upper
end of the bucket that holds the rank), so they equal what k6's own histogram answers.
"""

import zlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Annotated, Any, Self

from hdrh.codec import (
    HdrCookieException,
    HdrHistogramEncoder,
    HdrHistogramSettingsException,
    HdrLengthException,
)
from hdrh.histogram import HdrHistogram
from pydantic import BeforeValidator, PlainSerializer

LOWEST_US = 1
HIGHEST_US = 120_000_000
DIGITS = 3

# 3 digits need 2 * 10^3 sub-buckets, rounded up to 2^11; the upper half of them repeats per octave.
_HALF_BITS = 10
_HALF = 1 << _HALF_BITS


class HistogramTextError(ValueError):
    """A text is not a V2 HDR histogram of this project's range."""


@dataclass(frozen=True)
class Histogram:
    """Counts by bucket, ordered by bucket; without slots, so that ranks are summed up once."""

    counts: tuple[tuple[int, int], ...] = ()

    @classmethod
    def of(cls, values_us: Iterable[int]) -> Self:
        """Record values in microseconds, clamped into the range."""
        buckets = Counter(_bucket(min(max(v, LOWEST_US), HIGHEST_US)) for v in values_us)
        return cls(tuple(sorted(buckets.items())))

    @classmethod
    def merged(cls, parts: Iterable["Histogram"]) -> Self:
        """Add the counts of all parts, bucket by bucket."""
        buckets: Counter[int] = Counter()
        for part in parts:
            buckets.update(dict(part.counts))
        return cls(tuple(sorted(buckets.items())))

    @classmethod
    def decode(cls, text: str) -> Self:
        """Read base64 V2 text; HistogramTextError says what is wrong with it."""
        try:
            payload = HdrHistogramEncoder.decode(text)
            _check_range(payload.payload)
            hdr = HdrHistogram(LOWEST_US, HIGHEST_US, DIGITS, hdr_payload=payload)
        except HistogramTextError:
            raise
        except (
            *(HdrCookieException, HdrHistogramSettingsException, HdrLengthException),
            *(ValueError, TypeError, IndexError, OverflowError, zlib.error),
        ) as err:
            raise HistogramTextError(f"not a V2 HDR histogram: {err}") from err
        return cls(tuple((i, n) for i, n in enumerate(hdr.counts[:]) if n))

    def encode(self) -> str:
        """Write base64 V2 text, readable by every HdrHistogram implementation."""
        hdr = HdrHistogram(LOWEST_US, HIGHEST_US, DIGITS)
        for bucket, count in self.counts:
            hdr.counts[bucket] = count
        hdr.total_count = self.count
        hdr.max_value = self.max_us
        return str(hdr.encode().decode("ascii"))

    @property
    def count(self) -> int:
        """How many values were recorded."""
        return self._ranks[-1] if self._ranks else 0

    @property
    def min_us(self) -> int:
        """Lower end of the lowest bucket; 0 when empty."""
        return _lowest(self.counts[0][0]) if self.counts else 0

    @property
    def max_us(self) -> int:
        """Upper end of the highest bucket; 0 when empty."""
        return _highest(self.counts[-1][0]) if self.counts else 0

    @property
    def mean_us(self) -> float:
        """Mean of the bucket middles; 0 when empty."""
        if not self.counts:
            return 0.0
        return sum(n * (_lowest(b) + _highest(b)) / 2 for b, n in self.counts) / self.count

    def percentile_us(self, percent: float) -> int:
        """Return the value below or at which this percentage of the values lies; 0 when empty."""
        if not self.counts:
            return 0
        rank = max(1, int(min(percent, 100.0) * self.count / 100 + 0.5))
        place = next(i for i, seen in enumerate(self._ranks) if seen >= rank)
        return _highest(self.counts[place][0])

    @cached_property
    def _ranks(self) -> tuple[int, ...]:
        return tuple(accumulate(n for _, n in self.counts))


def _check_range(header: Any) -> None:
    found = (
        header.lowest_trackable_value,
        header.highest_trackable_value,
        header.significant_figures,
    )
    if found != (LOWEST_US, HIGHEST_US, DIGITS):
        raise HistogramTextError(
            f"a histogram of range and digits {found}, expected {(LOWEST_US, HIGHEST_US, DIGITS)}: "
            "the k6 image and the operator are of different versions"
        )


def _bucket(value_us: int) -> int:
    octave = max(value_us.bit_length() - _HALF_BITS - 1, 0)
    return (octave << _HALF_BITS) + (value_us >> octave)


def _octave(bucket: int) -> int:
    return max((bucket >> _HALF_BITS) - 1, 0)


def _lowest(bucket: int) -> int:
    octave = _octave(bucket)
    return (bucket - (octave << _HALF_BITS)) << octave


def _highest(bucket: int) -> int:
    return _lowest(bucket) + (1 << _octave(bucket)) - 1


def _read(value: object) -> object:
    return Histogram.decode(value) if isinstance(value, str) else value


# A histogram inside a JSON document: base64 text outside, a value inside.
HistogramText = Annotated[
    Histogram, BeforeValidator(_read), PlainSerializer(Histogram.encode, return_type=str)
]
