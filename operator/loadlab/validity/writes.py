"""Validity of the work done: what the service accepted must be in the database, once, by id."""

from collections.abc import Iterator
from math import sqrt

from loadlab.base.names import Component
from loadlab.measurement.durability import WriteAccount
from loadlab.measurement.put_off import PutOff, put_off
from loadlab.measurement.values import TrialMeasurement
from loadlab.model.status.evidence import LAST_WORDS
from loadlab.validity import bounds
from loadlab.validity.judgement import Family, Reason, ReasonKind, invalid, remark, suspect

_MORE_TIME = "raise spec.timeouts.drain or the consumers"
_KEEP_UP = "give it more consumers or larger batches, or the service a lower rate or fewer users"


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


def queue_behind(trial: TrialMeasurement) -> Iterator[Reason]:
    """Hold what the workers wrote against what was accepted meanwhile.

    However long the drain may take: what was put off is written after the load, and the rate at
    which it was accepted is none that could be kept.
    """
    found, worker = put_off(trial), trial.components.get(Component.WORKER)
    if found is None:
        if _is_untold(trial) and worker is not None and not worker.restarted:
            yield suspect(
                ReasonKind.WORK_NOT_VERIFIED,
                "the worker's count of written rows is unknown or was reset: nobody can say "
                f"whether it kept up with what was accepted; {LAST_WORDS}",
            )
    elif _is_behind(found):
        why = "a store took none, see StoreRefused" if trial.refused else _KEEP_UP
        yield suspect(
            ReasonKind.QUEUE_BEHIND,
            f"the queue grew: {found.words}; {found.behind:.0%} of it were put off, bound "
            f"{bounds.BACKLOG_SHARE:.0%}, so that what was accepted is a burst and no rate that "
            f"can be kept: {why}",
            Family.SERVICE,
        )


def _is_behind(found: PutOff) -> bool:
    """Whether so much was put off that it is not by chance: which requests write is drawn."""
    missing = found.accepted - found.written
    by_chance = bounds.BACKLOG_ERRORS * sqrt(found.accepted)
    return found.behind > bounds.BACKLOG_SHARE and missing > by_chance


def _is_untold(trial: TrialMeasurement) -> bool:
    """Whether requests were to be written, and the snapshots do not tell how many were."""
    writes = trial.expected is not None and trial.expected.write_share > 0
    return writes and trial.work is not None and trial.work.persisted is None


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
