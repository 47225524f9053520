"""Which rate a stage is counted by, to the last digit."""

from dataclasses import replace

import pytest

from loadlab.analysis.stages import in_database_ms, share_out, without_queues_ms
from loadlab.measurement.request_counts import RequestCounts
from loadlab.measurement.usage import ComponentUsage
from loadlab.measurement.values import TrialMeasurement
from loadlab.model.status import Resource
from tests.unit.analysis.attributed import trial_of
from tests.unit.analysis.test_stages import sessions, taking

WAITING = {"pool_waiters": 4.0, "thread_waiters": 6.0}
HELD = {"lock": 1.0, "io": 2.0, "running": 3.0, "other": 1.5}


def stages(trial: TrialMeasurement) -> dict[Resource, float]:
    return {stage.name: stage.ms for stage in share_out(taking(trial, 40))}


def counting(trial: TrialMeasurement, server: int | None, seconds: float) -> TrialMeasurement:
    return replace(trial, counts=RequestCounts(seconds=seconds, client=30_000, server=server))


@pytest.mark.parametrize(
    ("server", "seconds", "per_second"),
    [
        (60_000, 30.0, 2000.0),  # what the one pod that was asked served
        (1_000, 0.5, 2000.0),
        (None, 30.0, 1000.0),  # what ended
        (60_000, 0.0, 1000.0),
    ],
)
def test_waiting_in_the_service_is_by_what_it_served(healthy, server, seconds, per_second):
    trial = trial_of(healthy, cpu_micros_per_request=2345.0, event_loop_lag_p50_ms=0.25, **WAITING)

    found = stages(counting(trial, server, seconds))

    assert found[Resource.DATABASE_POOL] == pytest.approx(4000 / per_second - 0.25, rel=1e-6)
    assert found[Resource.THREAD_POOL] == pytest.approx(6000 / per_second, rel=1e-6)
    assert found[Resource.SERVICE_CPU] == pytest.approx(2.345, rel=1e-6)


def test_without_a_count_it_is_by_what_ended(healthy):
    trial = replace(trial_of(healthy, **WAITING), counts=None)

    assert stages(trial)[Resource.THREAD_POOL] == pytest.approx(6.0, rel=1e-6)


def test_waiting_in_the_database_is_by_what_ended(healthy):
    found = stages(trial_of(healthy, **sessions(**HELD)))

    assert found[Resource.DATABASE_LOCKS] == pytest.approx(1.0, rel=1e-6)
    assert found[Resource.DATABASE_DISK] == pytest.approx(2.0, rel=1e-6)
    assert found[Resource.DATABASE] == pytest.approx(4.5, rel=1e-6)


def test_a_service_that_served_nothing_has_no_time_to_share_out(healthy):
    trial = counting(trial_of(healthy, **WAITING), server=0, seconds=30.0)

    assert stages(trial).keys().isdisjoint({Resource.DATABASE_POOL, Resource.THREAD_POOL})


def test_a_load_without_a_window_has_none_either(healthy):
    trial = trial_of(healthy, **sessions(**HELD))
    trial = replace(trial, last_answer_epoch_seconds=trial.first_request_epoch_seconds)

    assert Resource.DATABASE not in stages(trial)


def test_cpu_is_that_of_a_request_that_may_have_failed(healthy):
    """480 of 1,000 failed: 962 µs for each good answer are 500 for each request."""
    trial = replace(trial_of(healthy, cpu_micros_per_request=961.54), failed=14_400)

    assert stages(trial)[Resource.SERVICE_CPU] == pytest.approx(0.5, rel=1e-4)


def test_one_request_in_two_seconds_is_a_rate(healthy):
    trial = trial_of(healthy, thread_waiters=0.005, **sessions(running=0.004))
    slow = counting(replace(trial, requests=15), server=15, seconds=30.0)

    assert stages(slow)[Resource.THREAD_POOL] == pytest.approx(10.0, rel=1e-6)
    assert stages(slow)[Resource.DATABASE] == pytest.approx(8.0, rel=1e-6)


def test_a_session_is_a_time_of_each_request_where_there_are_some(healthy):
    rare = counting(replace(healthy, requests=15), server=15, seconds=30.0)
    none = replace(healthy, last_answer_epoch_seconds=healthy.first_request_epoch_seconds)

    assert in_database_ms(healthy, 3.0) == pytest.approx(3.0, rel=1e-9)
    assert in_database_ms(rare, 0.5) == pytest.approx(1000.0, rel=1e-9)
    assert in_database_ms(replace(none, counts=None), 3.0) is None


def test_the_time_beside_the_queues_is_without_what_was_waited_for_them(healthy):
    waits = taking(trial_of(healthy, event_loop_lag_p50_ms=0.25, **WAITING), 40)
    silent = taking(trial_of(healthy, others={"service": ComponentUsage()}), 40)

    assert without_queues_ms(waits) == pytest.approx(40 - 3.75 - 6, rel=1e-3)
    assert without_queues_ms(silent) == pytest.approx(40, rel=1e-3)
    assert without_queues_ms(replace(silent, components={})) == pytest.approx(40, rel=1e-3)
