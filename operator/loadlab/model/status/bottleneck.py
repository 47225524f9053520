"""What held a cell back."""

import operator
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from loadlab.base.models import ObservedModel
from loadlab.base.rounding import decimals
from loadlab.model.status.absent import without_default

LONGEST_EVIDENCE = 600  # characters


class Resource(StrEnum):
    """What may be full while the others have room."""

    QUEUE = "Queue"
    SERVICE_CPU = "ServiceCpu"
    CPU_THROTTLING = "CpuThrottling"
    DATABASE = "Database"
    DATABASE_LOCKS = "DatabaseLocks"
    DATABASE_DISK = "DatabaseDisk"
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


class Stage(ObservedModel):
    """A part of the mean response time, by what a request did or waited for meanwhile."""

    name: Resource = Field(
        description=(
            "EventLoop, ThreadPool, DatabasePool: waiting for it. DatabaseLocks, DatabaseDisk: in "
            "a query that waited for it. Database: in a query. ServiceCpu: being computed. Load: "
            "waiting as the request asked for. Unattributed: what none of them explains."
        )
    )
    ms: Annotated[float, decimals(3)] = Field(description="Milliseconds of a mean request.")
    share: Annotated[float, decimals(3)] = Field(description="Share of its response time, 0..1.")


class Bottleneck(ObservedModel):
    """What held a cell back."""

    name: Resource = Field(
        description=(
            "The resource that was full. Queue: the worker fell behind. ServiceCpu, Database, "
            "Redis, Generator, NodeCpu: CPU. CpuThrottling: the service's CPU limit. EventLoop: "
            "something held the event loop up. DatabaseLocks, DatabaseDisk: queries waited "
            "for a lock that another one held, or for the disk. DatabasePool, ThreadPool: "
            "requests waited for a connection or a thread. Load: the service did all it was "
            "asked for. Unattributed: nothing that is looked at was full."
        )
    )
    confidence: Confidence = Field(
        description=(
            "High: nothing else was full, and the replicates agree. Medium: something else was "
            "full too, or nearly, or the evidence has a doubt. Low: the replicates differ, "
            "nothing was full, most requests failed, or most of the response time is unexplained."
        )
    )
    evidence: str = Field(
        default="",
        max_length=LONGEST_EVIDENCE,
        exclude_if=operator.not_,
        json_schema_extra=without_default,
        description="The figures that show it.",
    )
    remedy: str = Field(
        default="",
        max_length=200,
        exclude_if=operator.not_,
        json_schema_extra=without_default,
        description="What would help.",
    )
    stages: tuple[Stage, ...] = Field(
        default=(),
        max_length=9,
        exclude_if=operator.not_,
        json_schema_extra=without_default,
        description="The mean response time shared out, the largest share first.",
    )
