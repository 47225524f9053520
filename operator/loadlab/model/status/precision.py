"""How well differences are known beside what was asked for."""

from typing import Annotated

from pydantic import Field

from loadlab.base.models import ObservedModel
from loadlab.base.rounding import significant


class PrecisionResult(ObservedModel):
    """The half width of the intervals, wanted and achieved, and the replicates that it took."""

    figure: str = Field(max_length=30, description="The figure, as comparisons spell it.")
    wanted: float = Field(description="The half width that was asked for; 0.05 is 5 %.")
    pilot: int = Field(description="Replicates by whose noise the number was computed.")
    blocks: int = Field(description="Replicates of each cell that are planned.")
    needed: int | None = Field(
        default=None,
        description=(
            "Replicates that it takes: as computed after the pilot; at the end, where it was not "
            "achieved, as all replicates show."
        ),
    )
    limited_by: str | None = Field(
        default=None,
        max_length=60,
        description="The field that allows no more of them, where fewer than needed are planned.",
    )
    achieved: Annotated[float | None, significant(3)] = Field(
        default=None,
        description="At the end: the widest half width; absent where no cell has an interval.",
    )
    message: str = Field(default="", max_length=300, description="What came of it, for people.")
