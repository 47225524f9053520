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
    """Burn, wait and answer as told."""
    burn(asked.burn_micros)
    await asyncio.sleep(seconds_to_wait(asked))
    return answer(asked)


@router.post(PATH, openapi_extra=BY_DESIGN)
async def reference(asked: Annotated[Asked, Query()]) -> Done:
    """Behave as told."""
    return await behave(asked)
