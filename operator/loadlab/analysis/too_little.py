"""Of what there may be too little for a criterion to be decided at all, whatever its figure is.

Of five replicates that were asked for one alone says nothing of the others. And where 1.5 in a
thousand requests take 2 s, the p99.9 of a thousand is short in 56 of 100 cases: a search would have
taken each of them for a rate that holds.
"""

from loadlab.analysis.cell import MeasuredCell
from loadlab.analysis.percentile_ends import LONGEST, requests_needed


def too_little(cell: MeasuredCell, percent: float | None) -> str:
    """Say of what a cell has too little, for a percentile where one is given; else nothing."""
    counts = cell.row.replicates
    return one_of_many(cell, counts.valid) or _too_few_requests(cell.requests, percent)


def one_of_many(cell: MeasuredCell, known: int) -> str:
    """Say that one replicate alone has a figure, where more are planned; else nothing."""
    if not cell.wants_more or known != 1:
        return ""
    return f"1 of {cell.row.replicates.planned} replicates alone could be used, which tells no more"


def _too_few_requests(requests: int | None, percent: float | None) -> str:
    if requests is None or percent is None or percent == LONGEST:
        return ""
    if requests >= (needed := requests_needed(percent)):
        return ""
    return (
        f"too few requests: the longest of {requests:,} may be shorter than p({percent:g}), which "
        f"takes {needed:,}; measure longer or with more load"
    )
