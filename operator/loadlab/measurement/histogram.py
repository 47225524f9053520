"""Latency histograms that merge exactly: HDR buckets of 1 µs to 120 s with three digits.

A Histogram is a value: equal contents are equal objects, merging returns a new one. Its counts
are sparse arrays, ten bytes a bucket: an analysis meets thousands of histograms, and as Python
objects their counts take twenty times as much. A HistogramSum adds up in place.

A bucket is never wider than 0.1 % of its values. Percentiles follow HdrHistogram's rule (upper
end of the bucket that holds the rank), so they equal what k6's own histogram answers. `hdr_text`
reads the V2 text, hdrh writes it.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from itertools import accumulate
from operator import mul
from typing import Annotated, Protocol, Self

from hdrh.histogram import HdrHistogram
from pydantic import BeforeValidator, PlainSerializer, ValidationInfo

from loadlab.measurement.hdr_text import (
    BUCKETS,
    DIGITS,
    HALF_BITS,
    HIGHEST_US,
    LOWEST_US,
    read_hdr_text,
)

_BUCKET_CODE, _COUNT_CODE = "H", "Q"


def _no_buckets() -> "array[int]":
    return array(_BUCKET_CODE)


def _no_counts() -> "array[int]":
    return array(_COUNT_CODE)


@dataclass(frozen=True)
class Histogram:
    """Counts by bucket, ordered by bucket; without slots, so that ranks are summed up once."""

    buckets: Sequence[int] = field(default_factory=_no_buckets)
    counts: Sequence[int] = field(default_factory=_no_counts)  # of the bucket at the same place

    @classmethod
    def of(cls, values_us: Iterable[int]) -> Self:
        """Record values in microseconds, clamped into the range."""
        return cls.from_buckets(
            Counter(_bucket(min(max(v, LOWEST_US), HIGHEST_US)) for v in values_us)
        )

    @classmethod
    def from_buckets(cls, counts: Mapping[int, int]) -> Self:
        """Build from the counts of the buckets."""
        ordered = sorted(counts)
        return cls(
            array(_BUCKET_CODE, ordered), array(_COUNT_CODE, (counts[bucket] for bucket in ordered))
        )

    @classmethod
    def of_alike(cls, value_us: int, count: int) -> Self:
        """Record one value so many times, clamped into the range."""
        place = _bucket(min(max(value_us, LOWEST_US), HIGHEST_US))
        return cls.from_buckets({place: count} if count else {})

    @classmethod
    def merged(cls, parts: Iterable["Histogram"]) -> "Histogram":
        """Add the counts of all parts, bucket by bucket; each part is let go of in turn."""
        total = HistogramSum()
        for part in parts:
            total.add(part)
        return total.histogram()

    @classmethod
    def decode(cls, text: str) -> Self:
        """Read base64 V2 text; HistogramTextError says what is wrong with it."""
        return cls.from_buckets(read_hdr_text(text))

    def encode(self) -> str:
        """Write base64 V2 text, readable by every HdrHistogram implementation."""
        hdr = HdrHistogram(LOWEST_US, HIGHEST_US, DIGITS)
        for bucket, count in zip(self.buckets, self.counts, strict=True):
            hdr.counts[bucket] = count
        hdr.total_count = self.count
        hdr.max_value = self.max_us
        return str(hdr.encode().decode("ascii"))

    def coarser(self, bits: int) -> "Histogram":
        """Return it with up to 2^bits neighbouring buckets put together, in their middle.

        No value moves by more than half of 0.1 % times 2^bits, and a mean hardly at all.
        """
        counts: Counter[int] = Counter()
        for bucket, count in zip(self.buckets, self.counts, strict=True):
            width = _put_together(bucket, bits)
            counts[bucket - bucket % width + width // 2] += count
        return Histogram.from_buckets(counts)

    @property
    def count(self) -> int:
        """How many values were recorded."""
        return self._ranks[-1] if self._ranks else 0

    @property
    def min_us(self) -> int:
        """Lower end of the lowest bucket; 0 when empty."""
        return _lowest(self.buckets[0]) if self.buckets else 0

    @property
    def max_us(self) -> int:
        """Upper end of the highest bucket; 0 when empty."""
        return _highest(self.buckets[-1]) if self.buckets else 0

    @property
    def mean_us(self) -> float:
        """Mean of the bucket middles; 0 when empty."""
        if not self.counts:
            return 0.0
        middles = map(_middles().__getitem__, self.buckets)
        return float(sum(map(mul, self.counts, middles))) / self.count

    def percentile_us(self, percent: float) -> int:
        """Return the value below or at which this percentage of the values lies; 0 when empty."""
        if not self.counts:
            return 0
        return _highest(self.buckets[bisect_left(self._ranks, self.rank_of(percent))])

    def rank_of(self, percent: float) -> int:
        """Which of the values in their order a percentile is; the first is 1."""
        return max(1, int(min(percent, 100.0) * self.count / 100 + 0.5))

    def count_up_to(self, value_us: int) -> int:
        """Return how many values lie in the bucket of this one or below."""
        place = bisect_right(self.buckets, _bucket(min(max(value_us, LOWEST_US), HIGHEST_US)))
        return self._ranks[place - 1] if place else 0

    def above(self, value_us: int) -> "Histogram":
        """Return the values that lie in higher buckets than this one."""
        place = bisect_right(self.buckets, _bucket(min(max(value_us, LOWEST_US), HIGHEST_US)))
        return Histogram(self.buckets[place:], self.counts[place:])

    @cached_property
    def _ranks(self) -> "array[int]":
        return array(_COUNT_CODE, accumulate(self.counts))


class HistogramSum:
    """Counts that are added up in place."""

    def __init__(self) -> None:
        self._counts = [0] * BUCKETS

    def add(self, part: Histogram) -> None:
        """Add the counts of one more histogram."""
        counts = self._counts
        for bucket, count in zip(part.buckets, part.counts, strict=True):
            counts[bucket] += count

    def histogram(self) -> Histogram:
        """Return what was added so far."""
        return Histogram.from_buckets({b: count for b, count in enumerate(self._counts) if count})


def _bucket(value_us: int) -> int:
    octave = max(value_us.bit_length() - HALF_BITS - 1, 0)
    return (octave << HALF_BITS) + (value_us >> octave)


def _put_together(bucket: int, bits: int) -> int:
    """How many buckets are one, in powers of two.

    Below 1,024 µs a bucket is 1 µs wide, and so already a larger part of its values.
    """
    fewer = max(HALF_BITS + 1 - bucket.bit_length(), 0)
    return 1 << max(bits - fewer, 0)


def _octave(bucket: int) -> int:
    return max((bucket >> HALF_BITS) - 1, 0)


def _lowest(bucket: int) -> int:
    octave = _octave(bucket)
    return (bucket - (octave << HALF_BITS)) << octave


def _highest(bucket: int) -> int:
    return _lowest(bucket) + (1 << _octave(bucket)) - 1


@cache
def _middles() -> "array[float]":
    """The middle of each bucket: a mean over thousands of buckets is taken for each trial."""
    return array("d", ((_lowest(b) + _highest(b)) / 2 for b in range(BUCKETS)))


class BucketLimit(Protocol):
    """What limits the buckets of all histograms of a document; the context of its validation."""

    def take(self, number: int) -> None:
        """Take so many; ValueError where there are none left."""
        ...


def _read(value: object, info: ValidationInfo[BucketLimit | None]) -> object:
    if not isinstance(value, str):
        return value
    histogram = Histogram.decode(value)
    if info.context is not None:
        info.context.take(len(histogram.buckets))
    return histogram


# A histogram inside a JSON document: base64 text outside, a value inside.
HistogramText = Annotated[
    Histogram, BeforeValidator(_read), PlainSerializer(Histogram.encode, return_type=str)
]
