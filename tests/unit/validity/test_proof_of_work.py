"""Proof of work: the stores' counters against what was answered, one change at a time."""

from dataclasses import replace
from typing import Any

import pytest

from loadlab.measurement.documents import Freshness, Program, Snapshot
from loadlab.measurement.histogram import Histogram
from loadlab.measurement.request_counts import RequestCounts
from loadlab.measurement.usage import ComponentUsage
from loadlab.measurement.values import TrialMeasurement
from loadlab.measurement.work_done import WorkDone, work_between
from loadlab.model.status import Validity
from loadlab.plan.expected import ExpectedWork
from loadlab.validity.judgement import Reason, ReasonKind
from loadlab.validity.proof_of_work import proof_reasons
from loadlab.validity.writes import staleness_reasons

K = ReasonKind


def judged(
    trial: TrialMeasurement, work: WorkDone | None = None, **expected: Any
) -> list[tuple[ReasonKind, Validity]]:
    load = replace(trial.load, expected=ExpectedWork(**expected))
    counts = RequestCounts(seconds=30.0, client=30_000.0, server=30_000, load=30_000.0)
    found = proof_reasons(replace(trial, load=load, counts=counts, work=work or WorkDone()))
    return [(reason.kind, reason.level) for reason in found]


@pytest.mark.parametrize(
    ("transactions", "fired"),
    [
        (30_000, []),
        (20_000, []),  # 70 % less the last second, which Postgres may not have reported yet
        (19_999, [(K.WORK_SKIPPED, Validity.INVALID)]),
        (0, [(K.WORK_SKIPPED, Validity.INVALID)]),
        (None, [(K.WORK_NOT_VERIFIED, Validity.SUSPECT)]),
    ],
)
def test_each_answer_needs_its_query(healthy, transactions, fired):
    assert judged(healthy, WorkDone(transactions=transactions), transactions=1) == fired


def test_two_queries_are_asked_for_where_there_are_two(healthy):
    assert judged(healthy, WorkDone(transactions=60_000), transactions=2) == []
    assert judged(healthy, WorkDone(transactions=30_000), transactions=2) == [
        (K.WORK_SKIPPED, Validity.INVALID)
    ]


def test_failed_requests_need_no_query(healthy):
    mostly_failed = replace(healthy, failed=27_000)

    assert judged(mostly_failed, WorkDone(transactions=3000), transactions=1) == []


@pytest.mark.parametrize(
    ("work", "fired"),
    [
        (WorkDone(cache_hits=29_000, cache_misses=1000, transactions=1000), []),
        (WorkDone(cache_hits=0, cache_misses=30_000, transactions=30_000), []),
        (WorkDone(cache_hits=30_000, cache_misses=0, transactions=0), []),
        (WorkDone(cache_hits=26_990, cache_misses=0, transactions=30_000), []),  # 90 %, 10 users
        (
            WorkDone(cache_hits=26_989, cache_misses=0, transactions=30_000),
            [(K.WORK_SKIPPED, Validity.INVALID)],
        ),
        (
            WorkDone(cache_hits=0, cache_misses=30_000, transactions=100),
            [(K.WORK_SKIPPED, Validity.INVALID)],
        ),
        (
            WorkDone(cache_hits=10, cache_misses=10, transactions=30_000),
            [(K.WORK_SKIPPED, Validity.INVALID)],
        ),
        (WorkDone(transactions=30_000), [(K.WORK_NOT_VERIFIED, Validity.SUSPECT)]),
    ],
)
def test_a_cache_must_be_asked_and_a_miss_must_query(healthy, work, fired):
    assert judged(healthy, work, transactions=1, cached=True) == fired


@pytest.mark.parametrize(("transactions", "kinds"), [(40_000, []), (39_999, [K.WORK_SKIPPED])])
def test_each_of_all_misses_must_query(healthy, transactions, kinds):
    work = WorkDone(cache_hits=0, cache_misses=30_000, transactions=transactions)

    assert [kind for kind, _ in judged(healthy, work, transactions=2, cached=True)] == kinds


@pytest.mark.parametrize(
    ("counted", "work", "kinds"),
    [
        (None, WorkDone(), []),
        (2.9, WorkDone(), []),
        (3.0, WorkDone(), [K.WORK_NOT_VERIFIED]),
        (30.0, None, []),
    ],
    ids=["no counts", "a moment", "long enough", "no work"],
)
def test_what_was_not_counted_long_enough_is_held_against_nothing(healthy, counted, work, kinds):
    counts = counted and RequestCounts(seconds=counted, client=3000.0, load=3000.0)
    load = replace(healthy.load, expected=ExpectedWork(transactions=1))

    found = proof_reasons(replace(healthy, load=load, counts=counts, work=work))

    assert [reason.kind for reason in found] == kinds


