"""What keeps a difference of two cells from being claimed, though the figures differ.

A request that fails costs little and is over soon: of two cells the one that fails more looks
cheaper, faster and busier by what it did not do. And each load generator tells a latency of its
own, of which several pods wait for less: what two of them differ by may be the instruments.
"""

from collections.abc import Sequence

from loadlab.analysis.shares import exact_interval
from loadlab.catalogue import Factor
from loadlab.model.status import ComparisonOutcome, ResultRow

MATERIAL_FAILURES = 0.01  # of the requests: so much more must fail, and not by chance


def fails_more(row: ResultRow, than: ResultRow) -> bool:
    """Whether a larger share of a cell's requests failed, by more than chance and than little."""
    share, other = row.failed_rate or 0.0, than.failed_rate or 0.0
    if share - other <= MATERIAL_FAILURES or not row.requests or not than.requests:
        return False
    low, _ = exact_interval(round(share * row.requests), row.requests)
    _, high = exact_interval(round(other * than.requests), than.requests)
    return low > high


def why_unfair(of: ResultRow, over: ResultRow, outcome: ComparisonOutcome) -> str:
    """Return why an outcome must not be claimed of two cells; empty where it may."""
    if outcome is ComparisonOutcome.INCONCLUSIVE:
        return ""
    is_equal = outcome is ComparisonOutcome.EQUIVALENT
    if not is_equal and of.cell.level(Factor.GENERATOR) != over.cell.level(Factor.GENERATOR):
        return "measured by two load generators: what differs may be the instruments"
    if not is_equal and _generator_of(of) != _generator_of(over):
        return "measured by unequal numbers of generator pods: what differs may be the instruments"
    seems_better = {
        ComparisonOutcome.IMPROVED: ((of, over),),
        ComparisonOutcome.REGRESSED: ((over, of),),
    }.get(outcome, ((of, over), (over, of)))
    for better, other in seems_better:
        if fails_more(better, other):
            return (
                f"{better.failed_rate:.1%} of the requests of {better.cell.title()} failed, and "
                f"{other.failed_rate or 0:.1%} of the other's: what is not done costs nothing"
            )
    return ""


def comparable(rows: Sequence[ResultRow]) -> list[ResultRow]:
    """Leave out who fails more than another, and who was measured by another generator than most.

    Of several generators, or numbers of their pods, it is that of the first row, as for every
    control.
    """
    fair = [row for row in rows if not any(fails_more(row, other) for other in rows)]
    return [row for row in fair if _generator_of(row) == _generator_of(fair[0])]


def _generator_of(row: ResultRow) -> tuple[object, object]:
    return row.cell.level(Factor.GENERATOR), row.cell.level(Factor.PARALLELISM)
