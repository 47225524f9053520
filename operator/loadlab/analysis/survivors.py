"""What no bound is kept by: the replicates that are left beside those that the service spoiled.

Where it hung in two of five, and requests were cut off of which nobody knows how they would have
ended, the other three have the latency of a service that is well. The same is said of claims
(`claim_standing`): what was left out lies beyond the others, slower, fewer and more often failed.
"""

import math
from collections.abc import Mapping
from dataclasses import replace

from loadlab.analysis.cell import MeasuredCell
from loadlab.analysis.cell_outcome import CellOutcome, outcome_of
from loadlab.analysis.spoiled import broken_in_spoiled, left_open_in_spoiled
from loadlab.analysis.threshold import Threshold
from loadlab.model.status import CriterionOutcome

_WORST: Mapping[str, float] = {
    "http_req_duration": math.inf,
    "http_req_failed": 1.0,
    "http_reqs": 0.0,
    "dropped_iterations": math.inf,
    "checks": 0.0,
}
_CRASHED = (
    "the service ended by itself in {crashes} runs under its load, and those that are left may be "
    "the better ones: the cell's reasons say how"
)
_WHY = (
    "the service spoiled {spoiled} of {planned} replicates ({kinds}), and those that are left may "
    "be the better ones: the cell's reasons say what it did"
)


def beside_spoiled(threshold: Threshold, cell: MeasuredCell, found: CellOutcome) -> CellOutcome:
    """Leave open what the spoiled replicates of a cell would have decided otherwise."""
    is_known = threshold.metric in _WORST  # of a script's own nobody knows which way is worse
    worst = outcome_of(is_known and threshold.holds(_WORST[threshold.metric]))
    if found.outcome in {CriterionOutcome.INCONCLUSIVE, worst} or not (why := _why(cell)):
        return found
    undecided = CriterionOutcome.INCONCLUSIVE
    return replace(found, outcome=undecided, reach=None, too_little=why)


def _why(cell: MeasuredCell) -> str:
    reasons = (*broken_in_spoiled(cell.row), *left_open_in_spoiled(cell.row))
    if not reasons:
        return _CRASHED.format(crashes=cell.crashes) if cell.crashes else ""
    kinds = ", ".join(sorted({reason.partition(":")[0] for reason in reasons}))
    planned = cell.row.replicates.planned
    return _WHY.format(spoiled=cell.spoiled, planned=planned, kinds=kinds)
