"""One trial of a plan."""

from dataclasses import dataclass

from loadlab.catalogue import Cell, Factor
from loadlab.model.spec.load import Load
from loadlab.model.trial import TrialRole
from loadlab.plan.cells import Arm
from loadlab.plan.context import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedTrial:
    """A cell, the load that it is to bear, and its place in the order."""

    name: str
    cell: Cell
    load: Load
    replicate: int
    position: int
    role: TrialRole = TrialRole.MEASURED

    @property
    def rate(self) -> int | None:
        """What it is offered per time unit; None in a closed loop, or before that is chosen."""
        return self.cell.number(Factor.RATE)

    @property
    def arm(self) -> Arm:
        """What it is a replicate of, where it runs in a block."""
        return Arm(self.cell, self.role)

    def run(self, attempt: int) -> Run:
        """Return one attempt of it."""
        return Run(
            self.name,
            attempt,
            self.cell,
            self.load,
            self.replicate,
            self.position,
            calibrates=self.role is TrialRole.CALIBRATION,
            traces=self.role is TrialRole.TRACED,
        )
