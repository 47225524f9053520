"""The response time is shared out by Little's law, and names no more than it explains."""

from dataclasses import replace
from typing import Any

import pytest

from loadlab.analysis.attribution import attribute, attribute_cell
from loadlab.analysis.stages import share_out
from loadlab.measurement.histogram import Histogram
from loadlab.measurement.sessions import SessionUsage
from loadlab.measurement.usage import ComponentUsage
from loadlab.measurement.values import TrialMeasurement
from loadlab.model.status import Confidence, Resource
from loadlab.plan.expected import ExpectedWork
from tests.unit.analysis.attributed import trial_of

R = Resource
IDLE = SessionUsage(running=0.0, lock=0.0, io=0.0, other=0.0, in_transaction=0.0)


def taking(trial: TrialMeasurement, ms: float) -> TrialMeasurement:
    return replace(trial, latency=Histogram.of([round(1000 * ms)] * 30_000))


def shares(trial: TrialMeasurement) -> dict[Resource, float]:
    return {stage.name: round(stage.ms, 1) for stage in share_out(trial)}


def sessions(**held: float) -> dict[str, Any]:
    return {"others": {"postgres": ComponentUsage(sessions=replace(IDLE, **held), cpus_used=0.1)}}


def test_each_stage_is_what_littles_law_makes_of_its_mean_number(healthy):
    """At 1,000/s one that waits on average is a millisecond of each request."""
    trial = trial_of(
        healthy,
        event_loop_lag_p50_ms=0.5,
        cpu_micros_per_request=800.0,
        pool_waiters=6.5,
        thread_waiters=4.0,
        load={"expected": ExpectedWork(wait_ms=3.0)},
        **sessions(running=2.0, other=1.0, lock=5.0, io=1.5, in_transaction=7.0),
    )

    assert shares(taking(trial, 30)) == {
        R.DATABASE_POOL: 6.0,  # less the loop, which who has a connection waits for
        R.UNATTRIBUTED: pytest.approx(6.2, abs=0.11),
        R.DATABASE_LOCKS: 5.0,
        R.THREAD_POOL: 4.0,
        R.DATABASE: 3.0,
        R.LOAD: 3.0,
        R.DATABASE_DISK: 1.5,
        R.SERVICE_CPU: 0.8,
        R.EVENT_LOOP: 0.5,
    }


def test_the_largest_comes_first_and_the_smallest_are_left_out(healthy):
    trial = taking(trial_of(healthy, pool_waiters=40.0, event_loop_lag_p50_ms=0.1), 50)

    stages = share_out(trial)

    assert [stage.name for stage in stages] == [R.DATABASE_POOL, R.UNATTRIBUTED]
    assert stages[0].share == pytest.approx(39.9 / 50, rel=0.01)


@pytest.mark.parametrize("ms", [1, 20, 200])
@pytest.mark.parametrize("lag", [0.0, 4.0, 90.0])
@pytest.mark.parametrize("waiters", [0.0, 7.0, 99.0])
def test_shares_are_those_of_one_whole_also_where_stages_overlap(healthy, waiters, lag, ms):
    changes = {"pool_waiters": waiters, "thread_waiters": 3.0, "event_loop_lag_p50_ms": lag}

    total = sum(stage.share for stage in share_out(taking(trial_of(healthy, **changes), ms)))

    assert 0.95 <= total <= 1 + 1e-9  # some may be too small to be told


def test_sessions_of_a_queues_worker_are_no_part_of_a_request(healthy):
    queued = trial_of(healthy, **sessions(running=5.0))
    worker = replace(queued, components=queued.components | {"worker": ComponentUsage()})

    assert shares(queued)[R.DATABASE] == 5.0
    assert R.DATABASE not in shares(worker)


def test_of_a_service_that_tells_nothing_nothing_is_shared_out(healthy):
    outside = trial_of(healthy, others={"service": ComponentUsage(cpus_used=0.2)})

    assert share_out(outside) == ()
    assert attribute(outside).stages == ()


def test_the_bottleneck_has_the_stages_and_a_remedy(healthy):
    found = attribute(taking(trial_of(healthy, pool_waiters=40.0, **sessions(running=8.0)), 50))

    assert found.name is R.DATABASE_POOL
    assert found.remedy == "a larger pool, or connections that are given back sooner"
    assert found.stages[0].name is R.DATABASE_POOL


def test_where_nothing_is_full_the_stage_that_takes_most_is_named_and_not_for_sure(healthy):
    """12 ms of 20 are queries, and neither the database nor its pool is full."""
    found = attribute(taking(trial_of(healthy, **sessions(running=12.0)), 20))

    assert (found.name, found.confidence) == (R.DATABASE, Confidence.MEDIUM)
    assert "most of the response time is Database 12 ms (60%)" in found.evidence
    assert "an index" in found.remedy


def test_less_than_half_of_the_response_time_names_nothing(healthy):
    found = attribute(taking(trial_of(healthy, **sessions(running=9.0)), 20))

    assert (found.name, found.confidence) == (R.UNATTRIBUTED, Confidence.LOW)


def test_confidence_is_low_where_more_is_unexplained_than_any_stage_explains(healthy):
    """Two a process wait for a connection, which is 4 ms of 100."""
    waits = trial_of(healthy, pool_waiters=4.0, **sessions(running=0.8))

    explained, unexplained = attribute(taking(waits, 5)), attribute(taking(waits, 100))

    assert (explained.name, explained.confidence) == (R.DATABASE_POOL, Confidence.HIGH)
    assert (unexplained.name, unexplained.confidence) == (R.DATABASE_POOL, Confidence.LOW)
    assert "95% of the response time are unexplained" in unexplained.evidence


def test_a_full_cpu_explains_the_queue_for_it_itself(healthy):
    found = attribute(taking(trial_of(healthy, cpus_used=1.9), 100))

    assert (found.name, found.confidence) == (R.SERVICE_CPU, Confidence.HIGH)


def test_of_replicates_with_one_evidence_the_stages_do_not_depend_on_their_order(healthy):
    waits = trial_of(healthy, pool_waiters=40.0)
    trials = [attribute(taking(waits, ms)) for ms in (50, 60, 70)]

    assert attribute_cell(trials) == attribute_cell(trials[::-1])


def test_stages_that_take_as_long_come_by_their_names(healthy):
    alike = taking(trial_of(healthy, **sessions(lock=5.0, io=5.0)), 50)

    assert [stage.name for stage in share_out(alike)][:3] == [
        R.UNATTRIBUTED,
        R.DATABASE_DISK,
        R.DATABASE_LOCKS,
    ]
