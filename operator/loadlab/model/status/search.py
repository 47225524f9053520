"""What the search for the highest rate tried and found."""

import operator
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from loadlab.base.models import ObservedModel
from loadlab.base.rounding import significant
from loadlab.model.status.absent import without_default


class StepOutcome(StrEnum):
    """What one trial at a rate says of it."""

    HELD = "Held"
    FAILED = "Failed"
    INCONCLUSIVE = "Inconclusive"  # a criterion could not be decided
    NOT_OFFERED = "NotOffered"  # the generator could not offer the rate


class SearchEnd(StrEnum):
    """Why no further rate is tried in a cell."""

    FOUND = "Found"  # what fails lies as near to what holds as is wanted, each tried twice
    MAX_RATE = "MaxRate"
    MIN_RATE = "MinRate"
    NOT_MEASURED = "NotMeasured"  # trials of one rate were void or lost
    MAX_TRIALS = "MaxTrials"
    MAX_STEPS = "MaxSteps"
    TIMEOUT = "Timeout"  # timeouts.total leaves no time for another trial of each cell


class TrialStep(ObservedModel):
    """What a trial says of the rate that it was offered."""

    outcome: StepOutcome = Field(
        description=(
            "Held: all criteria. Failed: one of them, or the service did not carry the rate. "
            "Inconclusive: one could not be decided. NotOffered: k6 could not offer the rate."
        )
    )
    reason: str = Field(
        default="", max_length=200, description="The criterion that failed, or what was not kept."
    )
    resource: str = Field(
        default="",
        max_length=30,
        description="What limited it, such as ServiceCpu, where it did not hold.",
    )


class CellCapacity(ObservedModel):
    """What a cell carries under the criteria, in requests a second."""

    cell: str = Field(max_length=200, description="The cell, without a rate.")
    at_least: Annotated[float | None, significant(6)] = Field(
        default=None,
        description="The highest rate below `below` that held; absent where none did.",
    )
    below: Annotated[float | None, significant(6)] = Field(
        default=None,
        description="The lowest rate that is not known to hold; absent where all tried ones held.",
    )
    at_least_trials: int = Field(
        default=0, description="Trials at `atLeast` that said anything; one alone confirms nothing."
    )
    below_trials: int = Field(default=0, description="The same at `below`.")
    below_outcome: StepOutcome | None = Field(
        default=None, description="Failed, Inconclusive or NotOffered: what became of `below`."
    )
    reason: str = Field(
        default="",
        max_length=200,
        exclude_if=operator.not_,
        json_schema_extra=without_default,
        description="What was not kept there, such as the criterion.",
    )
    limited_by: str = Field(
        default="",
        max_length=30,
        exclude_if=operator.not_,
        json_schema_extra=without_default,
        description="The bottleneck there, such as ServiceCpu.",
    )
    trials: int = Field(default=0, description="Trials that were made in this cell.")
    ended: SearchEnd | None = Field(
        default=None,
        description=(
            "Found, or why the search ended before; absent where the experiment ended first."
        ),
    )
    message: str = Field(default="", max_length=800, description="The same for people.")
