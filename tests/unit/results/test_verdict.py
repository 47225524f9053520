"""The verdict follows the worst news; the best cell is fast, sound and within the criteria."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from loadlab.model.status import Validity, Verdict
from loadlab.results.cell import CellResult, aggregate_cell
from loadlab.results.criteria import CriterionOutcome, Outcome, parse_threshold
from loadlab.results.histogram import Histogram
from loadlab.results.judgement import Reason, ReasonKind
from loadlab.results.statistics import Estimate
from loadlab.results.verdict import BestCell, best_cell, decide_verdict

TAIL = parse_threshold("http_req_duration", "p(95)<5")


def cell(rate: float = 100.0, latency_us: int = 2000, level: Validity | None = None) -> CellResult:
    reasons = (Reason(ReasonKind.ERROR_RATE, level, "…"),) if level else ()
    return CellResult(
        planned=1,
        used=0 if level is Validity.INVALID else 1,
        requests=100,
        failed=0,
        dropped_iterations=0,
        requests_per_second=Estimate(rate),
        p95_ms=None,
        latency=Histogram.of([latency_us]),
        reasons=reasons,
    )


def criterion(outcome: Outcome) -> CriterionOutcome:
    return CriterionOutcome("tail", TAIL, outcome, 1.0, "a")


GOOD, DOUBTFUL, SPOILED = cell(), cell(level=Validity.SUSPECT), cell(level=Validity.INVALID)
MISSING = aggregate_cell([], planned=1)


@pytest.mark.parametrize(
    ("cells", "outcomes", "verdict"),
    [
        ({"a": GOOD}, [], Verdict.PASSED),
        ({"a": GOOD, "b": DOUBTFUL}, [Outcome.PASSED], Verdict.PASSED),
        ({"a": GOOD}, [Outcome.PASSED, Outcome.FAILED], Verdict.FAILED),
        ({"a": GOOD, "b": SPOILED}, [Outcome.FAILED], Verdict.FAILED),
        ({"a": GOOD, "b": SPOILED}, [], Verdict.INCONCLUSIVE),
        ({"a": GOOD, "b": MISSING}, [Outcome.INCONCLUSIVE], Verdict.INCONCLUSIVE),
        ({"a": SPOILED, "b": MISSING}, [Outcome.INCONCLUSIVE], Verdict.ERROR),
        ({}, [], Verdict.ERROR),
    ],
    ids=["no criteria", "suspect", "failed", "failed and invalid", "invalid", "missing",
         "nothing usable", "no cells"],
)  # fmt: skip
def test_verdict(
    cells: Mapping[str, CellResult], outcomes: list[Outcome], verdict: Verdict
) -> None:
    assert decide_verdict(cells, [criterion(outcome) for outcome in outcomes]) is verdict


def test_the_best_cell_is_the_fastest_that_keeps_every_criterion() -> None:
    cells = {"slow": cell(100), "fast": cell(200), "late": cell(300, latency_us=9000)}

    assert best_cell(cells, [TAIL]) == BestCell("fast", 200, pytest.approx(2.0, abs=2e-3))


def test_equal_rates_go_to_the_lower_tail() -> None:
    found = best_cell({"a": cell(100, 3000), "b": cell(100, 1000)}, [])

    assert found is not None
    assert found.title == "b"


@pytest.mark.parametrize("unfit", [SPOILED, MISSING, replace(GOOD, latency=Histogram())])
def test_an_unusable_cell_is_never_the_best(unfit: CellResult) -> None:
    assert best_cell({"a": unfit}, []) is None
