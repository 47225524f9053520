"""What a service traced: sampled requests by stage, and when its event loops stood still."""

import json
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from loadlab.measurement.documents.base import Count, ReadModel

MOST_TRACE_BYTES = 24 * 1024  # of its JSON: it is kept in the LoadTrial
MOST_SPANS, MOST_GAPS, MOST_PROCESSES, MOST_REQUESTS = 16, 50, 64, 3840
LONGEST_NAME = 80
LONGEST_TRACE = 3600.0


class Stage(StrEnum):
    """What a request waited for, or did; in no stage it was in the app's own code."""

    LOOP = "loop"
    THREAD = "thread"
    CONNECTION = "connection"
    QUERY = "query"
    SERIALISE = "serialise"


Span = tuple[Stage, Count, Count]  # from the request's begin on, and its length, in µs
Gap = tuple[Count, Count]  # from the trace's begin on, and its length, in µs


class TracedProcess(ReadModel):
    """One process of the service."""

    process: Count
    seen: Count
    blocked: tuple[Gap, ...] = Field(max_length=MOST_GAPS)


class TracedRequest(ReadModel):
    """One request; without `us` it was under way when the trace was written."""

    process: Count
    name: str = Field(max_length=LONGEST_NAME)
    status: Annotated[int, Field(ge=0, le=999)]
    at_us: Count
    us: Count | None = None
    spans: tuple[Span, ...] = Field(max_length=MOST_SPANS)


class Trace(ReadModel):
    """All that a service traced."""

    seconds: Annotated[float, Field(ge=0, le=LONGEST_TRACE)]
    processes: tuple[TracedProcess, ...] = Field(max_length=MOST_PROCESSES)
    requests: tuple[TracedRequest, ...] = Field(max_length=MOST_REQUESTS)

    @model_validator(mode="after")
    def _is_small(self) -> Self:
        if len(json.dumps(self.dump(), separators=(",", ":"))) > MOST_TRACE_BYTES:
            raise ValueError(f"a trace of more than {MOST_TRACE_BYTES // 1024} KiB")
        return self

    def dump(self) -> dict[str, Any]:
        """Return it as it is stored."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)
