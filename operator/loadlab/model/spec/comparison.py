"""What an experiment is compared with beside its own cells: an earlier experiment."""

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


class ComparedWith(ApiModel):
    """What an experiment is compared with."""

    baseline_ref: BaselineRef = Field(
        description=(
            "The earlier experiment: cells with the same variant name and levels are compared, and "
            "status.baseline has the ratios and the differences of the two environments. The two "
            "are unpaired: a drift of the machine between the runs counts as a difference. Two "
            "images in one experiment are compared in pairs, which is the better way."
        )
    )
