"""sleep/sync: `def`, blocks a thread of the pool."""

import time

from fastapi import APIRouter

from loadlab_services.workloads.sleep.contract import PATH, Milliseconds, Waited, resources

__all__ = ["resources", "router"]

router = APIRouter()


@router.get(PATH)
def sleep(ms: Milliseconds = 1000) -> Waited:
    """Wait in a thread."""
    time.sleep(ms / 1000)
    return Waited(wait_ms=ms)
