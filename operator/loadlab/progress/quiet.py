"""Whether the nodes were quiet: how many runs were void because others used their CPUs."""

from collections.abc import Iterable

from loadlab.model.resources import Trial
from loadlab.model.status import LoadExperimentStatus, TrialPhase
from loadlab.model.status.conditions import ConditionType, Reason, Truth, find
from loadlab.progress.conditions import Transition
from loadlab.validity import bounds

_MEASURED = {TrialPhase.SUCCEEDED, TrialPhase.INVALID}
_VOID = {Reason.RESULT_INVALID, Reason.FOREIGN_CPU}


def with_quiet(
    status: LoadExperimentStatus, trials: Iterable[Trial], transition: Transition
) -> LoadExperimentStatus:
    """Return the status with what the runs that were measured say of their nodes."""
    spoiled, measured = _count(trials)
    if not measured:
        return status
    runs = f"{len(spoiled)} of {measured} runs were void because others used the CPUs"
    if len(spoiled) > bounds.SPOILED_SHARE * measured:
        truth, reason = Truth.FALSE, Reason.NOT_QUIET
        message = f"{runs}; the last: {spoiled[-1]}"
    elif spoiled:
        truth, reason, message = Truth.TRUE, Reason.FEW_SPOILED, f"{runs}; the last: {spoiled[-1]}"
    else:
        truth, reason, message = Truth.TRUE, Reason.NONE_SPOILED, ""
    return transition.set(status, ConditionType.QUIET, truth, reason=reason, message=message)


def why_not_quiet(status: LoadExperimentStatus) -> str:
    """Return what the condition says of a node that is not quiet; empty for a quiet one."""
    condition = find(status.conditions, ConditionType.QUIET)
    return condition.message if condition and condition.status is Truth.FALSE else ""


def _count(trials: Iterable[Trial]) -> tuple[list[str], int]:
    """Return why runs were spoiled, and how many were measured, by the order of the trials."""
    spoiled, measured = [], 0
    for trial in sorted(trials, key=lambda trial: trial.spec.position):
        status = trial.status
        ends = [(record.reason, record.message) for record in status.former_attempts]
        measured += sum(reason in _VOID for reason, _ in ends)
        if status.phase in _MEASURED:
            measured += 1
            ends.append((status.reason, status.message))
        spoiled += [message for reason, message in ends if reason == Reason.FOREIGN_CPU]
    return spoiled, measured
