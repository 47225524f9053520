"""The experiment's verdict and its best cell.

The first that holds:

| verdict      | when                                                               |
|--------------|--------------------------------------------------------------------|
| Failed       | a criterion failed in some cell, a service did not carry the       |
|              | offered load, or it showed staler reads than its variant declares  |
| Error        | no cell has a usable replicate: nothing was measured               |
| Inconclusive | a criterion could not be decided, some cell is Invalid, or the     |
|              | nodes were not quiet                                               |
| Passed       | every criterion holds in every cell (also when there is none)      |
"""

from collections.abc import Iterable, Sequence

from loadlab.model.status import (
    Best,
    CriterionOutcome,
    CriterionResult,
    LoadOutcome,
    ResultRow,
    Validity,
    Verdict,
)


def decide_verdict(
    rows: Sequence[ResultRow], criteria: Sequence[CriterionResult], *, quiet: bool = True
) -> Verdict:
    """Judge the experiment from its cells and the outcomes of its criteria."""
    outcomes = {criterion.outcome for criterion in criteria}
    if CriterionOutcome.FAILED in outcomes or not all(map(keeps_its_promises, rows)):
        return Verdict.FAILED
    if not any(row.replicates.valid for row in rows):
        return Verdict.ERROR
    undecided = not quiet or any(row.validity is Validity.INVALID for row in rows)
    if undecided or CriterionOutcome.INCONCLUSIVE in outcomes:
        return Verdict.INCONCLUSIVE
    return Verdict.PASSED


def keeps_its_promises(row: ResultRow) -> bool:
    """Whether a cell carried its load, and showed no read staler than it declares."""
    is_stale = row.work is not None and bool(row.work.stale_reads)
    return row.load is not LoadOutcome.OVERLOADED and not is_stale


def best_cell(passing: Iterable[ResultRow]) -> Best | None:
    """Find the best of the cells that meet every criterion: the one with the highest rate.

    Equal rates go to the lower p95, then to the first title. A cell that is Invalid, or did not
    keep its promises, is never the best.
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
        and keeps_its_promises(row)
        and row.requests_per_second is not None
        and row.latency_ms is not None
    ]
    return min(candidates, key=lambda c: (-c.requests_per_second, c.p95_ms, c.cell), default=None)
