"""A spec that this release refuses, at any moment of the experiment's life.

What was begun by another release is cleared away as after every early ending, by what is observed;
metadata and status are all that is needed for it.
"""

from dataclasses import dataclass
from typing import assert_never

from loadlab.model.status import LoadExperimentStatus, Phase
from loadlab.model.status.conditions import ConditionType, Reason, Truth, is_true
from loadlab.progress.admission import refuse
from loadlab.progress.closing import finish, wait_for_clearing
from loadlab.progress.conditions import Transition
from loadlab.progress.decision import Decision
from loadlab.progress.endings import end_early
from loadlab.progress.observed import Observed
from loadlab.progress.retaining import let_go
from loadlab.progress.running import with_counts


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why no plan could be made."""

    reason: Reason
    message: str


def answer_refusal(
    refusal: Refusal, status: LoadExperimentStatus, observed: Observed, transition: Transition
) -> Decision:
    """Return what to do about an experiment without a plan: it ends Failed, and leaves nothing."""
    match status.phase:
        case Phase.PENDING:
            return refuse(status, transition, refusal.reason, refusal.message)
        case Phase.PREPARING | Phase.RUNNING:
            ending = refusal.reason, refusal.message
            return end_early(status, transition, ending, ConditionType.FAILED, Truth.TRUE)
        case Phase.ANALYZING:
            return _close(refusal, status, observed, transition)
        case Phase.SUCCEEDED | Phase.FAILED | Phase.TERMINATED:
            return let_go(status, observed) or Decision(status)
        case _:
            assert_never(status.phase)


def _close(
    refusal: Refusal, status: LoadExperimentStatus, observed: Observed, transition: Transition
) -> Decision:
    if observed.trials:
        status = with_counts(status.trials.planned, status, observed)
    status = status.model_copy(update={"current_trial": ""})
    if not is_true(status.conditions, ConditionType.FAILED):
        reason, message = refusal.reason, refusal.message
        status = transition.set(
            status, ConditionType.FAILED, Truth.TRUE, reason=reason, message=message
        )
    waiting = wait_for_clearing(status, observed, transition)
    return waiting or finish(status, observed, transition)
