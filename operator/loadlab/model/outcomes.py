"""What the status says about each success criterion, each expectation and each bottleneck."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from loadlab.model.base import ObservedModel
from loadlab.model.rounding import significant


class CriterionResult(ObservedModel):
    """How one criterion fared over all cells."""

    name: str = Field(max_length=40, description="Name of the criterion.")
    # One digit longer than it was given: a bound of 35 nines is spelled as a one and 35 zeros.
    threshold: str = Field(max_length=60, description="The bound.")
    value: str = Field(default="", max_length=40, description="Worst value of any cell.")
    cell: str = Field(default="", max_length=200, description="The cell of that value.")
    outcome: str = Field(max_length=20, description="Passed, Failed or Inconclusive.")


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
    outcome: str = Field(max_length=20, description="Reproduced, Contradicted or Inconclusive.")
    note: str = Field(default="", max_length=500, description="Why, and what it rests on.")


class Resource(StrEnum):
    """What may be full while the others have room."""

    QUEUE = "Queue"
    SERVICE_CPU = "ServiceCpu"
    CPU_THROTTLING = "CpuThrottling"
    DATABASE = "Database"
    REDIS = "Redis"
    GENERATOR = "Generator"
    NODE_CPU = "NodeCpu"
    EVENT_LOOP = "EventLoop"
    DATABASE_POOL = "DatabasePool"
    THREAD_POOL = "ThreadPool"
    LOAD = "Load"
    UNATTRIBUTED = "Unattributed"


class Confidence(StrEnum):
    """How sure an attribution is."""

    LOW = "Low"
    MEDIUM = "Medium"
    HIGH = "High"


class Bottleneck(ObservedModel):
    """What held a cell back."""

    name: Resource = Field(
        description=(
            "The resource that was full. Queue: the worker fell behind. ServiceCpu, Database, "
            "Redis, Generator, NodeCpu: CPU. CpuThrottling: the service's CPU limit. EventLoop: "
            "something held the event loop up. DatabasePool, ThreadPool: requests waited for a "
            "connection or a thread. Load: the service did all it was asked for. Unattributed: "
            "nothing that is looked at was full."
        )
    )
    confidence: Confidence = Field(
        description=(
            "High: nothing else was full, and the replicates agree. Medium: something else was "
            "full too, or nearly. Low: the replicates differ, or nothing was full."
        )
    )
    evidence: str = Field(default="", max_length=600, description="The figures that show it.")
