"""sleep/mixed-async: `async def`, an awaited sleep, then a blocking one on the event loop."""

import asyncio
import time

from fastapi import APIRouter

from loadlab_services.workloads.sleep.contract import PATH, Milliseconds, Waited, resources

__all__ = ["resources", "router"]

router = APIRouter()


@router.get(PATH)
async def sleep(ms: Milliseconds = 1000) -> Waited:
    """Wait twice on the event loop; every other request waits for the second one too."""
    await asyncio.sleep(ms / 1000)
    time.sleep(ms / 1000)  # noqa: ASYNC251 (the mistake that this variant shows)
    return Waited(wait_ms=ms)
