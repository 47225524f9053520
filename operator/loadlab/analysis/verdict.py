"""The experiment's verdict.

The first that holds:

| verdict      | when                                                               |
|--------------|--------------------------------------------------------------------|
| Failed       | a criterion failed in some cell (that on failures also where       |
|              | nobody wrote it, see `unasked`), a service did not carry the       |
|              | offered load, it ended by itself under it, or it showed staler     |
|              | reads than its variant declares                                    |
| Error        | no cell has a usable replicate: nothing was measured               |
| Inconclusive | a criterion could not be decided, some cell is Invalid, or the     |
|              | nodes were not quiet                                               |
| Passed       | every criterion holds in every cell (also when there is none)      |
"""

from collections.abc import Sequence

from loadlab.model.status import (
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
    """Whether a cell carried its load without a crash, and no read was staler than it declares."""
    is_stale = row.work is not None and bool(row.work.stale_reads)
    return row.load is not LoadOutcome.OVERLOADED and not is_stale and not row.crashes
