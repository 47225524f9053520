"""sleep/mixed-sync: `def`, an event loop for an awaited sleep, then a blocking one."""

import asyncio
import time

import anyio
from fastapi import APIRouter

from loadlab_services.workloads.sleep.contract import PATH, Milliseconds, Waited, resources

__all__ = ["resources", "router"]

router = APIRouter()


@router.get(PATH)
def sleep(ms: Milliseconds = 1000) -> Waited:
    """Wait twice in a thread."""
    anyio.run(asyncio.sleep, ms / 1000)
    time.sleep(ms / 1000)
    return Waited(wait_ms=ms)
