"""What a component used is what its counters rose by; unknown where an edge or the time is."""

from typing import Any

import pytest

from loadlab.measurement.documents import Snapshot
from loadlab.measurement.request_counts import RequestCounts
from loadlab.measurement.usage import (
    ComponentUsage,
    SilentTime,
    cut_off_components,
    measure_components,
    measure_service_cpus,
    measure_shared_cpus,
    silent_times,
)
from loadlab.plan.expected import LoadFacts

BEGAN = 100.0
DEPLOYED = LoadFacts(open_model=False, virtual_users=1, duration_seconds=10.0)
RUNNING = LoadFacts(open_model=False, virtual_users=1, duration_seconds=10.0, deployed=False)


def edge(at: float, service: dict[str, Any] | None = None, **fields: Any) -> Snapshot:
    components = {} if service is None else {"service": service}
    body = {"edge": "e", "takenAt": at, "components": components, "errors": {}}
    return Snapshot.model_validate(body | fields)


def used(
    before: dict[str, Any], after: dict[str, Any], *, seconds: float = 10.0, requests: int = 1000
) -> ComponentUsage:
    counts = RequestCounts(seconds=seconds, client=requests, server=None)
    start, end = edge(BEGAN, before), edge(BEGAN + seconds, after)
    return measure_components(start, end, counts if requests else None)["service"]


def test_cpu_is_divided_by_the_requests_and_by_the_time() -> None:
    found = used({"cpuSeconds": 3.0}, {"cpuSeconds": 5.0})

    assert found.cpu_micros_per_request == 2000.0
    assert found.cpus_used == 0.2


@pytest.mark.parametrize(("requests", "micros"), [(0, None), (1, 2_000_000.0)])
def test_of_one_request_there_is_a_cost_and_of_none_there_is_not(
    requests: int, micros: float | None
) -> None:
    found = used({"cpuSeconds": 3.0}, {"cpuSeconds": 5.0}, requests=requests)

    assert found.cpu_micros_per_request == micros
    assert found.restarted is False


@pytest.mark.parametrize(("seconds", "cpus"), [(0.0, None), (0.5, 4.0), (1.0, 2.0)])
def test_however_short_the_time_is_there_is_a_rate_but_at_one_moment(
    seconds: float, cpus: float | None
) -> None:
    processes = [
        [{"pid": 7, "cpuSeconds": own}, {"pid": 8, "cpuSeconds": 1.0}] for own in (1.0, 3.0)
    ]
    before, after = (
        {"cpuSeconds": own, "processes": each}
        for own, each in zip((3.0, 5.0), processes, strict=True)
    )

    found = used(before, after, seconds=seconds)

    assert (found.cpus_used, found.busiest_process_cpus) == (cpus, cpus)


def test_the_busiest_process_is_one_that_both_edges_know() -> None:
    before = {"processes": [{"pid": 7, "cpuSeconds": 1.0}, {"pid": 8, "cpuSeconds": 1.0}]}
    after = {
        "processes": [
            {"pid": 7, "cpuSeconds": 3.0},
            {"pid": 8, "cpuSeconds": 2.0},
            {"pid": 9, "cpuSeconds": 50.0},
            {"pid": 10},
        ]
    }

    assert used(before, after).busiest_process_cpus == 0.2
    assert used({}, after).busiest_process_cpus is None


def test_throttling_is_what_it_rose_by_and_lags_are_milliseconds() -> None:
    lag = {"p50": 0.5, "p99": 2.0, "max": 4.0}
    found = used({"throttledSeconds": 1.5}, {"throttledSeconds": 2.0, "eventLoopLagSeconds": lag})

    assert found.throttled_seconds == 0.5
    assert found.event_loop_lag_p50_ms == 500.0
    assert found.event_loop_lag_p99_ms == 2000.0
    assert found.event_loop_lag_max_ms == 4000.0


