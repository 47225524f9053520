"""sleep/async: `async def`, awaits the sleep."""

import asyncio

from fastapi import APIRouter

from loadlab_services.workloads.sleep.contract import PATH, Milliseconds, Waited, resources

__all__ = ["resources", "router"]

router = APIRouter()


@router.get(PATH)
async def sleep(ms: Milliseconds = 1000) -> Waited:
    """Wait on the event loop."""
    await asyncio.sleep(ms / 1000)
    return Waited(wait_ms=ms)
