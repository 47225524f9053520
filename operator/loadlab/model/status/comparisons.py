"""How the cells differ from their control: ratios with what may be claimed by them."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from loadlab.base.models import ObservedModel
from loadlab.base.rounding import significant, significant_ratio


class ComparisonOutcome(StrEnum):
    """What may be said of a difference."""

    IMPROVED = "Improved"
    REGRESSED = "Regressed"
    EQUIVALENT = "Equivalent"
    INCONCLUSIVE = "Inconclusive"


class Comparison(ObservedModel):
    """One figure of a cell, divided by that of its control cell within each block."""

    figure: str = Field(max_length=40, description="The figure, such as cpuMicros of the rows.")
    of: str = Field(max_length=200, description="The cell.")
    over: str = Field(
        max_length=200,
        description=(
            "Its control, which was offered the same rate: the first variant at the same levels; "
            "for cells of the first variant the first cell."
        ),
    )
    ratio: Annotated[float | None, significant_ratio(4)] = Field(
        default=None, description="Geometric mean of the ratios within the blocks."
    )
    low: Annotated[float | None, significant_ratio(4)] = Field(
        default=None, description="Lower end of the 95 % interval; absent as for a row's figure."
    )
    high: Annotated[float | None, significant_ratio(4)] = Field(
        default=None, description="Upper end of the 95 % interval."
    )
    blocks: int = Field(description="Replicates in which both have the figure.")
    p: Annotated[float | None, significant(2)] = Field(
        default=None,
        description="How often chance alone would show such a difference, over all comparisons.",
    )
    outcome: ComparisonOutcome = Field(
        description=(
            "Improved or Regressed: they differ, p is below 0.05. Equivalent: they differ by less "
            "than 5 %. Inconclusive: neither is shown."
        )
    )
    detectable: Annotated[float | None, significant(2)] = Field(
        default=None,
        description="Smallest difference that so many blocks show 9 times in 10; 0.05 is 5 %.",
    )
    blocks_needed: int | None = Field(
        default=None, description="Where Inconclusive: replicates that a claim would take."
    )
    why: str | None = Field(
        default=None, max_length=100, description="Why no claim is possible at all."
    )