def test_shares_of_the_time_are_of_each_process_and_of_one_where_none_is_told() -> None:
    before, after = {"threadsExhaustedSeconds": 1.0}, {"threadsExhaustedSeconds": 5.0}
    two = {"processes": [{"pid": 7}, {"pid": 8}]}

    assert used(before, after).threads_exhausted == 0.4
    assert used(before | two, after | two).threads_exhausted == 0.2
    assert (used(before, after).processes, used(before, after | two).processes) == (None, 2)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"cpuSeconds": 3.0, "requests": 50}, {"cpuSeconds": 2.0, "requests": 90}),
        ({"cpuSeconds": 3.0, "requests": 50}, {"cpuSeconds": 5.0, "requests": 40}),
    ],
    ids=["CPU", "requests"],
)
def test_one_counter_that_ran_backwards_is_a_restart(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    found = used(before, after)

    assert (found.restarted, found.cpu_micros_per_request) == (True, None)


@pytest.mark.parametrize(
    ("before", "after", "spread"),
    [
        ([10, 10], [18, 12], 4.0),
        ([10, 10], [14, 11], 4.0),
        ([10, 10], [14, 10], 4.0),
        ([10, 10], [11, 10], 1.0),
        ([10, 10], [10, 10], None),
        ([10], [14], None),
        ([10], [14, 16], 4.0),  # the second one is new
    ],
)
def test_the_busiest_process_is_held_against_the_idlest(
    before: list[int], after: list[int], spread: float | None
) -> None:
    told = [
        {"processes": [{"pid": pid, "requests": n} for pid, n in enumerate(each)]}
        for each in (before, after)
    ]

    assert used(*told).request_spread == spread


def cpus(number: int, busy: float, stolen: float) -> dict[str, float]:
    return {"cpus": number, "cpuSeconds": busy, "stealSeconds": stolen}


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("seconds", [0.5, 1.0, 10.0])
def test_cpus_are_busy_and_stolen_for_a_share_of_their_time(number: int, seconds: float) -> None:
    before = cpus(number, 50.0, 4.0)
    after = cpus(number, 50.0 + 0.5 * number * seconds, 4.0 + 0.25 * number * seconds)
    ends = BEGAN, BEGAN + seconds

    shared = measure_shared_cpus(edge(ends[0], sharedCpus=before), edge(ends[1], sharedCpus=after))
    own = measure_service_cpus(
        edge(ends[0], {"allowedCpus": before}), edge(ends[1], {"allowedCpus": after})
    )

    assert shared is not None
    assert (shared.cpus, shared.busy, shared.stolen) == (number, 0.5, 0.25)
    assert own == shared


@pytest.mark.parametrize(
    ("before", "after", "seconds"),
    [
        (None, cpus(2, 9.0, 0.0), 10.0),
        (cpus(2, 9.0, 0.0), None, 10.0),
        (cpus(2, 9.0, 0.0), cpus(1, 9.0, 0.0), 10.0),
        (cpus(2, 9.0, 0.0), cpus(2, 9.0, 0.0), 0.0),
    ],
    ids=["unknown before", "unknown after", "others", "one moment"],
)
def test_of_cpus_that_are_not_known_at_both_edges_no_share_is(
    before: Any, after: Any, seconds: float
) -> None:
    start, end = edge(BEGAN, sharedCpus=before), edge(BEGAN + seconds, sharedCpus=after)

    assert measure_shared_cpus(start, end) is None


def cut_off(*names: str) -> Snapshot:
    return edge(BEGAN, errors=dict.fromkeys(names, "cut off: no connection"))


@pytest.mark.parametrize("is_answering", [True, False])
def test_who_was_cut_off_at_both_ends_is_told_where_nothing_was_answered(
    is_answering: bool,
) -> None:
    start, end = cut_off("service", "worker"), cut_off("service", "redis")

    found = cut_off_components(start, end, DEPLOYED, is_answering=is_answering)

    assert found == (() if is_answering else ("service",))


def test_silences_are_those_of_what_was_deployed_for_the_trial() -> None:
    end = edge(BEGAN, silences={"service": {"since": 5.0, "seconds": 4.0}})

    assert silent_times(end, DEPLOYED) == {"service": SilentTime(5.0, 4.0)}
    assert silent_times(end, RUNNING) == {}
    assert silent_times(None, DEPLOYED) == {}
