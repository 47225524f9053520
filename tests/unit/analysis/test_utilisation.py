"""Each resource at the bound where it is full, with its share and its words."""

from dataclasses import replace
from typing import Any

import pytest

from loadlab.analysis.utilisation import Fullness, backlog, machines, waiting
from loadlab.measurement.request_counts import RequestCounts
from loadlab.measurement.usage import ComponentUsage, CpuSetUsage
from loadlab.measurement.values import GeneratorLoad, TrialMeasurement
from loadlab.measurement.work_done import WorkDone
from loadlab.model.status import Resource
from loadlab.plan.expected import ExpectedWork
from tests.unit.analysis.attributed import trial_of

R = Resource
SECONDS = RequestCounts(seconds=30.0, client=30_000.0, server=30_000, load=30_000.0)


def of(resource: Resource, found: list[Fullness]) -> list[tuple[float, bool]]:
    return [(round(one.share, 9), one.is_full) for one in found if one.resource is resource]


def words(found: list[Fullness]) -> str:
    return "; ".join(one.evidence for one in found)


@pytest.mark.parametrize(("share", "is_full"), [(0.80, False), (0.801, True)])
def test_k6_is_full_beyond_four_fifths(healthy, share, is_full):
    k6 = GeneratorLoad(cpu_share=share, throttled_share=0.0, sched_wait_p99_ms=0.1)

    assert of(R.GENERATOR, [*machines(trial_of(healthy, generator=k6))]) == [(share, is_full)]


@pytest.mark.parametrize(("used", "is_full"), [(1.6, False), (1.61, True)])
def test_the_service_is_full_beyond_four_fifths_of_its_limit(healthy, used, is_full):
    trial = trial_of(healthy, cpus_used=used, busiest_process_cpus=None)

    assert of(R.SERVICE_CPU, [*machines(trial)]) == [(used / 2, is_full)]


@pytest.mark.parametrize(
    ("throttled", "resource"),
    [(None, R.SERVICE_CPU), (1.5, R.SERVICE_CPU), (1.53, R.CPU_THROTTLING)],
)
def test_a_limit_is_named_from_a_twentieth_of_the_time_on(healthy, throttled, resource):
    trial = trial_of(
        healthy, throttled_seconds=throttled, busiest_process_cpus=None, counts=SECONDS
    )

    found = [*machines(trial)]

    assert of(resource, found) == [(0.2, False)]
    assert ("throttled for 5% of the time" in words(found)) == (resource is R.CPU_THROTTLING)


def test_a_service_that_does_not_tell_it_was_not_throttled(healthy):
    short = replace(SECONDS, seconds=3.0)

    found = [*machines(trial_of(healthy, throttled_seconds=None, counts=short))]

    assert of(R.CPU_THROTTLING, found) == []


@pytest.mark.parametrize("counts", [None, replace(SECONDS, seconds=0.0)])
def test_without_a_time_nothing_is_known_of_throttling(healthy, counts):
    trial = trial_of(healthy, throttled_seconds=9.0, counts=counts)

    assert of(R.CPU_THROTTLING, [*machines(trial)]) == []


@pytest.mark.parametrize(("share", "is_full"), [(0.30, False), (0.31, True)])
def test_a_process_that_computed_for_three_tenths_of_the_time_is_full_at_times(
    healthy, share, is_full
):
    found = [*machines(trial_of(healthy, cpu_full=share))]

    at_times = [one for one in found if one.is_at_times]
    assert of(R.SERVICE_CPU, at_times) == [(share, is_full)]


@pytest.mark.parametrize(("busiest", "told"), [(0.80, True), (0.81, False), (None, False)])
def test_a_process_that_is_full_all_the_time_is_not_full_at_times(healthy, busiest, told):
    found = machines(trial_of(healthy, cpu_full=0.5, busiest_process_cpus=busiest))

    assert any(one.is_at_times for one in found) == told


@pytest.mark.parametrize(
    ("busiest", "limit", "told"),
    [(1.1, 2.0, True), (1.11, 2.0, False), (0.9, 1.0, False), (0.9, 1.1, True), (0.9, 0.0, True)],
)
def test_one_process_has_one_cpu_where_the_service_has_more(healthy, busiest, limit, told):
    trial = trial_of(healthy, busiest_process_cpus=busiest, limits={"service": limit})

    found = words([*machines(trial)])

    assert (f"the service's busiest process used {busiest:.2f} of 1 CPU" in found) == told


