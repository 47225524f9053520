"""Each resource, starved alone, is named; what starves too is said; nothing full is not made up."""

from dataclasses import replace
from itertools import islice, permutations
from typing import Any

import pytest

from loadlab.analysis.attribution import attribute, attribute_cell
from loadlab.measurement.ran_as import RanAs
from loadlab.measurement.sessions import SessionUsage
from loadlab.measurement.usage import ComponentUsage, CpuSetUsage, RequestCounts
from loadlab.measurement.values import GeneratorLoad, TrialMeasurement, WorkDone
from loadlab.model.status import Bottleneck, Confidence, Resource
from loadlab.plan.expected import ExpectedWork

R = Resource
CALM = ComponentUsage(
    cpus_used=0.4,
    busiest_process_cpus=0.2,
    throttled_seconds=0.0,
    event_loop_lag_p50_ms=0.3,
    threads_exhausted=0.0,
    pool_waiters=0.1,
    processes=2,
)


def of_cell(trials):
    return attribute_cell([attribute(trial) for trial in trials])


def trial_of(healthy: TrialMeasurement, **changes: Any) -> TrialMeasurement:
    """A trial with room everywhere, but for what is changed of its service or of itself."""
    fields = {f for f in ComponentUsage.__dataclass_fields__ if f in changes}
    service = replace(CALM, **{name: changes.pop(name) for name in fields})
    others = changes.pop("others", {})
    limits = {"service": 2.0, **changes.pop("limits", {})}
    return replace(
        healthy,
        load=replace(healthy.load, cpu_limits=limits, **changes.pop("load", {})),
        components=healthy.components | {"service": service} | others,
        **changes,
    )


def test_a_limit_that_somebody_set_is_in_the_evidence(healthy):
    tenth = RanAs(cpu_limit=0.1, qos_class="Burstable", set_by="a LimitRange of the namespace")
    trial = trial_of(
        healthy,
        others={"postgres": ComponentUsage(cpus_used=0.099)},
        ran={"postgres": tenth},
        pool_waiters=24.0,
    )

    found = attribute(trial)

    assert found.name is Resource.DATABASE
    assert found.evidence.startswith(
        "postgres used 0.10 of 0.1 CPU, which a LimitRange of the namespace set"
    )


STARVED: dict[Resource, dict[str, Any]] = {
    R.SERVICE_CPU: {"cpus_used": 1.9},
    R.CPU_THROTTLING: {"cpus_used": 1.9, "throttled_seconds": 15.0},
    R.DATABASE: {
        "limits": {"postgres": 0.5},
        "others": {"postgres": ComponentUsage(cpus_used=0.49)},
    },
    R.REDIS: {"limits": {"redis": 4.0}, "others": {"redis": ComponentUsage(cpus_used=0.95)}},
    R.GENERATOR: {
        "generator": GeneratorLoad(cpu_share=0.97, throttled_share=0.0, sched_wait_p99_ms=5.0)
    },
    R.EVENT_LOOP: {"event_loop_lag_p50_ms": 80.0},
    R.DATABASE_POOL: {"pool_waiters": 24.0},
    R.THREAD_POOL: {"threads_exhausted": 0.97},
}


@pytest.mark.parametrize("resource", STARVED)
def test_each_starved_resource_is_named_for_sure(healthy, resource):
    found = attribute(trial_of(healthy, **STARVED[resource]))

    assert (found.name, found.confidence) == (resource, Confidence.HIGH)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (R.SERVICE_CPU, R.DATABASE_POOL),
        (R.DATABASE, R.DATABASE_POOL),
        (R.GENERATOR, R.THREAD_POOL),
        (R.EVENT_LOOP, R.DATABASE_POOL),
        (R.DATABASE_POOL, R.THREAD_POOL),
    ],
)
def test_of_two_full_resources_the_one_that_fills_the_other_is_named(healthy, first, second):
    found = attribute(trial_of(healthy, **STARVED[first], **STARVED[second]))

    assert (found.name, found.confidence) == (first, Confidence.MEDIUM)
    assert "also full" in found.evidence


@pytest.mark.parametrize("waiting", [R.EVENT_LOOP, R.DATABASE_POOL, R.THREAD_POOL])
def test_who_waits_beside_a_nearly_full_cpu_may_wait_for_that(healthy, waiting):
    found = attribute(trial_of(healthy, **STARVED[waiting], cpus_used=1.5))

    assert (found.name, found.confidence) == (waiting, Confidence.MEDIUM)
    assert "; nearly full: the service used 1.50 of 2 CPU" in found.evidence


def test_of_two_full_machines_the_fuller_one_is_named(healthy):
    k6 = GeneratorLoad(cpu_share=0.90, throttled_share=0.0, sched_wait_p99_ms=0.1)

    assert attribute(trial_of(healthy, generator=k6, cpus_used=1.96)).name is R.SERVICE_CPU
    assert attribute(trial_of(healthy, generator=k6, cpus_used=1.74)).name is R.GENERATOR


