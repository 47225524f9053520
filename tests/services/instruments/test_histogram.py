"""Lag buckets are fine enough and quantiles never understate."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadlab_services.instruments.histogram import (
    BUCKETS,
    Lag,
    bucket_of,
    summarise,
    upper_bound,
)


@given(st.floats(min_value=1.01e-5, max_value=600))
def test_a_bucket_holds_its_value_within_10_percent(seconds: float) -> None:
    bound = upper_bound(bucket_of(seconds))
    assert seconds <= bound * (1 + 1e-9)
    assert bound <= seconds * 1.1


@pytest.mark.parametrize(("seconds", "bucket"), [(-1.0, 0), (0.0, 0), (1e9, BUCKETS - 1)])
def test_values_outside_the_range_go_to_its_edges(seconds: float, bucket: int) -> None:
    assert bucket_of(seconds) == bucket


def test_quantiles_of_a_known_distribution() -> None:
    counts = Counter({bucket_of(0.001): 98, bucket_of(0.1): 1, bucket_of(2.0): 1})
    lag = summarise([counts[bucket] for bucket in range(BUCKETS)])
    assert (lag.p50, lag.p99, lag.max) == pytest.approx((0.001, 0.1, 2.0), rel=0.1)


def test_an_empty_window_has_no_lag() -> None:
    assert summarise([0] * BUCKETS) == Lag(p50=0.0, p99=0.0, max=0.0)