@pytest.mark.parametrize(("spread", "told"), [(None, False), (4.0, False), (4.1, True)])
def test_one_busy_process_of_several_is_said_to_be_one(healthy, spread, told):
    found = words([*machines(trial_of(healthy, request_spread=spread))])

    assert (", and of 2 it served 4 times what the idlest did" in found) == told


@pytest.mark.parametrize(
    ("name", "resource", "limits", "expected"),
    [
        ("postgres", R.DATABASE, {"postgres": 0.5}, [(0.8, False)]),
        ("postgres", R.DATABASE, {}, []),
        ("redis", R.REDIS, {"redis": 4.0}, [(0.4, False)]),
        ("redis", R.REDIS, {"redis": 0.5}, [(0.8, False)]),
        ("redis", R.REDIS, {}, [(0.4, False)]),
    ],
)
def test_a_store_has_its_limit_and_redis_one_cpu_at_most(healthy, name, resource, limits, expected):
    used = {name: ComponentUsage(cpus_used=0.4)}

    assert of(resource, [*machines(trial_of(healthy, others=used, limits=limits))]) == expected


def test_a_store_whose_use_is_unknown_is_not_judged(healthy):
    unknown = trial_of(healthy, others={"redis": ComponentUsage()})

    assert of(R.REDIS, [*machines(unknown)]) == []


def sharing(healthy: TrialMeasurement, busy: float, **used: float) -> TrialMeasurement:
    """Two CPUs beside the service's, of which the generator uses 0.1."""
    others = {name: ComponentUsage(cpus_used=cpus) for name, cpus in used.items()}
    shared = CpuSetUsage(cpus=2, busy=busy, stolen=0.0)
    return trial_of(healthy, others=others, shared_cpus=shared)


@pytest.mark.parametrize(
    ("used", "resource"),
    [(0.9, R.DATABASE), (0.89, R.NODE_CPU), (2.06, R.DATABASE), (2.07, R.NODE_CPU)],
)
def test_who_used_half_of_common_cpus_is_named_where_it_was_there(healthy, used, resource):
    """1.8 were busy: half is 0.9, and with the generator's 0.1 they used 2.16 at most."""
    assert of(resource, [*machines(sharing(healthy, 0.9, postgres=used))]) == [(0.9, True)]


def test_the_parts_of_common_cpus_are_told_the_largest_first(healthy):
    found = words([*machines(sharing(healthy, 0.9, postgres=0.4, redis=0.8))])

    assert (
        "the CPUs beside the service's were 90% busy "
        "(redis 40%, others 25%, postgres 20%, generator 5%)"
    ) in found


def test_parts_that_used_as_much_come_by_their_names(healthy):
    found = words([*machines(sharing(healthy, 0.9, worker=0.1))])

    assert "were 90% busy (others 80%, generator 5%, worker 5%)" in found


def test_parts_that_used_nothing_are_not_told(healthy):
    found = words([*machines(sharing(healthy, 0.25, postgres=0.0, redis=0.4))])

    assert "were 25% busy (redis 20%, generator 5%)" in found


def test_parts_that_ran_elsewhere_are_not_told(healthy):
    found = words([*machines(sharing(healthy, 0.1, postgres=1.9))])

    assert "were 10% busy" in found
    assert "busy (" not in found


def test_a_service_among_them_has_its_part(healthy):
    shared = CpuSetUsage(cpus=2, busy=0.5, stolen=0.0)
    trial = trial_of(healthy, cpus_used=0.4, shared_cpus=shared, load={"owns_cpus": False})

    assert "that all share were 50% busy (others 25%, service 20%, generator 5%)" in words(
        [*machines(trial)]
    )


@pytest.mark.parametrize(("stolen", "told"), [(0.10, False), (0.11, True)])
@pytest.mark.parametrize("which", ["shared_cpus", "service_cpus"])
def test_a_tenth_that_the_hypervisor_took_fills_the_rest(healthy, which, stolen, told):
    robbed: Any = {which: CpuSetUsage(cpus=2, busy=0.7, stolen=stolen)}

    found = [*machines(trial_of(healthy, **robbed))]

    assert ((0.81, True) in of(R.NODE_CPU, found)) == told
    assert ("70% busy, and the hypervisor took" in words(found)) == told


