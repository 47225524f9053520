"""The verdict follows the worst news."""

from collections.abc import Sequence

import pytest

from loadlab.analysis.verdict import (
    Cause,
    causes_of,
    decide_verdict,
    is_quiet,
    keeps_its_promises,
)
from loadlab.catalogue import Cell
from loadlab.model.status import (
    Condition,
    ConditionType,
    CriterionResult,
    Figure,
    LatencyMs,
    LoadExperimentStatus,
    LoadOutcome,
    ReplicateCounts,
    ResultRow,
    Truth,
    Validity,
    Verdict,
    WorkRow,
)
from loadlab.model.status import CriterionOutcome as Outcome


def row(
    variant: str = "a", rate: float = 100.0, p95: float = 2.0, level: Validity = Validity.VALID
) -> ResultRow:
    return ResultRow(
        cell=Cell(variant=variant),
        replicates=ReplicateCounts(planned=1, valid=0 if level is Validity.INVALID else 1),
        requests=100,
        requests_per_second=Figure(mean=rate),
        latency_ms=LatencyMs(avg=1, min=1, med=1, p90=1, p95=p95, p99=9, max=9),
        validity=level,
    )


def criterion(outcome: Outcome) -> CriterionResult:
    return CriterionResult(name="tail", threshold="p(95)<5", value="1", cell="a", outcome=outcome)


GOOD, DOUBTFUL, SPOILED = row(), row(level=Validity.SUSPECT), row(level=Validity.INVALID)


def test_nothing_passes_on_nodes_that_were_not_quiet():
    assert decide_verdict([GOOD], [criterion(Outcome.PASSED)], quiet=False) is Verdict.INCONCLUSIVE
    assert decide_verdict([GOOD], [criterion(Outcome.FAILED)], quiet=False) is Verdict.FAILED


@pytest.mark.parametrize(
    ("rows", "outcomes", "verdict"),
    [
        ([GOOD], [], Verdict.PASSED),
        ([GOOD, DOUBTFUL], [Outcome.PASSED], Verdict.PASSED),
        ([GOOD], [Outcome.PASSED, Outcome.FAILED], Verdict.FAILED),
        ([GOOD, SPOILED], [Outcome.FAILED], Verdict.FAILED),
        ([GOOD, SPOILED], [], Verdict.INCONCLUSIVE),
        ([GOOD, SPOILED], [Outcome.INCONCLUSIVE], Verdict.INCONCLUSIVE),
        ([SPOILED, SPOILED], [Outcome.INCONCLUSIVE], Verdict.ERROR),
        ([], [], Verdict.ERROR),
    ],
    ids=["no criteria", "suspect", "failed", "failed and invalid", "invalid", "undecided",
         "nothing usable", "no cells"],
)  # fmt: skip
def test_verdict(rows: Sequence[ResultRow], outcomes: list[Outcome], verdict: Verdict) -> None:
    assert decide_verdict(rows, [criterion(outcome) for outcome in outcomes]) is verdict


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ({"load": LoadOutcome.OVERLOADED}, Verdict.FAILED),
        ({"load": LoadOutcome.KEPT}, Verdict.PASSED),
        ({"crashes": 1}, Verdict.FAILED),
        ({"work": WorkRow(stale_reads=1)}, Verdict.FAILED),
        ({"work": WorkRow(stale_reads=0)}, Verdict.PASSED),
        ({"work": WorkRow(transactions=1.0)}, Verdict.PASSED),
    ],
)
def test_a_cell_keeps_what_it_declares(change: dict[str, object], verdict: Verdict) -> None:
    assert decide_verdict([GOOD, GOOD.model_copy(update=change)], []) is verdict


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"load": LoadOutcome.OVERLOADED},
            "Overloaded: the offered load was not carried",
        ),
        (
            {
                "load": LoadOutcome.OVERLOADED,
                "replicates": ReplicateCounts(planned=3, valid=3, overloaded=2),
            },
            "Overloaded: the offered load was not carried in 2 of 3 replicates",
        ),
        ({"crashes": 1}, "the service ended by itself under its load, once"),
        ({"crashes": 3}, "the service ended by itself under its load, 3 times"),
        ({"work": WorkRow(stale_reads=2)}, "reads staler than the variant declares: 2"),
    ],
)
def test_what_a_cell_did_not_keep_is_told(change: dict[str, object], message: str) -> None:
    broken = GOOD.model_copy(update=change)

    (cause,) = causes_of([GOOD, broken], quiet=True)

    assert (cause.verdict, cause.message) == (Verdict.FAILED, message)
    assert cause.name.endswith(" of a")
    assert not keeps_its_promises(broken)
    assert keeps_its_promises(GOOD)


def test_why_a_cell_is_invalid_is_told() -> None:
    late = SPOILED.model_copy(update={"reasons": ("Late: 2 s", "ForeignCpu: 1 CPU")})

    assert list(causes_of([GOOD, late, SPOILED], quiet=True)) == [
        Cause(Verdict.INCONCLUSIVE, "validity of a", "Invalid: Late: 2 s; ForeignCpu: 1 CPU"),
        Cause(Verdict.INCONCLUSIVE, "validity of a", "Invalid: its replicates may not be used"),
    ]


@pytest.mark.parametrize(
    ("truth", "expected"), [(None, True), (Truth.TRUE, True), (Truth.UNKNOWN, True),
                            (Truth.FALSE, False)]
)  # fmt: skip
def test_nodes_are_quiet_until_something_says_otherwise(
    truth: Truth | None, expected: bool
) -> None:
    said = Condition(
        type=ConditionType.QUIET,
        status=truth or Truth.TRUE,
        reason="Quiet",
        last_transition_time="2026-11-20T14:00:00Z",
    )

    assert is_quiet(LoadExperimentStatus(conditions=(said,) if truth else ())) is expected
