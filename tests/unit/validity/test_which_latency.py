"""A latency of a generator's own is told, and one with failed answers in it is in doubt."""

from dataclasses import replace

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


def test_a_cut_tail_makes_the_p95_a_bound(healthy):
    trial = replace(healthy, without_answer=Unanswered(cut=2_000))
    total = CellSum(Cell(variant="a"), 1)
    total.add(JudgedTrial(trial, judge(trial)))
    row = total.measured_cell().row

    assert row.p95_ms is not None
    assert (row.p95_ms.standing, row.p95_ms.why) == (Standing.BOUND, "Unanswered")
