"""Puts the stores into the same state before every run."""

from collections.abc import Iterable

import asyncpg
from redis.asyncio import Redis

from loadlab_services.broker.inspection import Broker
from loadlab_services.broker.names import dead_letter_name, queue_name
from loadlab_services.steward.run_records import Preparation
from loadlab_services.steward.stores import Stores
from loadlab_services.steward.write_ledger import emptying
from loadlab_services.stream.entry import dead_letter_key, stream_key
from loadlab_services.workload import Workload

# AMQP lists no queues, but the steward knows whose there can be. What ran before the last few has
# been cleared away by those.
EARLIER_RUNS = """
select run from loadlab_steward where run <> $1 order by prepared_at desc limit 20
"""


def build_preparation(workload: Workload, stores: Stores, *, run: str) -> Preparation:
    """Say what has to happen before a run, inside the transaction that remembers it.

    Without a database there is no such transaction, and the steward is asked for one run at a time.
    """

    async def prepare(connection: asyncpg.pool.PoolConnectionProxy | None) -> None:
        if workload.ledger is not None and connection is not None:
            await connection.execute(emptying(workload.ledger))
        if stores.redis is not None:
            await delete_keys(stores.redis, stores.key_prefix, run)
        if stores.broker is not None and connection is not None:
            earlier = [row["run"] for row in await connection.fetch(EARLIER_RUNS, run)]
            await delete_queues(stores.broker, stores.queue_prefix, earlier)

    return prepare


async def delete_queues(broker: Broker, prefix: str, runs: Iterable[str]) -> None:
    """Delete the queues of runs that are over."""
    queues = [queue_name(prefix, run) for run in runs]
    await broker.delete([*queues, *(dead_letter_name(queue) for queue in queues)])


async def delete_keys(redis: Redis, prefix: str, run: str = "") -> int:
    """Delete all keys with a prefix but the streams of this run, which may already be in use.

    Answers how many there were.
    """
    if not prefix:
        raise ValueError("without a prefix this would be everybody's keys")
    keep = {stream_key(prefix, run).encode(), dead_letter_key(prefix, run).encode()}
    found = [key async for key in redis.scan_iter(match=f"{prefix}*", count=1000)]
    others = [key for key in found if key not in keep]
    if others:
        await redis.unlink(*others)
    return len(others)
