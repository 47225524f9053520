"""The experiment's verdict and its best cell.

| verdict      | when                                                               |
|--------------|--------------------------------------------------------------------|
| Error        | no cell has a usable replicate: nothing was measured               |
| Failed       | a criterion failed in some cell                                    |
| Inconclusive | a criterion could not be decided, or some cell is Invalid          |
| Passed       | every criterion holds in every cell (also when there is none)      |
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from loadlab.model.status import Validity, Verdict
from loadlab.results.cell import CellResult
from loadlab.results.criteria import CriterionOutcome, Outcome, Threshold, evaluate


@dataclass(frozen=True, slots=True)
class BestCell:
    """The cell with the most requests per second among those that meet every criterion."""

    title: str
    requests_per_second: float
    p95_ms: float
    bottleneck: str = ""


def decide_verdict(
    cells: Mapping[str, CellResult], criteria: Sequence[CriterionOutcome]
) -> Verdict:
    """Judge the experiment from its cells and the outcomes of its criteria."""
    if not any(cell.used for cell in cells.values()):
        return Verdict.ERROR
    outcomes = {criterion.outcome for criterion in criteria}
    if Outcome.FAILED in outcomes:
        return Verdict.FAILED
    undecided = any(cell.validity is Validity.INVALID for cell in cells.values())
    if undecided or Outcome.INCONCLUSIVE in outcomes:
        return Verdict.INCONCLUSIVE
    return Verdict.PASSED


def best_cell(cells: Mapping[str, CellResult], thresholds: Sequence[Threshold]) -> BestCell | None:
    """Find the best cell; equal rates go to the lower p95, then to the first title."""
    candidates = [
        BestCell(
            title,
            cell.requests_per_second.mean,
            cell.latency_ms.p95,
            cell.attribution.resource if cell.attribution else "",
        )
        for title, cell in cells.items()
        if cell.validity is not Validity.INVALID
        and cell.requests_per_second is not None
        and cell.latency_ms is not None
        and all(evaluate(t, cell).outcome is Outcome.PASSED for t in thresholds)
    ]
    return min(candidates, key=lambda c: (-c.requests_per_second, c.p95_ms, c.title), default=None)