def test_writes_need_no_look_up(healthy):
    work = WorkDone(cache_hits=14_000, cache_misses=500, transactions=15_500)

    assert judged(healthy, work, transactions=1, cached=True, write_share=0.5) == []


@pytest.mark.parametrize(("wait_ms", "fired"), [(11.0, []), (11.4, [(K.WORK_SKIPPED, "Invalid")])])
def test_no_answer_comes_before_its_wait_is_over(healthy, wait_ms, fired):
    assert judged(healthy, wait_ms=wait_ms) == fired


@pytest.mark.parametrize(
    ("fastest_us", "wait_ms", "kinds"),
    [(96_000, 100.0, []), (95_900, 100.0, [K.WORK_SKIPPED]), (9_000, 11.2194, [])],
)
def test_an_answer_may_be_two_percent_and_two_milliseconds_early(
    healthy, fastest_us, wait_ms, kinds
):
    trial = replace(healthy, latency=Histogram.of([fastest_us, 200_000]))

    assert [kind for kind, _ in judged(trial, wait_ms=wait_ms)] == kinds


@pytest.mark.parametrize(
    ("failed", "mixes", "fired"),
    [(5, True, []), (0, True, [K.WORK_SKIPPED]), (5, False, [K.WORK_SKIPPED])],
)
def test_a_failed_answer_that_is_not_told_apart_need_not_wait(healthy, failed, mixes, fired):
    """wrk's fastest answer may be a refusal, and was held against the service."""
    program = Program(name="wrk", version="4", latency_mixes_failures=mixes)
    trial = replace(healthy, failed=failed, program=program)

    assert [kind for kind, _ in judged(trial, wait_ms=11.4)] == fired


@pytest.mark.parametrize(
    ("processes", "spread", "fired"),
    [
        (4, 1.5, []),
        (3, 1.5, [(K.WORKERS_MISMATCH, Validity.INVALID)]),
        (5, None, [(K.WORKERS_MISMATCH, Validity.INVALID)]),
        (4, 4.0, []),
        (4, 9.0, [(K.WORKERS_UNEVEN, Validity.SUSPECT)]),
        (None, None, []),
    ],
)
def test_the_workers_asked_for_are_counted_from_inside(healthy, processes, spread, fired):
    usage = ComponentUsage(processes=processes, request_spread=spread)
    trial = replace(healthy, components={"service": usage})

    assert judged(trial, workers=4) == fired


def test_nothing_is_demanded_of_an_image_of_ones_own(healthy):
    assert list(proof_reasons(healthy)) == []


def edge(**components: dict[str, int]) -> Snapshot:
    base = {"cpuSeconds": 1.0, "memoryBytes": 1}
    body = {name: base | counters for name, counters in components.items()}
    return Snapshot.model_validate({"edge": "start", "takenAt": 1.0, "components": body})


def test_work_is_what_the_counters_gained():
    start = edge(
        postgres={"transactions": 10, "rowsReturned": 5, "rowsFetched": 5, "rowsInserted": 1},
        redis={"keyspaceHits": 3, "keyspaceMisses": 4},
        worker={"persisted": 100, "batches": 10},
    )
    end = edge(
        postgres={"transactions": 30, "rowsReturned": 25, "rowsFetched": 10, "rowsInserted": 1},
        redis={"keyspaceHits": 13, "keyspaceMisses": 5},
        worker={"persisted": 600, "batches": 20},
    )

    work = work_between(start, end)

    assert work == WorkDone(
        transactions=20,
        rows_read=25,
        rows_written=0,
        cache_hits=10,
        cache_misses=1,
        persisted=500,
        commits=10,
    )


def test_a_counter_that_was_reset_says_nothing():
    before, after = edge(redis={"keyspaceHits": 30}), edge(redis={"keyspaceHits": 3})

    assert work_between(before, after) == WorkDone()


@pytest.mark.parametrize(("stale", "unseen", "count"), [(0, 0, 0), (1, 0, 1), (0, 1, 1)])
def test_reads_staler_than_declared_void_the_trial(healthy, stale, unseen, count):
    seen = Freshness(
        writes=10, reads=50, stale=stale, unseen=unseen, worst_ms=1200.0, bound_ms=1000.0
    )

    found: list[Reason] = list(staleness_reasons(replace(healthy, freshness=seen)))

    assert [r.kind for r in found] == [K.STALE_READS] * count


def test_the_histogram_of_the_healthy_trial_begins_at_nine_milliseconds(healthy):
    """What the waiting test above rests on."""
    assert Histogram.merged([healthy.latency]).min_us == pytest.approx(9000, rel=0.001)
