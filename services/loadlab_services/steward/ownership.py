"""Holds the experiment's schema in a database that others use, as long as the steward lives.

A steward that is told to go does not know why: its experiment may be over, or its node be drained.
So it gives nothing up but its session. The next steward of the experiment finds the schema its own;
another experiment takes it once no session of this one was seen for a while.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

import asyncpg

from loadlab_services.data.owner import ALONE, CREATE, NOTICES_SOON, READ, SESSION_NAME, life_of
from loadlab_services.steward.errors import SchemaTakenError
from loadlab_services.steward.silence import unless_silent
from loadlab_services.steward.stores import CONNECT_TIMEOUT, STORE_ERRORS

LOOK_EVERY: Final = 10.0  # seconds, whether the session is still there
AGAIN_AFTER: Final = 1.0
TIMEOUT: Final = 5.0
_LIVE: Final = "SELECT pg_advisory_lock_shared(hashtextextended($1::text, 0))"
_TAKE: Final = "INSERT INTO loadlab_owner (owner) VALUES ($1)"


@asynccontextmanager
async def hold_schema(url: str, owner: str) -> AsyncIterator[None]:
    """Hold the lock by which others see that the experiment lives; nothing without an owner."""
    if not owner:
        yield
        return
    holding = asyncio.create_task(_hold_on(url, owner))
    try:
        yield
    finally:
        holding.cancel()
        await asyncio.gather(holding, return_exceptions=True)


async def _hold_on(url: str, owner: str) -> None:
    while True:
        with suppress(TimeoutError, *STORE_ERRORS):
            await _hold(url, owner)
        await asyncio.sleep(AGAIN_AFTER)


async def _hold(url: str, owner: str) -> None:
    connection = await asyncpg.connect(url, timeout=CONNECT_TIMEOUT, command_timeout=TIMEOUT)
    try:
        await connection.execute(f"SET application_name = '{SESSION_NAME}'")
        for statement in NOTICES_SOON:
            await connection.execute(statement)
        await connection.fetchval(_LIVE, life_of(owner))
        while True:
            await asyncio.sleep(LOOK_EVERY)
            await connection.execute("SELECT 1")
    finally:
        connection.terminate()  # to close it would wait for an answer


async def check_owner(pool: asyncpg.Pool, owner: str, at: str) -> None:
    """Look whether the schema is still the experiment's, which it is where it is nobody's.

    `at` says where the database is.

    Raises:
        SchemaTakenError: another experiment has taken it: nothing of it may be touched.
        TimeoutError: the server said nothing; names it.
    """
    unknown = f"at {at} did not say whose LoadLab's schema is"
    async with unless_silent(pool, TIMEOUT, unknown) as connection, connection.transaction():
        await connection.execute(ALONE)
        await connection.execute(CREATE)
        row = await connection.fetchrow(READ)
        if row is None:
            await connection.execute(_TAKE, owner)
        elif row["owner"] != owner:
            raise SchemaTakenError(owner=row["owner"])
