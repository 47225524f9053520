"""What the generator itself adds and can do: k6 against a server that does nothing."""

from typing import Annotated

from pydantic import Field

from loadlab.base.models import ObservedModel
from loadlab.base.rounding import decimals


class Calibration(ObservedModel):
    """What k6 was like without a service."""

    rate: Annotated[float, decimals(1)] = Field(
        description="Requests a second that it was to send to a server that does nothing."
    )
    p50_ms: Annotated[float, decimals(3)] = Field(
        description="Median latency, from the intended start: k6's own."
    )
    p99_ms: Annotated[float, decimals(3)] = Field(
        description="99th percentile of the same: no latency is known better than to this."
    )
    ceiling_per_second: Annotated[float | None, decimals(1)] = Field(
        default=None,
        description=(
            "Requests a second in a closed loop: k6 can send so many at least, as the server that "
            "does nothing takes of its CPU, too. Absent where the loop sent nothing."
        ),
    )
