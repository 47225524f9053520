"""How a status changes: conditions with their moment, phases that only move forward."""

from dataclasses import dataclass

from loadlab.base.times import rfc3339
from loadlab.model.status import LoadExperimentStatus, Phase
from loadlab.model.status.conditions import Condition, ConditionType, Reason, Truth, with_condition

AT_ONCE = 0.0  # seconds until the next pass, where this one left something to do
RESYNC = 5.0  # where an event is expected to cause the next pass sooner


@dataclass(frozen=True, slots=True)
class Transition:
    """Sets conditions and phases of one generation at one moment."""

    generation: int
    now: float

    def set(
        self,
        status: LoadExperimentStatus,
        type_: ConditionType,
        truth: Truth,
        *,
        reason: Reason,
        message: str = "",
    ) -> LoadExperimentStatus:
        """Return the status with one condition set."""
        condition = Condition(
            type=type_,
            status=truth,
            reason=reason,
            message=message,
            last_transition_time=rfc3339(self.now),
            observed_generation=self.generation,
        )
        return status.model_copy(
            update={"conditions": with_condition(status.conditions, condition)}
        )

    def enter(
        self, status: LoadExperimentStatus, phase: Phase, *, reason: Reason, message: str = ""
    ) -> LoadExperimentStatus:
        """Return the status in a phase under way; kstatus reads Reconciling."""
        since = status.phase_start_time if phase is status.phase else None
        status = status.model_copy(
            update={
                "phase": phase,
                "phase_start_time": since or rfc3339(self.now),
                "observed_generation": self.generation,
            }
        )
        return self.set(
            status, ConditionType.RECONCILING, Truth.TRUE, reason=reason, message=message
        )
