"""What tells a trace of its stages: functions of libraries, wrapped in a process that traces.

Only of what the app has imported. A call outside of a traced request costs a look at a variable.
"""

import functools
import socket
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final

from loadlab_services.instruments.trace import (
    CONNECTION,
    CURRENT,
    LOOP,
    QUERY,
    READ,
    SERIALISE,
    THREAD,
    now,
)

Call = Callable[..., Any]
Wrap = Callable[[Call], Call]
# struct tcp_info (linux/tcp.h): 8 bytes, then u32; the 12th is tcpi_last_data_recv, in ms.
LAST_DATA_RECEIVED: Final = 8 + 11 * 4
# The kernel counts in ticks of 1 to 4 ms: what is no longer ago may have come just now.
TICK_MS: Final = 4
WRAPPED: Final = "loadlab_traces"  # marks what is wrapped: nothing is so twice


def waited_ms(transport: Any) -> int:
    """Tell how long ago the kernel took the last bytes of a connection; 0 where it does not tell.

    A loop that stands still reads late. When the bytes came the kernel knows, and nobody else.
    """
    with suppress(OSError, AttributeError, TypeError):
        # What uvloop gives has no getsockopt: this one looks at the same descriptor, and lets go.
        number = transport.get_extra_info("socket").fileno()
        looking = socket.socket(socket.AF_INET, socket.SOCK_STREAM, fileno=number)
        try:
            size = LAST_DATA_RECEIVED + 4
            told = looking.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, size)
        finally:
            looking.detach()
        since = int.from_bytes(told[LAST_DATA_RECEIVED:], sys.byteorder)
        return since if since > TICK_MS else 0
    return 0


def received(original: Call) -> Call:
    """Wrap a protocol's data_received: the task of a request takes over its context."""

    @functools.wraps(original)
    def data_received(self: Any, data: bytes) -> None:
        read = now()
        waited = waited_ms(self.transport)
        READ.set((read - waited / 1000, read))
        original(self, data)

    return data_received


def in_thread(original: Callable[..., Awaitable[Any]]) -> Call:
    """Wrap anyio's run_sync: the wait for a thread before, and for the loop after it."""

    @functools.wraps(original)
    async def run_sync(func: Call, *args: Any, **options: Any) -> Any:
        request = CURRENT.get()
        if request is None:
            return await original(func, *args, **options)
        asked, done = now(), None

        def timed(*given: Any) -> Any:
            nonlocal done
            request.note(THREAD, asked, now())
            try:
                return func(*given)
            finally:
                done = now()

        try:
            return await original(timed, *args, **options)
        finally:
            if done is not None:
                request.note(LOOP, done, now())

    return run_sync


def called(stage: str) -> Wrap:
    """Make the wrap of a function whose calls are a stage."""

    def wrap(original: Call) -> Call:
        @functools.wraps(original)
        def call(*args: Any, **options: Any) -> Any:
            request = CURRENT.get()
            if request is None:
                return original(*args, **options)
            began = now()
            try:
                return original(*args, **options)
            finally:
                request.note(stage, began, now())

        return call

    return wrap


def awaited(stage: str) -> Wrap:
    """Make the wrap of a coroutine function whose calls are a stage."""

    def wrap(original: Callable[..., Awaitable[Any]]) -> Call:
        @functools.wraps(original)
        async def call(*args: Any, **options: Any) -> Any:
            request = CURRENT.get()
            if request is None:
                return await original(*args, **options)
            began = now()
            try:
                return await original(*args, **options)
            finally:
                request.note(stage, began, now())

        return call

    return wrap


# Module, the class in it (if any) and the function. A release that has another name is left alone.
WRAPS: Final[tuple[tuple[str, str, str, Wrap], ...]] = (
    ("uvicorn.protocols.http.httptools_impl", "HttpToolsProtocol", "data_received", received),
    ("uvicorn.protocols.http.h11_impl", "H11Protocol", "data_received", received),
    ("anyio.to_thread", "", "run_sync", in_thread),
    ("fastapi.routing", "", "serialize_response", awaited(SERIALISE)),
    ("starlette.responses", "JSONResponse", "render", called(SERIALISE)),
    ("psycopg_pool", "ConnectionPool", "getconn", called(CONNECTION)),
    ("psycopg_pool", "AsyncConnectionPool", "getconn", awaited(CONNECTION)),
    ("sqlalchemy.pool", "Pool", "connect", called(CONNECTION)),
    ("asyncpg.pool", "Pool", "_acquire", awaited(CONNECTION)),
    ("psycopg", "Cursor", "execute", called(QUERY)),
    ("psycopg", "AsyncCursor", "execute", awaited(QUERY)),
    ("psycopg", "Connection", "commit", called(QUERY)),
    ("psycopg", "AsyncConnection", "commit", awaited(QUERY)),
    ("asyncpg.connection", "Connection", "_execute", awaited(QUERY)),
    ("asyncpg.connection", "Connection", "_executemany", awaited(QUERY)),
    ("asyncpg.connection", "Connection", "_copy_in", awaited(QUERY)),
    ("redis.asyncio.client", "Redis", "execute_command", awaited(QUERY)),
)


def wrap_all() -> Callable[[], None]:
    """Wrap what is imported; return what takes all of it back."""
    undo: list[Callable[[], None]] = []
    for module, class_name, name, wrap in WRAPS:
        owner: Any = sys.modules.get(module)
        owner = getattr(owner, class_name, None) if class_name else owner
        original = getattr(owner, name, None)
        if original is not None and not hasattr(original, WRAPPED):
            undo.append(functools.partial(setattr, owner, name, original))
            wrapped = wrap(original)
            setattr(wrapped, WRAPPED, True)
            setattr(owner, name, wrapped)

    def take_back() -> None:
        for put_back in undo:
            put_back()

    return take_back
