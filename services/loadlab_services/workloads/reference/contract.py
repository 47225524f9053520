"""What the variants of `reference` share towards HTTP: the path, its parameters, the answers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from time import monotonic
from typing import Any, Final

from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, Field

from loadlab_services.settings import ServiceSettings
from loadlab_services.workloads.reference.behaviour import Behaviour
from loadlab_services.workloads.reference.burner import overshoot_nanos

PATH: Final = "/reference"
# The ledger's checksums are those of a Postgres bigint.
MAX_REQUEST_ID: Final = 10**12
BY_DESIGN: Final[dict[str, Any]] = {"x-errors-by-design": [500]}
_unnumbered = count(1)  # of this process; a generator that cannot number its requests sends none


class Asked(Behaviour):
    """A request: its number, which decides what becomes of it, and how requests behave."""

    request_id: int = Field(
        default_factory=_unnumbered.__next__,
        ge=0,
        le=MAX_REQUEST_ID,
        description="number of the request; without one they are numbered as they come, from 1 in "
        "each process",
    )


class Done(BaseModel):
    """The answer."""

    request_id: int
    slow: bool
    wait_ms: int


def seconds_to_wait(asked: Asked) -> float:
    """Return how long a request that is here now waits: for a stall's end, and what it is told."""
    return asked.stalled_seconds(monotonic()) + asked.wait_ms(asked.request_id) / 1000


def answer(asked: Asked) -> Done:
    """Answer a request that has waited.

    Raises:
        HTTPException: it is one of those that fail.
    """
    number = asked.request_id
    if asked.fails(number):
        raise HTTPException(500, f"request {number} fails, as {asked.error_permille} of 1000 do")
    return Done(request_id=number, slow=asked.is_slow(number), wait_ms=asked.wait_ms(number))


@asynccontextmanager
async def resources(_app: FastAPI, _settings: ServiceSettings) -> AsyncIterator[None]:
    """Open nothing; the burner is measured before the first request."""
    overshoot_nanos()
    yield
