"""Requests without an answer are as long as they were waited for, at least."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadlab.measurement.histogram import Histogram
from loadlab.measurement.latency import ALL_ANSWERED, Latency, Unanswered, latency_ms

ANSWERS = Histogram.of([20_000] * 950)
TIMED_OUT = Unanswered(requests=50, after_ms=20_000.0)


def test_a_percentile_among_the_time_outs_is_the_time_out_and_a_bound() -> None:
    """5 % time-outs of 20 s: p95 is the last that is known."""
    found = latency_ms(ANSWERS, TIMED_OUT)

    assert found is not None
    assert (found.p99, found.max) == (20_000.0, 20_000.0)
    assert found.p95 == pytest.approx(20, rel=1e-3)
    bounds = [name for name in ("min", "med", "p95", "p99", "max") if found.is_lower_bound(name)]
    assert bounds == ["p99", "max"]


def test_the_mean_takes_them_for_the_time_out() -> None:
    found = latency_ms(ANSWERS, TIMED_OUT)

    assert found is not None
    assert found.avg == pytest.approx(0.95 * 20 + 0.05 * 20_000, rel=1e-3)
    assert found.is_lower_bound("avg")


def test_one_time_out_in_ten_thousand_bounds_the_longest_only() -> None:
    rare = Unanswered(requests=1, after_ms=500.0)

    found = latency_ms(Histogram.of([1000] * 9_999), rare)

    assert found is not None
    assert not found.is_lower_bound("p99")
    assert (found.max, found.is_lower_bound("max")) == (500.0, True)


def test_where_nothing_was_answered_everything_is_a_bound() -> None:
    found = latency_ms(Histogram(), TIMED_OUT)

    assert found is not None
    assert (found.min, found.med, found.max) == (20_000.0, 20_000.0, 20_000.0)
    assert found.lower_bound_above == 0.0


def test_without_any_request_there_is_none() -> None:
    assert latency_ms(Histogram(), ALL_ANSWERED) is None


def test_answers_slower_than_a_request_that_was_cut_off_sooner_stay_bounds() -> None:
    """Of 100 requests one was cut off after 5 ms: it may lie anywhere among those of 9 ms."""
    latency = Latency(
        Histogram.of([1_000] * 50 + [9_000] * 49), Unanswered(requests=1, after_ms=5.0)
    )

    assert (latency.percentile_ms(50), latency.is_lower_bound(50)) == (1.0, False)
    assert (latency.percentile_ms(51), latency.is_lower_bound(51)) == (5.0, True)
    assert latency.percentile_ms(90) == pytest.approx(9, rel=1e-3)
    assert latency.is_lower_bound(90)


def test_those_of_several_replicates_were_waited_for_as_long_as_the_least() -> None:
    parts = [TIMED_OUT, ALL_ANSWERED, Unanswered(requests=2, after_ms=500.0)]

    assert Unanswered.total(parts) == Unanswered(requests=52, after_ms=500.0)


@given(
    st.lists(st.integers(1, 10**6), max_size=40),
    st.lists(st.integers(0, 10**6), min_size=1, max_size=40),
    st.integers(1, 10**6),
    st.sampled_from([1.0, 50.0, 90.0, 95.0, 99.0, 100.0]),
)
def test_no_figure_lies_above_the_one_that_patience_would_have_found(
    answered: list[int], beyond: list[int], limit_us: int, percent: float
) -> None:
    """Had they been waited for, they would have taken `beyond` longer than the limit."""
    truth = Histogram.of([*answered, *(limit_us + more for more in beyond)]).percentile_us(percent)
    latency = Latency(
        Histogram.of(answered), Unanswered(requests=len(beyond), after_ms=limit_us / 1000)
    )

    found = latency.percentile_ms(percent) * 1000

    assert found <= truth * 1.001
    if not latency.is_lower_bound(percent):
        assert found == pytest.approx(truth, rel=2e-3, abs=1)
