"""The queues that a run's messages may be in, each asked by its own means."""

from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from loadlab_services.broker.names import queue_name
from loadlab_services.steward.amqp_drain import AmqpDrain
from loadlab_services.steward.drain import Backlog
from loadlab_services.steward.leftover import Drain, Leftover
from loadlab_services.steward.stores import Stores
from loadlab_services.stream.entry import GROUP, dead_letter_key, stream_key
from loadlab_services.workload import Workload


def build_drains(workload: Workload, stores: Stores, *, run: str) -> list[Drain]:
    """Name the queues of a run. Which variant it is, is not known here: an unused one is empty."""
    drains: list[Drain] = []
    if workload.uses_stream and stores.redis is not None:
        drains.append(StreamDrain(stores.redis, stores.key_prefix, run))
    if workload.uses_broker and stores.broker is not None:
        drains.append(AmqpDrain(stores.broker, queue=queue_name(stores.queue_prefix, run)))
    return drains


class StreamDrain:
    """The Redis stream of a run, and the stream of its dead letters."""

    def __init__(self, redis: Redis, prefix: str, run: str) -> None:
        self._redis = redis
        self._key = stream_key(prefix, run)
        self._dead_key = dead_letter_key(prefix, run)

    async def observe(self) -> Leftover:
        """Ask Redis for both."""
        backlog = await read_backlog(self._redis, self._key)
        dead = int(await self._redis.xlen(self._dead_key))
        return Leftover(backlog.outstanding, dead, backlog.drained)


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
