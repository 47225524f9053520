"""What held a cell back."""

import operator
from enum import StrEnum

from pydantic import Field

from loadlab.base.models import ObservedModel
from loadlab.model.status.absent import without_default


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
            "full too, or nearly. Low: the replicates differ, or nothing was full."
        )
    )
    evidence: str = Field(
        default="",
        max_length=600,
        exclude_if=operator.not_,
        json_schema_extra=without_default,
        description="The figures that show it.",
    )
