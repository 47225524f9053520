"""Validity of the work done: what the service accepted must be in the database, once, by id."""

from collections.abc import Iterator

from loadlab.measurement.durability import WriteAccount
from loadlab.measurement.values import TrialMeasurement
from loadlab.validity.judgement import Family, Reason, ReasonKind, invalid, remark, suspect

_MORE_TIME = "raise spec.timeouts.drain or the consumers"


def staleness_reasons(trial: TrialMeasurement) -> Iterator[Reason]:
    """Hold what a writing reader saw against the variant's declared bound."""
    seen = trial.freshness
    if seen is not None and (seen.stale or seen.unseen):
        yield suspect(
            ReasonKind.STALE_READS,
            f"{seen.stale} of {seen.reads} reads did not show a write that was older than "
            f"{seen.bound_ms:g} ms, {seen.unseen} of {seen.writes} writes never showed; the "
            f"oldest unseen write was {seen.worst_ms:.0f} ms old",
            Family.SERVICE,
        )


def stores_refused(trial: TrialMeasurement) -> Iterator[Reason]:
    """Name the store that took no writes, or lost some: what failed for it is no code's fault."""
    if trial.refused:
        yield suspect(ReasonKind.STORE_REFUSED, "; ".join(trial.refused), Family.SERVICE)
    elif trial.noted:
        yield remark(ReasonKind.STORE_REFUSED, "; ".join(trial.noted))


def work_reasons(trial: TrialMeasurement) -> Iterator[Reason]:
    """Hold the steward's account against what k6 saw accepted."""
    if not trial.load.writes:
        return
    if trial.durability is None:
        yield invalid(
            ReasonKind.WORK_NOT_VERIFIED,
            "the steward gave no account of the rows written: it, or a store that it asks, did not "
            "answer k6 when the load had ended",
        )
    else:
        yield from _account(trial, trial.durability)


def _account(trial: TrialMeasurement, account: WriteAccount) -> Iterator[Reason]:
    if not account.drained or account.pending:
        why = "a store took none, see StoreRefused" if trial.refused else _MORE_TIME
        yield suspect(
            ReasonKind.NOT_DRAINED,
            f"{account.pending} accepted writes were still queued after "
            f"{account.drain_seconds:.1f} s: {why}",
            Family.SERVICE,
        )
    if account.lost or account.duplicates or account.dead_lettered:
        yield invalid(
            ReasonKind.WORK_NOT_PERSISTED,
            f"{account.accepted} writes were accepted and {account.persisted} rows found: "
            f"{account.lost} lost, {account.duplicates} doubled, "
            f"{account.dead_lettered} dead-lettered, bound 0",
            Family.SERVICE,
        )
    elif account.unacknowledged:
        yield _unacknowledged(trial, account)
    elif not account.pending and not account.ids_match:
        yield _other_ids(account)


def _unacknowledged(trial: TrialMeasurement, account: WriteAccount) -> Reason:
    """A failed request may have been carried out; a row without any request may not exist."""
    message = (
        f"{account.unacknowledged} rows more than accepted writes ({account.accepted}), with "
        f"{trial.unanswered} failed or cut off requests: their answers never reached the client"
    )
    if account.unacknowledged <= trial.unanswered:
        return suspect(ReasonKind.WORK_UNACKNOWLEDGED, message)
    return invalid(ReasonKind.WORK_NOT_PERSISTED, message, Family.SERVICE)


def _other_ids(account: WriteAccount) -> Reason:
    if not account.ids_exact:
        return suspect(
            ReasonKind.WORK_NOT_VERIFIED,
            "too many writes for exact checksums (2^53): right by count, unchecked by id",
        )
    return invalid(
        ReasonKind.WORK_NOT_PERSISTED,
        f"{account.persisted} rows as accepted, but their ids are others: some accepted writes "
        "are missing and other rows are in their place",
        Family.SERVICE,
    )
