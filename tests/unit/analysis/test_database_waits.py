"""What connections were held for is named, and what one process, worker, user or stranger does."""

from dataclasses import replace
from typing import Any

import pytest

from loadlab.analysis.attribution import attribute
from loadlab.measurement.histogram import Histogram
from loadlab.measurement.request_counts import RequestCounts
from loadlab.measurement.sessions import SessionUsage
from loadlab.measurement.usage import ComponentUsage, CpuSetUsage
from loadlab.model.status import Bottleneck, Confidence, Resource
from tests.unit.analysis.attributed import trial_of

R = Resource


def holding(**sessions: float) -> dict[str, Any]:
    """What is seen where all connections of a pool are held for something."""
    idle = {"running": 0.0, "lock": 0.0, "io": 0.0, "other": 0.0, "in_transaction": 0.0}
    usage = SessionUsage(**idle | {"answer_ms": 0.4} | sessions)
    return {"pool_waiters": 24.0, "others": {"postgres": ComponentUsage(sessions=usage)}}


@pytest.mark.parametrize(
    ("sessions", "resource", "words"),
    [
        ({"lock": 9.0, "in_transaction": 1.0}, R.DATABASE_LOCKS, "9 waited for a lock"),
        ({"io": 8.0, "running": 2.0}, R.DATABASE_DISK, "8 waited for the disk"),
        ({"running": 9.5, "io": 0.5}, R.DATABASE, "9.5 ran a query"),  # of an existing server
        ({"in_transaction": 9.0, "running": 1.0}, R.DATABASE_POOL, "waited for a connection"),
        ({"io": 0.2}, R.DATABASE_POOL, "waited for a connection"),
    ],
)
def test_a_full_pool_is_not_to_blame_where_the_database_holds_its_connections(
    healthy, sessions, resource, words
):
    found = attribute(trial_of(healthy, **holding(**sessions)))

    assert found.name is resource
    assert words in found.evidence
    is_pool = resource is R.DATABASE_POOL  # else it is full, too
    assert found.confidence is (Confidence.HIGH if is_pool else Confidence.MEDIUM)


def of_existing_server(
    healthy, answer_ms: float | None, blocks: float = 0.3, **changes: Any
) -> Bottleneck:
    """Requests wait for a connection for 28 of their 48 ms."""
    idle = {"running": 0.1, "lock": 0.0, "io": 0.0, "other": 0.3, "in_transaction": blocks}
    usage = SessionUsage(**idle, answer_ms=answer_ms)
    postgres = ComponentUsage(sessions=usage, **changes)
    rate = 2000.0
    trial = replace(
        healthy,
        latency=Histogram.of([48_000] * 1000),
        counts=RequestCounts(seconds=1, client=2000, server=2000),
    )
    assert trial.latency_ms is not None
    return attribute(
        trial_of(trial, pool_waiters=0.028 * rate, others={"postgres": postgres}),
    )


@pytest.mark.parametrize(
    ("answer_ms", "resource", "confidence"),
    [
        (28.0, R.DATABASE, Confidence.MEDIUM),  # the pool is full, too
        (10.2, R.DATABASE, Confidence.MEDIUM),
        (9.8, R.DATABASE_POOL, Confidence.MEDIUM),  # less than half of the 20 ms
        (0.4, R.DATABASE_POOL, Confidence.MEDIUM),  # which nothing explains
        (None, R.DATABASE_POOL, Confidence.MEDIUM),  # it may be full
    ],
)
def test_an_existing_server_that_is_slow_to_answer_is_named(
    healthy, answer_ms, resource, confidence
):
    found = of_existing_server(healthy, answer_ms)

    assert (found.name, found.confidence) == (resource, confidence)
    if resource is R.DATABASE:
        assert found.evidence.startswith(
            f"the database took {answer_ms:.3g} ms for the simplest query; also full: "
        )


@pytest.mark.parametrize(("answer_ms", "resource"), [(3.4, R.DATABASE), (3.3, R.DATABASE_POOL)])
def test_a_transaction_of_its_own_has_three_answers(healthy, answer_ms, resource):
    """Of a server short of CPU its sessions look as if the service kept them waiting."""
    found = of_existing_server(healthy, answer_ms, blocks=4.5)

    assert found.name is resource
    if resource is R.DATABASE:
        assert "3.4 ms for the simplest query, and a transaction has three at least" in (
            found.evidence
        )


def test_an_own_server_is_judged_by_its_cpu_however_slow_it_answers(healthy):
    assert of_existing_server(healthy, 28.0, cpus_used=0.1).name is R.DATABASE_POOL


def test_a_fast_service_does_not_wait_for_a_server_a_little_slower(healthy):
    trial = replace(healthy, latency=Histogram.of([1_500] * 1000))
    usage = SessionUsage(
        running=0.1, lock=0.0, io=0.0, other=0.0, in_transaction=0.0, answer_ms=1.0
    )
    slow = trial_of(trial, others={"postgres": ComponentUsage(sessions=usage)})

    assert attribute(slow).name is not R.DATABASE


def test_the_time_of_a_request_in_the_database_is_said(healthy):
    trial = trial_of(healthy, **holding(lock=9.0, running=1.0))

    each = 1000 * 9.0 / trial.finished_per_second
    assert f"of 10 connections in use 9 waited for a lock: {each:,.3g} ms of each request" in (
        attribute(trial).evidence
    )


def test_an_own_server_that_runs_queries_is_judged_by_its_cpu(healthy):
    running = holding(running=9.0)
    postgres = replace(running["others"]["postgres"], cpus_used=0.1)

    found = attribute(trial_of(healthy, pool_waiters=24.0, others={"postgres": postgres}))

    assert found.name is R.DATABASE_POOL


def test_a_rate_that_is_kept_with_idle_connections_is_not_held_up_by_the_disk(healthy):
    kept = {"open_model": True, "rate_per_second": 1000.0}
    trial = trial_of(healthy, **holding(io=0.9), load=kept)
    calm = replace(trial.components["service"], pool_waiters=0.0)
    calm_trial = replace(trial, components=trial.components | {"service": calm})

    assert attribute(trial).name is R.DATABASE_DISK
    assert attribute(calm_trial).name is R.LOAD


def test_a_process_that_computes_on_more_than_one_cpu_is_not_bound_to_one(healthy):
    found = attribute(trial_of(healthy, cpus_used=1.4, busiest_process_cpus=1.4))

    assert found.name is R.UNATTRIBUTED


def test_one_hot_worker_of_several_is_said_to_be_hot(healthy):
    hot = {"cpus_used": 1.1, "busiest_process_cpus": 0.97, "processes": 4, "request_spread": 9.0}

    found = attribute(trial_of(healthy, **hot))

    assert found.name is R.SERVICE_CPU
    assert "of 4 it served 9 times what the idlest did" in found.evidence


def test_one_user_in_a_closed_loop_is_the_limit(healthy):
    found = attribute(trial_of(healthy, load={"virtual_users": 1}))

    assert found.name is R.LOAD
    assert "one user" in found.evidence


def test_a_stranger_on_common_cpus_is_said(healthy):
    shared = CpuSetUsage(cpus=2, busy=0.95, stolen=0.0)
    others = {"postgres": ComponentUsage(cpus_used=0.2)}

    found = attribute(trial_of(healthy, others=others, shared_cpus=shared))

    assert found.name is R.NODE_CPU
    assert "(others 8" in found.evidence
