"""The verdict follows the worst news."""

from collections.abc import Sequence

import pytest

from loadlab.analysis.verdict import decide_verdict
from loadlab.catalogue import Cell
from loadlab.model.status import CriterionOutcome as Outcome
from loadlab.model.status import (
    CriterionResult,
    Figure,
    LatencyMs,
    LoadOutcome,
    ReplicateCounts,
    ResultRow,
    Validity,
    Verdict,
    WorkRow,
)


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
