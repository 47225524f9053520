"""simulation/async-thread: `async def`, Fibonacci in a thread, under the same lock."""

import asyncio

from fastapi import Request

from loadlab_services.stores.pools import PSYCOPG_ERRORS
from loadlab_services.stores.unavailable import build_router
from loadlab_services.workloads.simulation.async_frames import fetch_frames, resources
from loadlab_services.workloads.simulation.contract import PATH, Fib, Simulated, UserId
from loadlab_services.workloads.simulation.fibonacci import fibonacci

__all__ = ["resources", "router"]

router = build_router(*PSYCOPG_ERRORS)


@router.get(PATH)
async def simulate(request: Request, user_id: UserId, fib: Fib = 15) -> Simulated:
    """Query on the event loop, compute in a thread."""
    frames = await fetch_frames(request, user_id)
    return frames.answer(await asyncio.to_thread(fibonacci, min(frames.total, fib)))
