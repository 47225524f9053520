"""Which cells may be compared for the best one, and of the others why not.

Each reason ends a sentence whose subject is the cell, such as `crashed under the load`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from loadlab.analysis.fairness import comparable, fails_more
from loadlab.analysis.spoiled import broken_in_spoiled
from loadlab.analysis.verdict import keeps_its_promises
from loadlab.catalogue import Factor
from loadlab.model.status import LoadOutcome, ResultRow, Validity
from loadlab.validity.judgement import ReasonKind

NOT_MET = "is not known to meet all criteria"
NOT_CARRIED = "did not carry the load"
LOWER_TIER = "was put in a lower tier by what pilot trials carried"
QUEUE_BEHIND = "has accepted more than was written meanwhile"
LEFT_OPEN = "left requests open in a replicate"
OFFERED_LESS = "was offered less"


@dataclass(frozen=True, slots=True)
class Contenders:
    """Those that may be the best, and why others may not, by their titles."""

    rows: Sequence[ResultRow]
    set_aside: dict[str, str]


def contenders(passing: Iterable[ResultRow]) -> Contenders:
    """Take those that are fit, were offered the most that anybody kept, and are fairly compared."""
    rows, set_aside = list[ResultRow](), dict[str, str]()
    for row in passing:
        if why := _why_unfit(row):
            set_aside[row.cell.title()] = why
        else:
            rows.append(row)
    asked = of_highest_offer(rows)
    fair = comparable(asked)
    set_aside |= {row.cell.title(): OFFERED_LESS for row in _without(asked, rows)}
    set_aside |= {row.cell.title(): _why_unfair(row, asked) for row in _without(fair, asked)}
    return Contenders(fair, set_aside)


def _without(some: Iterable[ResultRow], rows: Iterable[ResultRow]) -> Iterator[ResultRow]:
    """Yield the other rows: by their titles, as a whole row takes long to be held against each."""
    titles = {row.cell.title() for row in some}
    return (row for row in rows if row.cell.title() not in titles)


def is_offered(rows: Iterable[ResultRow]) -> bool:
    """Whether the rate is what the load offered, and not what the cells carry."""
    return any(row.load is not None for row in rows)


def of_highest_offer(rows: Sequence[ResultRow]) -> list[ResultRow]:
    """Return those that were offered the highest rate: who was asked for less may carry as much."""
    if not is_offered(rows):
        return list(rows)
    highest = max(_offered(row) for row in rows)
    return [row for row in rows if _offered(row) == highest]


def _offered(row: ResultRow) -> float:
    return row.cell.number(Factor.RATE) or 0.0


def _why_unfit(row: ResultRow) -> str:
    """Say why a cell is never the best, whatever it is compared with; nothing where it may be."""
    if row.validity is Validity.INVALID:
        return "is Invalid"
    if row.requests_per_second is None or row.latency_ms is None:
        return "has no figures"
    if keeps_its_promises(row):
        is_behind = any(r.startswith(f"{ReasonKind.QUEUE_BEHIND}: ") for r in row.reasons)
        return QUEUE_BEHIND if is_behind else ""
    return _what_was_broken(row)


def _what_was_broken(row: ResultRow) -> str:
    """Say which promise a cell did not keep, the worst one first."""
    if row.load is LoadOutcome.OVERLOADED:
        return NOT_CARRIED
    if row.crashes:
        return "crashed under the load"
    if row.work and row.work.stale_reads:
        return "showed staler reads than declared"
    is_broken = any(broken_in_spoiled(row))
    return "did not do its work in a replicate" if is_broken else LEFT_OPEN


def _why_unfair(row: ResultRow, asked: Iterable[ResultRow]) -> str:
    if any(fails_more(row, other) for other in asked):
        return "failed more of the requests"
    return "was measured by another generator"
