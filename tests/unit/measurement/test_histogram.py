"""Merging is exact, percentiles stay within 0.1 %, and the text is everybody's V2."""

import base64
import math
import struct
import zlib

import pytest
from hdrh.histogram import HdrHistogram
from hypothesis import given, settings
from hypothesis import strategies as st

from loadlab.measurement.hdr_text import HistogramTextError
from loadlab.measurement.histogram import Histogram

values = st.lists(st.integers(1, 120_000_000), max_size=60)


def hdr_of(recorded: list[int], highest: int = 120_000_000, digits: int = 3) -> HdrHistogram:
    histogram = HdrHistogram(1, highest, digits)
    for value in recorded:
        histogram.record_value(value)
    return histogram


@given(st.lists(values, max_size=4))
def test_merging_pods_equals_recording_all_their_values_in_one(parts: list[list[int]]) -> None:
    merged = Histogram.merged(Histogram.of(part) for part in parts)

    assert merged == Histogram.of(value for part in parts for value in part)


@given(values, values, values)
def test_merging_is_associative_and_commutative(a: list[int], b: list[int], c: list[int]) -> None:
    x, y, z = Histogram.of(a), Histogram.of(b), Histogram.of(c)

    assert Histogram.merged([Histogram.merged([x, y]), z]) == Histogram.merged(
        [z, Histogram.merged([y, x])]
    )


@given(values.filter(bool), st.floats(0.1, 100))
def test_percentiles_lie_within_a_thousandth_of_the_raw_value(
    recorded: list[int], percent: float
) -> None:
    rank = max(1, math.floor(percent * len(recorded) / 100 + 0.5))
    raw = sorted(recorded)[rank - 1]

    assert raw <= Histogram.of(recorded).percentile_us(percent) <= raw * 1.001


@given(values)
@settings(max_examples=15)
def test_text_written_by_hdrhistogram_is_read_bucket_for_bucket(recorded: list[int]) -> None:
    assert Histogram.decode(hdr_of(recorded).encode().decode()) == Histogram.of(recorded)


@given(values)
@settings(max_examples=15)
def test_text_survives_the_round_trip(recorded: list[int]) -> None:
    histogram = Histogram.of(recorded)

    assert Histogram.decode(histogram.encode()) == histogram


@given(values.filter(bool))
@settings(max_examples=15)
def test_figures_equal_those_of_hdrhistogram(recorded: list[int]) -> None:
    theirs, ours = hdr_of(recorded), Histogram.of(recorded)

    assert ours.count == theirs.get_total_count()
    assert ours.min_us == theirs.get_min_value()
    assert ours.max_us == theirs.get_max_value()
    assert ours.mean_us == pytest.approx(theirs.get_mean_value(), rel=5e-4, abs=0.5)
    assert [ours.percentile_us(p) for p in (50, 95, 99.9)] == [
        theirs.get_value_at_percentile(p) for p in (50, 95, 99.9)
    ]


def test_an_empty_histogram_does_not_lower_the_minimum_of_a_merge() -> None:
    assert Histogram.merged([Histogram.of([500]), Histogram()]).min_us == 500


def test_values_out_of_range_are_kept_at_its_ends() -> None:
    assert Histogram.of([0, 10**12]) == Histogram.of([1, 120_000_000])


def test_an_empty_histogram_has_no_figures() -> None:
    empty = Histogram()

    assert (empty.count, empty.min_us, empty.max_us, empty.mean_us) == (0, 0, 0, 0.0)
    assert empty.percentile_us(99) == 0


@pytest.mark.parametrize(
    "text",
    ["", "HISTF", "no base64 !", hdr_of([5]).encode().decode()[:40], "ü"],
    ids=["empty", "short", "garbage", "cut", "not ascii"],
)
def test_broken_text_is_refused_with_one_kind_of_error(text: str) -> None:
    with pytest.raises(HistogramTextError):
        Histogram.decode(text)


def test_a_histogram_of_another_range_is_refused_by_name() -> None:
    with pytest.raises(HistogramTextError, match="different versions"):
        Histogram.decode(hdr_of([5], highest=1000, digits=2).encode().decode())


def packed(counts: bytes, *, digits: int = 3) -> str:
    body = struct.pack(">IIIIQQd", 0x1C849313, len(counts), 0, digits, 1, 120_000_000, 1.0) + counts
    stream = zlib.compress(body)
    return base64.b64encode(struct.pack(">II", 0x1C849314, len(stream)) + stream).decode()


@pytest.mark.parametrize(
    ("counts", "why"),
    [
        (bytes(1_000_000), "longer than"),
        (b"\xff" * 9, "too large"),
        (b"\x81", "is cut"),
        (b"\x02" * 20_000, "more than 18432 buckets"),
        (b"\xff\xff\xff\xff\x0f", "more than 18432 buckets"),
    ],
    ids=["a bomb", "huge count", "cut count", "too many counts", "too far"],
)
def test_a_text_that_unpacks_to_more_than_a_histogram_is_refused(counts: bytes, why: str) -> None:
    with pytest.raises(HistogramTextError, match=why):
        Histogram.decode(packed(counts))
