"""What the rows do not show by their figures: attempts in which the service ended by itself.

Such an attempt is void, and repeated; a service that crashes under its load now and then would be
measured until it does not, and nothing would be said of it.
"""

from collections.abc import Iterable, Iterator, Sequence

from loadlab.base.text import fit
from loadlab.model.resources import Trial
from loadlab.model.status import ResultRow, TrialPhase, Validity
from loadlab.model.status.conditions import Reason

LONGEST = 300  # characters of a reason
MOST_REASONS = 20  # of a row


def with_crashes(rows: Sequence[ResultRow], trials: Iterable[Trial]) -> tuple[ResultRow, ...]:
    """Return the rows, with how often their service ended by itself, and how it did last."""
    found: dict[str, list[str]] = {}
    attempts: dict[str, int] = {}
    for trial in trials:
        cell = trial.spec.cell.title()
        attempts[cell] = attempts.get(cell, 0) + max(1, trial.status.attempt)
        found.setdefault(cell, []).extend(_crashes(trial))
    titles = [row.cell.title() for row in rows]
    return tuple(
        _told(row, found.get(title, ()), attempts.get(title, 0))
        for row, title in zip(rows, titles, strict=True)
    )


def _crashes(trial: Trial) -> Iterator[str]:
    status = trial.status
    for record in status.former_attempts:
        if record.reason == Reason.SERVICE_CRASHED:
            yield record.message
    if status.phase is TrialPhase.LOST and status.reason == Reason.SERVICE_CRASHED:
        yield status.message


def _told(row: ResultRow, crashes: Sequence[str], attempts: int) -> ResultRow:
    if not crashes:
        return row
    reason = f"ServiceCrashed: in {len(crashes)} of {attempts} attempts {crashes[-1]}"
    validity = Validity.SUSPECT if row.validity is Validity.VALID else row.validity
    reasons = (fit(reason, LONGEST), *row.reasons)[:MOST_REASONS]
    return row.model_copy(
        update={"crashes": len(crashes), "validity": validity, "reasons": reasons}
    )
