"""Puts the stores into the same state before every run."""

from collections.abc import Iterable, Set

import asyncpg
from redis.asyncio import Redis

from loadlab_services.celery_queue.names import dead_letter_name, queue_name
from loadlab_services.queue.entry import STREAM_PREFIX, dead_letter_key, stream_key
from loadlab_services.steward.amqp import Broker
from loadlab_services.steward.books import Books
from loadlab_services.steward.ledger import Preparation
from loadlab_services.workloads.items import cache as items_cache

# The responses that a workload's variants keep in Redis: every run begins with none.
CACHED_KEYS = {"items": items_cache.KEYS}
# AMQP lists no queues, but the steward knows whose there can be. What ran before the last few has
# been cleared away by those.
EARLIER_RUNS = """
select run from loadlab_steward where run <> $1 order by prepared_at desc limit 20
"""


def build_preparation(
    workload: str,
    books: Books | None,
    *,
    redis: Redis | None,
    broker: Broker | None,
    run: str,
) -> Preparation:
    """Say what has to happen before a run, inside the transaction that remembers it."""

    async def prepare(connection: asyncpg.pool.PoolConnectionProxy) -> None:
        if books is not None:
            await connection.execute(books.empty)
        if redis is not None:
            await delete_other_runs(redis, run)
        if redis is not None and workload in CACHED_KEYS:
            await delete_keys(redis, CACHED_KEYS[workload])
        if broker is not None:
            earlier = [row["run"] for row in await connection.fetch(EARLIER_RUNS, run)]
            await delete_queues(broker, workload, earlier)

    return prepare


async def delete_queues(broker: Broker, workload: str, runs: Iterable[str]) -> None:
    """Delete the queues of runs that are over."""
    queues = [queue_name(workload, run) for run in runs]
    await broker.delete([*queues, *(dead_letter_name(queue) for queue in queues)])


async def delete_other_runs(redis: Redis, run: str) -> None:
    """Delete the streams of all runs but this one: its own may already be in use."""
    own = {stream_key(run).encode(), dead_letter_key(run).encode()}
    await delete_keys(redis, f"{STREAM_PREFIX}*", keep=own)


async def delete_keys(redis: Redis, pattern: str, *, keep: Set[bytes] = frozenset()) -> None:
    """Delete every key of a pattern but those to keep."""
    found = [key async for key in redis.scan_iter(match=pattern, count=1000)]
    if others := [key for key in found if key not in keep]:
        await redis.unlink(*others)
