"""What the results mean: for each criterion, for each expectation, and for the experiment."""

import operator
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from loadlab.base.models import ObservedModel
from loadlab.base.rounding import decimals, significant
from loadlab.model.status.absent import without_default
from loadlab.model.status.comparisons import Comparison

CellTitle = Annotated[str, Field(max_length=200)]


class Verdict(StrEnum):
    """Whether the experiment met its criteria."""

    PASSED = "Passed"
    FAILED = "Failed"
    INCONCLUSIVE = "Inconclusive"
    ERROR = "Error"


class Best(ObservedModel):
    """The best of the cells that meet the criteria: by rate, then tail latency, then CPU."""

    cell: str = Field(max_length=200, description="The cell, such as async/workers=2.")
    requests_per_second: Annotated[float, decimals(1)] = Field(
        description="Its mean requests per second."
    )
    p95_ms: Annotated[float, decimals(2)] = Field(description="Its p95 in milliseconds.")
    bottleneck: str = Field(default="", max_length=30, description="What held it back.")
    tied_with: tuple[CellTitle, ...] = Field(
        default=(),
        max_length=10,
        description="Cells that are not clearly worse in any of the three: choose among them.",
    )
    alternatives: tuple[CellTitle, ...] = Field(
        default=(),
        max_length=10,
        description="Cells that are clearly better in one of the three, and worse in another.",
    )
    lead: Comparison | None = Field(
        default=None,
        description="Against the next cell that is clearly worse, in the figure that decided.",
    )


class CriterionOutcome(StrEnum):
    """How a criterion fared."""

    PASSED = "Passed"
    FAILED = "Failed"
    INCONCLUSIVE = "Inconclusive"


class CriterionResult(ObservedModel):
    """How one criterion fared over all cells."""

    name: str = Field(max_length=40, description="Name of the criterion.")
    # One digit longer than it was given: a bound of 35 nines is spelled as a one and 35 zeros.
    threshold: str = Field(max_length=60, description="The bound.")
    value: str = Field(default="", max_length=40, description="Worst value of any cell.")
    cell: str = Field(default="", max_length=200, description="The cell of that value.")
    outcome: CriterionOutcome = Field(description="Passed, Failed or Inconclusive.")
    note: str = Field(
        default="",
        max_length=200,
        exclude_if=operator.not_,
        json_schema_extra=without_default,
        description=(
            "Why it is Inconclusive, and what would decide it, where that is known; why it was "
            "asked for, where nobody wrote it; with load.search, which trials its value is of."
        ),
    )


class ExpectationOutcome(StrEnum):
    """How an expectation fared."""

    REPRODUCED = "Reproduced"
    CONTRADICTED = "Contradicted"
    INCONCLUSIVE = "Inconclusive"


class ExpectationResult(ObservedModel):
    """How one expectation fared: a ratio of two sides, or the value of one."""

    name: str = Field(max_length=40, description="Name of the expectation.")
    figure: str = Field(max_length=100, description="What it speaks of, such as failedRate.")
    expected: str = Field(max_length=60, description="The bounds, such as 2 or more.")
    published: float | None = Field(default=None, description="What was published.")
    ratio: Annotated[float | None, significant(5)] = Field(
        default=None, description="Measured ratio of `of` over `over`."
    )
    value: Annotated[float | None, significant(5)] = Field(
        default=None, description="Measured figure of `of` itself."
    )
    low: Annotated[float | None, significant(5)] = Field(
        default=None, description="Lower end of the 95 % interval."
    )
    high: Annotated[float | None, significant(5)] = Field(
        default=None, description="Upper end of the 95 % interval."
    )
    replicates: int = Field(default=0, description="Replicates that entered, paired for a ratio.")
    outcome: ExpectationOutcome = Field(description="Reproduced, Contradicted or Inconclusive.")
    note: str = Field(default="", max_length=500, description="Why, and what it rests on.")
