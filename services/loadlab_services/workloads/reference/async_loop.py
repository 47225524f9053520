"""reference/async: `async def`, waits without a thread, burns on the event loop."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query

from loadlab_services.workloads.reference.burner import burn
from loadlab_services.workloads.reference.contract import (
    BY_DESIGN,
    PATH,
    Asked,
    Done,
    answer,
    resources,
    seconds_to_wait,
)

__all__ = ["behave", "resources", "router"]

router = APIRouter()


async def behave(asked: Asked) -> Done:
    """Burn, wait and answer as told.

    Who has nothing to wait for answers at once: even `sleep(0)` lets all others that are there burn
    first, and no request would be done before the last of them.
    """
    burn(asked.burn_micros)
    if seconds := seconds_to_wait(asked):
        await asyncio.sleep(seconds)
    return answer(asked)


@router.post(PATH, openapi_extra=BY_DESIGN)
async def reference(asked: Annotated[Asked, Query()]) -> Done:
    """Behave as told."""
    return await behave(asked)
