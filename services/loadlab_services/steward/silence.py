"""A connection of the pool for as long as a silent server is waited for, and no longer.

To cancel what such a connection waits for would wait for the same server, which has to end the
transaction: so the connection is ended.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from loadlab_services.steward.stores import STORE_ERRORS


@asynccontextmanager
async def unless_silent(
    pool: asyncpg.Pool, seconds: float, said: str
) -> AsyncIterator[asyncpg.pool.PoolConnectionProxy]:
    """Lend a connection, and end it where what it is used for takes longer than this.

    Raises:
        TimeoutError: the server said nothing; `said` is what it did not do in time.
    """
    was_silent = asyncio.Event()

    def end(connection: asyncpg.pool.PoolConnectionProxy) -> None:
        was_silent.set()
        connection.terminate()

    try:
        async with pool.acquire(timeout=seconds) as connection:
            ending = asyncio.get_running_loop().call_later(seconds, end, connection)
            try:
                yield connection
            finally:
                ending.cancel()
    except STORE_ERRORS as error:
        if not (was_silent.is_set() or isinstance(error, TimeoutError)):
            raise
        raise TimeoutError(
            f"Postgres {said} within {seconds:g} s: see whether it is overloaded or "
            "its node is lost"
        ) from error
