"""A pass that failed: shown at once, tried again, and after a while the end of the experiment.

An exception is a fault of ours that some content of a resource brings about; it would come again
for ever. Metadata and phase are all that is needed to end such an experiment.
"""

from loadlab.model.status import LoadExperimentStatus, Phase
from loadlab.model.status.conditions import Reason
from loadlab.progress.conditions import Transition
from loadlab.progress.diagnose import Diagnosis
from loadlab.progress.refusal import Refusal
from loadlab.progress.stalled import stall, stalled_since

RETRY = 1.0  # seconds until the next pass after one that failed or was refused
BROKEN_FOR = 10.0  # seconds of failing passes after which an experiment ends
REFUSED_FOR = 60.0  # the same where the API server refuses a request of ours
UNANSWERED_FOR = 120.0  # the same where it leaves one request unanswered, and not others
UNANSWERED_SHOWN = 3.0  # seconds until the status says so: most are answered at the next try
_PATIENCE = {
    Reason.RECONCILE_FAILED: BROKEN_FOR,
    Reason.REQUEST_REFUSED: REFUSED_FOR,
    Reason.NOT_ANSWERED: UNANSWERED_FOR,
}
_ONLY_SHOWN = {Reason.REQUEST_REFUSED, Reason.NOT_ANSWERED}  # of one that waits


def failed(error: Exception) -> Diagnosis:
    """Say what broke a pass."""
    return Reason.RECONCILE_FAILED, f"a pass failed: {type(error).__name__}: {error}"


def refused(error: Exception) -> Diagnosis:
    """Say what the API server refused, where no child's creation was asked for."""
    return Reason.REQUEST_REFUSED, f"{error}; has the operator the rights of its chart?"


def unanswered(error: Exception) -> Diagnosis:
    """Say which request has no answer, while others have: that of one object, or of one kind."""
    return Reason.NOT_ANSWERED, f"a request is not answered, though others are: {error}"


def is_given_up(status: LoadExperimentStatus, now: float) -> bool:
    """Whether a request has been without an answer for longer than anybody should wait."""
    since = stalled_since(status, Reason.NOT_ANSWERED)
    return since is not None and now - since >= UNANSWERED_FOR


def show(
    status: LoadExperimentStatus, transition: Transition, diagnosis: Diagnosis
) -> LoadExperimentStatus | Refusal:
    """Return the status that says why passes fail, or how it ends once they did for too long.

    One that waits and whose requests are refused or not answered is only shown: it is ahead of
    nobody.
    """
    reason, message = diagnosis
    since = stalled_since(status, reason)
    waits = status.phase is Phase.PENDING and reason in _ONLY_SHOWN
    if waits or since is None or transition.now - since < _PATIENCE[reason]:
        return stall(status, transition, diagnosis)
    return Refusal(reason, message)
