"""Of what there may be too little for a criterion to be decided at all, whatever its figure is.

Of five replicates that were asked for one alone says nothing of the others. And where 1.5 in a
thousand requests take 2 s, the p99.9 of a thousand is short in 56 of 100 cases: a search would have
taken each of them for a rate that holds.
"""

import math

from loadlab.analysis.cell import MeasuredCell
from loadlab.analysis.cell_outcome import outcome_of
from loadlab.analysis.percentile_ends import LONGEST, requests_needed
from loadlab.analysis.threshold import Threshold
from loadlab.model.status import CriterionOutcome


def one_of_many(cell: MeasuredCell, known: int) -> str:
    """Say that one replicate alone has a figure, where more are planned; else nothing."""
    if not cell.wants_more or known != 1:
        return ""
    return f"1 of {cell.row.replicates.planned} replicates alone could be used, which tells no more"


def too_few_requests(threshold: Threshold, requests: int | None, found: CriterionOutcome) -> str:
    """Say that a percentile takes more requests than there are for what was found; else nothing.

    What lacks then is its upper end: what a percentile of any length would decide alike stands.
    """
    percent = threshold.percent
    if requests is None or percent is None or percent == LONGEST:
        return ""
    if threshold.relation[0] in "<>" and outcome_of(threshold.holds(math.inf)) is found:
        return ""
    if requests >= (needed := requests_needed(percent)):
        return ""
    return (
        f"too few requests: the longest of {requests:,} may be shorter than p({percent:g}), which "
        f"takes {needed:,}; measure longer or with more load"
    )
