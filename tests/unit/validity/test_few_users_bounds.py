"""From where on a missed rate had too few users: each sign of it by itself, at its bound."""

from dataclasses import replace
from typing import Any

import pytest

from loadlab.measurement.histogram import Histogram
from loadlab.measurement.sending import Sending
from loadlab.measurement.series import Series
from loadlab.measurement.usage import ComponentUsage
from loadlab.measurement.values import TrialMeasurement
from loadlab.validity.few_users import users_lacked

RATE = 1000.0  # a second: 250 users are ready, and 2,400 may be made
SECOND = 1_024_000  # µs, the lower end of a bucket
LATE = 600_000


def some(*parts: tuple[int, int]) -> Histogram:
    """So many times each value in µs."""
    return Histogram.merged(Histogram.of_alike(value, count) for value, count in parts)


def rushed(
    healthy: TrialMeasurement,
    *,
    fastest_us: int = SECOND,
    late: Histogram | None = None,
    took: Histogram | None = None,
    service: ComponentUsage | None = None,
    series: Series | None = None,
    **load: Any,
) -> TrialMeasurement:
    """A rate whose arrivals waited for users that were still being made."""
    asked: dict[str, Any] = {"open_model": True, "rate_per_second": RATE, "virtual_users": 0}
    latency = some((fastest_us, 1000))
    return replace(
        healthy,
        load=replace(healthy.load, **asked | load),
        latency=latency,
        sending=Sending(lateness=late or some((LATE, 1000)), latency=took or latency),
        components={"service": service or ComponentUsage()},
        series=series,
    )


@pytest.mark.parametrize(("users", "is_lacking"), [(1023, True), (1024, False), (2000, False)])
def test_a_rate_takes_as_many_users_as_the_fastest_answer_keeps_busy(healthy, users, is_lacking):
    """1,000/s of 1.024 s each keep 1,024 users busy."""
    lack = users_lacked(rushed(healthy, virtual_users=users))

    assert bool(lack) is is_lacking
    if is_lacking:
        assert lack.startswith("1023 virtual users are too few for the rate")
        assert lack.endswith("raise spec.load.maxVirtualUsers, to more than 1024")


def test_a_load_without_a_rate_takes_no_more_users_than_it_has(healthy):
    closed = rushed(healthy, fastest_us=2 * SECOND, rate_per_second=None, virtual_users=1)

    assert users_lacked(closed) == ""


@pytest.mark.parametrize(("busy", "is_lacking"), [(819.2, False), (818.0, True)])
def test_where_as_many_are_ready_as_answers_keep_busy_none_need_be_made(healthy, busy, is_lacking):
    """A quarter more than a pilot found busy are ready: 1,024 or 1,023."""
    assert bool(users_lacked(rushed(healthy, users_busy=busy))) is is_lacking


def test_users_that_are_made_too_late_are_told_with_how_many_will_do(healthy):
    """The p99 counts, of lateness and of answers: the few that are worse change nothing."""
    trial = rushed(
        healthy,
        late=some((LATE, 995), (5_000_000, 5)),
        took=some((SECOND, 505), (1_500_000, 488), (9_000_000, 7)),
        steps=2,
    )

    lack = users_lacked(trial)

    assert lack.startswith("arrivals waited up to 600 ms (p99) for virtual users")
    assert "spec.load.maxVirtualUsers, 3751 or more" in lack  # 1.25 · 2,000/s · 1.5 s, rounded up


@pytest.mark.parametrize(("late_us", "is_lacking"), [(40_000, False), (60_000, True)])
def test_a_wait_for_users_matters_from_a_twentieth_of_the_latency_on(healthy, late_us, is_lacking):
    assert bool(users_lacked(rushed(healthy, late=some((late_us, 1000))))) is is_lacking


@pytest.mark.parametrize(("median_us", "is_lacking"), [(1_150_000, True), (1_200_000, False)])
def test_half_of_the_answers_must_be_about_as_fast_as_the_fastest(healthy, median_us, is_lacking):
    took = some((SECOND, 10), (median_us, 990))

    assert bool(users_lacked(rushed(healthy, took=took))) is is_lacking


@pytest.mark.parametrize(
    ("at_bound", "beyond"),
    [
        ({"cpus_used": 1.6}, {"cpus_used": 1.7}),
        ({"busiest_process_cpus": 0.8}, {"busiest_process_cpus": 0.81}),
        ({"event_loop_lag_p50_ms": 10.0}, {"event_loop_lag_p50_ms": 10.1}),
        ({"pool_waiters": 1.0}, {"pool_waiters": 1.1}),
        ({"pool_waiters": 2.0, "processes": 2}, {"pool_waiters": 2.1, "processes": 2}),
        ({"threads_exhausted": 0.8}, {"threads_exhausted": 0.81}),
    ],
    ids=",".join,
)
def test_beside_something_full_nobody_knows_whether_users_were_too_few(healthy, at_bound, beyond):
    limits = {"service": 2.0}
    trials = [
        rushed(healthy, service=ComponentUsage(**used), cpu_limits=limits)
        for used in (at_bound, beyond)
    ]

    assert [bool(users_lacked(trial)) for trial in trials] == [True, False]


def test_what_is_not_known_of_a_service_is_not_full(healthy):
    trial = rushed(healthy, service=ComponentUsage(), cpu_limits={"service": 1.0, "postgres": 1.0})

    assert users_lacked(trial)
