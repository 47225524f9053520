"""How a status changes: conditions with their moment, phases that only move forward."""

from dataclasses import dataclass

from loadlab.model.status import LoadExperimentStatus, Phase
from loadlab.model.status.conditions import Condition, ConditionType, Reason, Truth, with_condition
from loadlab.model.times import rfc3339

SOON = 0.0  # seconds until the next look, where this pass left something to do at once
SAFETY_NET = 5.0  # where a watch is expected to wake the next pass sooner


@dataclass(frozen=True, slots=True)
class Marker:
    """Sets conditions of one generation at one moment."""

    generation: int
    now: float

    def mark(
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
        status = status.model_copy(update={"phase": phase, "observed_generation": self.generation})
        return self.mark(
            status, ConditionType.RECONCILING, Truth.TRUE, reason=reason, message=message
        )
