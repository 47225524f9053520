"""Puts the stores into the same state before every run."""

from collections.abc import Iterable

import asyncpg
from redis.asyncio import Redis

from loadlab_services.broker.names import dead_letter_name, queue_name
from loadlab_services.steward.amqp import Broker
from loadlab_services.steward.run_records import Preparation
from loadlab_services.steward.stores import Stores
from loadlab_services.steward.write_ledger import emptying
from loadlab_services.stores.keys import key_prefix
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
            await delete_keys(stores.redis, workload.name, run)
        if stores.broker is not None and connection is not None:
            earlier = [row["run"] for row in await connection.fetch(EARLIER_RUNS, run)]
            await delete_queues(stores.broker, workload.name, earlier)

    return prepare


async def delete_queues(broker: Broker, workload: str, runs: Iterable[str]) -> None:
    """Delete the queues of runs that are over."""
    queues = [queue_name(workload, run) for run in runs]
    await broker.delete([*queues, *(dead_letter_name(queue) for queue in queues)])


async def delete_keys(redis: Redis, workload: str, run: str) -> None:
    """Delete all keys of a workload but the streams of this run, which may already be in use."""
    keep = {stream_key(workload, run).encode(), dead_letter_key(workload, run).encode()}
    pattern = f"{key_prefix(workload)}*"
    found = [key async for key in redis.scan_iter(match=pattern, count=1000)]
    if others := [key for key in found if key not in keep]:
        await redis.unlink(*others)
