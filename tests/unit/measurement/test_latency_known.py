"""Which percentile is which, and up to where they are known once requests were cut off."""

import pytest

from loadlab.measurement.histogram import Histogram
from loadlab.measurement.latency import Latency, Unanswered, latency_ms
from loadlab.model.status import LatencyMs

MS = 1000


def some(*parts: tuple[int, int]) -> Histogram:
    """So many answers of so many milliseconds each."""
    return Histogram.merged(Histogram.of_alike(ms * MS, count) for count, ms in parts)


def known(answered: Histogram, cut: int) -> LatencyMs:
    found = latency_ms(answered, Unanswered(cut=cut))
    assert found is not None
    return found


def test_each_percentile_is_the_one_that_it_is_called() -> None:
    found = latency_ms(Histogram.of(each * MS for each in range(1, 101)))

    assert found is not None
    figures = (found.min, found.med, found.p90, found.p95, found.p99, found.max)
    assert figures == pytest.approx((1, 50, 90, 95, 99, 100), rel=1e-3)
    assert found.avg == pytest.approx(50.5, rel=1e-4)


def test_the_least_and_the_mean_are_milliseconds() -> None:
    found = latency_ms(Histogram.of([1024] * 9))

    assert found is not None
    assert (found.min, found.avg, Latency(Histogram()).mean_ms) == (1.024, 1.024, 0.0)


@pytest.mark.parametrize(
    ("answered", "cut", "above"),
    [
        (some((582, 10), (58, 1000)), 64, 82.7),
        (some((900, 10), (100, 1000)), 50, 85.7),
        (some((500, 10), (400, 100), (100, 1000)), 20, 49.0),
        (some((500, 10), (500, 15)), 20, 49.0),
        (some((500, 100), (500, 109)), 20, 98.039),
        (some((1, 1), (1, 1000)), 9998, 0.0),
    ],
    ids=["at 1 s", "even", "two steps", "a half more", "a tenth more", "hardly any answer"],
)
def test_percentiles_are_known_up_to_where_it_matters_how_long_the_cut_ones_took(
    answered: Histogram, cut: int, above: float
) -> None:
    """By tenths of a percent: more than a tenth of itself may none that is told depend on it."""
    assert known(answered, cut).lower_bound_above == pytest.approx(above, abs=1e-3)


def test_a_percentile_that_is_known_is_that_of_the_answers() -> None:
    """Were the five that were cut off the shortest of all, it would be 100 ms."""
    found = known(some((498, 100), (502, 105)), 5)

    assert not found.is_lower_bound("med")
    assert found.med == pytest.approx(105, rel=1e-3)
