"""The Redis side of a consumer: group, reading, claiming, acknowledging, dead letters."""

from collections.abc import Awaitable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError

from loadlab_services.delivery.errors import StoreUnavailableError
from loadlab_services.stream.entry import FIELD, GROUP, Entry
from loadlab_services.stream.quarantine import Suspect

# XACK decides who moves the entry: two consumers that both gave it up leave one dead letter.
DEAD_LETTER = """
if redis.call('XACK', KEYS[1], ARGV[1], ARGV[2]) == 1 then
  redis.call('XADD', KEYS[2], '*', 'id', ARGV[2], 'payload', ARGV[3], 'reason', ARGV[4],
             'tries', ARGV[5])
  redis.call('XDEL', KEYS[1], ARGV[2])
  return 1
end
return 0
"""

RawEntry = tuple[bytes, dict[bytes, bytes] | None]


@dataclass(frozen=True, slots=True)
class Claimed:
    """One page of what dead consumers held, and where the next page starts."""

    entries: list[Entry]
    cursor: str


@contextmanager
def _redis_errors() -> Iterator[None]:
    try:
        yield
    except (RedisError, OSError) as error:
        raise StoreUnavailableError("Redis", error) from error


class Stream:
    """One consumer's view of a run's stream."""

    def __init__(self, redis: Redis, *, key: str, dead_key: str, consumer: str) -> None:
        self._redis = redis
        self._key = key
        self._dead_key = dead_key
        self._consumer = consumer

    async def ensure_group(self) -> None:
        """Create stream and group if they are missing, from the very first entry on."""
        with _redis_errors():
            try:
                await self._redis.xgroup_create(self._key, GROUP, id="0", mkstream=True)
            except ResponseError as error:
                if "BUSYGROUP" not in str(error):
                    raise

    async def read_new(self, *, count: int, block_ms: int | None) -> list[Entry]:
        """Take entries nobody has taken; wait for the first one up to `block_ms`."""
        page = await self._read(">", count=count, block_ms=block_ms)
        return await self._entries(page)

    async def read_own(self, *, count: int, after: str = "0") -> tuple[list[Entry], str | None]:
        """Read again what this consumer took and never acknowledged; the id is where to go on."""
        page = await self._read(after, count=count, block_ms=None)
        return await self._entries(page), (page[-1][0].decode() if page else None)

    async def claim(self, *, count: int, min_idle_ms: int, cursor: str) -> Claimed:
        """Take over entries whose consumer has been silent for `min_idle_ms`."""
        with _redis_errors():
            reply = await _answer(
                self._redis.xautoclaim(
                    self._key,
                    GROUP,
                    self._consumer,
                    min_idle_time=min_idle_ms,
                    start_id=cursor,
                    count=count,
                )
            )
        return Claimed(await self._entries(reply[1]), reply[0].decode())

    async def acknowledge(self, ids: Sequence[str]) -> None:
        """Forget persisted entries: out of the pending list and out of the stream, in one step."""
        if not ids:
            return
        with _redis_errors():
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.xack(self._key, GROUP, *ids)
                pipe.xdel(self._key, *ids)
                await pipe.execute()

    async def dead_letter(self, suspect: Suspect) -> bool:
        """Move an entry to the dead letters; False if another consumer has done so."""
        entry = suspect.entry
        arguments = (GROUP, entry.id, entry.payload, suspect.reason, suspect.tries)
        with _redis_errors():
            moved = await _answer(
                self._redis.eval(DEAD_LETTER, 2, self._key, self._dead_key, *arguments)
            )
        return bool(moved)

    async def _read(self, after: str, *, count: int, block_ms: int | None) -> list[RawEntry]:
        with _redis_errors():
            reply = await _answer(
                self._redis.xreadgroup(
                    GROUP, self._consumer, {self._key: after}, count=count, block=block_ms
                )
            )
        return cast("list[RawEntry]", reply[0][1]) if reply else []

    async def _entries(self, page: Sequence[RawEntry]) -> list[Entry]:
        """Turn a page into entries; what was deleted behind the group's back leaves only an id."""
        ghosts = [raw_id.decode() for raw_id, fields in page if not fields]
        await self.acknowledge(ghosts)
        return [Entry(i.decode(), fields.get(FIELD, b"")) for i, fields in page if fields]


async def _answer(command: Any) -> Any:
    # redis-py types one method for both its sync and async clients.
    return await cast("Awaitable[Any]", command)
