"""What the variants of `sleep` share: everything but the handler."""

from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Annotated, Final

from fastapi import FastAPI, Query
from pydantic import BaseModel

from loadlab_services.settings import ServiceSettings

PATH: Final = "/sleep"
Milliseconds = Annotated[
    int,
    Query(ge=0, le=60_000, description="how long to wait", json_schema_extra={"x-cheap-up-to": 1}),
]


class Waited(BaseModel):
    """The answer."""

    wait_ms: int


def resources(_app: FastAPI, _settings: ServiceSettings) -> AbstractAsyncContextManager[None]:
    """Open nothing."""
    return nullcontext()
