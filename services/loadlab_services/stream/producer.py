"""The API's side of the stream: an append per request or for many at once, and an exact limit.

`Appender` makes a round trip for each request. With `Producer`, requests that arrive while one
append is under way leave together in the next: a script appends them in order while there is room.
The stream's length is the number of accepted entries that are not
persisted yet (consumers delete what they acknowledge), and length and limit are compared inside the
script, so the backlog never exceeds the limit by a single entry, however many processes append.
"""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Self, cast

from redis.asyncio import Redis
from redis.exceptions import RedisError

from loadlab_services.delivery.errors import BacklogFullError, QueueError, StoreUnavailableError

# Answers the ids of what was appended; the rest found no room.
APPEND = """
local room = tonumber(ARGV[1]) - redis.call('XLEN', KEYS[1])
local ids = {}
for i = 2, math.min(#ARGV, room + 1) do
  ids[#ids + 1] = redis.call('XADD', KEYS[1], '*', 'payload', ARGV[i])
end
return ids
"""
MAX_TOGETHER = 128


class Appender:
    """Appends payloads to one stream, each in a round trip of its own."""

    def __init__(self, redis: Redis, *, key: str, limit: int) -> None:
        self._append_script = redis.register_script(APPEND)
        self._key = key
        self._limit = limit

    async def append(self, payload: bytes) -> str:
        """Append one payload and return its entry id; raises what Producer.append raises."""
        try:
            reply = self._append_script(keys=[self._key], args=[self._limit, payload])
            ids = await cast("Awaitable[list[bytes]]", reply)
        except (RedisError, OSError) as error:
            raise StoreUnavailableError("Redis", error) from error
        if not ids:
            raise BacklogFullError(self._limit)
        return ids[0].decode()


@dataclass(frozen=True, slots=True)
class _Waiting:
    payload: bytes
    answer: "asyncio.Future[str]"


class Producer:
    """Appends payloads to one stream. Use it as an async context manager, once per process."""

    def __init__(self, redis: Redis, *, key: str, limit: int) -> None:
        self._append_script = redis.register_script(APPEND)
        self._key = key
        self._limit = limit
        self._queue: asyncio.Queue[_Waiting] = asyncio.Queue()
        self._sender: asyncio.Task[None] | None = None
        self._closing = False

    async def __aenter__(self) -> Self:
        self._sender = asyncio.create_task(self._send_forever(), name="stream-producer")
        return self

    async def __aexit__(self, *_exc: object) -> None:
        # A library below may swallow the cancellation (asyncio.wait_for did until 3.12), so the
        # loop also looks at this.
        self._closing = True
        if self._sender is not None:
            self._sender.cancel()
            await asyncio.gather(self._sender, return_exceptions=True)
        while not self._queue.empty():
            _refuse(
                [self._queue.get_nowait()],
                StoreUnavailableError("The producer", EOFError("closed")),
            )

    async def append(self, payload: bytes) -> str:
        """Append one payload and return its entry id.

        Raises BacklogFullError at the limit, StoreUnavailableError if Redis did not answer;
        after the latter the entry may or may not be in the stream: the answer is lost.
        """
        answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._queue.put_nowait(_Waiting(payload, answer))
        return await answer

    async def _send_forever(self) -> None:
        while not self._closing:
            together = [await self._queue.get()]
            while len(together) < MAX_TOGETHER and not self._queue.empty():
                together.append(self._queue.get_nowait())
            await self._send(together)

    async def _send(self, together: list[_Waiting]) -> None:
        arguments: list[bytes | int] = [self._limit, *(waiting.payload for waiting in together)]
        try:
            reply = self._append_script(keys=[self._key], args=arguments)
            ids = await cast("Awaitable[list[bytes]]", reply)
        except (RedisError, OSError) as error:
            _refuse(together, StoreUnavailableError("Redis", error))
            return
        except asyncio.CancelledError:
            _refuse(together, StoreUnavailableError("The producer", EOFError("closed")))
            raise
        for waiting, entry_id in zip(together, ids, strict=False):
            if not waiting.answer.done():
                waiting.answer.set_result(entry_id.decode())
        _refuse(together[len(ids) :], BacklogFullError(self._limit))


def _refuse(together: list[_Waiting], error: QueueError) -> None:
    for waiting in together:
        # A client that hung up has cancelled its future.
        if not waiting.answer.done():
            waiting.answer.set_exception(error)
