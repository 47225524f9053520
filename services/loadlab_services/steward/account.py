"""Waits until a run's messages have arrived, and counts them."""

import asyncio
import time
from typing import Any

import asyncpg
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from loadlab_services.queue.entry import GROUP, dead_letter_key, stream_key
from loadlab_services.steward.drain import Backlog
from loadlab_services.steward.ledger import Account

POLL = 0.02
# Ids are read as numerics, so that no body a client may send can break the sums.
COUNT = """
select count(*) as persisted, count(distinct id) as distinct,
       coalesce(sum(id), 0)::text as "idSum",
       coalesce(sum((id * 48271) % 2147483647), 0)::text as "idMix"
from (
    select case when jsonb_typeof(payload -> 'request_id') = 'number'
           then trunc((payload ->> 'request_id')::numeric) end as id
    from messages
) as message
"""


async def account_for(
    run: str, *, postgres: asyncpg.Pool, redis: Redis | None, deadline: float
) -> Account:
    """Wait for the drain until `deadline` seconds from now, then count rows, ids and leftovers.

    `pending` are the accepted entries that are not persisted yet; drained, it is 0.
    """
    started = time.monotonic()
    backlog = Backlog()
    dead = 0
    if redis is not None:
        backlog = await _wait_for_drain(redis, run, until=started + deadline)
        dead = int(await redis.xlen(dead_letter_key(run)))
    waited = time.monotonic() - started
    (row,) = await postgres.fetch(COUNT)
    return {
        "run": run,
        "drained": backlog.drained,
        "drainSeconds": round(waited, 3),
        "persisted": row["persisted"],
        "distinct": row["distinct"],
        "idSum": int(row["idSum"]),
        "idMix": int(row["idMix"]),
        "pending": backlog.outstanding,
        "deadLettered": dead,
    }


async def _wait_for_drain(redis: Redis, run: str, *, until: float) -> Backlog:
    while True:
        backlog = await read_backlog(redis, stream_key(run))
        if backlog.drained or time.monotonic() >= until:
            return backlog
        await asyncio.sleep(POLL)


async def read_backlog(redis: Redis, key: str) -> Backlog:
    """Ask Redis about a stream and the writers' group, both at the same moment."""
    async with redis.pipeline(transaction=True) as pipe:
        pipe.xinfo_stream(key)
        pipe.xinfo_groups(key)
        stream, groups = await pipe.execute(raise_on_error=False)
    if isinstance(stream, ResponseError) and "no such key" in str(stream):
        return Backlog()
    for answer in (stream, groups):
        if isinstance(answer, Exception):
            raise answer
    group: dict[str, Any] = next((g for g in groups if g["name"] == GROUP.encode()), {})
    return Backlog(
        length=stream["length"],
        pending=group.get("pending", 0),
        lag=group.get("lag"),
        last_generated=stream["last-generated-id"].decode(),
        last_delivered=group.get("last-delivered-id", b"0-0").decode(),
    )
