"""Requests that were cut off as the load ended: nobody knows how long they would have taken."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from loadlab.measurement.histogram import Histogram
from loadlab.measurement.latency import Latency, Unanswered, latency_ms

PERCENTS = st.sampled_from([1.0, 50.0, 75.0, 90.0, 95.0, 99.0, 99.9])


def test_the_slow_ones_that_were_cut_off_are_not_forgotten() -> None:
    """64 users; 582 answers of 10 ms, 58 of 1 s, and 64 cut off: the p90 was 10 ms, and exact.

    Of all 704 it is 1 s where 60 of those were slow ones.
    """
    answered = Histogram.of([10_000] * 582 + [1_000_000] * 58)
    found = latency_ms(answered, Unanswered(cut=64))

    assert found is not None
    assert [n for n in ("med", "p90", "p95") if found.is_lower_bound(n)] == ["p90", "p95"]
    assert found.is_lower_bound_at(82.8)
    assert not found.is_lower_bound_at(82.7)
    assert (found.med, found.p90, found.p95) == pytest.approx((10, 10, 1000), rel=2e-3)


def test_where_all_take_as_long_a_few_that_are_cut_off_change_nothing() -> None:
    found = latency_ms(Histogram.of([10_000] * 950), Unanswered(cut=40))

    assert found is not None
    assert [n for n in ("p90", "p95", "p99") if found.is_lower_bound(n)] == ["p99"]


def test_a_percentile_between_two_kinds_of_answers_leaves_none_above_it_known() -> None:
    """The p90 is 10 ms or 1 s; a status has one percentile from which on they are bounds."""
    found = latency_ms(Histogram.of([10_000] * 900 + [1_000_000] * 100), Unanswered(cut=20))

    assert found is not None
    assert [n for n in ("med", "p90", "p95") if found.is_lower_bound(n)] == ["p90", "p95"]


@given(
    st.lists(st.integers(1, 10**6), min_size=1, max_size=60),
    st.lists(st.integers(1, 10**8), min_size=1, max_size=20),
    PERCENTS,
)
def test_no_bound_lies_above_what_patience_would_have_found(
    answered: list[int], cut: list[int], percent: float
) -> None:
    latency = Latency(Histogram.of(answered), Unanswered(cut=len(cut)))
    assume(latency.is_lower_bound(percent))
    assume(percent * (len(answered) + len(cut)) / 100 > len(cut) + 1)  # the shortest is known
    truth = Histogram.of([*answered, *cut]).percentile_us(percent)

    assert latency.percentile_ms(percent) * 1000 <= truth * 1.001


@given(
    st.lists(st.integers(1, 10**6), min_size=100, max_size=300),
    st.lists(st.integers(1, 10**8), min_size=1, max_size=5),
    st.sampled_from([50.0, 90.0, 95.0, 99.0]),
)
def test_what_is_known_is_about_what_patience_would_have_found(
    answered: list[int], cut: list[int], percent: float
) -> None:
    latency = Latency(Histogram.of(answered), Unanswered(cut=len(cut)))
    assume(not latency.is_lower_bound(percent))
    truth = Histogram.of([*answered, *cut]).percentile_us(percent)

    assert latency.percentile_ms(percent) * 1000 == pytest.approx(truth, rel=0.11)


@given(
    st.lists(st.integers(1, 10**6), min_size=20, max_size=200),
    st.integers(0, 30),
    st.integers(0, 30),
)
def test_a_higher_percentile_is_none_the_shorter(
    answered: list[int], waited: int, cut: int
) -> None:
    """But for what two figures differ by that are said to be the same."""
    missing = Unanswered(requests=waited, after_ms=2000.0 if waited else 0.0, cut=cut)
    found = latency_ms(Histogram.of(answered), missing)

    assert found is not None
    assert found.med <= found.p90 * 1.11
    assert found.p90 <= found.p95 * 1.11
    assert found.p95 <= found.p99 * 1.11
