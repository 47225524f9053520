"""What the service did in a replicate that it spoiled is a result: no pass, and never the best."""

import pytest

from loadlab.analysis.best import choose
from loadlab.analysis.cell import CellSum
from loadlab.analysis.expectation import Replicate
from loadlab.analysis.spoiled import broken_in_spoiled, kind_alone, reasons_beside_used
from loadlab.analysis.verdict import causes_of, decide_verdict, keeps_its_promises
from loadlab.model.status import ExpectationOutcome, ResultRow, Validity, Verdict
from loadlab.validity.judged_trial import JudgedTrial
from loadlab.validity.judgement import Family, Judgement, Reason, ReasonKind, invalid, suspect
from tests.unit.analysis.claims import ASYNC, MEASURED, SYNC, at_rate, judge, judged, sized

BREAKS = [
    ReasonKind.NO_REQUESTS,
    ReasonKind.ITERATIONS_MISSED,
    ReasonKind.WORK_NOT_PERSISTED,
    ReasonKind.WORK_SKIPPED,
]
FOREIGN = invalid(ReasonKind.FOREIGN_CPU, "others")


def by_service(kind: ReasonKind) -> Reason:
    return Reason(kind, Validity.INVALID, "3 lost", Family.SERVICE)


def row_of(*spoilt: tuple[Reason, ...], used: int = 4) -> ResultRow:
    total = CellSum(ASYNC, 5)
    for reasons in [()] * used + list(spoilt):
        total.add(JudgedTrial(MEASURED, Judgement(reasons)))
    return total.measured_cell().row


@pytest.mark.parametrize("used", [4, 0], ids=["of five", "all"])
@pytest.mark.parametrize("kind", BREAKS)
def test_work_that_a_replicate_did_not_do_fails_the_experiment(kind, used):
    """It was told beside Passed and Best; where no replicate did its work the verdict was Error."""
    row = row_of((by_service(kind),), used=used)

    assert decide_verdict([row], []) is Verdict.FAILED
    assert not keeps_its_promises(row)
    told = f"{kind}: in a replicate that is not used: 3 lost"
    assert told in [cause.message for cause in causes_of([row], quiet=True)]


def test_beside_what_spoiled_it_nothing_else_is_told_of_a_replicate_that_is_not_used():
    slow = suspect(ReasonKind.RATE_NOT_REACHED, "carried 10 of 50/s", Family.SERVICE)

    (told,) = reasons_beside_used(Judgement((by_service(ReasonKind.WORK_SKIPPED), slow)))

    assert (told.kind, told.level) == (ReasonKind.WORK_SKIPPED, Validity.SUSPECT)


def test_such_a_cell_is_never_the_best():
    row = row_of((by_service(ReasonKind.WORK_NOT_PERSISTED),))

    assert row.validity is Validity.SUSPECT
    found = choose([row], [])
    assert found.best is None
    assert set(found.set_aside.values()) == {"did not do its work in a replicate"}


def test_answers_that_nobody_waited_for_leave_it_open():
    """A fifth of the users' time is unaccounted for: they might have been answered, or not."""
    row = row_of((by_service(ReasonKind.LITTLE_LAW_VIOLATED),))

    assert decide_verdict([row], []) is Verdict.INCONCLUSIVE
    assert not keeps_its_promises(row)
    assert set(choose([row], []).set_aside.values()) == {"left requests open in a replicate"}


@pytest.mark.parametrize("used", [4, 0])
@pytest.mark.parametrize("kind", [*BREAKS, ReasonKind.LITTLE_LAW_VIOLATED])
def test_what_the_instrument_spoiled_is_no_doing_of_the_service(kind, used):
    void = row_of((invalid(kind, "…"),), (by_service(kind), FOREIGN), used=used)

    assert keeps_its_promises(void)


def test_requests_that_all_failed_are_a_matter_of_how_many_may():
    assert keeps_its_promises(row_of((by_service(ReasonKind.NO_SUCCESS),)))


@pytest.mark.parametrize(
    ("fields", "outcome"),
    [
        ({"metric": "requestsPerSecond", "atLeast": 90}, ExpectationOutcome.INCONCLUSIVE),
        ({"metric": "requestsPerSecond", "atMost": 110}, ExpectationOutcome.REPRODUCED),
        ({"metric": "latencyMs.p95", "atMost": 20}, ExpectationOutcome.INCONCLUSIVE),
        ({"metric": "latencyMs.p95", "atLeast": 9}, ExpectationOutcome.REPRODUCED),
        ({"metric": "cpuMicrosPerRequest.service", "atMost": 600}, ExpectationOutcome.INCONCLUSIVE),
        ({"metric": "failedRate", "atMost": 0.1}, ExpectationOutcome.INCONCLUSIVE),
        ({"ratio": "requestsPerSecond", "atLeast": 0.9}, ExpectationOutcome.INCONCLUSIVE),
        ({"ratio": "requestsPerSecond", "atMost": 1.1}, ExpectationOutcome.REPRODUCED),
    ],
)
def test_the_replicates_that_are_left_decide_no_claim_in_its_favour(fields, outcome):
    known = [sized(cell, n, 100, 500, 10) for cell in (ASYNC, SYNC) for n in (1, 2, 3, 4)]
    lost = at_rate(ASYNC, 5, 100, by_service(ReasonKind.WORK_NOT_PERSISTED))

    found = judge([*known, lost, sized(SYNC, 5, 100, 500, 10)], **fields)

    assert found.outcome is outcome
    if outcome is ExpectationOutcome.INCONCLUSIVE:
        assert "is not known in replicate 5, which the service spoiled" in found.note


def test_a_replicate_that_others_spoiled_is_left_out_by_chance():
    known = [sized(ASYNC, n, 100, 500, 10) for n in (1, 2, 3, 4)]
    lost = by_service(ReasonKind.WORK_NOT_PERSISTED)
    void = Replicate(ASYNC, 5, judged(MEASURED, lost, FOREIGN))

    found = judge([*known, void], metric="latencyMs.p95", atMost=20)

    assert found.outcome is ExpectationOutcome.REPRODUCED


def test_a_reason_without_its_figures_still_tells_of_a_replicate_that_is_not_used():
    """A later experiment reads it of a shortened status, and claimed by survivors."""
    row = row_of((by_service(ReasonKind.WORK_NOT_PERSISTED),))
    shortened = row.model_copy(update={"reasons": tuple(map(kind_alone, row.reasons))})

    told = "WorkNotPersisted: in a replicate that is not used"
    assert list(broken_in_spoiled(shortened)) == [told]
    assert kind_alone("SentLate: 4 ms late") == "SentLate"
