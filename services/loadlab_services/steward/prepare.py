"""Puts the stores into the same state before every run."""

import asyncpg
from redis.asyncio import Redis

from loadlab_services.queue.entry import STREAM_PREFIX, dead_letter_key, stream_key
from loadlab_services.steward.ledger import Preparation

# A forgotten session of the run before may hold the table: better an answer than a hang.
EMPTY_TABLE = "set local lock_timeout = '10s'; truncate messages restart identity"


def build_preparation(*, empties_table: bool, redis: Redis | None, run: str) -> Preparation:
    """Say what has to happen before a run, inside the transaction that remembers it."""

    async def prepare(connection: asyncpg.pool.PoolConnectionProxy) -> None:
        if empties_table:
            await connection.execute(EMPTY_TABLE)
        if redis is not None:
            await delete_other_runs(redis, run)

    return prepare


async def delete_other_runs(redis: Redis, run: str) -> None:
    """Delete the streams of all runs but this one: its own may already be in use."""
    own = {stream_key(run).encode(), dead_letter_key(run).encode()}
    keys = [key async for key in redis.scan_iter(match=f"{STREAM_PREFIX}*", count=1000)]
    if others := [key for key in keys if key not in own]:
        await redis.unlink(*others)
