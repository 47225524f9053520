"""The bodies that the generators send."""

from typing import Annotated, Self

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

Run = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=200)]
Milliseconds = Annotated[int, Field(ge=1, le=24 * 3600 * 1000)]


class Caller(BaseModel):
    """Which pod of how many is calling."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, extra="forbid")

    pod: int = Field(ge=0)
    pods: int = Field(ge=1, le=1000)

    @model_validator(mode="after")
    def _is_one_of_them(self) -> Self:
        if self.pod >= self.pods:
            raise ValueError(f"pod {self.pod} is not one of {self.pods}: pods count from 0")
        return self


class Arrival(Caller):
    """A pod is ready to start."""

    timeout_ms: Milliseconds = 120_000


class Finish(Caller):
    """A pod has sent its last request."""

    drain_ms: Milliseconds = 120_000
    together_ms: Milliseconds = 310_000  # for the others to come; of the longest graceful stop
