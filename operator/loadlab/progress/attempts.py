"""The attempts of one trial: what ends them, and what follows one that did not count."""

from loadlab.model.status import AttemptRecord, LoadTrialStatus, TrialPhase
from loadlab.model.status.conditions import Reason
from loadlab.model.trial import TrialRole
from loadlab.progress.decision import Failure

# Permanent failures, which a second attempt would meet too: they end the experiment.
PERMANENT_FAILURES = {
    Reason.IMAGE_PULL_FAILED,
    Reason.CRASH_LOOP,
    Reason.UNSCHEDULABLE,
    Reason.OUT_OF_MEMORY,
    Reason.CREATION_REFUSED,
    Reason.QUOTA_EXCEEDED,
    Reason.ADMISSION_DENIED,
    Reason.NEVER_READY,
    Reason.SCRIPT_FAILED,
    Reason.SUPERSEDED,
}
# What the trial that Failed ends the experiment with; some only where Failure.ends_experiment.
ENDING_FAILURES = PERMANENT_FAILURES | {
    Reason.INPUTS_CHANGED,
    Reason.NO_LONGER_FITS,
    Reason.NOT_ANSWERED,
}


def after_failure(
    status: LoadTrialStatus, failure: Failure, attempts: int, role: TrialRole
) -> LoadTrialStatus:
    """Return the trial's status after an attempt that did not count.

    A trial that Failed may end the experiment: one that is only traced is Lost instead.
    """
    said = {"reason": failure.reason.value, "message": failure.message}
    failed = TrialPhase.LOST if role is TrialRole.TRACED else TrialPhase.FAILED
    if failure.ends_experiment or failure.reason in PERMANENT_FAILURES:
        return status.model_copy(update={"phase": failed, **said})
    if counted_attempts(status) >= attempts:
        ends = failure.ends_if_repeated and _always_ended_so(status, failure.reason)
        return status.model_copy(update={"phase": failed if ends else TrialPhase.LOST, **said})
    return next_attempt(status, failure)


def _always_ended_so(status: LoadTrialStatus, reason: Reason) -> bool:
    return all(record.reason == reason for record in status.former_attempts)


def counted_attempts(status: LoadTrialStatus) -> int:
    """Return which attempt it is, without one that only showed that nobody has CPUs to own."""
    former = [record.reason for record in status.former_attempts]
    return status.attempt - former.count(Reason.NO_OWN_CPUS)


def next_attempt(status: LoadTrialStatus, failure: Failure) -> LoadTrialStatus:
    """Return the trial's status before the next attempt, with a record of this one."""
    said = {"reason": failure.reason.value, "message": failure.message}
    record = AttemptRecord(attempt=status.attempt, **said)
    return status.model_copy(
        update={
            "phase": TrialPhase.STARTING,
            "attempt": status.attempt + 1,
            "former_attempts": (*status.former_attempts, record),
            "timings": None,
            **said,
        }
    )
