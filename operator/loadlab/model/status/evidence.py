"""What is known of a pod that is gone by the time anybody asks: how it ended, what it said last."""

from typing import Annotated

from pydantic import Field

from loadlab.base.models import ObservedModel

MAX_PODS = 5
MAX_LINES = 10
LINE_CHARACTERS = 200
# What a message says where the pod's own words would help and it is gone by then.
LAST_WORDS = "status.evidence of the LoadTrial has the last lines of its log"

LogLine = Annotated[str, Field(max_length=LINE_CHARACTERS)]


class PodEvidence(ObservedModel):
    """One pod of an attempt that did not count, as it was before it was deleted."""

    attempt: int = Field(description="Number of the attempt.")
    component: str = Field(max_length=60, description="What the pod was for.")
    pod: str = Field(max_length=253, description="Its name.")
    node: str = Field(default="", max_length=253, description="Where it ran.")
    reason: str = Field(
        default="",
        max_length=60,
        description="Why it ended or did not start, in Kubernetes' word: OOMKilled, Evicted, …",
    )
    exit_code: int | None = Field(default=None, description="Exit code of its container.")
    restarts: int = Field(default=0, description="How often its container was started again.")
    message: str = Field(default="", max_length=300, description="The same for people.")
    lines: tuple[LogLine, ...] = Field(
        default=(),
        max_length=MAX_LINES,
        description="What it said last; if it was started again, what it said before that.",
    )
