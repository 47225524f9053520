"""How one criterion fared in one cell, and why it is undecided."""

import math
from dataclasses import dataclass

from loadlab.model.status import CriterionOutcome

Whose = tuple[str, str]  # what reaches so far, and the remedy

REPLICATES = ("the replicates reach", "more replicates, or a longer or quieter load, narrow")
FEW = (
    "so few requests lie about the percentile that it may reach",
    "a longer load, or more replicates, narrow",
)
UNANSWERED = (
    "requests without an answer lie so near the percentile that it may reach",
    "a longer spec.load.request.timeout, or more requests, narrow",
)
FEW_VALUES = (
    "so few values lie about the percentile that it may reach",
    "a longer load, or more replicates, narrow",
)
OWN = (
    "less what k6 itself may have added (status.calibration) the latency reaches",
    "more CPU for k6 by spec.resources.k6, or a quieter node, narrows",
)
LATE = (
    "requests were sent late, and their latency reaches",
    "a quieter node, or more CPU for k6 by spec.resources.k6, narrows",
)


@dataclass(frozen=True, slots=True)
class CellOutcome:
    """One threshold against one cell."""

    outcome: CriterionOutcome
    value: float | None = None
    is_lower_bound: bool = False
    reach: tuple[float, float] | None = None  # where it undoes a decision
    whose: Whose = REPLICATES
    too_little: str = ""  # of which too little is known to decide anything

    @property
    def words(self) -> str:
        """The value as people write it; nothing where it is unknown."""
        if self.value is None:
            return ""
        return f"{'> ' if self.is_lower_bound else ''}{self.value:.6g}"

    @property
    def note(self) -> str:
        """Why it is undecided, and what would decide it, where that is known."""
        if self.reach is None:
            return self.too_little
        low, high = self.reach
        what, remedy = self.whose
        start = f"{low:.4g}" if math.isfinite(low) else "any value"
        end = f"{high:.4g}" if math.isfinite(high) else "any length"
        return f"{what} from {start} to {end}, across the bound: {remedy} that"


def outcome_of(holds: bool) -> CriterionOutcome:
    """Return how a threshold fared that is known to hold, or not to."""
    return CriterionOutcome.PASSED if holds else CriterionOutcome.FAILED
