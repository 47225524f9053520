"""sleep/async-in-sync: `def`, runs an event loop of its own in the thread for the awaited sleep."""

import asyncio

import anyio
from fastapi import APIRouter

from loadlab_services.workloads.sleep.contract import PATH, Milliseconds, Waited, resources

__all__ = ["resources", "router"]

router = APIRouter()


@router.get(PATH)
def sleep(ms: Milliseconds = 1000) -> Waited:
    """Wait on an event loop that lives as long as the request."""
    anyio.run(asyncio.sleep, ms / 1000)
    return Waited(wait_ms=ms)
