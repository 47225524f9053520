"""simulation/async: `async def`, Fibonacci on the event loop, where everybody waits for it."""

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
    """Query and compute on the event loop."""
    frames = await fetch_frames(request, user_id)
    return frames.answer(fibonacci(min(frames.total, fib)))
