"""By how much a cell differs from itself."""

from typing import Annotated

from pydantic import Field

from loadlab.base.models import ObservedModel
from loadlab.base.rounding import significant, significant_ratio


class NoiseFloor(ObservedModel):
    """One figure of the control cell run once more, divided by the control's in each block."""

    figure: str = Field(max_length=40, description="The figure, such as cpuMicros of the rows.")
    ratio: Annotated[float | None, significant_ratio(4)] = Field(
        default=None,
        description="Geometric mean of the ratios within the blocks: 1 but for the noise.",
    )
    low: Annotated[float | None, significant_ratio(4)] = Field(
        default=None, description="Lower end of the 95 % interval; absent as for a row's figure."
    )
    high: Annotated[float | None, significant_ratio(4)] = Field(
        default=None, description="Upper end of the 95 % interval."
    )
    within_margin: bool = Field(
        default=False,
        description=(
            "Whether the replicates show the ratio to lie within 1/1.05 and 1.05: two one-sided "
            "tests at 5 %, that is its 90 % interval."
        ),
    )
    blocks: int = Field(description="Replicates in which both have the figure.")
    p: Annotated[float | None, significant(2)] = Field(
        default=None,
        description="How often chance alone would show such a difference, over all figures.",
    )
