"""Why stores took no writes while a run was under way, as they tell it themselves.

A Redis at its `maxmemory`, a RabbitMQ that holds back who publishes, a Postgres whose disk is full:
from the outside each of them looks like a service that fails or a worker that is too slow. What a
store does not tell is not told: nobody is blamed for what is unknown.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

import asyncpg
import httpx
from redis.asyncio import Redis

from loadlab_services.broker.alarms import ALARMS
from loadlab_services.broker.inspection import Broker
from loadlab_services.steward.errors import SchemaTakenError
from loadlab_services.steward.ownership import check_owner
from loadlab_services.steward.silence import unless_silent
from loadlab_services.steward.stores import STORE_ERRORS, Stores

LOOK_TIMEOUT: Final = 2.0  # seconds
LONGEST: Final = 300  # characters of what Postgres says
# Redis counts its refusals by their first word, those of all its clients.
_REFUSED: Final[Mapping[str, str]] = {
    "OOM": (
        "for want of memory: {used} of maxmemory {most} are in use, policy {policy}; give it more "
        "memory, or the experiment a Redis of its own"
    ),
    "MISCONF": "as it cannot save its data to disk: make room there",
    "READONLY": "as it is a replica: give the address of the primary",
    "NOREPLICAS": "as it has too few replicas (min-replicas-to-write)",
}
_EVICTED: Final = "evicted_keys"
_STANDBY: Final = "select pg_is_in_recovery()"
# A page of a table may have room that its disk has not: this needs new ones.
_TAKE_ROOM: Final = """
insert into loadlab_steward (run, account)
select 'is there room', to_jsonb(string_agg(md5(number::text), ''))
from generate_series(1, 8192) number
"""
_UNKNOWN: Final = (*STORE_ERRORS, httpx.HTTPError, TimeoutError)


class StoreRefusals:
    """What is known of one run: the stores serve one after the other."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self._run = ""
        self._before: dict[str, int] | None = None  # of Redis' counters
        self._alarms: set[str] = set()

    async def begin(self, run: str) -> None:
        """Take note of the counters before a run's load."""
        self._run, self._before, self._alarms = run, None, set()
        if self._stores.redis is not None:
            with suppress(*_UNKNOWN):
                self._before = _counters(await _information(self._stores.redis))

    async def look(self, run: str) -> None:
        """Take note of an alarm in mid-run: when the load has ended it may be over."""
        if self._stores.broker is not None and run == self._run:
            with suppress(*_UNKNOWN):
                self._alarms |= await _alarms(self._stores.broker)

    async def tell(self, run: str, *, drained: bool) -> list[str]:
        """Return what stores refused or lost since the run began, in words; nothing is usual."""
        await self.look(run)
        told = [f"RabbitMQ {ALARMS[name]}" for name in sorted(self._alarms) if run == self._run]
        if self._stores.redis is not None and run == self._run and self._before is not None:
            with suppress(*_UNKNOWN):
                told += _of_redis(self._before, await _information(self._stores.redis))
        if self._stores.postgres is not None:
            with suppress(*_UNKNOWN):
                told += await self._of_owner(self._stores.postgres)
                told += [] if drained else await _of_postgres(self._stores.postgres)
        return told

    async def _of_owner(self, pool: asyncpg.Pool) -> list[str]:
        """Tell that another experiment emptied the tables, or wrote into them."""
        if self._stores.owner:
            try:
                await check_owner(pool, self._stores.owner, self._stores.database_at)
            except SchemaTakenError as error:
                return [str(error)]
        return []


async def _alarms(broker: Broker) -> set[str]:
    async with asyncio.timeout(LOOK_TIMEOUT):
        return await broker.alarms()


async def _information(redis: Redis) -> dict[str, Any]:
    async with asyncio.timeout(LOOK_TIMEOUT):
        found: dict[str, Any] = await redis.info()
    return found


def _counters(information: Mapping[str, Any]) -> dict[str, int]:
    refused = {name: information.get(f"errorstat_{name}") or {} for name in _REFUSED}
    counts = {name: int(found.get("count", 0)) for name, found in refused.items()}
    return counts | {_EVICTED: int(information.get(_EVICTED, 0))}


def _of_redis(before: Mapping[str, int], information: Mapping[str, Any]) -> list[str]:
    more = {name: now - before[name] for name, now in _counters(information).items()}
    facts = {
        "used": str(information.get("used_memory_human", "all")),
        "most": str(information.get("maxmemory_human", "unknown")),
        "policy": str(information.get("maxmemory_policy", "unknown")),
    }
    told = [
        f"Redis refused {more[name]:,} commands of its clients {why.format(**facts)}"
        for name, why in _REFUSED.items()
        if more[name] > 0
    ]
    if more[_EVICTED] > 0 and facts["policy"].startswith("allkeys"):  # else caches only
        told.append(
            f"Redis evicted {more[_EVICTED]:,} keys for want of memory (maxmemory "
            f"{facts['most']}, policy {facts['policy']}): accepted work may be among them; give it "
            "more memory and the policy noeviction"
        )
    return told


async def _of_postgres(pool: asyncpg.Pool) -> list[str]:
    """Ask whether it takes rows, in a transaction that leaves none."""
    unknown = "did not say whether it takes rows"
    async with unless_silent(pool, LOOK_TIMEOUT, unknown) as connection:
        if await connection.fetchval(_STANDBY):
            return ["Postgres is a standby now, which takes no writes: was it failed over?"]
        trial = connection.transaction()
        await trial.start()
        try:
            await connection.execute(_TAKE_ROOM)
        except (asyncpg.DiskFullError, asyncpg.ReadOnlySQLTransactionError) as error:
            return [f"Postgres takes no rows: {str(error)[:LONGEST]}"]
        finally:
            await trial.rollback()
    return []
