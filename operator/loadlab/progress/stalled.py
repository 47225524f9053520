"""What holds an experiment up: shown at once as the condition Stalled, ended when it lasts.

The condition is the only memory: since when it is True survives a restart of the operator, and
one pass that goes through takes it back.
"""

import re

from loadlab.base.times import epoch
from loadlab.model.status import LoadExperimentStatus
from loadlab.model.status.conditions import ConditionType, Reason, Truth, find
from loadlab.progress.conditions import Transition
from loadlab.progress.diagnose import Diagnosis

_CHANGING = re.compile(r"[0-9a-f]{6,}|[0-9]+")  # counters, times and ids within a sentence


def stall(
    status: LoadExperimentStatus, transition: Transition, diagnosis: Diagnosis
) -> LoadExperimentStatus:
    """Return the status that says what holds the experiment up.

    A sentence that differs in its figures only stays as it is: each write causes another pass.
    """
    reason, message = diagnosis
    former = find(status.conditions, ConditionType.STALLED)
    if former is None or former.reason != reason:
        status = go_on(status, transition)  # another reason has its own time
    elif _CHANGING.sub("", former.message) == _CHANGING.sub("", message):
        message = former.message
    return transition.set(status, ConditionType.STALLED, Truth.TRUE, reason=reason, message=message)


def go_on(status: LoadExperimentStatus, transition: Transition) -> LoadExperimentStatus:
    """Return the status of an experiment that nothing holds up any more."""
    if stalled_since(status) is None:
        return status
    reason = Reason.RESUMED
    return transition.set(status, ConditionType.STALLED, Truth.FALSE, reason=reason)


def as_it_stalled(
    status: LoadExperimentStatus, former: LoadExperimentStatus
) -> LoadExperimentStatus:
    """Return a status with what a former one says of what holds the experiment up."""
    before = find(former.conditions, ConditionType.STALLED)
    now = find(status.conditions, ConditionType.STALLED)
    if before is None or now is None:
        return status
    conditions = tuple(before if each is now else each for each in status.conditions)
    return status.model_copy(update={"conditions": conditions})


def what_stalls(status: LoadExperimentStatus) -> Diagnosis | None:
    """Return what holds it up; None for nothing, or for a reason of another release."""
    found = find(status.conditions, ConditionType.STALLED)
    if found is None or found.status is not Truth.TRUE or found.reason not in set(Reason):
        return None
    return Reason(found.reason), found.message


def stalled_since(status: LoadExperimentStatus, reason: Reason | None = None) -> float | None:
    """Return since when something holds it up, epoch seconds; None where nothing does.

    With a reason: only where it is that one.
    """
    found = find(status.conditions, ConditionType.STALLED)
    if found is None or found.status is not Truth.TRUE or reason not in {None, found.reason}:
        return None
    return epoch(found.last_transition_time)
