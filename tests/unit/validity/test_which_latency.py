"""A latency of a generator's own is told, and one with failed answers in it is in doubt."""

from dataclasses import replace

import pytest

from loadlab.analysis.cell import CellSum
from loadlab.catalogue import Cell
from loadlab.measurement.documents import Program
from loadlab.measurement.histogram import Histogram
from loadlab.measurement.latency import Unanswered
from loadlab.model.status import Standing, Validity
from loadlab.validity.judge import judge
from loadlab.validity.judged_trial import JudgedTrial
from loadlab.validity.judgement import ReasonKind
from loadlab.validity.which_latency import cut_off, unanswered, which_latency


def told(healthy, *, mixes=False, **changes):
    program = Program(name="wrk", version="4", latency="closed loop", latency_mixes_failures=mixes)
    return replace(healthy, program=program, **changes)


def test_k6_has_nothing_to_say_of_it(healthy):
    assert list(which_latency(healthy)) == []


def test_a_latency_of_its_own_is_remarked_and_costs_no_validity(healthy):
    (reason,) = which_latency(told(healthy, mixes=True))

    assert reason.kind is ReasonKind.OTHER_LATENCY
    assert reason.message == "latencies are wrk's: closed loop"
    assert judge(told(healthy)).validity is judge(healthy).validity is Validity.VALID


def test_failed_answers_in_the_latency_are_told_with_their_share(healthy):
    failed = healthy.requests * 3 // 100
    status = {"2xx": healthy.requests - failed, "5xx": failed}
    apart, mixed = (
        told(healthy, failed=failed, status=status, mixes=mixes) for mixes in (False, True)
    )

    found = {reason.kind: reason for reason in which_latency(mixed)}
    assert found[ReasonKind.FAILURES_IN_LATENCY].message.startswith("3.0% of the latencies")
    assert found[ReasonKind.FAILURES_IN_LATENCY].level is Validity.SUSPECT
    assert [reason.kind for reason in which_latency(apart)] == [ReasonKind.OTHER_LATENCY]


def test_requests_without_an_answer_are_in_no_latency(healthy):
    status = {"2xx": healthy.requests - 10, "err": 10}
    trial = told(healthy, failed=10, status=status, mixes=True)

    assert [reason.kind for reason in which_latency(trial)] == [ReasonKind.OTHER_LATENCY]


def test_percentiles_among_requests_that_were_cut_off_are_in_doubt(healthy):
    """wrk with 4 connections, a service of 200 ms, and 3 s: 4 of 64 are in no latency."""
    trial = replace(
        healthy,
        requests=60,
        latency=Histogram.of([200_000] * 60),
        without_answer=Unanswered(cut=4),
    )
    (reason,) = cut_off(trial)

    assert (reason.kind, reason.level) == (ReasonKind.UNANSWERED, Validity.SUSPECT)
    assert reason.message.startswith("4 of 64 requests were under way")
    assert "cut off: p95, p99 may be longer" in reason.message
    assert list(unanswered(trial)) == []


def waited_in_vain(healthy, requests=2, **generator):
    """So many of 100 requests had no answer within a second: the p99 is one of those."""
    return replace(
        healthy,
        requests=100,
        latency=Histogram.of([200_000] * (100 - requests)),
        without_answer=Unanswered(requests=requests, after_ms=1000.0),
        generator=replace(healthy.generator, **generator),
    )


@pytest.mark.parametrize(
    "own",
    [
        {"sched_wait_p99_ms": 100.0, "longest_pause_seconds": 0.05},
        {"sched_wait_p99_ms": 50.0, "longest_pause_seconds": 0.1},
    ],
)
def test_requests_that_were_waited_for_in_vain_make_percentiles_lower_bounds(healthy, own):
    """Up to a tenth of the time-out the generator itself may have waited or stood still."""
    (reason,) = unanswered(waited_in_vain(healthy, **own))

    assert (reason.kind, reason.level) == (ReasonKind.UNANSWERED, Validity.SUSPECT)
    assert reason.message == (
        "2 of 100 requests had no answer within 1,000 ms: p99 is longer than that"
    )


def test_all_percentiles_that_are_lower_bounds_are_named(healthy):
    (reason,) = unanswered(waited_in_vain(healthy, requests=8))

    assert reason.message.endswith("within 1,000 ms: p95, p99 are longer than that")


@pytest.mark.parametrize(
    ("own", "milliseconds"),
    [
        ({"sched_wait_p99_ms": 101.0, "longest_pause_seconds": 0.05}, 101),
        ({"sched_wait_p99_ms": 50.0, "longest_pause_seconds": 0.6}, 600),
    ],
)
def test_a_generator_that_stood_still_may_not_have_seen_the_answers(healthy, own, milliseconds):
    (reason,) = unanswered(waited_in_vain(healthy, **own))

    assert (reason.kind, reason.level) == (ReasonKind.UNANSWERED, Validity.INVALID)
    assert f"itself stood still or waited for a CPU for {milliseconds} ms:" in reason.message


def test_where_nothing_was_answered_no_percentile_is_told(healthy):
    nothing = replace(waited_in_vain(healthy), latency=Histogram())

    assert list(unanswered(nothing)) == []


def test_a_cut_tail_makes_the_p95_a_bound(healthy):
    trial = replace(healthy, without_answer=Unanswered(cut=2_000))
    total = CellSum(Cell(variant="a"), 1)
    total.add(JudgedTrial(trial, judge(trial)))
    row = total.measured_cell().row

    assert row.p95_ms is not None
    assert (row.p95_ms.standing, row.p95_ms.why) == (Standing.BOUND, "Unanswered")
