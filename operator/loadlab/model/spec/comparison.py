"""How cells are compared: with an earlier experiment, and a cell with itself."""

from pydantic import Field

from loadlab.base.models import ApiModel
from loadlab.base.names import EXPERIMENT_NAME, MAX_EXPERIMENT_NAME


class BaselineRef(ApiModel):
    """An earlier experiment of the same namespace."""

    name: str = Field(
        pattern=EXPERIMENT_NAME,
        max_length=MAX_EXPERIMENT_NAME,
        description="Name of a finished LoadExperiment of the same namespace and workload.",
    )


class Comparing(ApiModel):
    """What cells are compared with beside each other."""

    baseline_ref: BaselineRef | None = Field(
        default=None,
        description=(
            "The earlier experiment: cells with the same variant name and levels are compared, and "
            "status.baseline has the ratios and the differences of the two environments. The two "
            "are unpaired: a drift of the machine between the runs counts as a difference. Two "
            "images in one experiment are compared in pairs, which is the better way; absent: none."
        ),
    )
    control_twice: bool = Field(
        default=False,
        description=(
            "true runs the first cell once more in every block (an A/A test): status.noiseFloor "
            "has what it differs by from itself, and beyond 5 % the condition Trustworthy is "
            "False. It costs as many trials as one more cell, and adds none to the results."
        ),
    )
