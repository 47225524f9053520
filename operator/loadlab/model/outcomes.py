"""What the status says about each success criterion and each expectation."""

from pydantic import Field

from loadlab.model.base import ObservedModel


class CriterionResult(ObservedModel):
    """How one criterion fared over all cells."""

    name: str = Field(max_length=40, description="Name of the criterion.")
    threshold: str = Field(max_length=40, description="The bound.")
    value: str = Field(default="", max_length=40, description="Worst value of any cell.")
    cell: str = Field(default="", max_length=200, description="The cell of that value.")
    outcome: str = Field(max_length=20, description="Passed, Failed or Inconclusive.")


class ExpectationResult(ObservedModel):
    """How one expectation fared: a ratio of two sides, or the value of one."""

    name: str = Field(max_length=40, description="Name of the expectation.")
    figure: str = Field(max_length=100, description="What it speaks of, such as failedRate.")
    expected: str = Field(max_length=60, description="The bounds, such as 2 or more.")
    published: float | None = Field(default=None, description="What was published.")
    ratio: float | None = Field(default=None, description="Measured ratio of `of` over `over`.")
    value: float | None = Field(default=None, description="Measured figure of `of` itself.")
    low: float | None = Field(default=None, description="Lower end of the 95 % interval.")
    high: float | None = Field(default=None, description="Upper end of the 95 % interval.")
    replicates: int = Field(default=0, description="Replicates that entered, paired for a ratio.")
    outcome: str = Field(max_length=20, description="Reproduced, Contradicted or Inconclusive.")
    note: str = Field(default="", max_length=500, description="Why, and what it rests on.")
