"""The verdict follows the worst news; the best cell is fast and sound."""

from collections.abc import Sequence

import pytest

from loadlab.analysis.verdict import best_cell, decide_verdict
from loadlab.catalogue import Cell
from loadlab.model.status import (
    Best,
    CriterionResult,
    Figure,
    LatencyMs,
    ReplicateCounts,
    ResultRow,
    Validity,
    Verdict,
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


def test_the_best_cell_is_the_fastest() -> None:
    assert best_cell([row("slow", 100), row("fast", 200)]) == Best(
        cell="fast", requests_per_second=200, p95_ms=2.0
    )


def test_equal_rates_go_to_the_lower_tail() -> None:
    found = best_cell([row("a", p95=3.0), row("b", p95=1.0)])

    assert found is not None
    assert found.cell == "b"


@pytest.mark.parametrize("unfit", [SPOILED, GOOD.model_copy(update={"latency_ms": None})])
def test_an_unusable_cell_is_never_the_best(unfit: ResultRow) -> None:
    assert best_cell([unfit]) is None
