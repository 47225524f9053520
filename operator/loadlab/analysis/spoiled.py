"""Replicates that the service spoiled, of which a row says so: they are results, and not repeated.

Writes that were lost, work that was skipped and a load that it did not get done are what it did,
however well the replicates fared that are left. Requests of which nobody knows how they would have
ended, as they were cut off without an answer, decide nothing: but those that are left are not all.
A reason of a row is a text; its words are written and read here alone.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from loadlab.model.status import ResultRow, Validity
from loadlab.validity.judgement import Family, Judgement, Reason, ReasonKind

_NOT_USED = "in a replicate that is not used"
# What failed is counted, and a matter of how many may.
_BREAKS = {
    ReasonKind.NO_REQUESTS,
    ReasonKind.ITERATIONS_MISSED,
    ReasonKind.WORK_NOT_PERSISTED,
    ReasonKind.WORK_SKIPPED,
}
_LEAVES_OPEN = {ReasonKind.LITTLE_LAW_VIOLATED}


def reasons_beside_used(judgement: Judgement) -> Iterator[Reason]:
    """Yield what the service did in a replicate that can't be used, as reservations of its cell."""
    if judgement.is_void:
        return
    for reason in filter(_is_service_spoiling, judgement.reasons):
        yield replace(_worded(reason), level=Validity.SUSPECT)


def reasons_of_none_used(judgement: Judgement) -> Iterator[Reason]:
    """Yield all reasons against a replicate of a cell of which none can be used."""
    for reason in judgement.reasons:
        is_told = not judgement.is_void and _is_service_spoiling(reason)
        yield _worded(reason) if is_told and reason.kind in _BREAKS | _LEAVES_OPEN else reason


def _is_service_spoiling(reason: Reason) -> bool:
    return reason.level is Validity.INVALID and reason.family is Family.SERVICE


def _worded(reason: Reason) -> Reason:
    return replace(reason, message=f"{_NOT_USED}: {reason.message}")


def broken_in_spoiled(row: ResultRow) -> Iterator[str]:
    """Yield what the service did not do in replicates that its row does not use."""
    return _told(row, _BREAKS)


def left_open_in_spoiled(row: ResultRow) -> Iterator[str]:
    """Yield why nobody knows what the service did in replicates that its row does not use."""
    return _told(row, _LEAVES_OPEN)


def _told(row: ResultRow, kinds: Iterable[ReasonKind]) -> Iterator[str]:
    starts = tuple(f"{kind}: {_NOT_USED}" for kind in kinds)
    return (reason for reason in row.reasons if reason.startswith(starts))


def kind_alone(reason: str) -> str:
    """Return a row's reason without its figures, and still with whose replicate it tells of."""
    kind, _, message = reason.partition(": ")
    return f"{kind}: {_NOT_USED}" if message.startswith(_NOT_USED) else kind
