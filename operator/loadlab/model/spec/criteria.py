"""Success criteria: bounds that every cell must keep."""

from enum import StrEnum

from pydantic import Field

from loadlab.base.models import ApiModel


class Metric(StrEnum):
    """What a success criterion may look at, by k6's names."""

    HTTP_REQ_DURATION = "http_req_duration"
    HTTP_REQ_FAILED = "http_req_failed"
    HTTP_REQS = "http_reqs"
    DROPPED_ITERATIONS = "dropped_iterations"


class Criterion(ApiModel):
    """One bound that every cell must keep."""

    name: str = Field(
        pattern=r"^[a-z]([a-z0-9-]*[a-z0-9])?$", max_length=40, description="Name, such as tail."
    )
    metric: Metric = Field(
        description="http_req_duration (ms), http_req_failed, http_reqs or dropped_iterations."
    )
    threshold: str = Field(
        pattern=r"^[a-z0-9().]+\s*(<|<=|>|>=|==|!=)\s*[0-9]+(\.[0-9]+)?$",
        max_length=40,
        description="k6's threshold spelling, such as p(95)<500, avg<20, rate<0.01 or count>=1000.",
    )
