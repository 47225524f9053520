"""What a component does not tell stays unknown; the rest of it counts."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadlab.measurement.documents import CpuTimes, K6Document, Snapshot
from loadlab.measurement.request_counts import RequestCounts, requests_between
from loadlab.measurement.usage import Watch, measure_components, watch_of
from tests.unit.conftest import START, document_of

COUNTS = RequestCounts(seconds=10, client=1000, server=1000)


def edge(name: str, taken_at: float, **postgres: float) -> Snapshot:
    components = {"postgres": postgres}
    errors = {"postgres CPU and memory": "unknown: the database is not the experiment's own"}
    return Snapshot.model_validate(
        {"edge": name, "takenAt": taken_at, "components": components, "errors": errors}
    )


def test_an_existing_database_has_counters_and_no_cpu():
    start, end = edge("start", 1.0, transactions=5), edge("end", 11.0, transactions=1005)

    usage = measure_components(start, end, COUNTS)["postgres"]

    assert usage.cpu_micros_per_request is None
    assert usage.memory_bytes is None
    assert not usage.restarted
    assert end.components["postgres"].transactions == 1005


@pytest.mark.parametrize(
    ("before", "after"), [({}, {"cpuSeconds": 3.0}), ({"cpuSeconds": 2.0}, {})]
)
def test_cpu_that_one_edge_does_not_know_is_unknown_and_no_restart(before, after):
    start, end = edge("start", 1.0, **before), edge("end", 11.0, **after)

    usage = measure_components(start, end, COUNTS)["postgres"]

    assert (usage.cpu_micros_per_request, usage.restarted) == (None, False)


def answered_evenly(phase: float, seconds: float, rate: int) -> K6Document:
    """A load of so many seconds, begun in the midst of one, with an answer every 1 / rate s."""
    ends = [phase + (place + 1) / rate for place in range(round(seconds * rate))]
    body = document_of([2000] * len(ends))
    measure = body["scenarios"]["measure"]
    measure["series"] = [
        {"t": START + second, "n": n} for second, n in sorted(Counter(map(int, ends)).items())
    ]
    measure |= {
        "firstSampleUs": round((START + ends[0]) * 1e6),
        "lastSampleUs": round((START + ends[-1]) * 1e6),
    }
    return K6Document.model_validate(body)


@given(st.floats(0, 0.99), st.floats(1, 8), st.integers(20, 900))
def test_a_load_that_begins_and_ends_in_the_midst_of_a_second_is_counted_whole(
    phase: float, seconds: float, rate: int
) -> None:
    """Both snapshots are taken at its edges: shared out evenly, both seconds lost a part."""
    document = answered_evenly(phase, seconds, rate)
    edges = START + phase, START + phase + seconds

    counted = requests_between([document], *edges)

    assert counted == pytest.approx(round(seconds * rate), abs=2)


@given(st.floats(0, 0.99), st.floats(0.2, 4.0), st.floats(4.1, 7.9))
def test_of_a_longer_load_only_what_lies_between_the_snapshots_counts(
    phase: float, start: float, end: float
) -> None:
    document = answered_evenly(phase, 10, 100)

    counted = requests_between([document], START + phase + start, START + phase + end)

    assert counted == pytest.approx(100 * (end - start), abs=3)


def test_one_answer_alone_counts_between_the_snapshots_only() -> None:
    document = answered_evenly(0.5, 0.05, 20)
    moment = START + 0.55

    assert requests_between([document], moment - 0.1, moment + 0.1) == 1
    assert requests_between([document], moment + 0.1, moment + 0.2) == 0
    assert requests_between([document], moment, moment + 0.1) == 1
    assert requests_between([document], moment - 0.1, moment) == 1


def instrumented(name: str, at: float, **counters: float) -> Snapshot:
    processes = [{"pid": 7, "requests": 1}, {"pid": 8, "requests": 1}]
    service = {"requests": 10, "processes": processes, **counters}
    return Snapshot.model_validate(
        {"edge": name, "takenAt": at, "components": {"service": service}}
    )


def test_waits_for_a_thread_are_a_mean_number_of_calls_and_full_cpus_a_share_of_the_time():
    start = instrumented("start", 1.0, threadWaitSeconds=3.0, cpuFullSeconds=1.0)
    end = instrumented("end", 11.0, threadWaitSeconds=83.0, cpuFullSeconds=11.0)

    usage = measure_components(start, end, COUNTS)["service"]

    assert usage.thread_waiters == 8.0
    assert usage.cpu_full == 0.5  # one of two processes all the time, or both for half of it


def test_pages_that_were_waited_for_are_a_rate_of_what_both_edges_tell():
    start, end = (
        instrumented("start", 1.0, majorFaults=70),
        instrumented("end", 11.0, majorFaults=90),
    )
    older = instrumented("start", 1.0)

    assert measure_components(start, end, COUNTS)["service"].major_faults == 2.0
    assert measure_components(older, end, COUNTS)["service"].major_faults is None


def test_of_an_older_service_both_are_unknown():
    usage = measure_components(instrumented("start", 1.0), instrumented("end", 11.0), COUNTS)

    assert usage["service"].thread_waiters is None
    assert usage["service"].cpu_full is None


def shared(cpus: int | None) -> Snapshot:
    times = None if cpus is None else CpuTimes(cpus=cpus, cpu_seconds=1.0, steal_seconds=0.0)
    return Snapshot(edge="start", taken_at=0.0, shared_cpus=times)


@pytest.mark.parametrize(
    ("start", "end", "seen"),
    [
        (shared(2), shared(2), Watch.SEEN),
        (shared(2), shared(1), Watch.CPUS_CHANGED),
        (shared(2), shared(None), Watch.UNREADABLE),
        (shared(2), None, Watch.NO_SNAPSHOT),
        (None, shared(2), Watch.NO_SNAPSHOT),
    ],
)
def test_whether_it_was_seen_what_others_used(start, end, seen):
    assert watch_of(start, end) is seen


def test_a_load_of_which_no_second_is_told_is_shared_out_over_its_time():
    body = document_of([2000] * 400)
    measure = body["scenarios"]["measure"]
    measure |= {"series": [], "firstStartUs": START * 10**6, "lastSampleUs": (START + 4) * 10**6}
    document = K6Document.model_validate(body)

    assert requests_between([document], START - 1, START + 5) == 400
    assert requests_between([document], START + 1, START + 5) == pytest.approx(300)
    assert requests_between([document], START + 9, START + 10) == 0
