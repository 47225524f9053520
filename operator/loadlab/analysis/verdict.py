"""The experiment's verdict and its best cell.

| verdict      | when                                                               |
|--------------|--------------------------------------------------------------------|
| Error        | no cell has a usable replicate: nothing was measured               |
| Failed       | a criterion failed in some cell                                    |
| Inconclusive | a criterion could not be decided, some cell is Invalid, or the     |
|              | nodes were not quiet                                               |
| Passed       | every criterion holds in every cell (also when there is none)      |
"""

from collections.abc import Iterable, Sequence

from loadlab.model.status import (
    Best,
    CriterionOutcome,
    CriterionResult,
    ResultRow,
    Validity,
    Verdict,
)


def decide_verdict(
    rows: Sequence[ResultRow], criteria: Sequence[CriterionResult], *, quiet: bool = True
) -> Verdict:
    """Judge the experiment from its cells and the outcomes of its criteria."""
    if not any(row.replicates.valid for row in rows):
        return Verdict.ERROR
    outcomes = {criterion.outcome for criterion in criteria}
    if CriterionOutcome.FAILED in outcomes:
        return Verdict.FAILED
    undecided = not quiet or any(row.validity is Validity.INVALID for row in rows)
    if undecided or CriterionOutcome.INCONCLUSIVE in outcomes:
        return Verdict.INCONCLUSIVE
    return Verdict.PASSED


def best_cell(passing: Iterable[ResultRow]) -> Best | None:
    """Find the best of the cells that meet every criterion: the one with the highest rate.

    Equal rates go to the lower p95, then to the first title; an Invalid cell is never the best.
    """
    candidates = [
        Best(
            cell=row.cell.title(),
            requests_per_second=row.requests_per_second.mean,
            p95_ms=row.latency_ms.p95,
            bottleneck=row.bottleneck.name if row.bottleneck else "",
        )
        for row in passing
        if row.validity is not Validity.INVALID
        and row.requests_per_second is not None
        and row.latency_ms is not None
    ]
    return min(candidates, key=lambda c: (-c.requests_per_second, c.p95_ms, c.cell), default=None)
