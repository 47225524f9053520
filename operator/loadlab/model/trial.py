"""LoadTrial: one cell, one replicate. The operator makes them; people read them."""

from enum import StrEnum

from pydantic import Field

from loadlab.base.models import ApiModel
from loadlab.catalogue import Cell


class TrialRole(StrEnum):
    """What a trial is for."""

    MEASURED = "Measured"
    SETTLING = "Settling"
    PILOT = "Pilot"
    CONTROL_AGAIN = "ControlAgain"
    CALIBRATION = "Calibration"
    TRACED = "Traced"

    @property
    def is_in_block(self) -> bool:
        """Whether it runs in the blocks, and not before them."""
        return self in {TrialRole.MEASURED, TrialRole.CONTROL_AGAIN}


class LoadTrialSpec(ApiModel):
    """What one trial runs. Immutable."""

    experiment: str = Field(max_length=63, description="Name of the LoadExperiment.")
    cell: Cell = Field(description="Variant and levels.")
    role: TrialRole = Field(
        default=TrialRole.MEASURED,
        description=(
            "Measured: its result is one of its cell. Settling: it runs before the first block, "
            "so that no measured trial meets a cold machine; its result counts nowhere. Pilot: "
            "one before the first block that finds what its cell carries in a closed loop. "
            "ControlAgain: one more of the first cell in its block, for status.noiseFloor alone. "
            "Calibration: one before the first block in which k6 asks nothing of the service. "
            "Traced: one behind the last block in which requests are traced; it counts nowhere."
        ),
    )
    replicate: int = Field(
        ge=0, description="Repetition of the cell, from 1; 0 outside of the blocks."
    )
    position: int = Field(
        ge=1,
        description="Place in the order of the trials, from 1; those outside of the blocks apart.",
    )