def test_one_python_process_is_full_with_one_cpu_however_many_there_are(healthy):
    found = attribute(trial_of(healthy, cpus_used=1.0, busiest_process_cpus=0.98))

    assert found.name is R.SERVICE_CPU
    assert "busiest process used 0.98 of 1 CPU" in found.evidence


@pytest.mark.parametrize(
    ("used", "resource"),
    [
        ({"postgres": 0.6, "redis": 0.1}, R.DATABASE),
        ({"postgres": 0.1, "redis": 0.7}, R.REDIS),
        ({"postgres": 0.3, "redis": 0.3}, R.NODE_CPU),
        ({"worker": 0.8}, R.NODE_CPU),
        ({"postgres": 1.9}, R.NODE_CPU),  # more than there was: it runs on another node
        ({}, R.NODE_CPU),
    ],
)
def test_common_cpus_are_full_because_of_whoever_used_most_of_them(healthy, used, resource):
    others = {name: ComponentUsage(cpus_used=cpus) for name, cpus in used.items()}
    shared = CpuSetUsage(cpus=1, busy=0.98, stolen=0.0)

    found = attribute(trial_of(healthy, others=others, shared_cpus=shared))

    assert found.name is resource
    assert "98% busy" in found.evidence


def test_a_service_on_common_cpus_may_be_the_one_that_fills_them(healthy):
    shared = CpuSetUsage(cpus=2, busy=0.98, stolen=0.0)
    trial = trial_of(healthy, cpus_used=1.5, shared_cpus=shared, load={"owns_cpus": False})

    assert attribute(trial).name is R.SERVICE_CPU


@pytest.mark.parametrize(
    ("persisted", "resource"), [(30_000, R.UNATTRIBUTED), (28_000, R.UNATTRIBUTED), (9000, R.QUEUE)]
)
def test_a_worker_that_falls_behind_comes_before_everything_else(healthy, persisted, resource):
    trial = trial_of(
        healthy,
        others={"worker": ComponentUsage(cpus_used=0.3)},
        counts=RequestCounts(seconds=30.0, client=30_000.0, server=30_000, load=30_000.0),
        work=WorkDone(persisted=persisted),
        load={"expected": ExpectedWork(write_share=1.0)},
    )

    assert attribute(trial).name is resource
    if resource is R.QUEUE:
        assert "wrote 300/s of 1000/s accepted" in attribute(trial).evidence


def test_an_offered_rate_that_was_kept_is_its_own_limit(healthy):
    kept = {"open_model": True, "rate_per_second": 1000.0}
    missed = {"open_model": True, "rate_per_second": 2000.0}

    assert attribute(trial_of(healthy, load=kept)).name is R.LOAD
    assert attribute(trial_of(healthy, load=missed)).name is R.UNATTRIBUTED


def test_answers_that_only_wait_as_asked_are_limited_by_the_number_of_users(healthy):
    as_asked, held_up = ExpectedWork(wait_ms=9.5), ExpectedWork(wait_ms=5.0)

    assert attribute(trial_of(healthy, load={"expected": as_asked})).name is R.LOAD
    assert attribute(trial_of(healthy, load={"expected": held_up})).name is R.UNATTRIBUTED


def test_nothing_full_is_said_with_the_fullest(healthy):
    found = attribute(trial_of(healthy, threads_exhausted=0.7))

    assert found == Bottleneck(
        name=R.UNATTRIBUTED,
        confidence=Confidence.LOW,
        evidence="nothing was full; the fullest: no thread was free for 70% of the time",
    )


def test_a_service_without_instruments_is_judged_by_its_cpu_and_says_so(healthy):
    outside = ComponentUsage(cpus_used=1.0, busiest_process_cpus=0.5)
    trial = trial_of(healthy, others={"service": outside}, load={"instrumented": False})

    assert "without instruments only CPU is seen" in attribute(trial).evidence
    full = trial_of(healthy, others={"service": replace(outside, cpus_used=1.99)})
    assert attribute(full).name is R.SERVICE_CPU


def test_a_cell_is_named_by_most_of_its_replicates(healthy):
    cpu, pool = (trial_of(healthy, **STARVED[r]) for r in (R.SERVICE_CPU, R.DATABASE_POOL))

    agreed, split = of_cell([cpu, cpu]), of_cell([pool, cpu, pool])

    assert agreed is not None
    assert split is not None
    assert (agreed.name, agreed.confidence) == (R.SERVICE_CPU, Confidence.HIGH)
    assert (split.name, split.confidence) == (R.DATABASE_POOL, Confidence.LOW)
    assert "replicates differ: 2 of 3 DatabasePool, 1 of 3 ServiceCpu" in split.evidence
    assert of_cell([]) is None


def test_the_order_of_the_replicates_means_nothing(healthy):
    trials = [trial_of(healthy, **changes) for changes in STARVED.values()]

    orders = islice(permutations(trials), 0, None, 1009)

    assert len({of_cell(order) for order in orders}) == 1


def holding(**sessions: float) -> dict[str, Any]:
    """What is seen where all connections of a pool are held for something."""
    idle = {"running": 0.0, "lock": 0.0, "io": 0.0, "other": 0.0, "in_transaction": 0.0}
    usage = SessionUsage(**idle | sessions)
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
