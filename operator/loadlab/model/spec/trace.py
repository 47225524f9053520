"""Whether requests are traced, beside what is measured."""

from pydantic import Field

from loadlab.base.models import ApiModel


class Tracing(ApiModel):
    """For how long one trial of each variant is traced, after the last block."""

    seconds: int = Field(default=1, ge=1, le=10, description="Length of each trace.")
