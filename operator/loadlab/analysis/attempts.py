"""What the rows do not show by their figures: attempts that came to nothing.

Such an attempt is void, and repeated; a service that crashes under its load now and then would be
measured until it does not, and nothing would be said of it.
"""

from collections.abc import Iterable, Sequence

from loadlab.analysis.crashes import crashes_of, told_of_crashes
from loadlab.base.text import fit
from loadlab.model.resources import Trial
from loadlab.model.status import ResultRow, Validity
from loadlab.model.status.conditions import Reason
from loadlab.validity.judgement import ReasonKind

LONGEST = 300  # characters of a reason
MOST_REASONS = 20  # of a row


def with_attempts(rows: Sequence[ResultRow], trials: Iterable[Trial]) -> tuple[ResultRow, ...]:
    """Return the rows, with how often their service ended by itself, and why none came to one."""
    by_cell: dict[str, list[Trial]] = {}
    for trial in trials:
        by_cell.setdefault(trial.spec.cell.title(), []).append(trial)
    return tuple(_told(row, by_cell.get(row.cell.title(), ())) for row in rows)


def _told(row: ResultRow, trials: Sequence[Trial]) -> ResultRow:
    return _with_crashes(_with_replaced(_with_last(row, trials), trials), trials)


def _with_last(row: ResultRow, trials: Sequence[Trial]) -> ResultRow:
    """Say why no replicate came to a result, where that is all the row says."""
    ends = [trial.status.message for trial in trials if trial.status.message]
    if not ends or row.replicates.valid:
        return row
    none = f"{ReasonKind.NO_REPLICATE}: "
    return row.model_copy(
        update={
            "reasons": tuple(
                fit(f"{reason}; the last: {ends[-1]}", LONGEST)
                if reason.startswith(none)
                else reason
                for reason in row.reasons
            )
        }
    )


def _with_replaced(row: ResultRow, trials: Sequence[Trial]) -> ResultRow:
    """Say that a service that ran already was not of the same processes in all trials."""
    asked = [trial.status.asked_service for trial in trials if trial.status.has_result]
    known = {(each.name, each.processes) for each in asked if each is not None}
    if len(known) < 2:
        return row
    name = min(known)[0]
    reason = (
        f"{Reason.SERVICE_RESTARTED}: pods of the Service {name} were replaced or restarted "
        f"between trials, with the same images and limits: its replicates are of {len(known)} sets "
        "of processes"
    )
    reasons = (*row.reasons, fit(reason, LONGEST))[-MOST_REASONS:]
    return row.model_copy(update={"reasons": reasons})


def _with_crashes(row: ResultRow, trials: Sequence[Trial]) -> ResultRow:
    crashes = [said for trial in trials for said in crashes_of(trial.status)]
    if not crashes:
        return row
    attempts = sum(max(1, trial.status.attempt) for trial in trials)
    start = f"{Reason.SERVICE_CRASHED}: "
    reason = start + told_of_crashes(crashes, attempts, LONGEST - len(start))
    validity = Validity.SUSPECT if row.validity is Validity.VALID else row.validity
    reasons = (reason, *row.reasons)[:MOST_REASONS]
    return row.model_copy(
        update={"crashes": len(crashes), "validity": validity, "reasons": reasons}
    )
