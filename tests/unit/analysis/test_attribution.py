"""Each resource, starved alone, is named; what starves too is said; nothing full is not made up."""

from dataclasses import replace
from itertools import islice, permutations
from typing import Any

import pytest

from loadlab.analysis.attribution import attribute, attribute_cell
from loadlab.measurement.ran_as import RanAs
from loadlab.measurement.request_counts import RequestCounts
from loadlab.measurement.usage import ComponentUsage, CpuSetUsage
from loadlab.measurement.values import GeneratorLoad
from loadlab.measurement.work_done import WorkDone
from loadlab.model.status import Confidence, Resource
from loadlab.plan.expected import ExpectedWork
from tests.unit.analysis.attributed import trial_of

R = Resource


def of_cell(trials):
    return attribute_cell([attribute(trial) for trial in trials])


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
    R.DATABASE_POOL: {
        "pool_waiters": 24.0,
        "others": {"postgres": ComponentUsage(cpus_used=0.1)},
    },
    R.THREAD_POOL: {
        "threads_exhausted": 0.97,
        "thread_waiters": 8.0,
        "load": {"expected": ExpectedWork(wait_ms=1.5)},  # in the thread
    },
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
    found = attribute(trial_of(healthy, **STARVED[second] | STARVED[first]))

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

    assert (found.name, found.confidence) == (R.UNATTRIBUTED, Confidence.LOW)
    assert found.evidence == "nothing was full; the fullest: no thread was free for 70% of the time"
    assert found.remedy == ""


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
