"""How the cells differ from those of an earlier experiment, and what else differs."""

from typing import Annotated

from pydantic import Field

from loadlab.base.models import ObservedModel
from loadlab.base.rounding import significant, significant_ratio
from loadlab.model.status.comparisons import Comparison

MAX_DIFFERENCES = 20
MAX_BASELINE_COMPARISONS = 100


class BaselineComparison(Comparison):
    """One figure of a cell, divided by that of the same cell of the baseline; unpaired."""

    over: str = Field(max_length=200, description="The baseline: the same cell of it.")
    ratio: Annotated[float | None, significant_ratio(4)] = Field(
        default=None, description="Ratio of the two geometric means."
    )
    blocks: int = Field(description="Replicates of this experiment.")
    baseline_blocks: int = Field(description="Replicates of the baseline.")
    value: Annotated[float | None, significant(5)] = Field(
        default=None, description="The figure in this experiment."
    )
    baseline_value: Annotated[float | None, significant(5)] = Field(
        default=None, description="The figure in the baseline."
    )


class Baseline(ObservedModel):
    """The earlier experiment, and what the comparison with it shows."""

    name: str = Field(max_length=63, description="Name of the LoadExperiment.")
    uid: str = Field(
        default="", max_length=63, description="Its uid, when this experiment was accepted."
    )
    finished: str = Field(default="", max_length=40, description="When it finished (RFC 3339).")
    note: str = Field(
        default="", max_length=300, description="Why there is no comparison, or not in all of both."
    )
    differences: tuple[str, ...] = Field(
        default=(),
        max_length=MAX_DIFFERENCES,
        description="What differs between the two beside what is compared.",
    )
    comparisons: tuple[BaselineComparison, ...] = Field(
        default=(),
        max_length=MAX_BASELINE_COMPARISONS,
        description="Each cell against the same cell of the baseline.",
    )
