"""What a spec is refused with."""

from loadlab.model.status.conditions import Reason


class PlanError(ValueError):
    """A spec from which no plan can be made; the reason is for programs, the text for people."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason
