"""Which values are one bucket, how they are put together, and what lies below and above one."""

import pytest
from pydantic import TypeAdapter

from loadlab.measurement.hdr_text import HIGHEST_US, LOWEST_US
from loadlab.measurement.histogram import Histogram, HistogramText

THREE = Histogram.of([10, 20, 30])
TEXT = TypeAdapter(HistogramText)


@pytest.mark.parametrize(
    ("value", "count", "kept"),
    [
        (20, 3, [20, 20, 20]),
        (20, 0, []),
        (0, 1, [LOWEST_US]),
        (HIGHEST_US * 10, 1, [HIGHEST_US]),
    ],
)
def test_one_value_many_times_is_as_if_each_was_recorded(
    value: int, count: int, kept: list[int]
) -> None:
    assert Histogram.of_alike(value, count) == Histogram.of(kept)


@pytest.mark.parametrize(
    ("value", "below"), [(0, 0), (9, 0), (10, 1), (25, 2), (30, 3), (HIGHEST_US * 10, 3)]
)
def test_values_up_to_one_and_above_it_are_all(value: int, below: int) -> None:
    assert THREE.count_up_to(value) == below
    assert THREE.above(value) == Histogram.of([10, 20, 30][below:])


def test_no_percentile_lies_beyond_the_last_value() -> None:
    many = Histogram.of(range(1, 1001))

    assert many.percentile_us(101) == many.percentile_us(100) == 1000


@pytest.mark.parametrize(
    ("values", "before", "after"),
    [
        (range(1 << 20, 1 << 21, 256), 1024, 64),
        (range(1024, 2048), 1024, 64),
        (range(512, 1024), 512, 64),
        (range(128, 256), 128, 64),
        (range(1, 64), 63, 63),
    ],
    ids=["a second", "a millisecond", "half of one", "0.1 ms", "a few µs"],
)
def test_buckets_are_put_together_where_they_are_finer_than_asked_for(
    values: range, before: int, after: int
) -> None:
    """Of 0.1 % sixteen are 1.6 %; below a millisecond a bucket is a µs, and fewer of them are."""
    fine = Histogram.of(values)
    coarse = fine.coarser(4)

    assert (len(fine.buckets), len(coarse.buckets)) == (before, after)
    assert coarse.count == fine.count
    assert coarse.mean_us == pytest.approx(fine.mean_us, rel=7e-4, abs=0.5)
    assert coarse.percentile_us(50) == pytest.approx(fine.percentile_us(50), rel=8e-3)


@pytest.mark.parametrize("value", [1_500, 1_048_576, 1_700_000, 2_097_151])
def test_no_value_moves_by_more_than_half_of_a_coarse_bucket_and_a_fine_one(value: int) -> None:
    assert Histogram.of([value]).coarser(4).mean_us == pytest.approx(value, rel=8.5e-3)


def test_a_text_in_a_document_is_read_and_a_histogram_taken_as_it_is() -> None:
    assert TEXT.validate_python(THREE) is THREE
    assert TEXT.validate_python(THREE.encode()) == THREE


def test_the_buckets_of_a_document_are_counted_where_they_are_limited() -> None:
    class Limit:
        taken = 0

        def take(self, number: int) -> None:
            self.taken += number

    limit = Limit()

    TEXT.validate_python(THREE.encode(), context=limit)

    assert limit.taken == 3
