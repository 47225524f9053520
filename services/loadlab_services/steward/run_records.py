"""What the steward has done for each run, kept where a restart does not forget it."""

import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Protocol

import asyncpg

Account = dict[str, Any]
Preparation = Callable[[asyncpg.pool.PoolConnectionProxy | None], Awaitable[None]]

CREATE = """
create table if not exists loadlab_steward (
    run         text primary key,
    prepared_at timestamptz not null default now(),
    released_at timestamptz,
    account     jsonb
)
"""
BEGIN = "insert into loadlab_steward (run) values ($1) on conflict do nothing returning true"
RELEASED = "select released_at is not null from loadlab_steward where run = $1"
MARK_RELEASED = "update loadlab_steward set released_at = now() where run = $1"
ACCOUNT = "select account from loadlab_steward where run = $1"
# It may have become a standby, or have no room: what is known is answered, and not remembered.
TAKES_NOTHING = (asyncpg.ReadOnlySQLTransactionError, asyncpg.DiskFullError)
KEEP_ACCOUNT = """
insert into loadlab_steward (run, account) values ($1, $2)
on conflict (run) do update set account = excluded.account
"""


class RunRecords(Protocol):
    """The steps of a run, each done once."""

    async def prepare(self, run: str) -> None:
        """Prepare the stores for the run, unless that has been done."""

    async def released(self, run: str) -> bool:
        """Tell whether the run's pods were sent off."""

    async def mark_released(self, run: str) -> None:
        """Remember that the run's pods are being sent off."""

    async def account(self, run: str) -> Account | None:
        """Give the run's account, if it has been made."""

    async def keep_account(self, run: str, account: Account) -> None:
        """Remember the run's account."""


class MemoryRunRecords:
    """For a workload without a database: a restart forgets them, and what was prepared stays so.

    No more runs are kept than have a name (see `app.RUN_SUFFIX`).
    """

    def __init__(self, build_preparation: Callable[[str], Preparation]) -> None:
        self._build_preparation = build_preparation
        self._prepared: set[str] = set()
        self._released: set[str] = set()
        self._accounts: dict[str, Account] = {}

    async def prepare(self, run: str) -> None:
        if run not in self._prepared:
            await self._build_preparation(run)(None)
            self._prepared.add(run)

    async def released(self, run: str) -> bool:
        return run in self._released

    async def mark_released(self, run: str) -> None:
        self._released.add(run)

    async def account(self, run: str) -> Account | None:
        return self._accounts.get(run)

    async def keep_account(self, run: str, account: Account) -> None:
        self._accounts[run] = account


class PostgresRunRecords:
    """In the experiment's own database, in one transaction with what it remembers."""

    def __init__(self, pool: asyncpg.Pool, build_preparation: Callable[[str], Preparation]) -> None:
        self._pool = pool
        self._build_preparation = build_preparation

    async def prepare(self, run: str) -> None:
        await self._ensure_table()
        async with self._pool.acquire() as connection:
            async with connection.transaction():
                fresh = await connection.fetchval(BEGIN, run)
                if fresh:
                    await self._build_preparation(run)(connection)
            if fresh:
                # After the commit, so that no checkpoint of the last run falls into this one. In a
                # database of the user's own the role may not be allowed to ask for one.
                with suppress(asyncpg.InsufficientPrivilegeError):
                    await connection.execute("checkpoint")

    async def released(self, run: str) -> bool:
        await self._ensure_table()
        return bool(await self._pool.fetchval(RELEASED, run))

    async def mark_released(self, run: str) -> None:
        await self._pool.execute(MARK_RELEASED, run)

    async def account(self, run: str) -> Account | None:
        await self._ensure_table()
        text = await self._pool.fetchval(ACCOUNT, run)
        return json.loads(text) if text else None

    async def keep_account(self, run: str, account: Account) -> None:
        with suppress(*TAKES_NOTHING):
            await self._pool.execute(KEEP_ACCOUNT, run, json.dumps(account))

    async def _ensure_table(self) -> None:
        """Look every time: a Postgres whose pod was replaced comes back without it."""
        with suppress(*TAKES_NOTHING):
            await self._pool.execute(CREATE)
