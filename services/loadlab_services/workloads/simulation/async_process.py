"""simulation/async-process: `async def`, Fibonacci in a pool of processes."""

from collections.abc import AsyncIterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request

from loadlab_services.settings import ServiceSettings
from loadlab_services.stores.pools import PSYCOPG_ERRORS
from loadlab_services.stores.unavailable import build_router
from loadlab_services.workloads.simulation import async_frames
from loadlab_services.workloads.simulation.contract import PATH, Fib, Simulated, UserId
from loadlab_services.workloads.simulation.cpus import usable_cpus
from loadlab_services.workloads.simulation.fibonacci import fibonacci
from loadlab_services.workloads.simulation.processes import ProcessPool, open_processes

router = build_router(*PSYCOPG_ERRORS, BrokenProcessPool)


@asynccontextmanager
async def resources(app: FastAPI, settings: ServiceSettings) -> AsyncIterator[None]:
    """Start a process for each usable CPU, and open the pool of connections."""
    async with (
        open_processes(usable_cpus()) as app.state.processes,
        async_frames.resources(app, settings),
    ):
        yield


@router.get(PATH)
async def simulate(request: Request, user_id: UserId, fib: Fib = 15) -> Simulated:
    """Query on the event loop, compute in another process."""
    frames = await async_frames.fetch_frames(request, user_id)
    processes: ProcessPool = request.app.state.processes
    return frames.answer(await processes.run(fibonacci, min(frames.total, fib)))
