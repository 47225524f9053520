"""simulation/queued: both queries, then 202; a Celery worker computes the number and writes it.

202 means that RabbitMQ has confirmed the task. The work on the CPU is the worker's, in as many
processes as CONSUMERS says, and is neither in the answer nor in its latency.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

from fastapi import FastAPI, Request

from loadlab_services.broker.producer import Publisher, build_publisher
from loadlab_services.delivery.errors import QueueError
from loadlab_services.settings import ServiceSettings
from loadlab_services.stores.pools import PSYCOPG_ERRORS
from loadlab_services.stores.unavailable import build_router
from loadlab_services.workloads.simulation import COMPUTE, async_frames
from loadlab_services.workloads.simulation.contract import (
    PATH,
    Accepted,
    Fib,
    RequestId,
    UserId,
)

router = build_router(*PSYCOPG_ERRORS, QueueError)


@asynccontextmanager
async def resources(app: FastAPI, settings: ServiceSettings) -> AsyncIterator[None]:
    """Open the pool of connections and the way to the broker."""
    async with (
        async_frames.resources(app, settings),
        build_publisher(settings, task=COMPUTE) as app.state.publisher,
    ):
        yield


@router.post(PATH, status_code=202)
async def simulate(
    request: Request, user_id: UserId, fib: Fib = 15, request_id: RequestId = 0
) -> Accepted:
    """Query on the event loop, and leave the number to the worker."""
    frames = await async_frames.fetch_frames(request, user_id)
    known = frames.answer(0)
    publisher: Publisher = request.app.state.publisher
    accepted = Accepted(
        key=uuid4(), total=known.total, products=known.products, orders=known.orders
    )
    body = {"request_id": request_id, "n": min(known.total, fib)}
    await publisher.publish(body, message_id=str(accepted.key))
    return accepted