def test_cpus_that_are_not_the_services_own_are_not_judged_as_such(healthy):
    robbed = CpuSetUsage(cpus=2, busy=0.7, stolen=0.2)
    trial = trial_of(healthy, service_cpus=robbed, load={"owns_cpus": False})

    assert of(R.NODE_CPU, [*machines(trial)]) == []


@pytest.mark.parametrize(("lag", "is_full"), [(10.0, False), (10.5, True)])
def test_the_event_loop_is_full_beyond_ten_milliseconds(healthy, lag, is_full):
    trial = trial_of(healthy, event_loop_lag_p50_ms=lag)

    assert of(R.EVENT_LOOP, [*waiting(trial)]) == [(lag / 10, is_full)]


@pytest.mark.parametrize(
    ("waiters", "processes", "share", "is_full"),
    [(2.0, 2, 1.0, False), (2.2, 2, 1.1, True), (1.1, None, 1.1, True), (1.1, 0, 1.1, True)],
)
def test_a_pool_is_full_beyond_one_that_waits_in_each_process(
    healthy, waiters, processes, share, is_full
):
    trial = trial_of(healthy, pool_waiters=waiters, processes=processes)

    assert of(R.DATABASE_POOL, [*waiting(trial)]) == [(share, is_full)]


@pytest.mark.parametrize(("share", "is_full"), [(0.8, False), (0.81, True)])
def test_threads_are_full_beyond_four_fifths_of_the_time(healthy, share, is_full):
    trial = trial_of(healthy, threads_exhausted=share)

    assert of(R.THREAD_POOL, [*waiting(trial)]) == [(share, is_full)]


@pytest.mark.parametrize(
    ("waiters", "processes", "is_full"),
    [(2.0, 2, False), (2.2, 2, True), (1.1, None, True), (1.0, 0, False), (None, 2, True)],
)
def test_threads_that_hardly_anybody_waits_for_are_not_full(healthy, waiters, processes, is_full):
    trial = trial_of(healthy, threads_exhausted=0.9, thread_waiters=waiters, processes=processes)

    assert of(R.THREAD_POOL, [*waiting(trial)]) == [(0.9, is_full)]


def test_what_a_service_does_not_tell_is_not_judged(healthy):
    silent = trial_of(healthy, others={"service": ComponentUsage()})
    absent = replace(silent, components={})

    assert [*waiting(silent)] == [*waiting(absent)] == []
    assert of(R.SERVICE_CPU, [*machines(silent)]) == of(R.SERVICE_CPU, [*machines(absent)]) == []


def queued(healthy: TrialMeasurement, persisted: int | None, **changes: Any) -> TrialMeasurement:
    """30,000 requests of which half write, a tenth of all failed: 13,500 writes accepted."""
    fields: dict[str, Any] = {
        "others": {"worker": ComponentUsage(cpus_used=0.3)},
        "counts": SECONDS,
        "failed": 3_000,
        "work": WorkDone(persisted=persisted),
        "load": {"expected": ExpectedWork(write_share=0.5)},
    }
    return trial_of(healthy, **fields | changes)


@pytest.mark.parametrize(
    ("persisted", "share", "is_full"),
    [(12_150, 0.1, False), (12_149, 0.100074074, True), (14_000, 0.0, False)],
)
def test_a_worker_is_behind_beyond_a_tenth_of_what_was_accepted(healthy, persisted, share, is_full):
    (found,) = backlog(queued(healthy, persisted))

    assert found.share == pytest.approx(share)
    assert found.is_full == is_full
    assert found.evidence == f"the worker wrote {persisted / 30:.0f}/s of 450/s accepted"


@pytest.mark.parametrize("counts", [replace(SECONDS, load=1.0), replace(SECONDS, seconds=0.5)])
def test_a_single_write_or_half_a_second_is_enough_for_a_backlog(healthy, counts):
    (found,) = backlog(queued(healthy, 0, counts=counts))

    assert (found.share, found.is_full) == (1.0, True)


@pytest.mark.parametrize(
    "changes",
    [
        {"others": {}},
        {"counts": None},
        {"work": None},
        {"work": WorkDone()},
        {"load": {}},
        {"load": {"expected": ExpectedWork(write_share=0.0)}},
        {"counts": replace(SECONDS, seconds=0.0)},
        {"counts": replace(SECONDS, load=0.0)},
    ],
)
def test_without_a_worker_or_its_counts_there_is_no_backlog(healthy, changes):
    assert [*backlog(queued(healthy, 9_000, **changes))] == []
