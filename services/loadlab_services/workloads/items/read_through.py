"""GET through the cache, as a handler does it: `cached` and `queued` read alike."""

from time import time

from fastapi import Request, Response

from loadlab_services.workloads.items.cache import ListCache
from loadlab_services.workloads.items.contract import answer
from loadlab_services.workloads.items.database import read_latest


async def read_through(request: Request, limit: int) -> Response:
    """Answer from the cache, or from one query whose answer the cache then keeps."""
    cache: ListCache = request.app.state.cache
    if (body := await cache.look_up(limit)) is not None:
        return answer(body, cache="hit")
    asked_at = time()
    body = await read_latest(request, limit)
    await cache.fill(limit, body, asked_at=asked_at)
    return answer(body, cache="miss")
