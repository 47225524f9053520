"""The replicates that are left beside those that the service spoiled keep no bound for it."""

from dataclasses import replace

import pytest

from loadlab.analysis.cell import CellSum
from loadlab.analysis.cell_outcome import CellOutcome
from loadlab.analysis.criteria import evaluate
from loadlab.analysis.own_thresholds import OwnThresholds
from loadlab.analysis.threshold import parse_threshold
from loadlab.measurement.own_script import ScriptBound, ScriptFacts
from loadlab.model.status import CriterionOutcome as Outcome
from loadlab.validity.judged_trial import JudgedTrial
from loadlab.validity.judgement import Judgement, Reason, ReasonKind
from tests.unit.analysis.claims import ASYNC, MEASURED
from tests.unit.analysis.test_spoiled import BREAKS, FOREIGN, by_service

LEFT_OPEN = by_service(ReasonKind.LITTLE_LAW_VIOLATED)


def judged(metric: str, text: str, *spoilt: tuple[Reason, ...]) -> CellOutcome:
    """Hold a cell of 5 against a threshold: 10 ms each, but for replicates that were spoiled."""
    rule = parse_threshold(metric, text)
    total = CellSum(ASYNC, 5, [rule.percent] if rule.percent else [], wants_more=True)
    for reasons in (*spoilt, *[()] * (5 - len(spoilt))):
        total.add(JudgedTrial(MEASURED, Judgement(reasons)))
    return evaluate(rule, total.measured_cell())


@pytest.mark.parametrize(
    ("metric", "text", "outcome"),
    [
        ("http_req_duration", "p(95)<45", Outcome.INCONCLUSIVE),
        ("http_req_duration", "avg<45", Outcome.INCONCLUSIVE),
        ("http_req_duration", "max<=45", Outcome.INCONCLUSIVE),
        ("http_req_duration", "p(95)<5", Outcome.FAILED),
        ("http_req_duration", "p(95)>5", Outcome.PASSED),
        ("http_req_duration", "p(95)>45", Outcome.INCONCLUSIVE),
        ("http_reqs", "rate>0.5", Outcome.INCONCLUSIVE),
        ("http_reqs", "count>1", Outcome.INCONCLUSIVE),
        ("http_reqs", "rate>1000000", Outcome.FAILED),
        ("http_reqs", "rate<1000000", Outcome.PASSED),
        ("http_req_failed", "rate<0.1", Outcome.INCONCLUSIVE),
        ("http_req_failed", "rate<=1", Outcome.PASSED),
        ("dropped_iterations", "count<1", Outcome.INCONCLUSIVE),
    ],
)
def test_three_that_are_left_of_five_keep_no_bound_that_two_may_have_broken(metric, text, outcome):
    """Two of five hung: p(95)<45 had Passed by the other three."""
    assert judged(metric, text).outcome in {Outcome.PASSED, Outcome.FAILED}

    found = judged(metric, text, (LEFT_OPEN,), (LEFT_OPEN,))

    assert found.outcome is outcome
    assert found.note.startswith("the service spoiled 2 of 5 replicates (LittleLawViolated), ") is (
        outcome is Outcome.INCONCLUSIVE
    )
    assert len(found.note) <= 200


@pytest.mark.parametrize("kind", BREAKS)
def test_work_that_was_not_done_is_no_time_that_was_kept(kind):
    found = judged("http_req_duration", "p(95)<45", (by_service(kind),), (LEFT_OPEN,))

    assert found.outcome is Outcome.INCONCLUSIVE
    assert f"2 of 5 replicates ({', '.join(sorted([kind, LEFT_OPEN.kind]))})" in found.note


@pytest.mark.parametrize(
    "reasons", [(FOREIGN,), (LEFT_OPEN, FOREIGN), (by_service(ReasonKind.NO_SUCCESS),)]
)
def test_what_others_spoiled_or_failed_altogether_leaves_the_others_as_they_are(reasons):
    """What failed altogether is counted, and a matter of how many may fail."""
    assert judged("http_req_duration", "p(95)<45", reasons).outcome is Outcome.PASSED


def test_a_bound_of_a_script_is_kept_by_no_survivors_either():
    script = (
        ScriptBound(metric="checks", threshold="rate>0.9", value=1.0, checks=(1000, 1000)),
        ScriptBound(metric="waited", threshold="avg<45", value=10.0),
        ScriptBound(metric="waited", threshold="avg<5", value=10.0),
        ScriptBound(metric="items", threshold="avg>5", value=10.0),
    )
    total, own = CellSum(ASYNC, 5, wants_more=True), OwnThresholds()
    for reasons in ((LEFT_OPEN,), (), (), (), ()):
        measured = replace(MEASURED, script=ScriptFacts(bounds=script))
        own.add(JudgedTrial(measured, Judgement(reasons)))
        total.add(JudgedTrial(measured, Judgement(reasons)))

    found = own.evaluate(total.measured_cell())

    assert [each.outcome for each in found.values()] == [
        Outcome.INCONCLUSIVE,
        Outcome.INCONCLUSIVE,
        Outcome.FAILED,
        Outcome.INCONCLUSIVE,  # nobody knows which way is worse
    ]


@pytest.mark.parametrize(
    ("text", "outcome"), [("p(95)<45", Outcome.INCONCLUSIVE), ("p(95)<5", Outcome.FAILED)]
)
def test_runs_in_which_it_did_not_end_by_itself_keep_no_bound_either(text, outcome):
    """It ran out of memory in two of five; p(95)<45 had Passed by the other three."""
    rule = parse_threshold("http_req_duration", text)
    total = CellSum(ASYNC, 5, [95.0], wants_more=True)
    for _ in range(3):
        total.add(JudgedTrial(MEASURED, Judgement()))
    cell = replace(total.measured_cell(), crashes=2)

    found = evaluate(rule, cell)

    assert found.outcome is outcome
    assert found.note.startswith("the service ended by itself in 2 runs under its load") is (
        outcome is Outcome.INCONCLUSIVE
    )
    assert len(found.note) <= 200
